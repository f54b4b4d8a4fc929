"""Text to sympy and back: an independent evaluation, round trips, and hostile text."""

import math
import os
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
import sympy as sp
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from discover.errors import InputError
from discover.formula import parse, render

NAMES = ("x", "y", "α", "Z/2 + Z/2", "a`b", "E", "pi_0", "sin", "Σ Volume")
AT = dict(zip(NAMES, (0.7, 1.9, 0.31, 2.3, 0.11, 1.3, 0.53, 0.9, 3.1), strict=True))
SYMBOLS = {name: sp.Symbol(name, real=True) for name in NAMES}


def text_of(name: str) -> str:
    plain = name.isidentifier() and name != "sin"
    return name if plain else "`" + name.replace("`", "``") + "`"


def value_of(expr: sp.Expr) -> float:
    return float(expr.xreplace({SYMBOLS[name]: sp.Float(value) for name, value in AT.items()}))


# A tree is (text, precedence, value): the value is made beside the text, by Python's own floats.
Tree = tuple[str, int, Callable[[], float]]
SUM, PRODUCT, SIGNED, POWER, ATOM = range(5)
FLOAT_FUNCTIONS = {
    "sin": math.sin, "cos": math.cos, "tan": math.tan, "exp": math.exp, "log": math.log,
    "ln": math.log, "sqrt": math.sqrt, "tanh": math.tanh, "atan": math.atan, "abs": abs,
    "Abs": abs, "sinh": math.sinh, "cosh": math.cosh, "asinh": math.asinh, "erf": math.erf,
    "sigmoid": lambda v: 1 / (1 + math.exp(-v)), "cbrt": lambda v: math.pow(v, 1 / 3),
}  # fmt: skip


def grouped(tree: Tree, least: int) -> str:
    return tree[0] if tree[1] >= least else f"({tree[0]})"


def binary(sign: str, left: Tree, right: Tree) -> Tree:
    a, b = left[2], right[2]
    if sign == "+":
        return f"{grouped(left, SUM)} + {grouped(right, PRODUCT)}", SUM, lambda: a() + b()
    if sign == "-":
        return f"{grouped(left, SUM)}-{grouped(right, PRODUCT)}", SUM, lambda: a() - b()
    if sign == "*":
        return f"{grouped(left, PRODUCT)}*{grouped(right, SIGNED)}", PRODUCT, lambda: a() * b()
    if sign == "/":
        return f"{grouped(left, PRODUCT)} / {grouped(right, SIGNED)}", PRODUCT, lambda: a() / b()
    return f"{grouped(left, ATOM)}{sign}{grouped(right, SIGNED)}", POWER, lambda: math.pow(a(), b())


def leaves() -> st.SearchStrategy[Tree]:
    return st.one_of(
        st.sampled_from(NAMES).map(lambda n: (text_of(n), ATOM, lambda: AT[n])),
        st.integers(0, 12).map(lambda k: (str(k), ATOM, lambda: float(k))),
        st.floats(1e-3, 1e3).map(lambda v: (repr(v), ATOM, lambda: v)),
    )


def nodes(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    return st.one_of(
        st.builds(binary, st.sampled_from("+-*/"), inner, inner),
        st.builds(binary, st.sampled_from(["**", "^"]), inner, leaves()),
        inner.map(lambda t: (f"-{grouped(t, POWER)}", SIGNED, lambda: -t[2]())),
        st.tuples(st.sampled_from(sorted(FLOAT_FUNCTIONS)), inner).map(
            lambda p: (f"{p[0]}({p[1][0]})", ATOM, lambda: FLOAT_FUNCTIONS[p[0]](p[1][2]()))
        ),
    )


trees = st.recursive(leaves(), nodes, max_leaves=12)


@given(trees)
@settings(max_examples=300, deadline=None)
def test_value_is_that_of_an_independent_evaluation(tree: Tree) -> None:
    text, _, value = tree
    try:
        wanted = value()
    except (ValueError, ArithmeticError):
        assume(False)
    assume(1e-6 < abs(wanted) < 1e6)
    try:
        formula = parse(text, NAMES)
    except InputError as error:  # exact arithmetic sees 0/0 where floats see rounding errors
        assume(not any(word in str(error) for word in ("zero", "real", "64-bit")))
        raise
    assert formula.constants == ()
    if formula.expr.free_symbols:  # otherwise sympy may keep an exact form whose float is dear
        assert value_of(formula.expr) == pytest.approx(wanted, rel=1e-6)


@given(trees)
@settings(max_examples=300, deadline=None)
def test_what_was_read_is_written_and_read_again(tree: Tree) -> None:
    try:
        expr = parse(tree[0], NAMES).expr
    except InputError:
        assume(False)
    assume(is_settled(expr))
    text = render(expr)
    again = parse(text, NAMES).expr
    assert again == expr, text
    assert floats(again) == floats(expr)
    assert render(again) == text


def is_settled(expr: sp.Expr) -> bool:
    """Whether sympy leaves it alone: of Abs(-Abs(x)) it makes Abs(Abs(x)), of that Abs(x)."""
    return all(
        part.func(*part.args) == part or (part.is_Mul and part.args[-1].is_Add)
        for part in sp.preorder_traversal(expr)
        if part.args
    )


def floats(expr: sp.Expr) -> list[str]:
    return sorted(float(v).hex() for v in expr.atoms(sp.Float))


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(5e-324)
@example(1.7976931348623157e308)
@example(0.1)
def test_every_float_survives(value: float) -> None:
    x = SYMBOLS["x"]
    expr = sp.Add(sp.Float(value), x, evaluate=False)
    if value != 0:
        assert floats(parse(render(expr), NAMES).expr) == floats(expr)


@given(st.text(min_size=1))
@example("`")
@example("``")
@example("E")
@example("exp")
@example("x²")
@example("²")
@example("A·")
def test_every_column_name_survives(name: str) -> None:
    symbol = sp.Symbol(name, real=True)
    formula = parse(render(2 * symbol), {name})
    assert formula.expr == 2 * symbol
    assert formula.constants == ()


@given(st.text(alphabet="xyE12e.09+-*/^() ,`=sincoexplgrt", max_size=40) | st.text(max_size=30))
@settings(max_examples=500, deadline=2000)
def test_any_text_is_a_formula_or_an_input_error(text: str) -> None:
    try:
        expr = parse(text, {"x", "y"}).expr
    except InputError:
        return
    assume(is_settled(expr))
    assert parse(render(expr), {"x", "y"}).expr == expr


HUGE = ["9", "2", "10", "999", "1e300", "1000", "0.5", "pi", "x", "log(3)", "y"]


def pile(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, st.sampled_from(["**", "*", "/", "+", "-"]), inner).map(
            lambda p: f"({p[0]}){p[1]}({p[2]})"
        ),
        st.tuples(st.sampled_from(["exp", "abs", "sqrt", "max", "sin", "log"]), inner).map(
            lambda p: f"{p[0]}({p[1]})"
        ),
    )


@given(st.recursive(st.sampled_from(HUGE), pile, max_leaves=14))
@settings(max_examples=300, deadline=3000)
def test_towers_of_numbers_end_quickly(text: str) -> None:
    try:
        expr = parse(text, {"x", "y"}).expr
    except InputError:
        return
    assert not expr.has(sp.oo, -sp.oo, sp.zoo, sp.nan, sp.I)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-x**2", lambda x, y: -(x**2)),
        ("2^3^2", lambda x, y: sp.Integer(512)),
        ("2**-x", lambda x, y: 2 ** (-x)),
        ("x - y - 1", lambda x, y: x - y - 1),
        ("x/y/2", lambda x, y: x / y / 2),
        ("x/-y", lambda x, y: -x / y),
        ("+-+x", lambda x, y: -x),
        ("1/2", lambda x, y: sp.Rational(1, 2)),
        ("1/3 + 1/6", lambda x, y: sp.Rational(1, 2)),
        ("0.5*x", lambda x, y: sp.Float(0.5) * x),
        ("1e-3", lambda x, y: sp.Float(1e-3)),
        ("2.*x + .5", lambda x, y: sp.Float(2) * x + sp.Float(0.5)),
        ("atan2(y, x)", lambda x, y: sp.atan2(y, x)),
        ("max(x, 2, y)", lambda x, y: sp.Max(x, 2, y)),
        ("Min(3, 2, 7)", lambda x, y: sp.Integer(2)),
        ("sigmoid(x)", lambda x, y: 1 / (1 + sp.exp(-x))),
        ("pi + E", lambda x, y: sp.pi + sp.E),
        ("sin(2*pi)", lambda x, y: sp.Integer(0)),
        ("2*(x + y)", lambda x, y: sp.Mul(2, x + y, evaluate=False)),
        (" x\n + y ", lambda x, y: x + y),
    ],
)
def test_forms(text: str, expected: Callable[[sp.Symbol, sp.Symbol], sp.Expr]) -> None:
    x, y = SYMBOLS["x"], SYMBOLS["y"]
    assert parse(text, {"x", "y"}).expr == expected(x, y)


def test_other_names_are_constants_in_the_order_of_the_text() -> None:
    formula = parse("z*x + e**b - `free one` + z + gone - gone", {"x"})
    assert formula.constants == ("z", "e", "b", "free one")
    assert all(symbol.is_real for symbol in formula.expr.free_symbols)


def test_a_column_wins_over_a_number_and_a_function() -> None:
    names = {"E", "exp"}
    assert parse("E + exp(exp)", names).expr.free_symbols == {
        sp.Symbol(name, real=True) for name in names
    }
    assert render(sp.E * sp.Symbol("E", real=True)) == "exp(1)*`E`"


def test_a_column_called_pi_is_never_mixed_up_with_the_number() -> None:
    expr = sp.pi * sp.Symbol("pi", real=True)
    assert parse("acos(-1)*`pi`", {"pi"}).expr == expr
    with pytest.raises(InputError, match="a column and a number"):
        parse(render(expr), {"pi"})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no formula"),
        ("  \n", "no formula"),
        ("2x", "Write 2*x"),
        ("(x)(y)", "Write * for a product"),
        ("x(y + 1)", "Write x*(...)"),
        ("y = x", "only the right-hand side"),
        ("x == y", "only the right-hand side"),
        ("sinn(x)", "Did you mean sin?"),
        ("sin x", "'sin(...)'"),
        ("sin()", "expected a name"),
        ("sin(x, y)", "expected 1 argument"),
        ("atan2(x)", "expected 2 arguments"),
        ("(x + y", "'(' without its ')' at position 1"),
        ("x + y)", "')' without its '(' at position 6"),
        ("x +", "the end of the formula"),
        ("1,5*x", "a point"),
        ("x²", "expected '**2'"),
        ("x − y", "expected '-'"),
        ("x.y", "between backticks"),
        ("`x", "without its partner"),
        ("``", "an empty name"),
        ("x/0", "division by zero"),
        ("x/(y - y)", "division by zero"),
        ("0**-1", "division by zero"),
        ("log(0)", "infinite"),
        ("tan(pi/2)", "infinite"),
        ("atanh(1)", "infinite"),
        ("0/0", "division by zero"),
        ("sqrt(-2)", "not real"),
        ("sqrt(-x**2)", "not real"),
        ("(-8)**(1/3)", "not real"),
        ("cbrt(-2**x)", "not real"),
        ("acos(2)", "not real"),
        ("(x*(x + x))**501", "exponent 1002"),
        ("1e999", "1e999"),
        ("1e-999", "1e-999"),
        ("1e200*1e200", "beyond 1.8e308"),
        ("x*1e-200*1e-200", "no 64-bit float"),
        ("9**9**9", "exponents from -1000 to 1000"),
        ("(2*x)**(9**9)", "exponents from -1000 to 1000"),
        ("(2**1000*x)**1000", "no 64-bit float"),
        ("exp(10**9*log(3) + x)", "exponents from -1000 to 1000"),
        ("exp(exp(exp(10)))", "beyond 1.8e308"),
        ("9" * 400, "the number 9999"),
        ("x + " * 6000 + "x", "at most 20000"),
        ("(" * 500 + "x" + ")" * 500, "at most 50 levels"),
        ("sin(" * 51 + "x" + ")" * 51, "at most 50 levels"),
        ("x**" * 5000 + "x", "at most 50 levels"),
        ("__import__('os')", "expected names"),
        ("x if x else y", "an operator between"),
        ("x; y", "';'"),
    ],
)
def test_what_is_wrong_is_said(text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text, {"x", "y"}, where="recipe.yaml: hypotheses.slope")
    assert words in str(caught.value)
    assert caught.value.findings[0].where == "recipe.yaml: hypotheses.slope"


def test_the_mark_stands_below_the_mistake() -> None:
    with pytest.raises(InputError) as caught:
        parse("exp(2x) + 1", {"x"})
    _, line, mark = str(caught.value).splitlines()
    assert line[mark.index("^")] == "x"


def test_nested_as_deep_as_allowed_is_no_recursion_error() -> None:
    expr = parse("sqrt(1 + x*exp(" * 25 + "x" + "))" * 25, {"x"}).expr
    assert parse(render(expr), {"x"}).expr == expr


def test_the_longest_formula_takes_a_moment() -> None:
    start = time.perf_counter()
    parse("+".join(f"a{i}*x" for i in range(1900)), {"x"})
    parse("*".join(f"(x+{i})" for i in range(1900)), {"x"})
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize(
    "bad", [sp.oo, sp.zoo, sp.nan, sp.I, sp.Function("f")(SYMBOLS["x"]), sp.gamma(SYMBOLS["x"])]
)
def test_what_the_grammar_cannot_say_is_not_written(bad: sp.Expr) -> None:
    with pytest.raises(ValueError, match="no word"):
        render(bad)


def test_written_alike_in_every_process() -> None:
    code = (
        "from discover.formula import parse, render\n"
        "print(render(parse('c*b + a*d**f - g/h + sin(z + y) + max(q, p, r) + a*b*c', ()).expr))"
    )
    written = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(written) == 1
