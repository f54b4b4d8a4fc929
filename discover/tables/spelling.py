"""Numbers as people and instruments write them: ``3,14``, ``1'234.5``, ``1.234,5``, ``1.0D+03``.

A column is read in one convention, the one in which all of its cells are numbers. Where two
conventions would give different numbers (``1,234`` and ``5,678`` may be decimals as well as
thousands) none is chosen: that is for a person to say.
"""

import re
from collections.abc import Sequence

_EXPONENT = r"(?:[eE][+-]?\d+)?"
_FORTRAN = re.compile(r"(\.\d*)[dD](?=[+-]?\d+$)")
# Blanks that group digits in print are narrow or do not break.
_MARKS = (
    " '\N{RIGHT SINGLE QUOTATION MARK}\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}"
)
_MINUS = str.maketrans({"\N{MINUS SIGN}": "-", "\N{EN DASH}": "-"})


def _convention(decimal: str, thousands: str) -> re.Pattern[str]:
    point = re.escape(decimal)
    grouped = rf"[1-9]\d{{0,2}}(?:[{re.escape(thousands + _MARKS)}]\d{{3}})+"
    return re.compile(rf"[+-]?(?:(?:{grouped}|\d+)(?:{point}\d*)?|{point}\d+){_EXPONENT}")


_PLAIN = re.compile(rf"[+-]?(?:\d+\.?\d*|\.\d+){_EXPONENT}")
_CONVENTIONS = {".": _convention(".", ","), ",": _convention(",", ".")}


def numbers(texts: Sequence[str]) -> list[float] | None:
    """The numbers that texts spell, all in one convention; ``None`` where that is not certain.

    Args:
        texts: The cells of a column that are not empty, without blanks around them.

    Example:
        >>> numbers(["3,14", "2"]), numbers(["1,234.5", "17"]), numbers(["1.250,5"])
        ([3.14, 2.0], [1234.5, 17.0], [1250.5])
        >>> numbers(["\N{MINUS SIGN}1.234", "1.5D+03"])
        [-1.234, 1500.0]
        >>> numbers(["1,234", "5,678"]), numbers(["3,14", "1.5"])
        (None, None)
    """
    plain = [_FORTRAN.sub(r"\1e", text.translate(_MINUS)) for text in texts]
    if all(_PLAIN.fullmatch(text) for text in plain):
        return [_number(text, ".") for text in plain]
    readings = [
        [_number(text, decimal) for text in plain]
        for decimal, convention in _CONVENTIONS.items()
        if all(convention.fullmatch(text) for text in plain)
    ]
    certain = readings and all(reading == readings[0] for reading in readings)
    return readings[0] if certain else None


def _number(text: str, decimal: str) -> float:
    exact = re.sub(rf"[^\d{re.escape(decimal)}eE+-]", "", text)
    return float(exact.replace(decimal, "."))
