"""The law of columns that are tied together: an expression of them that is zero.

One column is solved for by the roads that find any law. What most rows obey exactly is then told
apart from what a mean over all rows says: a few exceptions shift every constant of a least-squares
fit by a little, and the exact law is the one worth stating.
"""

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import sympy as sp

from discover.accuracy import Accuracy
from discover.config import Recipe
from discover.dataset import PARTS, Dataset
from discover.front import description_length
from discover.law import Law
from discover.progress import Listener, silent
from discover.proposals import propose, search
from discover.refit import Sample, intervals, refit
from discover.relations.population import LEAST, Tie
from discover.score import score
from discover.selection import compete
from discover.simplify import snap

_ROWS = 2000
_ROUNDS = 10
# Of the column's spread: what is nearer to the law than this is on it.
_EXACT = 1e-6


def relation(
    tie: Tie, dataset: Dataset, recipe: Recipe, *, listen: Listener = silent
) -> Law | None:
    """The relation between columns that are tied together.

    Args:
        tie: The columns.
        dataset: The table.
        recipe: How large the law may grow, and which engine may look for it.
        listen: Where progress goes.

    Returns:
        A law whose claim is its zero set, with the accuracy of the column that it is solved for
        (its target) and the share of rows that obey it exactly; ``None`` if no law explains more
        than half of that column.
    """
    whole = dataset.turned(tie.target, tie.columns)
    few = whole.thinned(_ROWS)
    config = recipe.law
    known = propose(few, listen=listen)
    proposals = known.laws
    if not known.settled:
        proposals += search(few, known.structure, config, seed=recipe.seed, listen=listen)
    front = compete(
        [(each.origin, each.expr) for each in proposals],
        few,
        max_complexity=config.max_complexity,
        listen=listen,
    )
    exact = (_of_most(law, whole) for law in front.laws if law.variables)
    law = next((law for law in exact if law is not None), None)
    law = score(law or front.laws[front.selected], whole)
    if law.accuracy["validation"].r2 < LEAST:
        return None
    train = Sample.of(whole, "train")
    law = intervals(law, train, recipe.validation.level)
    return as_zero(replace(law, accuracy=_with_hits(law, whole)))


def as_zero(law: Law) -> Law:
    """``target - form``, which is zero where the law holds; its accuracy stays that of the target.

    Example:
        >>> from discover.dataset import Variable
        >>> area, a, b = (Variable(name=name) for name in ("area", "a", "b"))
        >>> as_zero(Law.of(0.5 * a.sympy * b.sympy, [a, b], area, "expansion")).expression
        'area - 0.5*a*b'
    """
    known = {constant.sympy: constant for constant in law.constants}
    order = dict.fromkeys(node for node in sp.preorder_traversal(law.form) if node in known)
    # Renamed first: the column that joins the law may be called as one of its constants.
    named = replace(law, variables=(law.target, *law.variables)).restated(
        law.form, {symbol: constant.value for symbol, constant in known.items()}
    )
    constants = tuple(
        replace(known[symbol], name=constant.name)
        for symbol, constant in zip(order, named.constants, strict=True)
    )
    return replace(
        named,
        form=law.target.sympy - named.form,
        constants=constants,
        variables=(law.target, *law.variables),
        claim="zero",
        accuracy=law.accuracy,
    )


def ranked(found: Iterable[Law]) -> tuple[Law, ...]:
    """Relations, the best first; of those between the same columns only the best.

    They are ordered by a description length in which the error counts in spreads of the column that
    the relation is solved for, so that relations for different columns can be compared.
    """
    kept: dict[frozenset[str], Law] = {}
    for law in sorted(found, key=lambda law: (_length(law), law.expression)):
        kept.setdefault(frozenset(variable.name for variable in law.variables), law)
    return tuple(kept.values())


def _length(law: Law) -> float:
    seen = law.accuracy["validation"]
    left = math.sqrt(max(1 - seen.r2, 0.0))
    return description_length(replace(seen, relative=left), law.complexity, len(law.constants))


def _of_most(law: Law, dataset: Dataset) -> Law | None:
    """The same form with the constants that more than half of the rows obey exactly, if any.

    The better half of the rows is fitted again and again (the concentration steps of least trimmed
    squares, P. J. Rousseeuw and K. Van Driessen, Data Min. Knowl. Discov. 12 (2006) 29). The other
    rows may be exceptions, but not so that the law says nothing of them.
    """
    train, validation = Sample.of(dataset, "train"), Sample.of(dataset, "validation")
    rounds = _ROUNDS if law.constants else 0
    for _ in range(rounds):
        half = _better_half(law, train)
        law = refit(law, half)
    if not _on(law, train) > 0.5:
        return None
    if rounds:
        law = snap(law, _better_half(law, train), _better_half(law, validation))
    return law if score(law, dataset).accuracy["validation"].r2 > LEAST else None


def _better_half(law: Law, sample: Sample) -> Sample:
    with np.errstate(all="ignore"):
        error = np.abs(law.predict(sample.columns) - sample.y)
    rows = np.sort(np.argsort(error, kind="stable")[: len(error) // 2 + 1])
    return sample.rows(rows)


def _with_hits(law: Law, dataset: Dataset) -> dict[str, Accuracy]:
    rows = {part: Sample.of(dataset, part) for part in PARTS}
    return {part: replace(law.accuracy[part], accuracy=_on(law, rows[part])) for part in PARTS}


def _on(law: Law, sample: Sample) -> float:
    """Share of the rows that obey a law exactly."""
    with np.errstate(all="ignore"):
        error = np.abs(law.predict(sample.columns) - sample.y)
    return float(np.mean(error < _EXACT * sample.y.std()))
