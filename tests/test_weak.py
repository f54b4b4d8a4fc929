"""Test functions, projections, terms, subsets and balances against closed forms."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from discover.dataset import PARTS, Source, Variable
from discover.equations.balance import Balance, Rows, Within, constants
from discover.equations.subsets import best_subsets, greedy
from discover.equations.terms import Grid, Term, polynomial, target
from discover.field import Axis, Field
from discover.weak import Bump, Probe, bumps, debiased, noise_of

U = sp.Symbol("u", real=True)


def axis(name: str, n: int, length: float, *, periodic: bool = False) -> Axis:
    values = np.arange(n) * length / n
    return Axis(name=name, values=values, periodic=periodic)


def field(function, *, nt: int = 80, nx: int = 64) -> Field:
    t, x = axis("t", nt, 2.0), axis("x", nx, 2 * np.pi, periodic=True)
    values = function(t.values[:, None], x.values[None, :])
    return Field(
        name="made", time=t, space=(x,), variables=(Variable(name="u"),),
        values=values[None, None], source=Source(path="made"),
    )  # fmt: skip


def rows_of(made: Field) -> Rows:
    return Rows.of(made, (Bump(half=16, degree=10), Bump(half=16, degree=12)), (0.0,))


@given(st.integers(2, 12), st.integers(0, 4), st.floats(-0.99, 0.99))
@settings(max_examples=60, deadline=None)
def test_the_derivatives_of_a_bump_are_those_of_its_polynomial(
    degree: int, order: int, s: float
) -> None:
    polynomial = np.polynomial.Polynomial([1, 0, -1]) ** degree
    expected = polynomial.deriv(order)(s) if order else polynomial(s)
    found = Bump(half=5, degree=degree).derivative(np.array([s, 1.0, -1.0, 1.5]), order)
    assert found[0] == pytest.approx(expected, rel=1e-8, abs=1e-6)
    assert np.all(found[1:] == 0)


@pytest.mark.parametrize(("orders", "factor"), [((0, 1), "cos"), ((0, 2), "-sin"), ((1, 0), "sin")])
def test_integration_by_parts_gives_the_projection_of_the_derivative(orders, factor) -> None:
    made = field(lambda t, x: np.exp(-t) * np.sin(x))
    rows = rows_of(made)
    t, x = made.time.values[:, None], made.space[0].values[None, :]
    exact = {
        "cos": np.exp(-t) * np.cos(x),
        "-sin": -np.exp(-t) * np.sin(x),
        "sin": -np.exp(-t) * np.sin(x),
    }[factor]
    weak = rows.probe.project(made.values[0], orders)
    strong = rows.probe.project(exact[None], (0, 0))
    assert np.abs(weak - strong).max() < 1e-9 * np.abs(strong).max()


@given(st.integers(0, 3), st.integers(0, 3))
@settings(max_examples=16, deadline=None)
def test_a_polynomial_in_time_is_exact(power: int, order: int) -> None:
    t = axis("t", 60, 1.5)
    probe = Probe(axes=(t,), bumps=(Bump(half=14, degree=14),))
    weak = probe.project(t.values[None] ** power, (order,))
    derivative = np.polynomial.Polynomial.basis(power).deriv(order) if order else (
        np.polynomial.Polynomial.basis(power)
    )  # fmt: skip
    strong = probe.project(derivative(t.values)[None], (0,))
    assert np.abs(weak - strong).max() < 1e-6  # the sum that stands for the integral


def test_test_functions_fit_into_the_shortest_part() -> None:
    made = field(lambda t, x: np.sin(3 * x - 4 * t) + np.cos(x + t))
    parts = [made.part(part) for part in PARTS]
    found = bumps(parts, order=4, time_order=1)
    for part in parts:
        assert all(n > 0 for n in Probe.of(part, found).shape)
    assert all(bump.degree > 4 or index == 0 for index, bump in enumerate(found))


def test_noisy_fields_get_test_functions_as_wide_as_clean_ones() -> None:
    clean = field(lambda t, x: np.sin(3 * x - 4 * t) + np.cos(x + t), nt=200)
    noise = np.random.default_rng(0).normal(0, 0.1, clean.values.shape)
    noisy = field(lambda t, x: clean.values[0, 0] + noise[0, 0], nt=200)
    widths = [[b.half for b in bumps([f], order=2, time_order=1)] for f in (clean, noisy)]
    assert np.allclose(widths[0], widths[1], rtol=0.3)


@given(st.floats(0.01, 0.5), st.integers(1, 3))
@settings(max_examples=20, deadline=None)
def test_the_mean_of_a_power_is_not_moved_by_noise(spread: float, power: int) -> None:
    # Exact expectations over a normal distribution, by Gauss-Hermite quadrature.
    nodes, weights = np.polynomial.hermite_e.hermegauss(20)
    noisy = 1.3 + spread * nodes
    mean = weights @ debiased(lambda u: u**power, [noisy], [spread]) / weights.sum()
    assert mean == pytest.approx(1.3**power, rel=1e-10)


def test_noise_is_measured_and_a_smooth_field_has_none() -> None:
    made = field(lambda t, x: np.sin(x - t), nt=400)
    noise = np.random.default_rng(1).normal(0, 0.05, made.values.shape)
    assert noise_of(made.values[0]) < 1e-6
    assert noise_of(made.values[0] + noise[0]) == pytest.approx(0.05, rel=0.05)


def test_terms_are_expanded_by_the_chain_rule() -> None:
    grid = Grid(fields=(Variable(name="u"), Variable(name="v")), axes=("t", "x"))
    u, v, u_x, v_x, u_xx = (sp.Symbol(n, real=True) for n in ("u", "v", "u_x", "v_x", "u_xx"))
    assert Term(orders=(0, 1), body=u * v).expanded(grid) == u * v_x + v * u_x
    twice = Term(orders=(0, 2), body=sp.atan(u)).expanded(grid)
    exact = u_xx / (1 + u**2) - 2 * u * u_x**2 / (1 + u**2) ** 2
    assert sp.simplify(twice - exact) == 0


def test_long_names_stay_apart() -> None:
    variable = Variable(name="height")
    grid = Grid(fields=(variable,), axes=("time", "x"), units=("s", "m"))
    assert grid.variable(variable, (1, 1)).name == "height_time_x"
    assert grid.variable(variable, (1, 1)).unit == "1/(s*m)"


def test_the_library_holds_every_product_once() -> None:
    made = field(lambda t, x: np.sin(x) * np.cos(t))
    terms = polynomial(made, 0, degree=4, highest=4, order=2)
    assert len(terms) == len({(term.orders, term.body) for term in terms}) == 5 + 4 * 4 + 1


@given(st.integers(0, 50))
@settings(max_examples=20, deadline=None)
def test_subsets_find_exact_combinations(seed: int) -> None:
    rng = np.random.default_rng(seed)
    columns = rng.normal(size=(60, 12)) * 10.0 ** rng.uniform(-6, 6, 12)
    chosen = tuple(sorted(rng.choice(12, 3, replace=False)))
    y = columns[:, chosen] @ (rng.uniform(1, 2, 3) / np.linalg.norm(columns[:, chosen], axis=0))
    assert best_subsets(columns, y, 4)[2] == chosen


def test_an_exchange_repairs_what_greed_spoils() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(2, 200))
    decoy = a + b + 0.1 * rng.normal(size=200)
    columns = np.stack([a, b, decoy], axis=1)
    y = a + b
    assert greedy(columns, y, 2) != (0, 1)
    assert best_subsets(columns, y, 2)[1] == (0, 1)


def heat() -> Field:
    return field(lambda t, x: np.exp(-0.3 * t) * np.sin(x) + np.exp(-1.2 * t) * np.cos(2 * x))


def test_a_balance_finds_linear_and_other_constants() -> None:
    rows = rows_of(heat())
    left, _ = target(rows.field, 0, 1)
    c, k = sp.symbols("c0 c1", real=True)
    term = Term(orders=(0, 2), body=sp.sinh(k * U) * c)
    found = Balance(target=left, terms=(term,), values={c: 1.0, k: 0.5}, origin="curves").fitted(
        rows
    )
    # sinh(k u) c is 0.3 u only as k goes to 0: the product is what the rows determine.
    assert found.values[c] * found.values[k] == pytest.approx(0.3, rel=1e-2)
    linear = Balance(target=left, terms=(Term(orders=(0, 2), body=c * U),), values={c: 1.0},
                     origin="library").fitted(rows)  # fmt: skip
    assert linear.values[c] == pytest.approx(0.3, rel=1e-9)


def test_errors_of_constants_cover_the_noise() -> None:
    clean = heat()
    c = sp.Symbol("c0", real=True)
    inside = 0
    for seed in range(20):
        noise = np.random.default_rng(seed).normal(0, 0.05, clean.values.shape)
        noisy = field(lambda t, x, noise=noise: clean.values[0, 0] + noise[0, 0])
        rows = Rows.of(noisy, (Bump(half=16, degree=10), Bump(half=16, degree=12)), (0.05,))
        left, _ = target(noisy, 0, 1)
        fitted = Balance(target=left, terms=(Term(orders=(0, 2), body=c * U),), values={c: 0.1},
                         origin="library").fitted(rows).judged(rows)  # fmt: skip
        reach = Balance.quantile(0.95, rows) * fitted.errors[c]
        inside += abs(fitted.values[c] - 0.3) < reach
    assert inside >= 16


def test_a_function_outside_its_domain_has_no_value() -> None:
    rows = rows_of(heat())
    left, _ = target(rows.field, 0, 1)
    c = sp.Symbol("c0", real=True)
    balance = Balance(
        target=left,
        terms=(Term(orders=(0, 0), body=sp.log(U + c)),),
        values={c: 0.1},
        origin="curves",
        within=(Within(argument=U + c, low=0.0, high=np.inf),),
    )
    assert not np.isfinite(balance.predicted(rows)).any()
    assert np.isfinite(balance.fixed(c, 10).predicted(rows)).all()


def test_numbers_in_place_of_constants() -> None:
    rows = rows_of(heat())
    left, _ = target(rows.field, 0, 1)
    a, b = sp.symbols("c0 c1", real=True)
    terms = (Term(orders=(0, 2), body=a * U), Term(orders=(0, 0), body=b * U))
    balance = Balance(target=left, terms=terms, values={a: 2.0, b: 3.0}, origin="library")
    less = balance.fixed(b, 0)
    assert less.terms == terms[:1]
    assert dict(less.values) == {a: 2.0}
    anew = balance.fixed(a, 1).numbered(constants(["u"]))
    assert [str(s) for s in anew.values] == ["c0"]


def test_constants_do_not_meet_a_field_of_their_name() -> None:
    assert str(next(constants(["c0", "k1"]))) == "p0"
