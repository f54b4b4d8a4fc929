"""Derivatives of a network against automatic and numerical differentiation."""

import numpy as np
import pytest
import torch

from discover.kan import Kan
from discover.kan.derivatives import (
    Trace,
    edge_ends,
    jacobian,
    product,
    sensitivities,
    trace,
)
from tests.small_kans import SHAPES, network, rows


def unit(seen: Trace, output: int = 0) -> torch.Tensor:
    result = torch.zeros_like(seen.output)
    result[..., output] = 1.0
    return result


def columns(kan: Kan, seen: Trace, output: int = 0) -> torch.Tensor:
    return jacobian(kan, seen, unit(seen, output)).columns()


def flat(kan: Kan) -> torch.Tensor:
    return torch.cat([layer.coef.flatten(1) for layer in kan.layers], 1)


def with_flat(kan: Kan, coef: torch.Tensor) -> Kan:
    parts = coef.split([layer.coef[0].numel() for layer in kan.layers], 1)
    return kan.with_coef([c.view_as(la.coef) for c, la in zip(parts, kan.layers, strict=True)])


@pytest.mark.parametrize("width", SHAPES)
def test_jacobian_is_that_of_autograd(width):
    kan = network(width, population=2)
    x = rows(kan.shape.inputs, 7, seed=9)
    found = columns(kan, trace(kan, kan.lift(x)))
    coef = flat(kan)

    def output(member: int):
        def value(c: torch.Tensor) -> torch.Tensor:
            whole = torch.stack([c if i == member else coef[i] for i in range(2)])
            return with_flat(kan, whole)(x)[member, :, 0]

        return value

    for member in range(2):
        exact = torch.autograd.functional.jacobian(output(member), coef[member])
        np.testing.assert_allclose(found[member], exact, atol=1e-11)


@pytest.mark.parametrize("width", SHAPES)
def test_jacobian_is_that_of_finite_differences(width):
    kan = network(width, population=1)
    x = rows(kan.shape.inputs, 11, seed=2)
    found = columns(kan, trace(kan, kan.lift(x)))[0]
    direction = rows(found.shape[1], 1, seed=4)
    step = 1e-6
    ahead, behind = (with_flat(kan, flat(kan) + s * direction)(x) for s in (step, -step))
    numerical = (ahead - behind)[0, :, 0] / (2 * step)
    np.testing.assert_allclose(found @ direction[0], numerical, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("width", SHAPES)
def test_part_of_a_jacobian_is_those_columns(width):
    kan = network(width, population=2)
    seen = trace(kan, kan.lift(rows(kan.shape.inputs, 9)))
    whole = columns(kan, seen).unflatten(2, (kan.shape.edges, kan.functions))
    draw = torch.Generator().manual_seed(1)
    wanted = torch.stack(
        [torch.randperm(kan.shape.edges, generator=draw)[: -(-kan.shape.edges // 2)] for _ in "ab"]
    )
    part = (
        jacobian(kan, seen, unit(seen))
        .columns_of(wanted)
        .unflatten(2, (wanted.shape[1], kan.functions))
    )
    for member in range(2):
        np.testing.assert_allclose(part[member], whole[member][:, wanted[member]], atol=1e-13)


@pytest.mark.parametrize("width", SHAPES)
def test_parts_of_a_jacobian_are_parts_of_its_columns(width):
    kan = network(width, population=3)
    seen = trace(kan, kan.lift(rows(kan.shape.inputs, 9)))
    whole = jacobian(kan, seen, torch.ones_like(seen.output))
    part = whole.part(slice(1, 3), slice(2, 7)).columns()
    np.testing.assert_array_equal(part, whole.columns()[1:3, 2:7])
    sums = whole.columns().sum(1).view(3, kan.shape.edges, kan.functions)
    np.testing.assert_allclose(whole.total(), sums, atol=1e-12 * float(sums.abs().max()))


def test_a_product_with_itself_is_symmetric_and_the_product():
    columns = rows(5, 40).view(2, 20, 5)
    found = product(columns.mT, columns)
    np.testing.assert_array_equal(found, found.mT)
    np.testing.assert_allclose(found, columns.mT @ columns, rtol=1e-13)
    columns[0, 0, 0] = torch.nan
    assert bool(product(columns.mT, columns)[0].isnan().any())


def test_a_second_output_has_its_own_derivatives():
    kan = network([2, 2, 3], population=1)
    x = rows(2, 5)
    seen = trace(kan, kan.lift(x))
    coef = flat(kan)
    exact = torch.autograd.functional.jacobian(lambda c: with_flat(kan, c)(x)[0, :, 2], coef)
    np.testing.assert_allclose(columns(kan, seen, output=2)[0], exact[:, 0], atol=1e-11)


def test_a_pruned_edge_passes_nothing_back():
    kan = network([2, 2, 1], population=1)
    mask = torch.tensor([[[1.0, 0.0]]], dtype=torch.float64)
    pruned = kan.with_masks([kan.layers[0].mask, mask])
    seen = trace(pruned, pruned.lift(rows(2)))
    first, last = sensitivities(pruned, seen, torch.ones_like(seen.output))
    assert float(first[..., 1].abs().max()) == 0.0
    assert float(first[..., 0].abs().max()) > 0.0
    assert torch.equal(last, torch.ones_like(last))


def test_a_trace_ends_where_the_network_does():
    kan = network([3, [1, 1], 1])
    x = rows(3)
    assert torch.equal(trace(kan, kan.lift(x)).output, kan(x))


def test_edges_are_numbered_as_in_the_jacobian():
    out, into = edge_ends(network([3, [1, 1], 1]).shape, torch.device("cpu"))
    assert out.tolist() == [0] * 3 + [1] * 3 + [2] * 3 + [3] * 2
    assert into.tolist() == [0, 1, 2] * 3 + [3, 4]
