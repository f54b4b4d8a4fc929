"""A law somebody believes in, held against the same rows as ours.

The text is read by `formula`; its free constants are fitted on training rows, then it is scored
like every other law. Whether it is right is for the reader of the scores.
"""

# ruff: noqa: PT028 - `test` is the verb of this room, not a test of pytest's

from collections.abc import Collection, Iterable

import numpy as np
import sympy as sp

from discover import formula
from discover.accuracy import Levels
from discover.dataset import PARTS, Dataset
from discover.errors import InputError
from discover.formula import Formula
from discover.law import Claim, Constant, Law
from discover.record import Hypothesis
from discover.refit import Sample, intervals, refit
from discover.score import score

_SEARCH_ROWS = 2000
_STARTS = 40


def test(
    name: str,
    text: str,
    dataset: Dataset,
    *,
    source: str = "",
    level: float = 0.95,
    levels: Levels | None = None,
    claim: Claim = "value",
) -> Hypothesis:
    """Refit a proposed law on training rows and score it on all parts.

    Args:
        name: What the hypothesis is called.
        text: Its right-hand side, such as ``c*a**1.5``. Names that are no columns are free
            constants; numbers stay as they are typed. A boundary is an expression that is zero
            there, or an equation such as ``a*b = 2``.
        dataset: The rows, with every column that `text` may name.
        source: Who proposed it.
        level: Confidence level of the constants' intervals.
        levels: The allowed values of an ordinal target, or the two of a classification.
        claim: Whether `text` is the target's value or the boundary of its classes.

    Raises:
        InputError: If the text is no formula, or has no value on some row whatever its constants.

    Example:
        >>> from discover.dataset import Source, Split, Variable
        >>> a = np.linspace(0.4, 30.0, 30)
        >>> split = Split(train=np.arange(0, 30, 2), validation=np.arange(1, 30, 4),
        ...               test=np.arange(3, 30, 4))
        >>> planets = Dataset(name="planets", features=(Variable(name="a"),), x=a[:, None],
        ...                   target=Variable(name="T"), y=a**1.5, split=split,
        ...                   source=Source(path="planets"))
        >>> kepler = test("Kepler", "a**p", planets)
        >>> round(kepler.law.constants[0].value, 9)
        1.5
    """
    where = f"hypothesis {name!r}"
    law = fitted(_start(text, dataset, where, claim), Sample.of(dataset, "train"))
    _check_finite(law, dataset, where)
    train = Sample.of(dataset, "train")
    law = score(intervals(law, train, level), dataset, levels)
    return Hypothesis(name=name, expression=text, source=source, law=law)


test.__test__ = False  # type: ignore[attr-defined]


def fitted(law: Law, train: Sample) -> Law:
    """The law with its constants found from nothing: many starts on few rows, then all rows.

    Args:
        law: A law whose constants may have any value.
        train: Training rows.
    """
    few = train.thin(_SEARCH_ROWS)
    rough = refit(law, few, starts=_STARTS)
    return refit(rough, train)


def parse(
    text: str,
    names: Iterable[str],
    *,
    where: str,
    claim: Claim = "value",
    unused: Collection[str] = (),
) -> Formula:
    """The formula of a hypothesis; of an equation, its left side less its right.

    Args:
        text: What was proposed.
        names: The columns that it may name.
        where: What complaints begin with.
        claim: An equation is understood only where a boundary is claimed.
        unused: Columns that it may not name: the target, and what the recipe leaves out.

    Raises:
        InputError: If the text is no formula, or names a column of `unused`.

    Example:
        >>> parse("a*b = 2", ["a", "b"], where="edge", claim="zero").expr
        a*b - 2
    """
    left, equals, right = text.partition("=")
    sides = (text,) if claim == "value" or not equals else (left, right)
    read = [formula.parse(side, set(names), where=where) for side in sides]
    constants = tuple(dict.fromkeys(name for side in read for name in side.constants))
    if wrong := [name for name in constants if name in unused]:
        raise InputError.one(
            where=where,
            found=f"{wrong[0]!r}, which is the target or a column that is left out",
            expected="columns that may explain the target, and constants",
            advice="Let the column in, or give the constant another name.",
        )
    expr = read[0].expr if len(read) == 1 else read[0].expr - read[1].expr
    return Formula(expr=expr, constants=constants)


def _start(text: str, dataset: Dataset, where: str, claim: Claim) -> Law:
    target = (dataset.target.name,)
    read = parse(text, dataset.names, where=where, claim=claim, unused=target)
    return Law(
        form=read.expr,
        constants=tuple(Constant(name=constant, value=1.0) for constant in read.constants),
        variables=tuple(v for v in dataset.features if read.expr.has(v.sympy)),
        target=dataset.target,
        origin="hypothesis",
        claim=claim,
    )


def _check_finite(law: Law, dataset: Dataset, where: str) -> None:
    """A law that has no value on an observed row is refused: its errors would mean nothing."""
    bad: dict[str, int] = {}
    for part in PARTS:
        missing = int((~np.isfinite(law.predict(dataset.columns(part)))).sum())
        if missing:
            bad[part] = missing
    if bad:
        counts = ", ".join(f"{n} {part}" for part, n in bad.items())
        raise InputError.one(
            where=where,
            found=f"no finite value on {sum(bad.values())} of {len(dataset.y)} rows ({counts})",
            expected="a value on every observed row",
            advice=_suspects(law.form, dataset),
        )


def _suspects(form: sp.Expr, dataset: Dataset) -> str:
    """Which columns, being negative or zero somewhere, may be the reason."""
    hints = []
    for i, variable in enumerate(dataset.features):
        low = float(dataset.x[:, i].min())
        if form.has(variable.sympy) and low <= 0:
            hints.append(f"{variable.name!r} goes down to {low:.4g}")
    advice = "Look at divisions, logarithms, roots and powers of what can be zero or negative"
    return f"{advice}: {', '.join(hints)}." if hints else f"{advice}."
