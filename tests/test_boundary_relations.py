"""Relations on points: known surfaces are found, whatever they are multiplied with."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from discover.boundary import terms as library
from discover.boundary.folds import folds
from discover.boundary.relations import _Forms, relations
from discover.boundary.terms import Terms

x, y, z = sp.symbols("x y z", real=True)
ONES = {x: 1.0, y: 1.0, z: 1.0}


def surface(rng: np.random.Generator, n: int = 300) -> dict[sp.Symbol, np.ndarray]:
    """Points of ``z cosh(y) = x + exp(y)``."""
    a, b = rng.uniform(-1, 3, n), rng.uniform(0.5, 2.5, n)
    return {x: a, y: b, z: (a + np.exp(b)) / np.cosh(b)}


@pytest.fixture
def short(monkeypatch):
    """A library of few functions: all of its triples are searched in a moment."""
    kept = {"x", "x**2", "exp(x)", "cosh(x)", "sinh(x)", "log(x)"}
    few = tuple(pair for pair in library._FUNCTIONS if str(pair[0]) in kept)
    monkeypatch.setattr(library, "_FUNCTIONS", few)


def ratio(relation, term):
    """Coefficients over that of one term."""
    by = dict(zip(relation.terms, relation.coefficients, strict=True))
    return {t: c / by[term] for t, c in by.items()}


def test_a_surface_of_three_terms_is_found_exactly(short):
    found = relations(surface(np.random.default_rng(0)), ONES, most_terms=3, keep=20)
    exact = [r for r in found if set(r.terms) == {x, sp.exp(y), z * sp.cosh(y)}]
    assert exact[0].distance < 1e-4
    assert ratio(exact[0], x) == pytest.approx({x: 1.0, sp.exp(y): 1.0, z * sp.cosh(y): -1.0})


def test_points_with_noise_give_the_noise_as_distance(short):
    rng = np.random.default_rng(1)
    points = surface(rng, 4000)
    noisy = points | {z: points[z] + 0.01 * rng.normal(size=4000)}
    found = relations(noisy, ONES, most_terms=3, keep=50)
    exact = [r for r in found if set(r.terms) == {x, sp.exp(y), z * sp.cosh(y)}]
    # An error along z alone is seen along the normal, which leans.
    assert 0.004 < exact[0].distance < 0.0105
    assert ratio(exact[0], x)[z * sp.cosh(y)] == pytest.approx(-1.0, abs=0.01)


def test_terms_that_always_cancel_are_no_relation():
    rng = np.random.default_rng(2)
    points = {x: rng.uniform(-1, 1, 300), y: rng.uniform(0.5, 2.0, 300)}
    found = relations(points, {x: 1.0, y: 1.0}, most_terms=3, keep=10)
    # exp(y) = cosh(y) + sinh(y) holds everywhere, and says nothing of where the points are.
    assert all(r.distance > 0.05 for r in found)


def test_two_mirrored_branches_are_one_fold():
    t = np.linspace(-2.4, 2.4, 200)
    t = t[np.abs(t**2 - 1) > 0.2]
    found = folds({x: t, y: 1.5 / np.abs(t**2 - 1)}, ONES, keep=5)
    best = next(r for r in found if set(r.terms) == {y, x**2 * y})
    assert best.distance < 1e-4
    assert best.folded
    assert dict(zip(best.terms, np.abs(best.coefficients), strict=True)) == pytest.approx(
        {y: 2 / 3, x**2 * y: 2 / 3}, rel=1e-4
    )
    values = sp.lambdify((x, y), best.expr)(t, 1.5 / np.abs(t**2 - 1))
    assert np.abs(values).max() < 1e-3


def test_columns_that_cannot_be_negative_decide_the_library():
    terms = Terms.of({x: np.array([-1.0, 2.0]), y: np.array([1.0, 3.0])})
    assert sp.Abs(x) in terms.exprs
    assert sp.log(y) in terms.exprs
    assert sp.Abs(y) not in terms.exprs
    assert not any(t.has(sp.log(x)) or t.has(1 / x) for t in terms.exprs)


def test_slopes_are_those_of_sympy():
    rng = np.random.default_rng(3)
    points = {x: rng.uniform(-1, 1, 5), y: rng.uniform(0.5, 1.5, 5)}
    terms = Terms.of(points)
    for at, expr in enumerate(terms.exprs):
        for column, symbol in enumerate(points):
            exact = sp.lambdify((x, y), sp.diff(expr, symbol))(*points.values())
            assert np.allclose(terms.slopes[column, :, at], exact), expr


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31 - 1))
def test_the_closed_form_of_three_terms_is_the_eigenvalue(seed):
    rng = np.random.default_rng(seed)
    points = {x: rng.uniform(-2, 2, 80), y: rng.uniform(0.3, 2, 80)}
    terms = Terms.of(points)
    forms = _Forms.of(terms, [1.0, 1.0])
    subsets = np.stack([rng.permutation(len(terms.exprs))[:3] for _ in range(50)])
    whole = np.linalg.eigvalsh(forms._whitened(subsets)[0])[:, -1]
    # Terms that nearly say the same are lost to rounding, in either way of computing.
    told_apart = np.array([np.linalg.cond(forms.gram[np.ix_(s, s)]) < 1e8 for s in subsets])
    assert told_apart.any()
    assert np.allclose(forms.gains(subsets)[told_apart], whole[told_apart], rtol=1e-6)
