"""Logistic regression of a boundary: planted parameters come back, and factors do not matter."""

import numpy as np
import pytest
import sympy as sp

from discover.dataset import Variable
from discover.law import Law
from discover.refit import Sample, intervals, refit, uncertainties, unlikeliness
from discover.tape.likelihood import FLIPPED, log_loss

A, B, T = Variable(name="a"), Variable(name="b"), Variable(name="side")
a, b = A.sympy, B.sympy


def rows(n: int = 3000, *, width: float = 0.02, seed: int = 0):
    """Rows on two sides of ``2 a + b^2 = 3``, blurred by `width`; the second class is above."""
    rng = np.random.default_rng(seed)
    columns = {"a": rng.uniform(0.2, 2, n), "b": rng.uniform(0.2, 2, n)}
    g = 2 * columns["a"] + columns["b"] ** 2 - 3
    return columns, (g + width * rng.logistic(size=n) > 0).astype(float)


def edge(expr) -> Law:
    return Law.of(expr, [A, B], T, "relation", "zero")


def test_planted_constants_come_back_within_their_intervals():
    columns, y = rows()
    law = intervals(
        refit(edge(1.5 * a + b**2 - 2.0), Sample(columns=columns, y=y)),
        Sample(columns=columns, y=y),
        0.95,
    )
    by_size = sorted(law.constants, key=lambda c: abs(c.value))
    for constant, true in zip(by_size, (2.0, 3.0), strict=True):
        assert abs(constant.value) == pytest.approx(true, rel=0.01)
        assert constant.low < constant.value < constant.high


def test_intervals_cover_the_truth_as_often_as_they_say():
    hits = []
    for seed in range(40):
        columns, y = rows(800, seed=seed)
        law = intervals(
            refit(edge(2.0 * a + b**2 - 3.0), Sample(columns=columns, y=y)),
            Sample(columns=columns, y=y),
            0.9,
        )
        slope = next(c for c in law.constants if 1 < abs(c.value) < 2.5)
        hits.append(slope.low <= 2.0 <= slope.high)
    assert 0.75 <= np.mean(hits) <= 1.0


@pytest.mark.parametrize("factor", [a, b**3, sp.exp(-a), 5])
def test_a_positive_factor_changes_neither_constants_nor_likelihood(factor):
    columns, y = rows()
    bare = refit(edge(1.9 * a + b**2 - 2.9), Sample(columns=columns, y=y))
    other = refit(edge(sp.expand((1.9 * a + b**2 - 2.9) * factor)), Sample(columns=columns, y=y))
    losses = [unlikeliness(law, Sample(columns=columns, y=y)) for law in (bare, other)]
    assert losses[1] == pytest.approx(losses[0], rel=0.01)
    sides = [np.sign(law.predict(columns)) for law in (bare, other)]
    assert np.mean(sides[0] == sides[1]) > 0.998


def test_a_boundary_is_turned_to_its_second_class():
    columns, y = rows()
    for expr in (3.0 - 2.0 * a - b**2, 2.0 * a + b**2 - 3.0):
        law = refit(edge(expr), Sample(columns=columns, y=y))
        assert np.mean((law.predict(columns) > 0) == (y > 0.5)) > 0.97
        assert law.claim == "zero"


def test_rows_on_the_wrong_side_far_away_do_not_pull():
    columns, y = rows()
    g = 2 * columns["a"] + columns["b"] ** 2 - 3
    # All in one corner: a fit that heeded them would lean.
    wrong = np.argsort(np.where(columns["b"] < 0.6, g, np.inf))[:30]
    spoilt = y.copy()
    spoilt[wrong] = 1.0
    clean, robust = (
        refit(edge(1.9 * a + b**2 - 2.9), Sample(columns=columns, y=t)) for t in (y, spoilt)
    )
    for c, d in zip(clean.constants, robust.constants, strict=True):
        assert d.value == pytest.approx(c.value, rel=0.01)


def test_classes_that_are_apart_have_a_finite_answer():
    columns, y = rows(300, width=0.0)
    law = refit(edge(1.5 * a + b**2 - 2.5), Sample(columns=columns, y=y))
    assert np.isfinite(law.values).all()
    assert np.mean((law.predict(columns) > 0) == (y > 0.5)) > 0.98


def test_constants_that_only_scale_the_law_are_not_determined():
    columns, y = rows()
    law = refit(edge(1.9 * a + 1.1 * b**2 - 2.9), Sample(columns=columns, y=y))
    assert np.isnan(uncertainties(law, Sample(columns=columns, y=y))).all()


def test_no_class_costs_more_than_a_flipped_row():
    assert log_loss(np.array([1e6]), np.array([0.0])) == pytest.approx(-np.log(FLIPPED))
    assert log_loss(np.array([np.nan]), np.array([0.0])) == np.inf
