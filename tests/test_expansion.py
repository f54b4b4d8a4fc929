"""Sparse expansions: closed forms come back, subsets agree with a search of all of them."""

from itertools import combinations

import numpy as np
import pytest
import sympy as sp

from discover.dataset import Variable
from discover.expansion import Reduced, expand, named, stepped
from discover.expansion.choosing import subsets, without_unity
from discover.expansion.dictionary import dictionary
from discover.expansion.outer import OUTER
from discover.expansion.scanning import pairs, triples
from discover.expansion.separated import separate
from discover.law import Law, complexity
from discover.refit import Sample, refit

X, Y = sp.symbols("x y", real=True)


def problem(law, r: int, *, noise: float = 0.0, seed: int = 0, n: int = 200):  # type: ignore[no-untyped-def]
    k = (7 * n) // 10
    rng = np.random.default_rng(seed)
    z = rng.uniform(0.5, 2.0, (n, r))
    y = law(*z.T)
    y = y + noise * np.sqrt(np.mean(y**2)) * rng.standard_normal(n)
    one = np.ones(n)
    return (
        Reduced(z=z[:k], factor=one[:k], y=y[:k], clean=y[:k]),
        Reduced(z=z[k:], factor=one[k:], y=y[k:], clean=y[k:]),
    )


LAWS = [
    (lambda x, y: 2 * x**2 + np.sqrt(x) / y, 2 * X**2 + sp.sqrt(X) / Y, 0),
    (lambda x, y: (x + y) / (1 + x * y), (X + Y) / (1 + X * Y), 0),
    (lambda x, y: 1 / np.sqrt(1 + x**2 / y), 1 / sp.sqrt(1 + X**2 / Y), 0),
    (lambda x, y: np.exp(-(x**2) / y), sp.exp(-(X**2) / Y), 0),
    (lambda x, y: x * np.cos(y) + 1, X * sp.cos(Y) + 1, 1),
]


@pytest.mark.parametrize(("law", "truth", "level"), LAWS)
def test_exact_laws_come_back(law, truth, level) -> None:  # type: ignore[no-untyped-def]
    best = expand([X, Y], *problem(law, 2), level=level)[0]
    assert best.error < 1e-12
    far = {X: 17.3, Y: 5.1}
    assert float(best.expr.evalf(subs=far)) == pytest.approx(float(truth.evalf(subs=far)), rel=1e-6)


def test_noise_leaves_the_form() -> None:
    best = expand([X], *problem(lambda x: 3 * np.tanh(x), 1, noise=0.01), level=2)[0]
    assert best.expr.has(sp.tanh)
    assert 0.005 < best.error < 0.02


def test_planck_is_not_taken_for_wien() -> None:
    def planck(x):  # type: ignore[no-untyped-def]
        return x**3 / (np.exp(x) - 1)

    best = expand([X], *problem(planck, 1), level=2)[0]
    for value in (0.01, 20.0):  # far outside the rows, where Wien's law is wrong by a factor
        assert float(best.expr.evalf(subs={X: value})) == pytest.approx(
            float(planck(value)), rel=1e-6
        )


def test_noise_alone_is_a_constant_at_best() -> None:
    train, unseen = problem(lambda x: np.random.default_rng(3).normal(1.0, 0.3, len(x)), 1)
    assert expand([X], train, unseen, level=0)[0].error > 0.2


def test_pairs_and_triples_are_the_best_of_all() -> None:
    rng = np.random.default_rng(1)
    columns, target = rng.normal(size=(40, 9)), rng.normal(size=40)

    def rest(chosen):  # type: ignore[no-untyped-def]
        part = columns[:, chosen]
        fitted = part @ np.linalg.lstsq(part, target, rcond=None)[0]
        return float(np.sum((target - fitted) ** 2))

    found = list(subsets(columns, target, np.zeros(9), terms=3, keep=1))
    for size, chosen in enumerate(found, start=1):
        assert set(chosen) == set(min(combinations(range(9), size), key=rest))


@pytest.mark.parametrize("size", [2, 3])
def test_no_pair_and_no_triple_is_overlooked(size: int) -> None:
    rng = np.random.default_rng(size)
    columns = rng.normal(size=(60, 12))
    columns[:, 11] = columns[:, 4]  # no set may hold both
    columns /= np.linalg.norm(columns, axis=0)
    target = columns[:, [0, 4, 7]] @ [1.0, -0.5, 0.2] + 0.05 * rng.normal(size=60)
    target /= np.linalg.norm(target)
    cost = rng.uniform(0.0, 0.3, 12)

    def score(chosen: tuple[int, ...]) -> float:
        part = columns[:, chosen]
        rest = target - part @ np.linalg.lstsq(part, target, rcond=None)[0]
        return float(np.log(rest @ rest) + cost[list(chosen)].sum())

    possible = [c for c in combinations(range(12), size) if not {4, 11} <= set(c)]
    gram, b = columns.T @ columns, columns.T @ target
    if size == 2:
        scores, found = pairs(gram, b, cost, 9)
        expected = sorted(possible, key=score)[:9]
    else:
        scores, found = triples(gram, b, cost, 4)
        found, scores = found[np.isfinite(scores)], scores[np.isfinite(scores)]
        first = [sorted((c for c in possible if c[0] == k), key=score)[:4] for k in range(12)]
        expected = [chosen for best in first for chosen in best]
    assert [tuple(chosen) for chosen in found] == expected
    np.testing.assert_allclose(scores, [score(chosen) for chosen in expected], atol=1e-10)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_no_set_is_larger_than_there_are_columns(count: int) -> None:
    columns = np.random.default_rng(0).normal(size=(30, count))
    found = list(subsets(columns, columns.sum(1), np.zeros(count), terms=5, keep=2))
    assert max(map(len, found)) == count
    alike = np.ones((30, count))  # and columns that are one and the same make no trouble
    assert list(subsets(alike, np.arange(30.0), np.zeros(count), terms=5, keep=2))


def test_terms_without_a_value_are_no_terms() -> None:
    terms = dictionary([X], np.array([[-1.0], [0.0], [2.0]]), most=50)
    assert all(np.isfinite(term.values).all() for term in terms)
    assert not any(term.expr.has(sp.log) or term.expr == 1 / X for term in terms)


@pytest.mark.parametrize("outer", OUTER, ids=lambda outer: outer.name)
def test_the_way_back_undoes_the_change(outer) -> None:  # type: ignore[no-untyped-def]
    y = np.linspace(0.1, 1.2, 30)
    assert outer.holds(y)
    assert np.allclose(outer.value(outer.forward(y)), y)
    step = 1e-6
    numeric = (outer.forward(y + step) - outer.forward(y - step)) / (2 * step)
    assert np.allclose(np.abs(outer.slope(y)), np.abs(numeric), rtol=1e-5)


def test_terms_that_add_up_to_one_are_not_below_a_ratio_together() -> None:
    z = np.linspace(0.3, 1.7, 40)
    terms = [np.ones(40), z, np.cos(z) ** 2, np.sin(z) ** 2, z**2, 1 / (1 + z), z / (1 + z)]
    assert without_unity(np.column_stack(terms)).tolist() == [1, 2, 4, 5]


W, Z = sp.symbols("w z", real=True)


@pytest.mark.parametrize(
    "law",
    [
        lambda x, y: np.sin(4 * x**2) + 1 / (1 + y**4),  # functions of a square
        lambda x, y: x + np.sqrt(x**2 + 2 * x) * np.cos(y),  # near no direction of its space
        lambda x, y: x**2 * y + (x - 1) / (x + 2) / y,  # no tangent beside its pole
    ],
)
def test_curves_are_named_after_functions_of_squares_and_of_mixtures(law) -> None:  # type: ignore[no-untyped-def]
    assert min(each.error for each in named((X, Y), *problem(law, 2, n=600))) < 1e-3


def test_the_functions_of_each_column_are_named() -> None:
    def law(w, x, y, z):  # type: ignore[no-untyped-def]
        return w**2 * np.cos(3 * x) / y - 5 * z**3 * y

    found = named((W, X, Y, Z), *problem(law, 4, n=400))
    (both,) = (each for each in found if len(sp.Add.make_args(each.expr)) == 2)
    assert both.error < 1e-3  # the numbers inside of functions are refitted by whoever takes it
    assert both.expr.has(sp.cos, sp.sin)


def test_noise_has_no_curves() -> None:
    rng = np.random.default_rng(3)
    assert all(each.error > 0.9 for each in named((W, X, Y), *problem(
        lambda w, x, y: rng.normal(size=len(w)), 3
    )))  # fmt: skip


def test_a_ratio_is_found_through_noise_that_hides_it_from_linear_equations() -> None:
    rng = np.random.default_rng(0)
    r, i = rng.uniform(-1.0, 1.0, 900), rng.uniform(0.4, 1.6, 900)
    y = r / (r**2 + i**2)
    noise = 0.25 * np.sqrt(np.mean(y**2)) * rng.standard_normal(900)
    one, z = np.ones(900), np.column_stack([r, i])
    # A smoother that errs by a tenth stands for the target without its noise.
    clean = y + 0.3 * noise[::-1]
    here, there = (
        Reduced(z=z[at], factor=one[at], y=(y + noise)[at], clean=clean[at])
        for at in (slice(0, 700), slice(700, 900))
    )
    found = expand([X, Y], here, there, level=0, keep=4)
    values = [sp.lambdify([X, Y], each.expr, "numpy")(r, i) for each in found]
    errors = [np.sqrt(np.mean((v - y) ** 2) / np.mean(y**2)) for v in values]
    assert min(errors) < 0.03


def test_curves_of_columns_without_bounds() -> None:
    rng = np.random.default_rng(0)
    one, tame = np.ones(200), rng.uniform(1, 2, 200)
    wide = np.exp(rng.uniform(-300, 300, 200))
    for column in (wide, one, 1e-310 * (tame - 1.5)):
        (fit,) = separate(np.column_stack([column, tame]), one, tame, unseen=50, products=1)
        assert fit.error < 0.01
    wide[3] = np.inf
    assert not list(separate(np.column_stack([wide, tame]), one, tame, unseen=50, products=1))


ONE = [
    (lambda x: 2.3 * np.exp(-0.7 * x) * np.cos(9 * x + 0.3), {sp.exp, sp.sin}),
    (
        lambda x: np.exp(-(((x - 0.8) / 0.2) ** 2)) + 0.4 * np.exp(-(((x - 1.4) / 0.3) ** 2)),
        {sp.exp},
    ),
    (lambda x: 1 + 2 * x + 3 / (1 + ((x - 1.3) / 0.1) ** 2), set()),
    (lambda x: x * np.sin(5 * x**2) + 2, {sp.sin}),
]


@pytest.mark.parametrize(("law", "functions"), ONE)
def test_sums_of_one_variable_are_near_the_true_form(law, functions) -> None:  # type: ignore[no-untyped-def]
    train, unseen = problem(law, 1, n=600)
    near = []
    for each in stepped(X, train, unseen):
        sample = Sample(columns={"x": train.z[:, 0]}, y=train.y)
        fitted = refit(Law.of(each.expr, [Variable(name="x")], Variable(name="y"), "x"), sample)
        miss = fitted.predict({"x": unseen.z[:, 0]}) - unseen.y
        near.append((float(np.abs(miss).max()), fitted.expr))
    exact = [expr for error, expr in near if error < 1e-9]
    expr = min(exact, key=complexity)
    assert {type(part) for part in expr.atoms(sp.Function)} == functions
