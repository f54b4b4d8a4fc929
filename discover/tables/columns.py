"""Raw columns of a file, the units in their headers, and what keeps one from being numbers.

Readers hand over :class:`Column` values as the file held them; whether a column can be used is
decided here, once for all formats. Nothing is dropped or repaired in this file.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from discover.errors import Finding, InputError
from discover.tables import spelling
from discover.units import dimension

Vector = NDArray[np.float64]

# Twice this overflows nothing, squared it does; no unit system makes a measurement this large.
LARGEST = 1e300
# A column of categories has no more values than this: each becomes a column of its own.
MOST_KINDS = 20

# Cells that say that there is no value, beside those that pandas knows: dashes and the errors of
# spreadsheets. No number is spelt so.
_NOTHING = ("", "-", "--", "---", "–", "—", "?", "...", "#DIV/0!", "#VALUE!", "#REF!", "#NUM!")

_IN_BRACKETS = re.compile(r"(?P<name>.*\S)(?P<gap>\s*)\[\s*(?P<unit>[^\[\]]*?)\s*\]")
_IN_PARENTHESES = re.compile(r"(?P<name>.*\S)\s+\(\s*(?P<unit>[^()]*?)\s*\)")
_COMMON = re.compile(
    r"(?:da|[fpnuµμmcdhkMGTP])?(?:m|s|g|K|A|N|J|W|V|C|F|T|Hz|Pa|eV|mol|Ohm|pc|L|bar)"
    r"|sec(?:ond)?s?|min(?:ute)?s?|h|hours?|days?|d|years?|yr|meters?|metres?|rad|deg|degrees?"
    r"|[aA][uU]|ly|atm|%|°C?|Å|[mM]?as|arcsec|mag|kelvin|joules?|newtons?|volts?|amperes?"
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Column:
    """One column as the file held it.

    Attributes:
        name: Its name, without the unit.
        header: The whole header, as it stands in the file; empty where it has none.
        unit: Unit found in the file; empty where none was found.
        values: What it holds ``[n]``, of any dtype; more than one axis where a row holds several.
    """

    name: str
    header: str
    unit: str
    values: NDArray[Any]


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why a column cannot be used as numbers, in the words of a finding."""

    found: str
    expected: str
    advice: str = ""

    def finding(self, where: str) -> Finding:
        """The same as a complaint about a place."""
        return Finding(where=where, found=self.found, expected=self.expected, advice=self.advice)


def named(
    headers: list[str], values: list[NDArray[Any]], units: list[str] | None = None
) -> list[Column]:
    """Columns whose units are read off their headers, or given.

    A header keeps its unit in the name where two names would become one: ``flux [Jy]`` and
    ``flux [mag]`` stay what they are.
    """
    parts = [split_header(header) for header in headers]
    short = [name for name, _ in parts]
    given = units or [""] * len(headers)
    return [
        Column(
            name=name if short.count(name) == 1 else header.strip(),
            header=header.strip(),
            unit=extra or unit,
            # One value in each row is a column, whichever way it was stored.
            values=array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array,
        )
        for header, array, extra, (name, unit) in zip(headers, values, given, parts, strict=True)
    ]


def of_equal_length(
    held: Mapping[str, NDArray[Any]], units: Mapping[str, str], where: str
) -> list[Column]:
    """Columns from named arrays.

    Raises:
        InputError: If they differ in length.
    """
    lengths = {name: len(array) for name, array in held.items()}
    if len(set(lengths.values())) > 1:
        some = ", ".join(f"{name}: {length}" for name, length in list(lengths.items())[:8])
        raise InputError.one(
            where=where,
            found=f"columns of different lengths ({some})",
            expected="as many values in each column",
            advice="Store those of the table by themselves: what else is told belongs elsewhere.",
        )
    return named(list(held), list(held.values()), [units.get(name, "") for name in held])


def split_header(header: str) -> tuple[str, str]:
    """The name and the unit in a header; the unit is empty where there is none.

    What stands in square brackets is a unit if there is such a unit; in round ones, which also
    hold arguments and remarks, only if every word is a common one. Else it belongs to the name.

    Example:
        >>> split_header("velocity [km s-1]"), split_header("period (year)")
        (('velocity', 'km s-1'), ('period', 'year'))
        >>> split_header("psi (t)"), split_header("[Fe/H]"), split_header("position[1]")
        (('psi (t)', ''), ('[Fe/H]', ''), ('position[1]', ''))
    """
    text = header.strip()
    if match := _IN_BRACKETS.fullmatch(text):
        unit = match["unit"]
        if unit in {"", "1", "-", "–"}:  # an index looks the same, but follows without a gap
            return (match["name"], "1") if match["gap"] else (text, "")
        if is_unit(unit):
            return match["name"], unit
    elif match := _IN_PARENTHESES.fullmatch(text):
        unit = match["unit"]
        words = re.findall(r"[^\W\d]+|°C?|%", unit)
        if words and all(_COMMON.fullmatch(word) for word in words) and is_unit(unit):
            return match["name"], unit
    return text, ""


def is_unit(text: str) -> bool:
    """Whether a text, such as one in brackets, names a unit.

    Example:
        >>> is_unit("km s-1"), is_unit("first"), is_unit("2")
        (True, False, False)
    """
    if len(text) > 40 or not re.search(r"[^\W\d]|[%‰°]", text):
        return False
    try:
        dimension(text, where="header")
    except InputError:
        return False
    return True


def as_numbers(values: NDArray[Any]) -> Vector | Refusal:
    """The column as float64 ``[n]`` (missing values are NaN), or why it cannot be.

    Whole numbers and true/false become floats; text that spells numbers is read as numbers.
    """
    if values.ndim != 1:
        shape = " x ".join(str(size) for size in values.shape[1:])
        return Refusal(
            found=f"an array of shape {shape} in each row", expected="one number in each row"
        )
    kind = values.dtype.kind
    if kind in "biuf":
        numbers = values.astype(np.float64, copy=False)
    elif kind == "c":
        return Refusal(
            found="complex numbers",
            expected="real numbers",
            advice="Give the real and the imaginary part a column each.",
        )
    elif kind in "mM":
        return _moments()
    elif kind in "OSU":
        read = _from_objects(values)
        if isinstance(read, Refusal):
            return read
        numbers = read
    else:
        return Refusal(found=f"values of type {values.dtype}", expected="numbers")
    return _too_large(numbers) or numbers


def as_words(values: NDArray[Any]) -> list[str]:
    """Each value as text, whole numbers without a point; empty where it is missing.

    Example:
        >>> as_words(np.array([1.0, np.nan, 2.5, b" star", None], dtype=object))
        ['1', '', '2.5', 'star', '']
    """
    return [_as_word(value) for value in values.tolist()]


def _as_word(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(_text(value)).strip()


def _moments() -> Refusal:
    return Refusal(
        found="dates or times",
        expected="numbers",
        advice="Turn them into a number with a unit, such as days since the first.",
    )


def _too_large(numbers: Vector) -> Refusal | None:
    finite = np.isfinite(numbers)
    with np.errstate(invalid="ignore"):
        large = finite & (np.abs(numbers) > LARGEST)
    if not large.any():
        return None
    row = int(large.argmax())
    return Refusal(
        found=f"{numbers[row]:g} in row {row + 1}",
        expected=f"values up to {LARGEST:g} in size",
        advice="Change the unit, or repair the value if it marks a missing one.",
    )


def _from_objects(values: NDArray[Any]) -> Vector | Refusal:
    series = pd.Series(values, dtype=object)
    if values.dtype.kind == "S" or any(isinstance(value, bytes) for value in values[:100]):
        series = series.map(_text)
    # Spaces around a number are layout; a cell of spaces is a missing value.
    stripped = series.map(lambda value: value.strip() if isinstance(value, str) else value)
    missing = stripped.isna() | stripped.isin(_NOTHING)
    known = stripped[~missing]
    truths = known.map(lambda value: isinstance(value, bool | np.bool_))
    if len(known) and bool(truths.all()):
        numbers = np.full(len(values), np.nan)
        numbers[~missing.to_numpy()] = known.astype(np.float64)
        return numbers
    if any(hasattr(value, "isoformat") for value in known.iloc[:1]):
        return _moments()
    try:
        read = pd.to_numeric(stripped.astype(object), errors="coerce")
    except OverflowError:
        return _beyond_float(stripped)
    numeric = np.array(read, dtype=np.float64)
    said = ~missing.to_numpy(dtype=bool)
    said &= np.array([not _spells_nan(value) for value in stripped], dtype=bool)
    wrong = np.isnan(numeric) & said
    if not wrong.any():
        return numeric
    texts = stripped[said].tolist()
    spelt = spelling.numbers(texts) if all(isinstance(text, str) for text in texts) else None
    if spelt is None:
        return _text_refusal(stripped[wrong], rows=int((~missing).sum()))
    numeric[said] = spelt
    return numeric


def _beyond_float(values: "pd.Series[Any]") -> Refusal:
    """The refusal of a column with an integer of hundreds of digits."""
    digits = [len(str(value).lstrip("+-")) for value in values]
    row = digits.index(max(digits)) + 1
    return Refusal(
        found=f"a whole number of {max(digits)} digits in row {row}",
        expected=f"values up to {LARGEST:g} in size",
        advice="Is it a name and not a number?",
    )


def _text(value: object) -> object:
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else value


def _spells_nan(value: object) -> bool:
    return isinstance(value, str) and value.casefold() in {"nan", "+nan", "-nan", "na", "null"}


def _text_refusal(wrong: "pd.Series[Any]", *, rows: int) -> Refusal:
    first, row = str(wrong.iloc[0]), int(wrong.index[0]) + 1
    shown = first if len(first) <= 40 else first[:37] + "..."
    others = len(wrong) - 1
    more = f" (and {others} more of {rows} values)" if others else f" (the only one of {rows})"
    advice = ""
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+", first):
        advice = "Is the comma a decimal mark or does it group digits? Write 1.234 or 1234."
    elif re.fullmatch(r"[+-]?\d*,\d+([eE][+-]?\d+)?", first):
        advice = "Write decimals with a point."
    elif re.fullmatch(r"\d{4}-\d\d?-\d\d?.*|\d\d?[./]\d\d?[./]\d{4}.*", first):
        advice = "It looks like a date: turn it into a number, such as days since the first."
    elif others + 1 < rows / 2:
        advice = "Repair the value, or leave the cell empty if it is missing."
    elif wrong.nunique() <= MOST_KINDS:
        advice = "If it names kinds of rows, list it under `categories`."
    return Refusal(found=f"text {shown!r} in row {row}{more}", expected="numbers", advice=advice)
