"""What can be guessed of a table: its target and task, what to leave out, how to split it.

Each guess comes with its reason, in words; `writing` makes a recipe of them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from discover.accuracy import Levels
from discover.config import SplitConfig, Task
from discover.config.text import inline
from discover.errors import InputError
from discover.tables.columns import MOST_KINDS, Column, Refusal, Vector, as_numbers, as_words
from discover.tables.deal import groups, labels

_ROW_NAMES = re.compile(r"(?:.*[ _-])?(?:id|index|row|nr|no|number|#)\.?", re.IGNORECASE)
_MOST_LEVELS = 20
_ERROR = r"(?:sigma|err|error|std|sd|stderr|unc|uncertainty|±|\+-|\+/-)"


@dataclass(frozen=True, kw_only=True, eq=False)
class Guess:
    """What was made of the table.

    Attributes:
        target: Name of the column to be explained.
        why: Why this one.
        features: The columns that may explain it, by name.
        dropped: Columns left out, and why.
        units: Units found in the file.
        task: Regression; ordinal with the reason in `levels`; classification for two values.
        levels: The values an ordinal target takes, in words; empty for regression.
        by: The grouping column of the split; empty for none.
        gaps: Rows with a missing value in a used column.
        sigma: Column that seems to hold the target's standard deviations; empty for none.
    """

    target: str
    why: str
    features: Mapping[str, Vector]
    dropped: Mapping[str, str]
    units: Mapping[str, str]
    task: Task
    levels: str
    by: str
    gaps: int
    sigma: str


def guess(columns: Sequence[Column], target: str | None, where: str) -> Guess:
    """What the columns of a table seem to be.

    Args:
        columns: All of the table.
        target: The column to be explained; the last suitable one if left out.
        where: The table as its user knows it, for complaints.

    Raises:
        InputError: If no column can be a target.
    """
    numbers, dropped = _sorted_out(columns)
    if target is not None:
        told = [column.name for column in columns if target in (column.name, column.header)]
        name, why = (told or [target])[0], "As you said."
        dropped.pop(name, None)
    elif numbers:
        errors = {_deviations(numbers, each) for each in numbers}
        name = [each for each in numbers if each not in errors][-1]
        why = "A guess: the last column of numbers that vary."
    else:
        raise InputError.one(
            where=where,
            found="no column of numbers that vary" + _told(dropped),
            expected="a target and at least one column that may explain it",
        )
    explained = numbers.pop(name, None)
    if not numbers and explained is not None:
        raise InputError.one(
            where=where,
            found=f"no column beside {name!r} that varies" + _told(dropped),
            expected="a target and at least one column that may explain it",
        )
    sigma = _deviations(numbers, name) if explained is None or not _levels(explained) else ""
    numbers.pop(sigma, None)
    dropped |= _copies(numbers, explained, name)
    features = {each: values for each, values in numbers.items() if each not in dropped}
    levels = "" if explained is None else _levels(explained)
    used = [*features.values(), *([] if explained is None else [explained])]
    gaps = ~np.isfinite(np.array(used)).all(axis=0) if used else np.zeros(0)
    return Guess(
        target=name,
        why=why,
        features=features,
        dropped=dropped,
        units={column.name: column.unit for column in columns if column.unit},
        task=_task(explained) if explained is not None and levels else "regression",
        levels=levels,
        by=_grouping(features),
        gaps=int(gaps.sum()),
        sigma=sigma,
    )


def _deviations(numbers: Mapping[str, Vector], target: str) -> str:
    """The column whose name says that it is the error of the target; empty for none.

    Of a column that is not positive in each row nothing is made.
    """
    stem = re.escape(target)
    named = re.compile(
        rf"(?:{_ERROR}|d)[ _.-]+{stem}|{stem}[ _.-]+{_ERROR}|± *{stem}|{stem} *±", re.IGNORECASE
    )
    for name, values in numbers.items():
        if named.fullmatch(name) and bool((values > 0).all() and np.isfinite(values).all()):
            return name
    return ""


def _sorted_out(columns: Sequence[Column]) -> tuple[dict[str, Vector], dict[str, str]]:
    """Columns of numbers that vary, by name, and the others with the reason to leave them out."""
    names = [column.name for column in columns]
    numbers: dict[str, Vector] = {}
    dropped: dict[str, str] = {}
    for column in columns:
        values = as_numbers(column.values)
        if names.count(column.name) > 1:
            dropped[column.name] = "several columns have this name"
        elif isinstance(values, Refusal):
            dropped[column.name] = f"{values.found}{_kinds(column) or _advised(values)}"
        elif reason := _unfit(column, values):
            dropped[column.name] = reason
        else:
            numbers[column.name] = values
    return numbers, dropped


def _kinds(column: Column) -> str:
    """How to use a column of words after all; empty where it names too few kinds or too many."""
    kinds = set(as_words(column.values)) - {""}
    if not 2 <= len(kinds) <= MOST_KINDS:
        return ""
    line = f"categories: [{inline(column.name)}]"
    return (
        f"; it names {len(kinds)} kinds: to use them put  {line}  in its place, or "
        f" per: {inline(column.name)}  for a law of each kind"
    )


def _advised(refusal: Refusal) -> str:
    return f". {refusal.advice}".rstrip(". ") if refusal.advice else ""


def _unfit(column: Column, values: Vector) -> str:
    """Why a column of numbers explains nothing; empty if it may."""
    known = values[np.isfinite(values)]
    if len(known) < len(values) / 2:
        return f"{len(values) - len(known)} of {len(values)} values are missing"
    if float(np.ptp(known)) <= 8 * np.finfo(float).eps * float(np.abs(known).max()):
        return f"constant: {known[0]:g}"
    if not column.header:
        return "without a name; perhaps a row index"
    counts = len(np.unique(known)) == len(values) and bool((known == np.round(known)).all())
    if counts and _ROW_NAMES.fullmatch(column.name):
        return "another whole number in each row, and the name of a row number"
    return ""


def _copies(numbers: Mapping[str, Vector], target: Vector | None, name: str) -> dict[str, str]:
    """Columns that equal the target or an earlier column in every row."""
    seen = {} if target is None else {target.tobytes(): f"the target {name!r}"}
    copies = {}
    for each, values in numbers.items():
        original = seen.setdefault(values.tobytes(), repr(each))
        if original != repr(each):
            copies[each] = f"an exact copy of {original}"
    return copies


def _task(target: Vector) -> Task:
    """The task for a target of few whole numbers: two of them are classes."""
    return "classification" if len(np.unique(target[np.isfinite(target)])) == 2 else "ordinal"


def _levels(target: Vector) -> str:
    """The few whole numbers that an ordinal target takes, in words; empty if it is not one."""
    values = np.unique(target[np.isfinite(target)])
    if not 2 <= len(values) <= min(_MOST_LEVELS, len(target) / 5):
        return ""
    if (values != np.round(values)).any():
        return ""
    try:
        step = Levels.of(values).step
    except ValueError:
        return ""
    if (values[-1] - values[0]) / step >= 2 * _MOST_LEVELS:
        return ""
    return f"{len(values)} whole numbers from {values[0]:g} to {values[-1]:g} in steps of {step:g}"


def _grouping(features: Mapping[str, Vector]) -> str:
    """The column whose values tell near-copies of rows, if there are any; else empty.

    Rows are near-copies if all their features agree to six digits without being equal. The
    column with most values then groups them, unless its groups are too coarse for a split.
    """
    if not features:
        return ""
    digits = SplitConfig().digits
    coded = {name: labels(values, digits)[0] for name, values in features.items()}
    near = groups(np.column_stack(list(coded.values())).astype(np.float64), None)
    equal = groups(np.column_stack(list(features.values())), None)
    if near.max() == equal.max():
        return ""
    finest = max(coded, key=lambda name: int(coded[name].max()))
    sizes = np.bincount(coded[finest] + 1)[1:]
    return finest if sizes.max() <= len(coded[finest]) / 10 else ""


def _told(dropped: Mapping[str, str]) -> str:
    reasons = "; ".join(f"{name}: {reason}" for name, reason in dropped.items())
    return f" ({reasons})" if reasons else ""
