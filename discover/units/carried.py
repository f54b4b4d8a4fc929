"""The units that the constants of a formula carry, in the units of its columns.

Values are never converted, so that a constant between metres and seconds carries metres and
seconds, and one between kilometres and hours those. The walk of `consistency` does it: each name of
a unit is taken for a dimension of its own.
"""

from collections.abc import Mapping
from fractions import Fraction

import sympy as sp

from discover.errors import InputError
from discover.units.consistency import check
from discover.units.dimension import NONE, Dimension, parsed, rational


def carried(form: sp.Expr, units: Mapping[str, str], target: str) -> dict[str, str]:
    """The unit of each free constant that follows from those of the columns.

    Args:
        form: A formula in columns and constants.
        units: The unit of each column.
        target: That of the whole.

    Returns:
        Units by constant, ``1`` for a pure number; without those that do not follow. Nothing where
        the units do not fit together as they are written, as metres beside kilometres.

    Example:
        >>> from discover.formula import parse
        >>> form = parse("2*pi*sqrt(l/g) + t", ["l"]).expr
        >>> carried(form, {"l": "m"}, "s")
        {'g': 'm/s**2', 't': 's'}
        >>> carried(form, {"l": "1"}, "1")
        {}
    """
    known = {name: _as_written(unit) for name, unit in units.items()}
    whole = _as_written(target)
    if all(each == NONE for each in (*known.values(), whole)):
        return {}
    verdict = check(form, known, target=whole)
    return {
        name: "1" if each == NONE else str(each) for name, each in sorted(verdict.constants.items())
    }


def _as_written(unit: str) -> Dimension:
    """A unit as a product of powers of its names; as one name where it is none."""
    try:
        powers = parsed(unit, "").as_powers_dict()
    except InputError:  # a law is written down whatever its units are
        return Dimension.of({unit: Fraction(1)})
    exponents = {base: rational(exponent) for base, exponent in powers.items() if base != 1}
    known = {str(base): e for base, e in exponents.items() if base.is_Symbol and e is not None}
    return Dimension.of(known if len(known) == len(exponents) else {unit: Fraction(1)})
