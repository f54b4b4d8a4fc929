"""Values and derivatives of a tape against sympy itself."""

import math

import numpy as np
import pytest
import sympy as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from discover.formula.vocabulary import FUNCTIONS
from discover.tape import number, open_tape, parts, tape

x, y, c = sp.symbols("x y c", real=True)
ROWS = [np.array([0.3, 0.5, 0.9]), np.array([0.2, 0.7, 0.4]), 1.7]


def expressions() -> st.SearchStrategy[sp.Expr]:
    leaves = st.sampled_from([x, y, c, sp.Integer(2), sp.Float(0.7), sp.pi])

    def grow(inner: st.SearchStrategy[sp.Expr]) -> st.SearchStrategy[sp.Expr]:
        pair = st.tuples(inner, inner)
        return st.one_of(
            pair.map(lambda p: p[0] + p[1]),
            pair.map(lambda p: p[0] * p[1]),
            pair.map(lambda p: p[0] / (p[1] ** 2 + 1)),
            inner.map(sp.sin),
            inner.map(sp.tanh),
            inner.map(lambda e: sp.exp(-(e**2))),
            inner.map(lambda e: sp.sqrt(e**2 + 1)),
            inner.map(lambda e: (e**2 + 1) ** c),
        )

    return st.recursive(leaves, grow, max_leaves=6)


@settings(max_examples=60, deadline=None)
@given(expressions())
def test_values_and_slopes_are_those_of_sympy(expr):
    values, slopes = tape(expr, (x, y, c)).slopes(ROWS, 3, [0, 1, 2])
    for row in range(3):
        at = {x: ROWS[0][row], y: ROWS[1][row], c: ROWS[2]}
        # The sine of a large number has lost as many digits as that has before its point.
        assume(all(abs(wave.args[0].evalf(subs=at)) < 50 for wave in expr.atoms(sp.sin)))
        assert values[row] == pytest.approx(float(expr.evalf(30, subs=at)), rel=1e-11, abs=1e-12)
        for k, symbol in enumerate((x, y, c)):
            exact = float(sp.diff(expr, symbol).evalf(30, subs=at))
            assert slopes[row, k] == pytest.approx(exact, rel=1e-9, abs=1e-10)


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_of_the_grammar(name):
    function = FUNCTIONS[name]
    expr = function.build(x) if function.arity == 1 else function.build(x, y)
    laid = tape(expr, (x, y))
    rows = [np.array([1.2, 1.5]), np.array([0.3, 0.6])]
    if name in ("asin", "acos", "atanh"):
        rows = [np.array([0.2, 0.5]), rows[1]]
    values, slopes = laid.slopes(rows, 2, [0])
    step = 1e-6
    ahead = laid.values([rows[0] + step, rows[1]], 2)
    behind = laid.values([rows[0] - step, rows[1]], 2)
    assert slopes[:, 0] == pytest.approx((ahead - behind) / (2 * step), rel=1e-6)
    args = [r[0] for r in rows][: function.arity or 2]
    assert values[0] == pytest.approx(function.value(*map(float, args)))


def test_what_has_no_value_is_not_finite_and_silent(recwarn):
    rows = [np.array([-1.0, 0.0, 4.0])]
    assert np.isnan(tape(sp.sqrt(x), (x,)).values(rows, 3)[0])
    assert np.isinf(tape(1 / x, (x,)).values(rows, 3)[1])
    assert np.isnan(tape(sp.asin(x), (x,)).values(rows, 3)[2])
    assert np.isnan(tape(x ** sp.Float(0.3), (x,)).slopes(rows, 3, [0])[1][0, 0])
    assert not recwarn.list


def test_the_slope_by_an_exponent_at_zero_is_zero():
    _, slopes = tape(x**c, (x, c)).slopes([np.array([0.0, 1.0]), 2.0], 2, [1])
    assert slopes.ravel().tolist() == [0.0, 0.0]


def test_rows_beyond_one_block():
    rows = np.linspace(0, 1, 100_001)
    assert np.array_equal(tape(x**2 + 1, (x,)).values([rows], rows.size), rows * rows + 1)


def test_an_open_tape_has_a_place_for_each_float_even_of_equal_ones():
    expr = 2.5 * sp.sin(2.5 * x) + sp.cos(2.5 * x)
    laid, floats = open_tape(expr, (x,))
    assert floats == (2.5, 2.5, 2.5)
    at = np.array([0.7])
    got = {round(float(laid.values([*f, at], 1)[0]), 12) for f in np.eye(3) + 1}
    a = 0.7
    want = {
        2 * math.sin(a) + math.cos(a),
        math.sin(2 * a) + math.cos(a),
        math.sin(a) + math.cos(2 * a),
    }
    assert got == {round(v, 12) for v in want}


def test_tapes_of_one_shape_differ_only_in_floats():
    shapes = [open_tape(e, (x, y))[0].shape for e in (1.5 * x, 2.5 * x, 1.5 * y, 1.5 * x**2)]
    assert shapes[0] == shapes[1]
    assert len({hash(s) for s in shapes}) == 3


def test_names_are_never_code():
    evil = sp.Symbol("__import__('os').system('true')", real=True)
    assert tape(sp.sin(evil), (evil,)).values([np.array([0.0])], 1) == 0.0


@pytest.mark.parametrize(
    "expr", [sp.Piecewise((x, x > 0), (0, True)), sp.Sum(sp.sin(c * x), (c, 0, 3))]
)
def test_what_is_no_arithmetic_is_refused(expr):
    with pytest.raises(ValueError, match="no numpy arithmetic"):
        tape(expr, (x,))


def test_a_symbol_without_values_is_refused():
    with pytest.raises(ValueError, match="no values for 'y'"):
        tape(x + y, (x,))


def test_numbers_and_parts():
    assert number(sp.pi / 4) == math.pi / 4
    assert math.isnan(number(sp.zoo))
    found = parts(sp.sin(x) * 2, (x,), [np.array([0.5])])
    assert found[sp.sin(x)] == math.sin(0.5)
