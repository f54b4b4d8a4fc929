"""The network: shapes, nodes, populations and changes of grid."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from discover.basis import BSpline, basis
from discover.kan import Nodes, Shape, create, regrid, stacked
from tests.small_kans import SHAPES, network, rows

ENTRY = st.one_of(
    st.integers(1, 4),
    st.tuples(st.integers(0, 3), st.integers(1, 3)).map(list),
    st.tuples(st.integers(0, 2), st.integers(2, 3), st.integers(4, 5)).map(list),
)
WIDTHS = st.tuples(st.integers(1, 5), st.lists(ENTRY, min_size=1, max_size=3)).map(
    lambda parts: [parts[0], *parts[1]]
)


@given(WIDTHS)
def test_a_width_survives_being_read(width):
    shape = Shape.of(width)
    assert shape.width == width
    assert Shape.of(shape.width) == shape
    assert shape.edges == sum(out * size for out, size in shape.sizes)
    for nodes in shape.layers:
        used = [i for factors in nodes.factors for i in factors]
        assert used == list(range(nodes.subnodes))
        assert len(nodes.factors) == nodes.size


@pytest.mark.parametrize("width", [[], [2], [0, 1], [2, 0], [2, [0, 0]], [2.0, 1], [2, [1, 1, 3]]])
def test_no_network_has_such_a_width(width):
    with pytest.raises(ValueError):
        Shape.of(width)


def test_a_product_node_multiplies_and_its_chain_rule_is_that_of_autograd():
    nodes = Nodes(2, (2, 3))
    subnodes = rows(nodes.subnodes, 20).requires_grad_()
    # A factor of zero must not spoil the derivative by the others.
    subnodes.data[0, 2] = 0.0
    value = nodes.combine(subnodes)
    np.testing.assert_allclose(value.detach()[:, 2], (subnodes[:, 2] * subnodes[:, 3]).detach())
    np.testing.assert_allclose(value.detach()[:, 3], subnodes[:, 4:].prod(1).detach())
    delta = rows(nodes.size, 20, seed=1)
    value.backward(delta)
    np.testing.assert_allclose(nodes.spread(delta, subnodes.detach()), subnodes.grad, atol=1e-14)


@pytest.mark.parametrize("width", SHAPES)
def test_a_population_is_its_members_one_by_one(width):
    kan = network(width, population=3)
    x = rows(kan.shape.inputs, seed=5)
    together = kan(x)
    assert together.shape == (3, 60, kan.shape.layers[-1].size)
    for i in range(3):
        np.testing.assert_allclose(kan.members([i])(x)[0], together[i], rtol=1e-9, atol=1e-9)
    swapped = kan.members([2, 0])(x)
    np.testing.assert_allclose(swapped, together[[2, 0]], rtol=1e-9, atol=1e-9)


def test_a_seed_gives_the_same_network_in_any_company():
    x = rows(2)
    ends = {"low": x.amin(0), "high": x.amax(0)}
    alone = create(Shape.of([2, 2, 1]), basis(), 3, seeds=[7], **ends)
    among = create(Shape.of([2, 2, 1]), basis(), 3, seeds=[3, 7], **ends)
    for a, b in zip(alone.layers, among.layers, strict=True):
        assert torch.equal(a.coef[0], b.coef[1])
        assert not torch.equal(b.coef[0], b.coef[1])


def test_rows_of_each_member_may_differ():
    kan = network([2, 1, 1], population=2)
    x = torch.stack([rows(2, seed=1), rows(2, seed=2)])
    own = kan(x)
    for i in range(2):
        np.testing.assert_allclose(own[i], kan(x[i])[i], rtol=1e-9, atol=1e-9)


def test_an_edge_is_its_basis_times_its_coefficients():
    kan = network([2, 1], population=1, family=BSpline(3))
    layer, x = kan.layers[0], rows(2)
    by_hand = torch.zeros(len(x), dtype=torch.float64)
    for i in range(2):
        low, high = layer.frame.low[0, i], layer.frame.high[0, i]
        functions, _ = BSpline(3)((2 * x[:, i] - low - high) / (high - low), kan.grid)
        by_hand += functions @ layer.coef[0, 0, i]
    np.testing.assert_allclose(kan(x)[0, :, 0], by_hand, atol=1e-13)


def test_a_masked_edge_adds_nothing_and_its_column_says_nothing():
    kan = network([3, 2, 1], population=2)
    mask = kan.layers[0].mask.clone()
    mask[:, :, 1] = 0
    masked = kan.with_masks([mask, kan.layers[1].mask])
    x = rows(3)
    moved = x.clone()
    moved[:, 1] += 10.0
    assert torch.equal(masked(x), masked(moved))
    assert not torch.equal(kan(x), kan(moved))
    assert masked.edges.tolist() == [6, 6]
    assert masked.parameters.tolist() == [6 * masked.functions] * 2
    erased = [la.effective for la in masked.layers]
    np.testing.assert_allclose(kan.with_coef(erased)(x), masked(x), atol=1e-14)


@pytest.mark.parametrize("width", SHAPES)
@pytest.mark.parametrize("base", ["none", "silu"])
def test_doubling_a_grid_of_splines_changes_nothing(width, base):
    # A cubic on half an interval still is that cubic; margin 0 and equal rows keep the ranges.
    kan = network(width, grid=3, family=basis("bspline", 3, base))
    x = rows(kan.shape.inputs)
    kan = regrid(kan, x)
    finer = regrid(kan, x, 6)
    assert finer.grid == 6
    np.testing.assert_allclose(finer(x), kan(x), rtol=1e-8, atol=1e-8)


def test_new_ranges_are_those_of_the_rows_and_keep_the_function():
    kan = network([2, 3, 1], grid=24)
    x = rows(2, 400, seed=3) * 0.9
    moved = regrid(kan, x)
    hidden = torch.stack(
        [
            sum(
                kan.basis(layer.frame.normalised(x[None])[0, :, i], kan.grid)[0]
                @ layer.coef[1, o, i]
                for i in range(2)
            )
            for layer in kan.layers[:1]
            for o in range(3)
        ]
    )
    assert bool((moved.layers[1].frame.low[1] <= hidden.amin(1)).all())
    assert bool((moved.layers[1].frame.high[1] >= hidden.amax(1)).all())
    width = hidden.amax(1) - hidden.amin(1)
    assert bool((moved.layers[1].frame.high[1] - hidden.amax(1) < 0.03 * width + 1e-6).all())
    assert float((moved(x) - kan(x)).abs().max()) < 2e-3 * float(kan(x).std())


def test_a_constant_column_has_a_range_all_the_same():
    x = rows(2)
    x[:, 1] = 4.0
    kan = create(Shape.of([2, 1, 1]), basis(), 3, seeds=[0], low=x.amin(0), high=x.amax(0))
    assert bool(kan(x).isfinite().all())
    assert bool(regrid(kan, x, 6)(x).isfinite().all())


@given(st.lists(st.integers(1, 6), min_size=1, max_size=3), st.integers(0, 10_000))
def test_fresh_networks_of_sums_stay_of_size_one(hidden, seed):
    x = rows(3, 200)
    shape = Shape.of([3, *hidden, 1])
    kan = create(shape, basis(), 3, seeds=[seed], low=x.amin(0), high=x.amax(0))
    assert float(kan(x).abs().max()) < 1e4


def test_stacked_populations_are_the_populations():
    one, two = network([3, 2, 1], population=2), network([3, 2, 1], population=3)
    both, x = stacked([one, two]), rows(3)
    np.testing.assert_array_equal(both(x), torch.cat([one(x), two(x)]))
    assert both.layers[0].frame is one.layers[0].frame
    other = create(Shape.of([3, 2, 1]), basis(), 4, seeds=[0], low=x[0], high=x[0] + 5)
    apart = stacked([one, other, one])
    np.testing.assert_allclose(apart(x), torch.cat([one(x), other(x), one(x)]), atol=1e-12)
