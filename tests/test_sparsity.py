"""The penalty on edges: its slope, its majoriser, and that it is blind to scale."""

import numpy as np
import pytest
import torch

from discover.kan.derivatives import trace
from discover.training import Schedule, fit
from discover.training.sparsity import activity, majorised, spreads
from tests.small_kans import network, rows

WIDTHS = [[3, 1], [2, 3, 1], [3, [1, 1], 1]]


def penalty(kan, x, entropy=0.0):
    return activity(kan, spreads(kan, kan.lift(x)), entropy)


@pytest.mark.parametrize("entropy", [0.0, 2.0])
@pytest.mark.parametrize("width", WIDTHS)
def test_its_slope_is_that_of_finite_differences(width, entropy):
    kan = network(width, population=1)
    x = rows(kan.shape.inputs, 50)
    slope, _ = majorised(kan, trace(kan, kan.lift(x)), entropy)
    direction = rows(kan.vector.shape[1], 1, 3)
    # Only what an edge does at its own node is in the slope: deeper edges see other values.
    last = kan.layers[-1].coef.numel()
    direction[:, :-last] = 0.0
    step = 1e-6
    ahead, behind = (
        penalty(kan.with_vector(kan.vector + s * direction), x, entropy) for s in (step, -step)
    )
    numerical = float((ahead - behind) / (2 * step))
    np.testing.assert_allclose(float((slope.flatten() * direction[0]).sum()), numerical, rtol=1e-5)


@pytest.mark.parametrize("width", [*WIDTHS, [2, 2, 3], [2, 3, 2, 1]])
def test_spreads_are_those_of_the_curves(width):
    kan = network(width, population=2)
    x = rows(kan.shape.inputs, 50)
    seen, size = trace(kan, kan.lift(x)), spreads(kan, kan.lift(x))
    np.testing.assert_allclose(size.output, kan(x), atol=1e-13)
    for at, layer in enumerate(kan.layers):
        functions = seen.functions[at].expand(2, -1, -1, -1)
        curves = torch.einsum("pnim,poim->pnoi", functions, layer.effective)
        np.testing.assert_allclose(size.edges[at], curves.std(1, correction=0), atol=1e-12)
        written = seen.subnodes[at].std(1, correction=0)
        np.testing.assert_allclose(size.subnodes[at], written, atol=1e-12)


@pytest.mark.parametrize("factor", [1e-2, 1e2])
def test_a_hidden_node_cannot_escape_by_shrinking(factor):
    kan = network([2, 3, 1], population=1)
    x = rows(2, 50)
    first, last = kan.layers
    # The same function: hidden nodes scaled, and the range of those who read them with it.
    scaled = kan.with_coef([first.coef * factor, last.coef])
    size = spreads(kan, kan.lift(x))
    other = spreads(scaled, scaled.lift(x))
    for at in ("edges", "subnodes"):
        np.testing.assert_allclose(getattr(other, at)[0], factor * getattr(size, at)[0], rtol=1e-9)
    ratio = size.edges[0] / size.subnodes[0][..., None]
    np.testing.assert_allclose(ratio, other.edges[0] / other.subnodes[0][..., None], rtol=1e-9)


def test_a_strong_penalty_empties_edges_that_carry_nothing():
    x = rows(4, 300)
    y = x[:, 0] ** 2 + 0.5 * x[:, 1]
    y = (y - y.mean()) / y.std()
    kan = network([4, 1], population=1)
    fitted = fit(kan, (x, y), penalty=1e-2, schedule=Schedule(steps=60)).kan
    carried = spreads(fitted, fitted.lift(x)).edges[0][0, 0]
    assert float(carried[2:].max()) < 2e-3 < 0.2 < float(carried[:2].min())


def test_of_two_ways_to_share_the_fewer_edges_are_cheaper():
    x = rows(2, 200)
    kan = network([2, 1], population=1)
    y = x.sum(1) / x.sum(1).std()
    both = fit(kan, (x, y), penalty=1e-6, schedule=Schedule(steps=10)).kan
    coef = both.layers[0].coef
    size = spreads(both, both.lift(x)).edges[0]
    whole = size.sum()
    # All of the spread on one edge: the same sum, no entropy.
    one = both.with_coef(
        [coef * (coef.new_tensor([whole / size[0, 0, 0], 0.0])[None, None, :, None])]
    )
    assert float(penalty(one, x, 2.0)) == pytest.approx(float(whole), rel=1e-2)
    assert float(penalty(both, x, 2.0)) > float(whole) + 1.0
