"""Units to dimensions, and formulas whose dimensions fit: checked by changing the units."""

import math
from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from discover.errors import InputError
from discover.formula import parse
from discover.units import NONE, Dimension, carried, check, dimension

LENGTH, TIME, MASS = (Dimension.of({name: Fraction(1)}) for name in ("length", "time", "mass"))
KNOWN = {"x": LENGTH, "y": LENGTH, "t": TIME, "m": MASS, "n": NONE, "a{b}": LENGTH}


def verdict(text: str, target: Dimension | None = None):
    return check(parse(text, KNOWN).expr, KNOWN, target=target)


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("", NONE),
        ("1", NONE),
        (" 1 ", NONE),
        ("-", NONE),
        ("dimensionless", NONE),
        ("%", NONE),
        ("rad", NONE),
        ("°", NONE),
        ("mag", NONE),
        ("m/m", NONE),
        ("m", LENGTH),
        ("µm", LENGTH),  # micro sign
        ("μm", LENGTH),  # Greek mu
        ("Å", LENGTH),
        ("in", LENGTH),
        ("AU", LENGTH),  # to pint, the absorbance unit
        ("R_sun", LENGTH),
        ("3 m", LENGTH),
        ("1e3 m", LENGTH),
        ("(m**2)**(1/2)", LENGTH),
        ("m**1.0", LENGTH),
        ("min", TIME),  # and not the least of several
        ("Gyr", TIME),
        ("sec", TIME),
        ("M_sun", MASS),
        ("m2", LENGTH**2),
        ("m²", LENGTH**2),
        ("m^2", LENGTH**2),
        ("sqrt(m)", LENGTH ** Fraction(1, 2)),
        ("m**0.5", LENGTH ** Fraction(1, 2)),
        ("km/h", LENGTH / TIME),
        ("m s-1", LENGTH / TIME),
        ("m s^-1", LENGTH / TIME),
        ("m·s⁻¹", LENGTH / TIME),
        ("kg m-3", MASS / LENGTH**3),
        ("1/s", TIME**-1),
        ("Hz", TIME**-1),
        ("J", MASS * LENGTH**2 / TIME**2),
        ("Jy", MASS / TIME**2),
        ("°C", Dimension.of({"temperature": Fraction(1)})),
        ("J/(kg K)", dimension("m**2/s**2/K", where="")),
    ],
)
def test_units_as_scientists_write_them(unit: str, expected: Dimension) -> None:
    assert dimension(unit, where="units") == expected


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        ("meterr", "Did you mean 'meter'?"),
        ("KM", "Did you mean 'km'?"),
        ("kg*secnd", "unknown 'secnd'"),
        ("m + s", "A unit is a product of powers"),
        ("m**x", "A unit is a product of powers"),
        ("m**pi", "A unit is a product of powers"),
        ("m//s", "powers as s**-2"),
        ("m)", "powers as s**-2"),
        ("m**9**9**9", "powers as s**-2"),
        ("9**9**9", "powers as s**-2"),
        ("__import__('os').system('x')", "powers as s**-2"),
        ("m" * 30_000, "powers as s**-2"),
    ],
)
def test_units_that_are_none(unit: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        dimension(unit, where="recipe.yaml: data.units.x")
    assert words in str(caught.value)
    assert caught.value.findings[0].where == "recipe.yaml: data.units.x"


@given(st.text(max_size=20) | st.text(alphabet="mskgK123 */^()-.·²⁻%°E", max_size=20))
@settings(max_examples=200, deadline=2000)
def test_any_text_is_a_unit_or_an_input_error(text: str) -> None:
    try:
        found = dimension(text, where="units")
    except InputError:
        return
    assert all(exponent != 0 for _, exponent in found.exponents)


exponents = st.dictionaries(
    st.sampled_from(["length", "mass", "time"]), st.fractions(-3, 3, max_denominator=4)
)


@given(exponents.map(Dimension.of), exponents.map(Dimension.of), st.integers(-3, 3))
def test_dimensions_are_a_group(a: Dimension, b: Dimension, k: int) -> None:
    assert a * b == b * a
    assert a * b / b == a
    assert a / a == NONE
    assert (a * b) ** k == a**k * b**k
    assert hash(a * b / b) == hash(a)


def test_dimensions_in_words() -> None:
    words = {str(LENGTH ** Fraction(1, 2) / TIME**2 / MASS), str(NONE), str(TIME**-1)}
    assert words == {"length**(1/2)/mass/time**2", "no dimension", "1/time"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x + y", LENGTH),
        ("2*x - y/3", LENGTH),
        ("x*t/m", LENGTH * TIME / MASS),
        ("sqrt(x*y)", LENGTH),
        ("x**1.5", LENGTH ** Fraction(3, 2)),
        ("sin(x/y) + n**n + 1", NONE),
        ("exp(-x/y)*t", TIME),
        ("abs(x) + max(x, y, 0)", LENGTH),
        ("atan2(x, y)", NONE),
        ("sign(x)*t", TIME),
        ("`a{b}` + x", LENGTH),
        ("pi", NONE),
    ],
)
def test_formulas_that_fit(text: str, expected: Dimension) -> None:
    found = verdict(text)
    assert found.consistent
    assert found.dimension == expected
    assert found.reason == "all parts fit"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x + t", "t (time) is added to x (length) in t + x"),
        ("1 + x", "1 (no dimension) is added to x (length) in x + 1"),
        ("n*(x*t - m)", "m (mass) is added to"),
        ("sin(x)", "sin is taken of x, which has length"),
        ("exp(-x)", "exp is taken of -x, which has length"),
        ("log(x/t)", "log is taken of x/t, which has length/time"),
        ("n**x", "the exponent x has length in n**x"),
        ("x**n", "x (length) is raised to n"),
        ("max(x, t)", "is compared with"),
        ("atan2(x, t)", "is compared with"),
        ("`a{b}` + t", "`a{b}`"),
        ("c*x + c*t", "c*t (time, times what c carry) is added to c*x"),
        ("c*x + c**2*x + c*t", "is added to"),
        ("exp(c*x) + c*t", "is added to"),
        ("sin(c*x) + log(c*t)", "log is taken of c*t, which has time/length"),
        ("exp(c**2*x) + exp(c*t)", "exp is taken of"),
        ("x**c + n**(c*t)", "the exponent c*t has time"),
    ],
)
def test_formulas_that_cannot_fit(text: str, reason: str) -> None:
    found = verdict(text)
    assert not found.consistent
    assert found.dimension is None
    assert reason in found.reason


@pytest.mark.parametrize(
    ("text", "constants", "whole"),
    [
        ("x + v*t", {"v": LENGTH / TIME}, LENGTH),
        ("a*exp(-t/tau) + x", {"a": LENGTH, "tau": TIME}, LENGTH),
        ("a*t**2 + b*t + c + x", {"a": LENGTH / TIME**2, "b": LENGTH / TIME, "c": LENGTH}, LENGTH),
        ("x*t/(x + k)", {"k": LENGTH}, TIME),
        ("sqrt(c*x) + t", {"c": TIME**2 / LENGTH}, TIME),
        ("c*x + d*t", {}, None),
        ("c*n", {}, None),
        ("k*x**p", {"p": NONE}, None),
        ("k*x**p + t", {"p": NONE}, TIME),
    ],
)
def test_constants_carry_units(text: str, constants, whole) -> None:
    found = verdict(text)
    assert found.consistent
    assert found.constants == constants
    assert found.dimension == whole
    assert found.reason.startswith("constants carry units")


def test_the_target_decides_what_is_left_open() -> None:
    found = verdict("c*x + d*t", MASS)
    assert found.constants == {"c": MASS / LENGTH, "d": MASS / TIME}
    assert found.dimension == MASS
    assert verdict("x + y", TIME).reason == "the whole has length, not time"
    assert verdict("k*x**p", TIME).consistent


# --- a change of units: whoever measures in feet and hours finds the same law ---------------------


def grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner),
        st.builds("{}({})".format, st.sampled_from(["sin", "exp", "abs", "sqrt", "atan"]), inner),
        st.builds("({})**{}".format, inner, st.sampled_from(["2", "-1", "(1/3)", "n"])),
        st.builds("max({}, {})".format, inner, inner),
    )


formulas = st.recursive(
    st.sampled_from(["x", "y", "t", "m", "n", "a", "b", "c", "2", "0.5"]), grow, max_leaves=8
)
SCALES = {"length": 3.0, "time": 0.5, "mass": 7.0}
VALUES = dict(zip("xytmnabc", (1.3, 0.4, 0.7, 2.1, 1.7, 0.9, 0.6, 1.1), strict=True))


def factor(found: Dimension) -> float:
    return math.prod(SCALES[name] ** float(exponent) for name, exponent in found.exponents)


def value(expr: sp.Expr, dimensions: dict[str, Dimension]) -> float:
    at = {
        symbol: sp.Float(VALUES[symbol.name] * factor(dimensions[symbol.name]))
        for symbol in expr.free_symbols
    }
    try:
        number = expr.xreplace(at).evalf()
    except ValueError:  # of what is not real there is no maximum
        reject()
    assume(number.is_Float or number.is_Integer)
    return float(number)


@given(formulas)
@settings(max_examples=250, deadline=None)
def test_what_fits_does_not_depend_on_the_units(text: str) -> None:
    try:
        expr = parse(text, KNOWN).expr
    except InputError:
        assume(False)
    found = check(expr, KNOWN)
    assume(found.consistent and found.dimension is not None)
    names = {symbol.name for symbol in expr.free_symbols}
    given_there = KNOWN | dict(found.constants)
    assume(names <= set(given_there))
    before = value(expr, dict.fromkeys(names, NONE))
    after = value(expr, given_there)
    assert found.dimension is not None
    assert after == pytest.approx(before * factor(found.dimension), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("form", "columns", "target", "found"),
    [
        ("c*sqrt(l)", {"l": "m"}, "s", {"c": "s/m**(1/2)"}),
        ("c*a*(T^4 - d)", {"a": "m^2", "T": "K"}, "W", {"c": "W/K**4/m**2", "d": "K**4"}),
        ("c*exp(-b/T)", {"T": "K"}, "1/s", {"b": "K", "c": "1/s"}),
        ("c*exp(b*t)", {"t": "s"}, "m/s", {"b": "1/s", "c": "m/s"}),
        ("c*(l + d)", {"l": "km h-1"}, "km/h", {"c": "1", "d": "km/h"}),
        ("c*T^b", {"T": "K"}, "1/s", {"b": "1"}),
        ("l + c*d", {"l": "m", "d": "km"}, "m", {"c": "m/km"}),
        ("l + d + c", {"l": "m", "d": "km"}, "m", {}),
        ("c*l", {"l": "1"}, "1", {}),
        ("c*l", {"l": "no / such (unit"}, "m", {"c": "m/no / such (unit"}),
    ],
)
def test_units_that_constants_carry(form, columns, target, found):
    assert carried(parse(form, list(columns)).expr, columns, target) == found
