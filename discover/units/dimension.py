"""Unit strings to dimensions: exponents over length, mass, time, and so on.

The names of units come from pint, one identifier at a time. Products and powers are read by the
grammar of `formula`: pint's own parser works out ``9**9**9`` to the last digit.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import pint
import sympy as sp

from discover import formula
from discover.errors import InputError, did_you_mean

_NOTHING = {"", "1", "-", "dimensionless", "none", "unitless"}
# What scientists write, where pint says nothing or something else (AU: absorbance; pct: picocarat).
_MEANT = {
    "AU": "astronomical_unit", "pct": "percent", "Torr": "torr", "Jy": "W/m**2/Hz",
    "Msun": "kg", "M_sun": "kg", "solMass": "kg", "M_earth": "kg", "M_jup": "kg",
    "Rsun": "m", "R_sun": "m", "solRad": "m", "R_earth": "m", "R_jup": "m",
    "Lsun": "W", "L_sun": "W", "mag": "1", "dex": "1",
}  # fmt: skip
_RENAMED = ("AU", "pct", "Torr")  # of these also the size
_SIGNS = {
    "°C": "degC", "°F": "degF", "°": "deg", "℃": "degC", "%": " percent ", "‰": " permille ",
    "·": "*", "⋅": "*", "×": "*", "−": "-", "^": "**",
}  # fmt: skip
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_COMMON = ("m", "cm", "mm", "km", "s", "ms", "kg", "g", "K", "A", "mol", "Pa", "J", "W", "N", "V")
_EXPECTED = "a unit such as m/s**2, kg or 1"


@dataclass(frozen=True)
class Dimension:
    """What a quantity is made of, such as length per time.

    Attributes:
        exponents: Base dimensions with their exponents, none of them zero, sorted by name.

    Example:
        >>> speed = dimension("km/h", where="the column v")
        >>> str(speed), str(speed**2), str(speed / speed)
        ('length/time', 'length**2/time**2', 'no dimension')
    """

    exponents: tuple[tuple[str, Fraction], ...] = ()

    @classmethod
    def of(cls, exponents: Mapping[str, Fraction]) -> "Dimension":
        """The dimension with these exponents."""
        return cls(tuple(sorted((name, e) for name, e in exponents.items() if e != 0)))

    def __mul__(self, other: "Dimension") -> "Dimension":
        exponents = dict(self.exponents)
        for name, exponent in other.exponents:
            exponents[name] = exponents.get(name, Fraction(0)) + exponent
        return Dimension.of(exponents)

    def __pow__(self, power: Fraction | int) -> "Dimension":
        return Dimension.of({name: e * power for name, e in self.exponents})

    def __truediv__(self, other: "Dimension") -> "Dimension":
        return self * other**-1

    def __str__(self) -> str:
        above = [_factor(name, e) for name, e in self.exponents if e > 0]
        below = [_factor(name, -e) for name, e in self.exponents if e < 0]
        if not above and not below:
            return "no dimension"
        return "/".join(["*".join(above) or "1", *below])


NONE = Dimension()


def _factor(name: str, exponent: Fraction) -> str:
    if exponent == 1:
        return name
    return f"{name}**{exponent}" if exponent.denominator == 1 else f"{name}**({exponent})"


def rational(exponent: sp.Expr) -> Fraction | None:
    """A number as a fraction of small numbers; ``None`` if it is none, such as pi or 0.123."""
    if isinstance(exponent, sp.Rational):
        return Fraction(int(exponent.p), int(exponent.q))
    if not isinstance(exponent, sp.Float):
        return None
    near = Fraction(float(exponent)).limit_denominator(12)
    return near if abs(float(near) - float(exponent)) < 1e-9 else None


@lru_cache(maxsize=1024)
def dimension(unit: str, *, where: str) -> Dimension:
    """The dimension of a unit.

    Args:
        unit: Such as ``m/s**2``, ``kg m-3``, ``µm``, ``%``; ``1`` or nothing for none.
        where: The place of the unit as its author knows it, for complaints.

    Raises:
        InputError: If there is no such unit.

    Example:
        >>> str(dimension("J/(kg K)", where="data.units"))
        'length**2/temperature/time**2'
    """
    return _walk(parsed(unit, where), unit, where)


@lru_cache(maxsize=1024)
def scale(unit: str, *, where: str) -> float | None:
    """How many units of the SI one unit is; ``None`` where no factor says it, as of °C.

    Args:
        unit: As in :func:`dimension`.
        where: As there.

    Raises:
        InputError: If there is no such unit.

    Example:
        >>> scale("km s-1", where="v"), scale("m/ms", where="v"), scale("degC", where="T")
        (1000.0, 1000.0, None)
    """
    dimension(unit, where=where)
    expr = parsed(unit, where)
    factors = {symbol: _factor_of(str(symbol.name)) for symbol in expr.free_symbols}
    if None in factors.values():
        return None
    return float(expr.xreplace({symbol: sp.Float(f) for symbol, f in factors.items()}))


def parsed(unit: str, where: str) -> sp.Expr:
    """A unit as a formula of names of units.

    Raises:
        InputError: If it is none.
    """
    text = unit.strip()
    if text in _NOTHING:
        return sp.S.One
    text = _in_formula(text)
    names = set(re.findall(r"[^\W\d]\w*", text)) - {"pi"}
    try:
        return formula.parse(text, names, where=where).expr
    except InputError as error:
        raise _bad(unit, where, "Write products as m*s and powers as s**-2.") from error


def _factor_of(name: str) -> float | None:
    if name in _MEANT and name not in _RENAMED:
        return None  # only the dimension of what is meant is known
    registry = _registry()
    unit = registry.get_name(_MEANT.get(name, name))
    nothing, one = (registry.Quantity(n, unit).to_root_units().magnitude for n in (0.0, 1.0))
    return float(one) if nothing == 0 else None


def _in_formula(text: str) -> str:
    """A unit as scientists write it, in the signs of our grammar."""
    text = re.sub(r"[⁰¹²³⁴-⁹⁺⁻]+", lambda m: f"**({m.group().translate(_RAISED)})", text)
    for sign, meant in _SIGNS.items():
        text = text.replace(sign, meant)
    # kg m-3, as in the climate and forecast conventions.
    text = re.sub(r"(?<![\w.])([^\W\d]+?)(-?\d+)(?![\w.])", r"\1**(\2)", text.strip())
    return re.sub(r"(?<=[\w).])\s+(?=[\w(])", "*", text)


def _walk(expr: sp.Expr, unit: str, where: str) -> Dimension:
    if expr.is_number:
        return NONE
    if expr.is_Symbol:
        return _named(str(expr.name), unit, where)
    if expr.is_Mul:
        product = NONE
        for factor in expr.args:
            product *= _walk(factor, unit, where)
        return product
    if isinstance(expr, sp.Abs):  # what sympy makes of (m**2)**(1/2)
        return _walk(expr.args[0], unit, where)
    if expr.is_Pow:
        exponent = rational(expr.exp)
        if exponent is not None:
            return _walk(expr.base, unit, where) ** exponent
    raise _bad(unit, where, "A unit is a product of powers.")


@lru_cache(maxsize=1)
def _registry() -> pint.UnitRegistry:
    return pint.UnitRegistry()  # half a second, hence not at import


def _named(name: str, unit: str, where: str) -> Dimension:
    if name in _MEANT:
        return dimension(_MEANT[name], where=where)
    registry = _registry()
    try:
        found = registry.get_dimensionality({registry.get_name(name): 1})
    except (pint.UndefinedUnitError, IndexError):
        close = did_you_mean(name, [*_COMMON, *_MEANT, *registry])
        raise _bad(unit, where, close, name) from None
    exponents = {base.strip("[]"): Fraction(e).limit_denominator(12) for base, e in found.items()}
    return Dimension.of(exponents)


def _bad(unit: str, where: str, advice: str, name: str = "") -> InputError:
    found = f"the unit {unit!r}" + (f" with the unknown {name!r}" if name not in ("", unit) else "")
    return InputError.one(where=where, found=found, expected=_EXPECTED, advice=advice)
