"""Dimensionless groups: exact, simple, the right number of them, and the way back."""

import time
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from discover.dataset import Dataset, Source, Split, Variable
from discover.groups import views
from discover.units import NONE, Dimension, check, dimension

RNG = np.random.default_rng(0)


def table(
    units: dict[str, str], unit: str, columns: dict[str, np.ndarray], y: np.ndarray
) -> Dataset:
    n = len(y)
    rows = np.random.default_rng(1).permutation(n)
    return Dataset(
        name="t",
        features=tuple(Variable(name=name, unit=u) for name, u in units.items()),
        target=Variable(name="y", unit=unit),
        x=np.column_stack([columns[name] for name in units]),
        y=y,
        split=Split(
            train=np.sort(rows[: n // 2]),
            validation=np.sort(rows[n // 2 : 3 * n // 4]),
            test=np.sort(rows[3 * n // 4 :]),
        ),
        source=Source(path=""),
    )


def uniform(*names: str, low: float = 1.0, high: float = 5.0, n: int = 200) -> dict:
    return {name: RNG.uniform(low, high, n) for name in names}


def test_the_drag_on_a_sphere() -> None:
    # Buckingham's own kind of example: one group, the Reynolds number, beside the drag coefficient.
    units = {"rho": "kg/m**3", "v": "m/s", "d": "m", "eta": "Pa*s"}
    c = uniform(*units)
    reynolds = c["rho"] * c["v"] * c["d"] / c["eta"]
    drag = c["rho"] * c["v"] ** 2 * c["d"] ** 2 * (1 + 24 / reynolds)
    rho, v, d, eta = sp.symbols("rho v d eta", real=True)
    for view in views(table(units, "N", c, drag)):
        (group,) = view.groups.values()
        assert group in (rho * v * d / eta, eta / (rho * v * d))
        assert len(view.dataset.names) == 1


def test_a_law_that_is_a_product_of_powers_leaves_a_number() -> None:
    units = {"a": "m", "GM": "m**3/s**2"}
    c = uniform(*units)
    (view,) = views(table(units, "s", c, 6.0 * c["a"] ** 1.5 / np.sqrt(c["GM"])))
    assert not view.groups
    np.testing.assert_allclose(view.dataset.y, 6.0, rtol=1e-12)


def test_groups_in_which_the_law_falls_apart_come_first() -> None:
    # (x - ut)/sqrt(1 - u^2/c^2) is a product of functions of ut/x and of u/c, not of ct/x.
    units = {"x": "m", "u": "m/s", "c": "m/s", "t": "s"}
    c = uniform("u", "t", low=1.0, high=2.0) | uniform("x", low=5.0, high=10.0)
    c |= uniform("c", low=3.0, high=20.0)
    y = (c["x"] - c["u"] * c["t"]) / np.sqrt(1 - (c["u"] / c["c"]) ** 2)
    x, u, speed, t = sp.symbols("x u c t", real=True)
    assert set(views(table(units, "m", c, y))[0].groups.values()) == {u / speed, t * u / x}


def test_the_way_back_is_the_identity() -> None:
    units = {"m": "kg", "v": "m/s", "w": "m/s", "n": "1"}
    c = uniform(*units)
    data = table(units, "J", c, c["m"] * c["v"] ** 2 * np.sin(c["w"] / c["v"]) + c["n"])
    for view in views(data):
        assert view.restored(sp.Integer(1)) == view.prefactor
        for name, group in view.groups.items():
            values = sp.lambdify([v.sympy for v in data.features], group)(*data.x.T)
            at = view.dataset.names.index(name)
            np.testing.assert_allclose(view.dataset.x[:, at], values, rtol=1e-12)
        expr = sum((sp.Symbol(n, real=True) for n in view.groups), sp.Integer(2))
        there = sp.lambdify([v.sympy for v in data.features], view.restored(expr))(*data.x.T)
        scale = data.y / view.dataset.y
        np.testing.assert_allclose(there, scale * (view.dataset.x.sum(axis=1) + 2), rtol=1e-10)


@pytest.mark.parametrize(
    ("units", "unit"),
    [
        ({"x": "m", "t": "s"}, "kg"),  # nothing weighs
        ({"x": "m", "z": "m"}, "m/s"),
        ({"x": "1", "t": "1"}, "1"),  # no units at all
        ({"x": "1", "t": "1"}, "m"),
    ],
)
def test_no_view_where_units_say_nothing_or_do_not_fit(units: dict, unit: str) -> None:
    c = uniform(*units)
    assert views(table(units, unit, c, c[next(iter(units))])) == ()


def test_a_column_of_both_signs_has_no_root_and_one_with_a_zero_divides_nothing() -> None:
    units = {"x": "m", "g": "m/s**2"}
    c = uniform("g") | {"x": RNG.uniform(-2.0, 2.0, 200)}
    assert views(table(units, "s", c, c["g"])) == ()  # sqrt(x/g) is all there is
    c = uniform("x", "z") | {"w": RNG.integers(0, 3, 200).astype(float)}
    units = {"x": "m", "z": "m", "w": "m"}
    for view in views(table(units, "m", c, c["x"] + c["w"])):
        assert np.isfinite(view.dataset.x).all()
        assert np.isfinite(view.dataset.y).all()


def test_rows_that_a_small_prefactor_would_fill_with_noise_are_left_out() -> None:
    units = {"x": "m", "n": "1"}
    c = {"x": RNG.permutation(np.geomspace(1e-3, 1e3, 400)), "n": RNG.uniform(1.0, 2.0, 400)}
    data = table(units, "m", c, c["x"] * np.sin(c["n"]))
    (view, *_) = views(data)
    size = np.abs(data.y / view.dataset.y)
    kept, all_rows = view.dataset.split, data.split
    assert np.median(size[kept.train]) > 3 * np.median(size[all_rows.train])
    assert set(kept.train) < set(all_rows.train)
    assert set(kept.validation) <= set(all_rows.validation)
    assert set(kept.test) <= set(all_rows.test)


@pytest.mark.parametrize("scale", [1e-34, 1e-11, 1e30])
def test_columns_of_any_size(scale: float) -> None:
    units = {"q": "C", "r": "m", "eps": "F/m", "p": "C"}
    c = {
        k: v * s
        for (k, v), s in zip(uniform(*units).items(), (scale, 1e-9, 1e-12, scale), strict=True)
    }
    y = c["q"] * c["p"] / (c["eps"] * c["r"] ** 2) * np.cos(c["p"] / c["q"])
    for view in views(table(units, "N", c, y)):
        assert np.isfinite(view.dataset.y).all()
        assert 1e-3 < np.median(np.abs(view.dataset.y)) < 1e3


BASES = ("length", "time", "mass")
vectors = st.tuples(*[st.integers(-2, 2)] * 3)


@given(st.lists(vectors, min_size=1, max_size=5), vectors)
@settings(max_examples=60, deadline=None)
def test_as_many_groups_as_buckingham_says_and_none_with_a_dimension(
    columns: list[tuple[int, int, int]], target: tuple[int, int, int]
) -> None:
    def unit(exponents: tuple[int, int, int]) -> str:
        factors = [f"{b}**{e}" for b, e in zip(("m", "s", "kg"), exponents, strict=True) if e]
        return "*".join(factors) or "1"

    names = [f"v{i}" for i in range(len(columns))]
    units = dict(zip(names, map(unit, columns), strict=True))
    c = uniform(*names, n=60)
    rank = int(np.linalg.matrix_rank(np.array(columns, dtype=float)))
    known = {name: dimension(u, where="") for name, u in units.items()}
    found = views(table(units, unit(target), c, c["v0"] + 1.0))
    goal = Dimension.of({b: Fraction(e) for b, e in zip(BASES, target, strict=True)})
    for view in found:
        assert len(view.groups) == len(columns) - rank
        assert check(view.prefactor, known, target=goal).consistent
        for group in view.groups.values():
            assert check(group, known, target=NONE).consistent
    if any(map(any, columns)) and not found:
        # Then the target is out of reach, or only by powers finer than halves.
        with_target = np.array([*columns, target], dtype=float)
        reached = np.linalg.matrix_rank(with_target) == rank
        assert not reached or rank > 1 or max(map(abs, np.ravel(columns))) > 1


def test_many_columns_take_no_time() -> None:
    names = [f"v{i}" for i in range(16)]
    units = {n: ("m", "s", "kg", "m/s", "J")[i % 5] for i, n in enumerate(names)}
    c = uniform(*names)
    start = time.process_time()
    found = views(table(units, "m", c, c["v0"] * np.exp(-c["v1"] / c["v6"])))
    assert len(found[0].groups) == 13
    assert time.process_time() - start < 3


def test_a_short_table_keeps_all_its_rows() -> None:
    c = {"x": np.geomspace(1e-3, 1e3, 16), "n": np.linspace(1.0, 2.0, 16)}
    data = table({"x": "m", "n": "1"}, "m", c, c["x"] * c["n"])
    for view in views(data):
        np.testing.assert_array_equal(view.dataset.split.train, data.split.train)
        np.testing.assert_array_equal(view.dataset.split.validation, data.split.validation)
