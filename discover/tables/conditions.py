"""Which rows a recipe keeps: conditions such as ``crossings >= 8`` or ``kind != comet``."""

import operator
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from discover.errors import Finding, did_you_mean
from discover.tables.columns import Column, Refusal, as_numbers, as_words

_SIGN = re.compile(r"<=|>=|==|!=|<|>|=")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "=": operator.eq, "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
_EXPECTED = "a column, one of < <= > >= = !=, and a value, such as crossings >= 8"


def kept(
    columns: Sequence[Column], conditions: Sequence[str], where: str
) -> tuple[NDArray[np.bool_], list[Finding]]:
    """Rows that meet all conditions, boolean ``[rows]``; a row without a value meets none.

    Args:
        columns: The columns of the file; at least one.
        conditions: A column (the longest name that fits), a sign, and a number or a word.
        where: The file as the user knows it.
    """
    rows = np.ones(len(columns[0].values), dtype=bool)
    findings = []
    for condition in conditions:
        met = _met(columns, condition)
        if isinstance(met, Refusal):
            findings.append(met.finding(f"{where}: where"))
        else:
            rows &= met
    return rows, findings


def _met(columns: Sequence[Column], condition: str) -> NDArray[np.bool_] | Refusal:
    by_name = {column.name: column for column in columns}
    signs = list(_SIGN.finditer(condition))
    # Names may hold signs themselves: the last one that leaves a column at its left divides.
    for sign in reversed(signs):
        column = by_name.get(condition[: sign.start()].strip().strip("`"))
        if column is not None:
            return _compared(column, sign[0], condition[sign.end() :].strip(), condition)
    if not signs:
        return Refusal(found=repr(condition), expected=_EXPECTED)
    name = condition[: signs[0].start()].strip()
    return Refusal(
        found=f"no column {name!r} in {condition!r}",
        expected=f"one of: {', '.join(by_name)}",
        advice=did_you_mean(name, by_name),
    )


def _compared(column: Column, sign: str, text: str, condition: str) -> NDArray[np.bool_] | Refusal:
    word = text.strip("'\"")
    if not word:
        return Refusal(found=repr(condition), expected=_EXPECTED)
    numbers = as_numbers(column.values)
    if not isinstance(numbers, Refusal) and _NUMBER.fullmatch(word):
        met: NDArray[np.bool_] = _COMPARE[sign](numbers, float(word)) & ~np.isnan(numbers)
        return met
    if sign not in {"=", "==", "!="}:
        return Refusal(
            found=f"{condition!r}, which orders text", expected="a number on both sides of < and >"
        )
    words = np.array(as_words(column.values))
    alike: NDArray[np.bool_] = _COMPARE[sign](words, word) & (words != "")
    return alike
