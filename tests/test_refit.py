"""Least squares and intervals against scipy, closed forms and exact data."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import curve_fit

from discover.dataset import Variable
from discover.law import Law
from discover.refit import Sample, intervals, refit, uncertainties

T = Variable(name="T")
RNG = np.random.default_rng(0)
X = {"x": RNG.uniform(0.5, 3.0, 400), "z": RNG.uniform(0.5, 3.0, 400)}
x, z = (sp.Symbol(name, real=True) for name in X)


def law(expr: sp.Expr, names=("x", "z")) -> Law:
    return Law.of(expr, [Variable(name=name) for name in names], T, "graph")


def rms(found: Law, columns, y) -> float:
    return float(np.sqrt(np.mean((found.predict(columns) - y) ** 2) / np.mean(y**2)))


@pytest.mark.parametrize(
    ("start", "truth"),
    [
        (1.1 * x**1.1, 2.0 * X["x"] ** 1.5),
        (1.0 * sp.exp(1.0 * x + 0.1) + 1.0, 3 * np.exp(-0.5 * X["x"]) + 2),
        (1.0 * x / (1.0 + 1.0 * z), X["x"] / (0.2 + 3 * X["z"])),
        (1.0 * x + 1.0 * z + 1.0, 3e-8 * X["x"] - 2e5 * X["z"] + 7),
        (1.0 * sp.tanh(1.0 * x - 1.1) * z**1.0, -4 * np.tanh(0.7 * X["x"] - 1) / X["z"]),
    ],
)
def test_exact_data_are_met_to_rounding(start, truth):
    assert rms(refit(law(start), Sample(columns=X, y=truth)), X, truth) < 1e-14


def test_constants_of_physical_size():
    h, k, c = 6.62607015e-34, 1.380649e-23, 2.99792458e8
    nu, t = RNG.uniform(1e11, 1e15, 500), RNG.uniform(300, 6000, 500)
    planck = 2 * h * nu**3 / c**2 / np.expm1(h * nu / (k * t))
    a, b = (sp.Symbol(name, real=True) for name in ("nu", "t"))
    start = law(1.0 * a**3 / (sp.exp(1.0 * a / b) - 1), ("nu", "t"))
    found = refit(start, Sample(columns={"nu": nu, "t": t}, y=planck), starts=20)
    assert sorted(found.values) == pytest.approx([2 * h / c**2, h / k], rel=1e-12)


def test_as_scipy_on_noisy_data():
    y = 3 * np.exp(-0.5 * X["x"]) + 2 + RNG.normal(0, 0.05, 400)
    found = refit(law(1.0 * sp.exp(-1.0 * x) + 1.0), Sample(columns=X, y=y))
    want, covariance = curve_fit(lambda u, p, q, r: p * np.exp(-q * u) + r, X["x"], y)
    terms = {c.name: c.value for c in found.constants}
    assert sorted(terms.values()) == pytest.approx(sorted([want[0], -want[1], want[2]]), rel=1e-6)
    order, scipy_order = np.argsort(found.values), np.argsort([want[0], -want[1], want[2]])
    errors = uncertainties(found, Sample(columns=X, y=y))[order]
    assert errors == pytest.approx(np.sqrt(np.diag(covariance))[scipy_order], rel=1e-4)


def test_intervals_of_a_line_are_those_of_the_textbook():
    u = X["x"][:20]
    y = 2 * u + 1 + RNG.normal(0, 0.3, 20)
    found = intervals(
        refit(law(1.0 * x + 1.0), Sample(columns={"x": u}, y=y)), Sample(columns={"x": u}, y=y), 0.9
    )
    slope, shift, *_, error = stats.linregress(u, y)
    want = stats.t.ppf(0.95, 18) * error
    by_value = sorted(found.constants, key=lambda c: abs(c.value - slope))
    assert by_value[0].value == pytest.approx(slope)
    assert by_value[0].high - by_value[0].value == pytest.approx(want, rel=1e-9)
    assert by_value[0].level == 0.9
    assert by_value[1].value == pytest.approx(shift)


def test_intervals_cover_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(300):
        y = 2 * X["x"][:30] ** 1.5 + rng.normal(0, 0.2, 30)
        rows = {"x": X["x"][:30]}
        found = intervals(
            refit(law(2.0 * x**1.5), Sample(columns=rows, y=y)), Sample(columns=rows, y=y), 0.8
        )
        exponent = min(found.constants, key=lambda c: abs(c.value - 1.5))
        hits += exponent.low <= 1.5 <= exponent.high
    assert 0.8 - 4 * 0.0231 < hits / 300 < 0.8 + 4 * 0.0231


def test_what_the_rows_do_not_determine_has_no_interval():
    y = 2 * X["x"] + X["z"] + RNG.normal(0, 0.1, 400)
    p = sp.Symbol("p", real=True)
    twice = law(1.0 * x + 1.0 * z)
    c0, c1 = (k.sympy for k in twice.constants)
    twice = twice.restated(c0 * c1 * x + p * z, {c0: 1.0, c1: 1.5, p: 1.0})
    found = intervals(refit(twice, Sample(columns=X, y=y)), Sample(columns=X, y=y), 0.95)
    known = [k for k in found.constants if k.low is not None]
    assert len(known) == 1
    assert known[0].value == pytest.approx(1.0, abs=0.05)


def test_too_few_rows_give_no_interval():
    rows = {"x": np.array([1.0, 2.0])}
    y = np.array([1.0, 3.0])
    found = intervals(
        refit(law(1.0 * x + 1.0), Sample(columns=rows, y=y)), Sample(columns=rows, y=y), 0.95
    )
    assert [k.low for k in found.constants] == [None, None]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=4, max_size=4), st.integers(0, 1000))
def test_never_worse_than_before(values, seed):
    y = np.random.default_rng(seed).normal(size=400)
    start = law(1.5 * sp.log(2.5 * x + 3.5) + 4.5 * sp.sqrt(z)).with_values(values)
    before, after = start, refit(start, Sample(columns=X, y=y), starts=2)
    assert not rms(after, X, y) > rms(before, X, y)


def test_a_start_without_values_is_left():
    y = np.log(2 * X["x"] + 0.5)
    found = refit(law(1.0 * sp.log(-1.0 * x + 0.1)), Sample(columns=X, y=y), starts=20)
    assert rms(found, X, y) < 1e-12


def test_steps_that_overflow_are_left_in_silence(recwarn):
    y = 1 / (np.sqrt(2 * np.pi)) * np.exp(-(X["x"] ** 2) / 2)
    start = law(1.1 * sp.exp(1.5 * x**2.1) / sp.cosh(300.0 * x + 1.0) + 1e200 * x**90.0)
    assert not rms(refit(start, Sample(columns=X, y=y), starts=10), X, y) > 1.0
    assert not recwarn.list


def test_the_same_seed_gives_the_same_law():
    y = np.sin(3 * X["x"]) + RNG.normal(0, 0.1, 400)
    one, two = (
        refit(law(1.0 * sp.sin(1.0 * x)), Sample(columns=X, y=y), starts=5, seed=3)
        for _ in range(2)
    )
    assert one.values == two.values


def test_many_starts_find_what_one_does_not():
    y = np.sin(7 * X["x"])
    assert rms(refit(law(1.0 * sp.sin(1.0 * x)), Sample(columns=X, y=y)), X, y) > 0.5
    assert rms(refit(law(1.0 * sp.sin(1.0 * x)), Sample(columns=X, y=y), starts=200), X, y) < 1e-10


def test_further_starts_never_lose_what_the_first_one_found():
    y = np.sin(7 * X["x"]) + RNG.normal(0, 0.1, 400)
    start = law(1.0 * sp.sin(7.0 * x))
    once = rms(refit(start, Sample(columns=X, y=y)), X, y)
    assert all(
        rms(refit(start, Sample(columns=X, y=y), starts=3, seed=k), X, y) <= once for k in range(3)
    )


def test_a_law_without_constants_stays():
    found = refit(law(x * z), Sample(columns=X, y=X["x"]))
    assert found.form == x * z
    assert intervals(found, Sample(columns=X, y=X["x"]), 0.95).constants == ()


def test_rows_must_match():
    with pytest.raises(ValueError, match="400 rows of columns and 3"):
        refit(law(1.0 * x), Sample(columns=X, y=np.zeros(3)))


def test_thinning_takes_the_same_rows_each_time():
    sample = Sample(columns=X, y=X["x"] * 2)
    thin = sample.thin(50)
    assert len(thin.y) == 50
    assert np.array_equal(thin.y, 2 * thin.columns["x"])
    assert np.array_equal(thin.y, sample.thin(50).y)
    assert sample.thin(1000) is sample
