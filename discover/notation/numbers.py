"""Numbers for reading: as many digits as their interval supports, and no more.

Full precision stays in ``laws.json``; what is rounded here is only shown.
"""

import math

from discover.notation.boxes import TIMES, Box, Leaf, Script, operator, row

_SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_LARGEST = 5  # from 1e5 on, and below 1e-3, a power of ten is easier to read
_SMALLEST = -3
_MOST = 15  # digits that a float64 can answer for


def digits_of(value: float, *, low: float | None, high: float | None, kept: int = 1) -> int:
    """Significant digits of `value` that its interval supports.

    Args:
        value: The number.
        low: Lower end of its interval, ``None`` if there is none.
        high: Upper end.
        kept: How many digits of the interval's half width are shown.

    Example:
        >>> digits_of(0.43215, low=0.4301, high=0.4340)
        3
        >>> digits_of(0.43215, low=None, high=None)
        4
    """
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return 4
    half = (high - low) / 2
    if value == 0 or not math.isfinite(value):
        return 2
    if half <= abs(value) * 10.0**-_MOST:
        return 6  # known to rounding: more digits would tell nobody anything
    return min(max(_exponent(value) - _exponent(half) + kept, 2), 10)


def _exponent(value: float) -> int:
    return math.floor(math.log10(abs(value)))


def _parts(value: float, digits: int) -> tuple[str, int | None]:
    """The mantissa as text and the power of ten, or the whole number and ``None``."""
    if value == 0:
        return "0", None
    mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
    exponent = int(power)
    if _SMALLEST <= exponent < max(_LARGEST, digits):
        return f"{value:.{max(digits - 1 - exponent, 0)}f}", None
    return mantissa, exponent


def shown(value: float, digits: int = 3) -> str:
    """`value` as plain Unicode text with this many significant digits.

    Example:
        >>> shown(0.94512), shown(-1.234e-7), shown(1234.5, 5), shown(float("inf"))
        ('0.945', '−1.23×10⁻⁷', '1234.5', '∞')
    """
    if math.isnan(value):
        return "none"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    mantissa, exponent = _parts(value, digits)
    mantissa = mantissa.replace("-", "−")
    if exponent is None:
        return mantissa
    return f"{mantissa}×10{str(exponent).translate(_SUPERSCRIPT)}"


def number(value: float, digits: int = 4) -> Box:
    r"""`value` as a box; a sign stands before it.

    Example:
        >>> from discover.notation.boxes import latex
        >>> latex(number(-6.02214e23, 4))
        '-6.022\\times10^{23}'
    """
    if not math.isfinite(value):
        return operator(r"\infty" if value > 0 else r"-\infty ", shown(value))
    mantissa, exponent = _parts(value, digits)
    body = Leaf(tex=mantissa, text=mantissa.replace("-", "−"), kind="number")
    if exponent is None:
        return body
    ten = Leaf(tex="10", text="10", kind="number")
    power = Leaf(tex=str(exponent), text=str(exponent).replace("-", "−"), kind="number")
    return row(body, TIMES, Script(base=ten, sup=power))


def count(value: int) -> str:
    """A whole number with thin spaces between its thousands.

    Example:
        >>> count(20000)
        '20\u202f000'
    """
    return f"{value:,}".replace(",", "\u202f")


def percent(share: float, digits: int = 1) -> str:
    """A share as a percentage.

    Example:
        >>> percent(0.8436)
        '84.4\u202f%'
    """
    return f"{100 * share:.{digits}f}\u202f%" if math.isfinite(share) else shown(share)
