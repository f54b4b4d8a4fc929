"""The slope of a loss against automatic differentiation."""

import numpy as np
import pytest
import torch

from discover.basis import FAMILIES, basis
from discover.kan.gradient import gradient
from tests.small_kans import SHAPES, network, rows


@pytest.mark.parametrize("width", [*SHAPES, [2, 2, 3], [2, 3, 2, 1]])
@pytest.mark.parametrize("family", FAMILIES)
def test_gradient_is_that_of_autograd(width, family):
    kan = network(width, population=2, family=basis(family))
    # Some rows lie outside the range of training.
    x = 1.2 * rows(kan.shape.inputs, 13, seed=5)
    target = torch.randn(13, kan.shape.layers[-1].size, generator=torch.Generator().manual_seed(3))
    output, found = gradient(kan, kan.lift(x), lambda value: value - target)
    vector = kan.vector.requires_grad_()
    again = kan.with_vector(vector)(x)
    (0.5 * (again - target).square()).sum().backward()
    np.testing.assert_allclose(output, again.detach(), rtol=1e-10, atol=1e-10)
    flat = torch.cat([part.flatten(1) for part in found], 1)
    scale = float(vector.grad.abs().max())
    np.testing.assert_allclose(flat, vector.grad, atol=1e-11 * scale)


def test_a_pruned_edge_gets_a_slope_but_gives_none():
    kan = network([2, 2, 1], population=1)
    off = torch.tensor([[[1.0, 0.0]]], dtype=torch.float64)
    pruned = kan.with_masks([kan.layers[0].mask, off])
    _, (first, last) = gradient(pruned, pruned.lift(rows(2)), torch.ones_like)
    assert float(first[0, 1].abs().max()) == 0.0
    assert float(first[0, 0].abs().max()) > 0.0
    assert float(last[0, 0, 1].abs().max()) > 0.0
