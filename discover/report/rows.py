"""The rows of the report's tables, as plain text, each number with its split, n and unit.

Every table is made once and set twice, in HTML and in LaTeX.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from discover.accuracy import Accuracy
from discover.dataset import Variable
from discover.front import evidence
from discover.law import Law
from discover.notation import Box, count, digits_of, from_name, percent, shown, symbol
from discover.record import Run
from discover.report.display import Display, display

_ROOM_IN_TABLE = 19.0


@dataclass(frozen=True, kw_only=True)
class LawRow:
    """One law in a table.

    Attributes:
        label: Its number in the front, or its name.
        law: How it is written.
        constants: Number of fitted constants.
        choice: Rms error on the rows that chose the law, by :func:`evidence`.
        test: Rms error on test rows.
        r2: Explained share of the variance on test rows.
        hits: Share of test rows hit exactly, empty where that has no meaning.
        r2_beyond: As `r2`, on the second table; empty where there is none.
        hits_beyond: As `hits`, on the second table.
        chosen: Whether it is the recommended law.
    """

    label: str
    law: Display
    complexity: int
    constants: int
    choice: str
    test: str
    r2: str
    hits: str
    r2_beyond: str
    hits_beyond: str
    origin: str
    chosen: bool = False


@dataclass(frozen=True, kw_only=True)
class ConstantRow:
    """One fitted constant: rounded for reading, with its interval where there is one.

    Attributes:
        unit: In the units of the columns; empty where it does not follow from them.
    """

    symbol: Box
    value: str
    unit: str
    low: str
    high: str
    level: str


@dataclass(frozen=True, kw_only=True)
class ColumnRow:
    """One column of the table and what the network made of it."""

    variable: Variable
    symbol: Box
    share: str
    kept: bool
    used: bool


@dataclass(frozen=True, kw_only=True)
class StageRow:
    """The error after one stage."""

    stage: str
    split: str
    n: str
    rms: str
    r2: str
    hits: str


def r2_text(value: float) -> str:
    """Explained share of the variance; near 1 it is the missing part that is worth reading.

    Example:
        >>> r2_text(0.9451), r2_text(0.99999870), r2_text(1.0)
        ('0.945', '1 − 1.3×10⁻⁶', '1')
    """
    if value == 1.0:
        return "1"
    if 0.9995 < value < 1.0:
        return f"1 − {shown(1 - value, 2)}"
    if abs(value) < 0.01:
        return f"{value:.3f}".replace("-0.000", "0.000").replace("-", "−")
    return shown(value, 3)


def law_rows(laws: Iterable[tuple[str, Law]], chosen: Law | None = None) -> tuple[LawRow, ...]:
    """A row for each law, labelled."""
    return tuple(
        LawRow(
            label=label,
            law=display(law, room=_ROOM_IN_TABLE),
            complexity=law.complexity,
            constants=len(law.constants),
            choice=_error(evidence(law) if "validation" in law.accuracy else None),
            test=_error(law.accuracy.get("test")),
            r2=_r2(law.accuracy.get("test")),
            hits=_hits(law.accuracy.get("test")),
            r2_beyond=_r2(law.accuracy.get("extrapolation")),
            hits_beyond=_hits(law.accuracy.get("extrapolation")),
            origin=law.origin,
            chosen=law is chosen,
        )
        for label, law in laws
    )


def choice(run: Run) -> str:
    """The rows that chose the recommended law, in words."""
    validation = f"{count(run.table.sizes['validation'])} validation rows"
    if "train" not in run.law.accuracy:
        return f"{validation}, which chose the law"
    return (
        f"{count(run.table.sizes['train'])} training and {validation} together, which chose the "
        "law (what each constant gains on the rows of its fit is made good)"
    )


def front_rows(run: Run) -> tuple[LawRow, ...]:
    """All laws of a run by their number; relations also by the column that each is solved for."""
    tied = run.recipe.task == "relation"
    named = ((f"{k} {law.target.name}" if tied else str(k), law) for k, law in enumerate(run.laws))
    return law_rows(named, chosen=run.law)


def constant_rows(law: Law) -> tuple[ConstantRow, ...]:
    """A row for each constant; the interval decides how many digits are shown."""
    rows, units = [], law.units
    for constant in law.constants:
        low, high, level = constant.low, constant.high, constant.level
        digits = max(digits_of(constant.value, low=low, high=high, kept=2), 3)
        known = low is not None and high is not None
        ends = [_same_places(end, constant.value, digits) if known else "" for end in (low, high)]
        rows.append(
            ConstantRow(
                symbol=from_name(constant.name),
                value=shown(constant.value, digits),
                unit=units.get(constant.name, ""),
                low=ends[0],
                high=ends[1],
                level=percent(level, 0) if known and level is not None else "",
            )
        )
    return tuple(rows)


def _same_places(end: float | None, value: float, digits: int) -> str:
    """An end of an interval with as many decimal places as its value has."""
    if end is None or not math.isfinite(end):
        return shown(math.inf if end is None else end)
    if end == 0 or value == 0:
        return shown(end, digits)
    more = math.floor(math.log10(abs(end))) - math.floor(math.log10(abs(value)))
    return shown(end, max(digits + more, 1))


def column_rows(run: Run) -> tuple[ColumnRow, ...]:
    """A row for each column, those that carry most of the network first."""
    order = sorted(run.table.features, key=lambda v: (-run.attribution.get(v.name, 0.0), v.name))
    used = {variable.name for variable in run.law.variables}
    return tuple(
        ColumnRow(
            variable=variable,
            symbol=symbol(variable),
            share=percent(run.attribution[variable.name]) if variable.name in run.attribution
            else "",
            kept=variable.name in run.kept,
            used=variable.name in used,
        )
        for variable in order
    )  # fmt: skip


def stage_rows(run: Run) -> tuple[StageRow, ...]:
    """The error after each stage."""
    return tuple(
        StageRow(
            stage=stage.stage,
            split=stage.accuracy.split,
            n=count(stage.accuracy.n),
            rms=_error(stage.accuracy),
            r2=_r2(stage.accuracy),
            hits=_hits(stage.accuracy),
        )
        for stage in run.stages
    )


def _error(accuracy: Accuracy | None) -> str:
    return "" if accuracy is None else shown(accuracy.rms, 3)


def _r2(accuracy: Accuracy | None) -> str:
    return "" if accuracy is None else r2_text(accuracy.r2)


def _hits(accuracy: Accuracy | None) -> str:
    return "" if accuracy is None or accuracy.accuracy is None else percent(accuracy.accuracy)
