"""From chosen columns to finite numbers: every complaint about values, and the rows left out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from discover.accuracy import Levels
from discover.config import DataConfig, Task
from discover.errors import Finding
from discover.tables.choose import Chosen, drop_line
from discover.tables.columns import Column, Refusal, Vector, as_numbers

# Sixty per cent of these train: ten rows, which still outnumber the constants of a short law, and
# three rows each are left to choose it and to prove it.
FEWEST_ROWS = 16


@dataclass(frozen=True, kw_only=True, eq=False)
class Clean:
    """Columns as numbers, and which rows are whole.

    Attributes:
        numbers: Every usable column by name, float64 ``[rows]``, NaN where missing.
        whole: Rows in which no used column is missing, boolean ``[rows]``.
        dropped: Rows left out, by the first reason.
        sigma: Standard deviation of the target ``[rows]``, positive where rows are whole, or
            ``None`` where none is known.
    """

    numbers: dict[str, Vector]
    whole: NDArray[np.bool_]
    dropped: dict[str, int]
    sigma: Vector | None = None


def clean(
    chosen: Chosen, config: DataConfig, *, rows: NDArray[np.bool_], task: Task, where: str
) -> tuple[Clean, list[Finding]]:
    """Read the chosen columns as numbers, with all complaints about their values.

    Args:
        chosen: The columns.
        config: What the recipe says of missing values and of columns to drop.
        rows: Rows of the file that the recipe keeps, boolean ``[rows]``.
        task: An ordinal target must lie on a lattice, one of classes must take two values.
        where: The file as the user knows it.
    """
    target = () if chosen.target is None else (chosen.target,)
    used = (*chosen.features, *target)
    numbers: dict[str, Vector] = {}
    refused = dict(chosen.misnamed)
    for column in used:
        if column.name in refused:
            continue
        read = as_numbers(column.values)
        if not isinstance(read, Refusal) and len(rows) and not np.isfinite(read).any():
            read = Refusal(found=f"no value in any of {len(rows)} rows", expected="numbers")
        if isinstance(read, Refusal):
            refused[column.name] = read
        else:
            numbers[column.name] = read
    whole, missing, dropped = _whole_rows(numbers, rows)
    for name in numbers:
        if len(rows) and (refusal := _constant(numbers[name], whole)):
            refused[name] = refusal
    findings = _refusals(refused, chosen, config, where)
    findings += _missing(missing, config, whole, where)
    if chosen.target is not None and chosen.target.name in numbers.keys() - refused.keys():
        findings += _not_ordinal(chosen.target, numbers, whole, task, where)
        findings += _not_two_classes(chosen.target, numbers, whole, task, where)
    findings += _too_few(whole, dropped, where)
    sigma, more = _deviations(chosen.sigma, whole, where)
    findings += more
    return Clean(numbers=numbers, whole=whole, dropped=dropped, sigma=sigma), findings


def _deviations(
    column: Column | None, whole: NDArray[np.bool_], where: str
) -> tuple[Vector | None, list[Finding]]:
    """The target's standard deviations, with a complaint where one is no positive number."""
    if column is None:
        return None, []
    read = as_numbers(column.values)
    if isinstance(read, Refusal):
        found = read.found
    else:
        wrong = whole & ~((read > 0) & np.isfinite(read))
        if not wrong.any():
            return read, []
        first = int(wrong.argmax())
        found = f"{int(wrong.sum())} values that are none (first in row {first + 1}: "
        found += f"{read[first]:g})"
    return None, [
        Finding(
            where=f"{where}: sigma: {column.name}",
            found=found,
            expected="the standard deviation of the target in each row: positive and finite",
            advice="Mend the values, leave such rows out with `where`, or take `sigma` away: then "
            "all rows count alike.",
        )
    ]


def _whole_rows(
    numbers: dict[str, Vector], rows: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], dict[str, str], dict[str, int]]:
    """Rows without a gap, the gaps of each column in words, and the rows lost to each reason."""
    whole = rows.copy()
    gaps: dict[str, str] = {}
    dropped = {} if rows.all() else {"outside `where`": int((~rows).sum())}
    for name, values in numbers.items():
        nan, infinite = np.isnan(values), np.isinf(values)
        words = []
        for mask, kind in ((nan, "missing"), (infinite, "infinite")):
            if count := int(mask.sum()):
                words.append(f"{count} {kind} value{'s' if count > 1 else ''}")
            if lost := int((mask & whole).sum()):
                dropped[f"{kind} value in {name!r}"] = lost
            whole &= ~mask
        if words:
            first = int((nan | infinite).argmax()) + 1
            gaps[name] = f"{' and '.join(words)} (first in row {first})"
    return whole, gaps, dropped


def _constant(values: Vector, whole: NDArray[np.bool_]) -> Refusal | None:
    enough = int(whole.sum()) >= FEWEST_ROWS
    seen = values[whole] if enough else values[np.isfinite(values)]
    low, high = float(seen.min()), float(seen.max())
    # Differences in the last digits are rounding, not variation.
    if len(seen) < 2 or high - low > 8 * np.finfo(float).eps * max(abs(low), abs(high)):
        return None
    rows = f"all {len(seen)} rows" + (" that are whole" if len(seen) < len(values) else "")
    return Refusal(found=f"the constant {low:g} in {rows}", expected="values that vary")


def _refusals(
    refused: dict[str, Refusal], chosen: Chosen, config: DataConfig, where: str
) -> list[Finding]:
    """A finding for each refused column; the advice leaves all of them out with one line."""
    target = "" if chosen.target is None else chosen.target.name
    unfit = [name for name in refused if name != target]
    findings = []
    for name, refusal in refused.items():
        hint = refusal.advice
        if name == target:
            # A target cannot become columns of indicators.
            hint = "Write two kinds as 0 and 1." if "`categories`" in hint else hint
            remedy = "A target must be a column of numbers that vary."
        elif chosen.listed:
            remedy = "Take it out of `features`."
        else:
            remedy = f"Leave it out: {drop_line(config, unfit)}"
        findings.append(
            Finding(
                where=f"{where}: {name}",
                found=refusal.found,
                expected=refusal.expected,
                advice=f"{hint} {remedy}".strip(),
            )
        )
    return findings


def _missing(
    gaps: dict[str, str], config: DataConfig, whole: NDArray[np.bool_], where: str
) -> list[Finding]:
    """Missing values are a complaint where they are refused, or where they cost the table."""
    left = int(whole.sum())
    if config.missing == "drop" and left >= FEWEST_ROWS:
        return []
    if config.missing == "drop":
        advice = f"Such rows are left out, which leaves {left} of {len(whole)} rows: fill them in, "
        advice += "or leave the column out."
    else:
        advice = f"Fill them in, or say `missing: drop`, which leaves {left} of {len(whole)} rows."
    return [
        Finding(where=f"{where}: {name}", found=gap, expected="a number in each row", advice=advice)
        for name, gap in gaps.items()
    ]


def _not_ordinal(
    target: Column, numbers: dict[str, Vector], whole: NDArray[np.bool_], task: Task, where: str
) -> list[Finding]:
    values = numbers[target.name]
    if task != "ordinal":
        return []
    try:
        Levels.of(values[whole] if whole.any() else values[np.isfinite(values)])
    except ValueError:
        shown = ", ".join(f"{value:g}" for value in np.unique(values[np.isfinite(values)])[:4])
        return [
            Finding(
                where=f"{where}: {target.name}",
                found=f"values without a common step ({shown}, ...)",
                expected="evenly spaced values, for task: ordinal",
                advice="For a target that varies continuously, say task: regression.",
            )
        ]
    return []


def _not_two_classes(
    target: Column, numbers: dict[str, Vector], whole: NDArray[np.bool_], task: Task, where: str
) -> list[Finding]:
    values = np.unique(numbers[target.name][whole])
    if task != "classification" or len(values) == 2 or not whole.any():
        return []
    shown = ", ".join(f"{value:g}" for value in values[:4]) + (", ..." if len(values) > 4 else "")
    return [
        Finding(
            where=f"{where}: {target.name}",
            found=f"{len(values)} values ({shown})",
            expected="two values, for task: classification",
            advice="The larger is the class on whose side the law is positive. For evenly spaced "
            "levels say task: ordinal, for a continuous target task: regression.",
        )
    ]


def _too_few(whole: NDArray[np.bool_], dropped: dict[str, int], where: str) -> list[Finding]:
    left = int(whole.sum())
    if left >= FEWEST_ROWS:
        return []
    lost = "; ".join(f"{reason}: {count}" for reason, count in dropped.items())
    found = f"{len(whole)} rows" + (f", {left} of them usable (left out: {lost})" if lost else "")
    return [
        Finding(
            where=where,
            found=found,
            expected=f"at least {FEWEST_ROWS} usable rows",
            advice="A law is fitted, chosen and proved on rows of its own; fewer cannot do it.",
        )
    ]


def matrix(clean: Clean, columns: Sequence[Column], rows: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The columns side by side on the marked rows ``[n, d]``, with no ``-0.0``."""
    x = np.empty((int(rows.sum()), len(columns)))
    for i, column in enumerate(columns):
        x[:, i] = clean.numbers[column.name][rows]
    x += 0.0
    return x
