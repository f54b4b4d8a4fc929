"""Columns and constants from 1e-34 to 1e30, of either sign, log-distributed or not.

No room may notice: the same laws come out, with the same digits, and without a warning.
"""

import math
import warnings
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

from discover import LawRegressor
from discover.accuracy import measure
from discover.dataset import Dataset, Scaling, Source, Split, Variable
from discover.law import Law
from discover.proposals import propose
from discover.refine.sample import Sample as EngineSample
from discover.refit import Sample, intervals, refit
from discover.selection import compete
from discover.simplify import snap, tidy

#: Of the columns a, b, d: a planetary, an atomic and an astronomical table, and one of all sizes.
SCALES = [(1.0, 1.0, 1.0), (1e24, 1e30, 1e11), (1e-34, 1e-31, 1e-10), (1e-34, 1e30, 1e-9)]
N = 200


@pytest.fixture(autouse=True)
def _silent() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


def table(scales: tuple[float, float, float], *, constant: float = 2.5) -> Dataset:
    """``y = constant a b / d^2``: `a` has both signs, all spread over two decades."""
    rng = np.random.default_rng(0)
    x = np.exp(rng.uniform(-2.3, 2.3, (N, 3))) * np.array(scales)
    x[:, 0] *= rng.choice([-1.0, 1.0], N)
    a, b, d = x.T
    rows = rng.permutation(N)
    return Dataset(
        name="scales",
        features=tuple(Variable(name=name) for name in "abd"),
        target=Variable(name="y"),
        x=x,
        y=constant * a * (b / d**2),
        split=Split(
            train=np.sort(rows[:120]), validation=np.sort(rows[120:160]), test=np.sort(rows[160:])
        ),
        source=Source(path=""),
    )


def symbols() -> tuple[sp.Symbol, ...]:
    return sp.symbols("a b d", real=True)


CONSTANTS = [1e-34, 2.5, 1.9e34]


@pytest.mark.parametrize("scales", SCALES, ids=str)
@pytest.mark.parametrize("constant", CONSTANTS)
def test_constants_are_refitted_to_all_digits(
    scales: tuple[float, float, float], constant: float
) -> None:
    data, (a, b, d) = table(scales, constant=constant), symbols()
    train = Sample.of(data, "train")
    start = Law.of(1.7 * a * b / d**1.9, data.features, data.target, "graph")
    found = refit(start, train)
    by_name = dict(zip((c.sympy for c in found.constants), found.values, strict=True))
    assert found.predict(data.columns("test")) == pytest.approx(data.part("test")[1], rel=1e-9)
    assert sorted(by_name.values()) == pytest.approx(sorted([constant, -2.0]), rel=1e-9)
    known = intervals(found, train, 0.95)
    assert all(c.low is not None and c.low <= c.value <= c.high for c in known.constants)


@pytest.mark.parametrize("scales", SCALES, ids=str)
@pytest.mark.parametrize("constant", CONSTANTS)
def test_the_competition_snaps_exponents_and_keeps_constants(
    scales: tuple[float, float, float], constant: float
) -> None:
    data, (a, b, d) = table(scales, constant=constant), symbols()
    front = compete(
        [("graph", constant * 1.001 * a * b**1.0004 / d**2), ("graph", a * 0.5 + d)],
        data,
        max_complexity=20,
    )
    law = front.laws[front.selected]
    numbers = [float(n) for n in law.expr.atoms(sp.Number) if n not in (1, -1, -2)]
    assert law.accuracy["test"].relative < 1e-12
    assert {s.name for s in law.expr.free_symbols} == {"a", "b", "d"}
    if constant != 2.5:
        assert numbers == pytest.approx([constant], rel=1e-9)
    assert law.complexity <= 8


@pytest.mark.parametrize("scales", SCALES, ids=str)
def test_tidying_and_snapping_see_no_zero_in_a_small_number(
    scales: tuple[float, float, float],
) -> None:
    data, (a, b, d) = table(scales), symbols()
    train = Sample.of(data, "train")
    size = scales[0] * scales[1]
    expr = a * b / size + sp.Float(3e-9) * d / scales[2] + 2
    assert tidy(expr, train.columns).has(d)
    y = np.asarray(sp.lambdify([a, b, d], expr)(*data.part("train")[0].T))
    law = Law.of(expr, data.features, data.target, "graph")
    rows = Sample(columns=train.columns, y=y)
    assert snap(law, rows, rows).predict(train.columns) == pytest.approx(y, rel=1e-9)


@pytest.mark.parametrize("scales", SCALES, ids=str)
def test_engines_see_columns_near_one(scales: tuple[float, float, float]) -> None:
    data, (a, b, d) = table(scales), symbols()
    x, y = data.part("train")
    sample = EngineSample.of(x, y, data.features, rows=100, seed=0)
    assert 0.5 < np.sqrt(np.mean(sample.y**2)) < 2.0
    assert np.all(np.abs(np.log2(np.sqrt(np.mean(sample.x**2, axis=0)))) < 1.0)
    u, v, w = sample.inputs
    restored = sample.restored(u * v / w**2)
    values = sp.lambdify([a, b, d], restored)(*x.T)
    ratio = values / y
    assert ratio == pytest.approx(np.full(len(y), ratio[0]), rel=1e-12)


@pytest.mark.parametrize("size", [1e-300, 1e-34, 1.0, 1e30, 1e150])
def test_accuracy_and_scaling_of_any_size(size: float) -> None:
    y = np.linspace(1.0, 2.0, 50) * size
    told = measure(y * 1.1, y, split="test", unit="1")
    assert told.relative == pytest.approx(0.1)
    assert told.rms == pytest.approx(0.1 * size * math.sqrt(np.mean(np.linspace(1, 2, 50) ** 2)))
    one = measure(y, y, split="test", unit="1")
    assert one.r2 == 1.0
    scaling = Scaling.of(y[:, None], y)
    assert scaling.y_scale == pytest.approx(0.2945 * size, rel=1e-3)
    assert scaling.x_scale[0] == pytest.approx(0.2945 * size, rel=1e-3)


@pytest.mark.parametrize(("size", "factor"), [(1e-30, 1e34), (1e20, 6.6e-11), (1e25, -1e-50)])
def test_the_regressor_does_not_notice(size: float, factor: float) -> None:
    rng = np.random.default_rng(0)
    x = np.exp(rng.uniform(-2.0, 2.0, (120, 1))) * size
    model = LawRegressor(time_budget=1).fit(x, factor * x[:, 0] ** 2)
    ((number,),) = [[float(n) for n in model.law_.expr.atoms(sp.Float)]]
    assert number == pytest.approx(factor, rel=1e-9)
    assert model.law_.complexity == 5
    assert model.score(x, factor * x[:, 0] ** 2) == pytest.approx(1.0)


def test_a_target_of_hundreds_of_decades_stops_no_road() -> None:
    rng = np.random.default_rng(0)
    x = np.exp(rng.uniform(-2.3, 2.3, (N, 2)))
    data = table(SCALES[0]).select(["a", "b"])
    y = np.exp(-((x[:, 0] / x[:, 1]) ** 2) / 2) / x[:, 1]
    assert y.min() < 1e-200
    wide = replace(data, x=x, y=y)
    found = propose(wide)
    assert found.laws
