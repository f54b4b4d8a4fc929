"""Known laws on synthetic tables: read, fitted on training rows, scored, refused."""

import numpy as np
import pytest
from scipy import stats

from discover import hypothesis as room
from discover.accuracy import Levels
from discover.dataset import Dataset, Source, Split, Variable
from discover.errors import InputError


def table(y, **columns) -> Dataset:
    n = len(y)
    order = np.random.default_rng(9).permutation(n)
    parts = np.split(order, [int(0.6 * n), int(0.8 * n)])
    return Dataset(
        name="table",
        features=tuple(Variable(name=name.replace("__", " ")) for name in columns),
        target=Variable(name="T", unit="year"),
        x=np.column_stack(list(columns.values())),
        y=np.asarray(y, dtype=float),
        split=Split(**dict(zip(("train", "validation", "test"), map(np.sort, parts), strict=True))),
        source=Source(path="table"),
    )


RNG = np.random.default_rng(0)
A = RNG.uniform(0.4, 30, 60)
PLANETS = table(A**1.5, a=A)


def values(found) -> dict[str, float]:
    return {c.name: c.value for c in found.law.constants}


def test_kepler():
    found = room.test("Kepler", "k*a**p", PLANETS, source="Kepler 1619")
    assert values(found) == pytest.approx({"k": 1.0, "p": 1.5}, rel=1e-12)
    assert (found.name, found.expression, found.source) == ("Kepler", "k*a**p", "Kepler 1619")
    assert found.law.origin == "hypothesis"
    assert {part: a.n for part, a in found.law.accuracy.items()} == {
        "train": 36,
        "validation": 12,
        "test": 12,
    }
    assert found.law.accuracy["test"].relative < 1e-14
    assert all(c.level == 0.95 and c.low <= c.value <= c.high for c in found.law.constants)


def test_numbers_stay_as_they_are_typed():
    found = room.test("fixed", "1.1*a**1.4", PLANETS)
    assert found.law.constants == ()
    assert found.law.accuracy["test"].rms == pytest.approx(
        np.sqrt(np.mean((1.1 * (a := PLANETS.part("test")[0][:, 0]) ** 1.4 - a**1.5) ** 2))
    )


def test_planck_in_si_units():
    nu, t = RNG.uniform(1e11, 1e15, 300), RNG.uniform(300, 6000, 300)
    h, k, c = 6.62607015e-34, 1.380649e-23, 2.99792458e8
    sky = table(2 * h * nu**3 / c**2 / np.expm1(h * nu / (k * t)), nu=nu, temperature=t)
    planck = room.test("Planck", "a*nu**3/(exp(b*nu/temperature) - 1)", sky)
    assert values(planck) == pytest.approx({"a": 2 * h / c**2, "b": h / k}, rel=1e-10)
    wien = room.test("Wien", "a*nu**3*exp(-b*nu/temperature)", sky)
    assert wien.law.accuracy["test"].rms > 1e6 * planck.law.accuracy["test"].rms


def test_a_negative_rate_and_an_offset_are_found():
    x = RNG.uniform(0, 5, 100)
    found = room.test("decay", "a + b*exp(k*x)", table(2 - 3 * np.exp(-0.7 * x), x=x))
    assert values(found) == pytest.approx({"a": 2, "b": -3, "k": -0.7}, rel=1e-10)


def test_intervals_are_those_of_linear_least_squares():
    x = RNG.uniform(0, 5, 50)
    line = table(3 * x + 1 + RNG.normal(0, 0.2, 50), x=x)
    found = room.test("line", "m*x + q", line, level=0.9)
    (u,), y = line.part("train")[0].T, line.part("train")[1]
    want = stats.linregress(u, y)
    half = stats.t.ppf(0.95, len(y) - 2) * want.stderr
    (slope,) = (c for c in found.law.constants if c.name == "m")
    assert (slope.low, slope.high) == pytest.approx((want.slope - half, want.slope + half))


def test_only_training_rows_are_fitted():
    y = A**1.5
    y[PLANETS.split.test] *= 3
    spoilt = table(y, a=A)
    assert values(room.test("Kepler", "k*a**p", spoilt))["p"] == pytest.approx(1.5)


def test_an_ordinal_target_has_hits():
    x = RNG.uniform(-8, 8, 200)
    found = room.test(
        "levels", "m*x", table(2 * np.round(0.45 * x), x=x), levels=Levels(offset=0.0, step=2.0)
    )
    assert found.law.accuracy["test"].accuracy > 0.9


def test_a_column_with_any_name():
    found = room.test("quoted", "k*`semi major`", table(2 * A, semi__major=A))
    assert values(found) == pytest.approx({"k": 2.0})


def test_rows_without_a_value_are_counted():
    shifted = table(A, a=np.concatenate([-A[:7], A[7:]]))
    with pytest.raises(InputError, match=r"hypothesis 'log'.*on 7 of 60 rows") as caught:
        room.test("log", "log(a)", shifted)
    assert "'a' goes down to -" in str(caught.value)


@pytest.mark.parametrize("text", ["", "k*a**", "a = 2", "import os"])
def test_what_is_no_formula_is_refused(text):
    with pytest.raises(InputError, match="hypothesis 'odd'"):
        room.test("odd", text, PLANETS)


def test_the_target_may_not_explain_itself():
    with pytest.raises(InputError, match="'T', which is the target"):
        room.test("circle", "k*T", PLANETS)


def test_the_same_answer_twice():
    x = RNG.uniform(0, 5, 80)
    noisy = table(np.sin(2 * x) + RNG.normal(0, 0.1, 80), x=x)
    one, two = (room.test("wave", "a*sin(w*x + p)", noisy) for _ in range(2))
    assert one.law.constants == two.law.constants


def test_a_column_that_is_left_out_is_no_constant():
    with pytest.raises(InputError, match="'mass', which is the target or a column that is left"):
        room.parse("k*a*mass", ["a"], where="law", unused={"mass"})
    assert room.parse("k*a*mass", ["a"], where="law").constants == ("k", "mass")
