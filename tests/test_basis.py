"""Bases against scipy, closed forms and finite differences."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import BSpline as Oracle

from discover.basis import (
    BASES,
    FAMILIES,
    BSpline,
    Chebyshev,
    Fourier,
    GaussianRBF,
    basis,
    projection,
)

NAMED = [
    basis(name, order, base)
    for name in FAMILIES
    for order in ((1, 2, 3, 5) if name == "bspline" else (3,))
    for base in ("none", "silu", "identity")
]
IDS = [repr(family) for family in NAMED]


def line(low: float = -1.0, high: float = 1.0, count: int = 201) -> torch.Tensor:
    return torch.linspace(low, high, count, dtype=torch.float64)


@given(order=st.integers(1, 7), grid=st.integers(1, 40))
def test_splines_and_their_slopes_are_those_of_scipy(order, grid):
    knots = -1.0 + 2.0 / grid * np.arange(-order, grid + order + 1)
    oracle = Oracle(knots, np.eye(grid + order), order)
    # Away from knots: scipy and we may choose different sides of one.
    t = np.setdiff1d(np.linspace(-0.999, 0.997, 97).round(9), knots.round(9))
    values, slopes = BSpline(order)(torch.as_tensor(t), grid)
    np.testing.assert_allclose(values, oracle(t), atol=1e-12)
    np.testing.assert_allclose(slopes, oracle(t, 1), atol=1e-10 * grid)


@given(order=st.integers(1, 7), grid=st.integers(1, 60))
def test_splines_are_a_local_and_positive_partition_of_unity(order, grid):
    values, slopes = BSpline(order)(line(-3.0, 3.0, 401), grid)
    inside, _ = BSpline(order)(line(), grid)
    assert values.shape[-1] == BSpline(order).size(grid) == grid + order
    assert float((values.sum(-1) - 1).abs().max()) < 1e-11
    assert float(slopes.sum(-1).abs().max()) < 1e-9 * grid
    assert float(inside.min()) > -1e-13
    assert int((inside != 0).sum(-1).max()) <= order + 1


def test_chebyshev_are_cosines_of_multiples_of_the_angle():
    angle = torch.linspace(0.1, 3.0, 50, dtype=torch.float64)
    values, slopes = Chebyshev()(angle.cos(), 9)
    degree = torch.arange(10, dtype=torch.float64)
    np.testing.assert_allclose(values, (angle[:, None] * degree).cos(), atol=1e-13)
    exact = degree * (angle[:, None] * degree).sin() / angle.sin()[:, None]
    np.testing.assert_allclose(slopes, exact, atol=1e-11)


@pytest.mark.parametrize("grid", [0, 1, 2])
def test_chebyshev_of_lowest_degrees(grid):
    values, slopes = Chebyshev()(line(), grid)
    assert values.shape == slopes.shape == (201, grid + 1)


def test_fourier_holds_its_waves():
    t = line()
    values, _ = Fourier()(t, 2)
    half = 0.5 * torch.pi * t
    waves = [torch.ones_like(t), half.cos(), (2 * half).cos(), half.sin(), (2 * half).sin()]
    np.testing.assert_allclose(values, torch.stack(waves, -1), atol=1e-14)


def test_gaussians_stand_one_spacing_apart():
    values, _ = GaussianRBF()(line(-1.0, 1.0, 5), 4)
    assert values.argmax(-1).tolist() == [1, 2, 3, 4, 5]
    np.testing.assert_allclose(values.diagonal(1), np.ones(5))
    np.testing.assert_allclose(values.diagonal(2), np.full(5, np.exp(-1.0)))


@pytest.mark.parametrize("family", NAMED, ids=IDS)
def test_slopes_are_the_derivatives_of_values(family):
    step = 1e-6
    # The knots of a piecewise line have no derivative.
    t = line(-0.977, 0.969, 83)
    ahead, _ = family(t + step, 5)
    behind, _ = family(t - step, 5)
    _, slopes = family(t, 5)
    np.testing.assert_allclose((ahead - behind) / (2 * step), slopes, atol=2e-7)


@pytest.mark.parametrize("family", NAMED, ids=IDS)
def test_higher_derivatives_are_the_derivatives_of_slopes(family):
    step = 1e-5
    t = line(-0.977, 0.969, 83)
    _, ahead = family(t + step, 5)
    _, behind = family(t - step, 5)
    values, slopes, bends, twists = family(t, 5, order=3)
    np.testing.assert_allclose((ahead - behind) / (2 * step), bends, atol=2e-6)
    _, _, ahead = family(t + step, 5, order=2)
    _, _, behind = family(t - step, 5, order=2)
    off_knots = ((t + 1) * 2.5 % 1 - 0.5).abs() < 0.499  # a second-order spline bends in steps
    np.testing.assert_allclose(
        ((ahead - behind) / (2 * step))[off_knots], twists[off_knots], rtol=1e-5, atol=1e-4
    )
    once, (same,) = family(t, 5), family(t, 5, order=0)
    for a, b in zip((*once, same), (values, slopes, values), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


@given(
    order=st.integers(1, 6),
    gaps=st.lists(st.floats(0.05, 1.0), min_size=1, max_size=12),
)
def test_splines_on_any_knots_are_those_of_scipy(order, gaps):
    ends = np.concatenate([[0.0], np.cumsum(gaps)])
    knots = 2 * ends / ends[-1] - 1
    before = knots[0] - (knots[1] - knots[0]) * np.arange(order, 0, -1)
    after = knots[-1] + (knots[-1] - knots[-2]) * np.arange(1, order + 1)
    grid = len(gaps)
    oracle = Oracle(np.concatenate([before, knots, after]), np.eye(grid + order), order)
    t = np.setdiff1d(np.linspace(-0.999, 0.997, 97).round(9), knots.round(9))
    found = BSpline(order)(torch.as_tensor(t), grid, order=2, knots=torch.as_tensor(knots))
    # The derivatives grow with the shortest interval.
    sharp = 1 / np.diff(knots).min()
    for power, values in enumerate(found):
        exact = oracle(t, power)
        np.testing.assert_allclose(values, exact, atol=1e-10 * (order * sharp) ** power)


@given(order=st.integers(1, 5), grid=st.integers(1, 20))
def test_equal_knots_are_no_knots(order, grid):
    even = torch.linspace(-1, 1, grid + 1, dtype=torch.float64)
    t = line(-1.5, 1.5) + 2**0.5 * 1e-4  # on no knot, where slopes may jump
    plain = BSpline(order)(t, grid)
    for a, b in zip(plain, BSpline(order)(t, grid, knots=even), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-10 * grid)


@pytest.mark.parametrize("family", NAMED, ids=IDS)
@pytest.mark.parametrize("end", [-1.0, 1.0])
def test_beyond_the_ends_every_function_is_a_straight_line(family, end):
    edge = torch.tensor([end], dtype=torch.float64)
    value, slope = family(edge, 4)
    far = edge * (1 + torch.tensor([0.0, 1e-9, 0.3, 2.0, 1e3], dtype=torch.float64))
    values, slopes = family(far, 4)
    expected = value + slope * (far - edge)[:, None]
    np.testing.assert_allclose(values, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(slopes, slope.expand(5, -1), atol=1e-12)


@pytest.mark.parametrize("family", NAMED, ids=IDS)
def test_a_row_of_points_of_any_shape_keeps_it(family):
    t = line(-1.4, 1.4, 24)
    flat, _ = family(t, 3)
    folded, _ = family(t.view(2, 3, 4), 3)
    assert folded.shape == (2, 3, 4, family.size(3))
    assert torch.equal(folded.reshape(24, -1), flat)


@pytest.mark.parametrize("family", NAMED, ids=IDS)
@pytest.mark.parametrize("grid", [1, 3, 12])
def test_projection_gives_back_every_function_of_the_family(family, grid):
    points, matrix = projection(family, grid)
    coef = torch.randn(family.size(grid), generator=torch.Generator().manual_seed(grid)).double()
    values, _ = family(points, grid)
    again, _ = family(line(), grid)
    found = again @ (matrix @ (values @ coef))
    np.testing.assert_allclose(found, again @ coef, atol=1e-6)


@given(order=st.integers(1, 5), grid=st.integers(1, 30), power=st.integers(0, 5))
def test_projection_is_exact_for_polynomials_up_to_the_order(order, grid, power):
    family = BSpline(order)
    points, matrix = projection(family, grid)
    values, _ = family(line(), grid)
    missed = (values @ (matrix @ points**power) - line() ** power).abs().max()
    assert (float(missed) < 1e-10) == (power <= order)


@pytest.mark.parametrize("base", BASES)
def test_a_base_function_is_the_last_one(base):
    plain, with_base = basis("bspline", 3, "none"), basis("bspline", 3, base)
    values, _ = with_base(line(), 4)
    np.testing.assert_array_equal(values[:, :-1], plain(line(), 4)[0])
    np.testing.assert_array_equal(values[:, -1], BASES[base](line(), 0)[0])
    assert with_base.size(4) == plain.size(4) + 1


def test_bases_are_values():
    assert basis("bspline", 3, "silu") == basis("bspline", 3, "silu")
    assert basis("bspline", 3, "silu") != basis("bspline", 2, "silu")
    with pytest.raises(KeyError):
        basis("wavelet")
