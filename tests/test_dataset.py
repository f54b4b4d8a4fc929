"""The frozen table: parts, selection, scaling."""

import numpy as np
import pytest
import sympy as sp
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from discover.dataset import PARTS, Dataset, Scaling, Source, Split, Variable


def table() -> Dataset:
    x = np.arange(24.0).reshape(8, 3)
    return Dataset(
        name="toy",
        features=tuple(Variable(name=name) for name in ("a", "b", "c")),
        target=Variable(name="y", unit="m"),
        x=x,
        y=x @ np.array([1.0, 2.0, 3.0]),
        split=Split(
            train=np.array([0, 2, 4, 7]), validation=np.array([1, 3]), test=np.array([5, 6])
        ),
        source=Source(path="toy"),
    )


def test_parts_hold_their_rows():
    data = table()
    for part in PARTS:
        x, y = data.part(part)
        np.testing.assert_array_equal(x, data.x[data.split.rows(part)])
        np.testing.assert_array_equal(y, data.y[data.split.rows(part)])
        columns = data.columns(part)
        assert list(columns) == ["a", "b", "c"]
        np.testing.assert_array_equal(np.column_stack(list(columns.values())), x)


def test_select_keeps_rows_and_takes_the_given_order():
    data = table().select(["c", "a"])
    assert data.names == ("c", "a")
    np.testing.assert_array_equal(data.x, table().x[:, [2, 0]])
    np.testing.assert_array_equal(data.y, table().y)


def test_select_refuses_an_unknown_column():
    with pytest.raises(ValueError):
        table().select(["z"])


def test_a_dataset_is_frozen():
    with pytest.raises(AttributeError):
        table().name = "other"  # type: ignore[misc]


def test_a_symbol_is_made_not_parsed():
    symbol = Variable(name="x**2 + sin(t)").sympy
    assert isinstance(symbol, sp.Symbol)
    assert symbol.name == "x**2 + sin(t)"
    assert symbol.is_real


@settings(deadline=None)
@given(
    arrays(
        np.float64,
        st.tuples(st.integers(2, 30), st.integers(1, 4)),
        elements=st.floats(-1e6, 1e6),
    )
)
@example(np.array([[5e-324], [0.0]]))
def test_scaling_brings_columns_to_mean_0_and_spread_1(x):
    scaling = Scaling.of(x, x[:, 0])
    scaled = (x - scaling.x_shift) / scaling.x_scale
    spread = x.std(axis=0)
    resolved = spread > 1e-6 * np.abs(x).max(axis=0).clip(1e-9)
    np.testing.assert_allclose(scaled.mean(axis=0)[resolved], 0, atol=1e-6)
    np.testing.assert_allclose(scaled.std(axis=0)[resolved], 1, atol=1e-6)
    assert (scaling.x_scale > 0).all()
    assert scaling.y_scale > 0


@pytest.mark.parametrize("size", [0.0, 3.0, 1e-300, 1e300, 0.1])
def test_a_constant_is_scaled_to_zero(size):
    x, y = np.full((5, 1), size), np.full(5, -size)
    scaling = Scaling.of(x, y)
    assert np.abs((x - scaling.x_shift) / scaling.x_scale).max() < 1e-15
    assert abs((y[0] - scaling.y_shift) / scaling.y_scale) < 1e-15


@pytest.mark.parametrize("size", [1.0, 1e-300, 1e300])
def test_no_size_is_too_large_or_too_small_to_be_scaled(size):
    x = size * np.linspace(0.1, 1.0, 50)[:, None]
    scaling = Scaling.of(x, x[:, 0])
    scaled = (x - scaling.x_shift) / scaling.x_scale
    np.testing.assert_allclose([scaled.mean(), scaled.std()], [0.0, 1.0], atol=1e-12)
