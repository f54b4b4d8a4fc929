"""A trained network read as a law: every curve becomes a function, the whole becomes short.

The road of the pipeline from the graph on, for those who trained a network of their own. There is
no other proposal than the network's own graph, and no control.
"""

import warnings

import numpy as np
from numpy.typing import ArrayLike
from torch import Tensor

from discover import functions
from discover.assignment import Sample, assign, expression
from discover.dataset import Dataset, Source, Split, Variable
from discover.errors import InputError
from discover.fitting import FittedKan
from discover.fitting.given import numbers, of_rows
from discover.law import Law, complexity
from discover.selection import compete
from discover.threads import limited

_CANDIDATES = 5
_ROWS = 1500


@limited()
def read_law(
    kan: FittedKan, x: ArrayLike | Tensor, y: ArrayLike | Tensor, *, max_complexity: int = 40
) -> Law:
    """The law that a network has learnt.

    Args:
        kan: A network with one output, sparse enough to be read.
        x: Rows ``[n, d]`` with the columns of the fit.
        y: Target ``[n]``; in place of measurements, the network's own values do.
        max_complexity: Most nodes of the law.

    Returns:
        The recommended law of the front, its constants fitted to three fifths of the rows. Where
        only formulas of more nodes were found it is a constant, and a warning says so.

    Raises:
        InputError: If rows and network do not fit, or the network has several outputs.

    Example:
        >>> from discover import fit_kan
        >>> x = np.random.default_rng(0).uniform(-1, 1, (300, 1))
        >>> kan = fit_kan(x, np.exp(2 * x[:, 0]), width=[1, 1])
        >>> read_law(kan, x, np.exp(2 * x[:, 0])).expr
        exp(2*x0)
    """
    rows, target = numbers(x, "x"), numbers(y, "y")
    wrong = of_rows(rows, target)
    if wrong:
        raise InputError(wrong)
    kan.predict(rows[:1])  # says whether the columns fit
    order = np.random.default_rng(0).permutation(len(rows))
    fifth = len(rows) // 5
    dataset = Dataset(
        name="rows",
        features=tuple(Variable(name=name) for name in kan.names),
        target=Variable(name="y"),
        x=rows,
        y=target,
        split=Split(
            train=np.sort(order[2 * fifth :]),
            validation=np.sort(order[:fifth]),
            test=np.sort(order[fifth : 2 * fifth]),
        ),
        source=Source(path="rows in memory", rows=len(rows)),
    )
    train, unseen = (
        Sample.of(dataset.columns(part), dataset.part(part)[1], _ROWS)
        for part in ("train", "validation")
    )
    assigned = assign(kan.graph, train, unseen, functions.catalogue(), keep=_CANDIDATES)
    whole = expression(assigned.graph)
    front = compete([("graph", whole)], dataset, max_complexity=max_complexity)
    law = front.laws[front.selected]
    if not law.variables and complexity(whole) > max_complexity:
        warnings.warn(
            f"The formula of the network has {complexity(whole)} nodes, more than "
            f"max_complexity={max_complexity}, and nothing shorter was found: the law is a "
            "constant. Train the network sparser or from another seed, or allow more nodes.",
            stacklevel=3,
        )
    return law
