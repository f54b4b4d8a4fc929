"""Normal matrices of splines against the products of the dense Jacobians."""

import numpy as np
import pytest
import torch
from torch import Tensor

from discover.basis import BASES, basis
from discover.kan import Kan, regrid
from discover.kan.derivatives import Jacobian, jacobian, trace
from discover.kan.local import Local
from tests.small_kans import network, rows

FAMILIES = [basis(order=k, base=b) for k in (1, 2, 3, 5) for b in (*BASES, "none")]


def of(kan: Kan, x: Tensor) -> Jacobian:
    seen = trace(kan, kan.lift(x))
    return jacobian(kan, seen, 1.5 + seen.output.sin())


def squares(kan: Kan, whole: Jacobian, edges: Tensor) -> Tensor:
    local = Local.of(kan.basis)
    assert local is not None
    size = edges.shape[1] * kan.functions
    # What is there already stays: rows come in several parts.
    normal = torch.ones(kan.population, size, size).to(whole.deltas[0])
    local.add_squares(whole, edges, normal)
    local.mirror(normal)
    return normal - 1


def agree(found: Tensor, columns: Tensor, digits: float = 1e-13) -> None:
    expected = columns.mT @ columns
    np.testing.assert_allclose(found, expected, atol=digits * float(expected.abs().max()))


@pytest.mark.parametrize("family", FAMILIES, ids=repr)
@pytest.mark.parametrize("width", [[3, 2, 1], [2, [1, 1], 1], [2, 2, 2, 1]])
def test_what_is_not_zero_is_all(family, width):
    kan = network(width, family=family, population=2)
    x = 1.5 * rows(width[0], 300)  # some rows lie beyond the ranges
    x[0] = 0.0  # and some on a knot
    x[1], x[2] = 1.0, -1.0
    whole, every = of(kan, x), torch.arange(kan.shape.edges).expand(2, -1)
    agree(squares(kan, whole, every), whole.columns())


def test_edges_are_chosen_for_each_member():
    kan = network([3, 2, 2], population=3)
    whole = of(kan, torch.stack([rows(3, 90, seed) for seed in range(3)]))
    some = torch.tensor([[0, 3, 7], [9, 1, 2], [4, 8, 6]])
    agree(squares(kan, whole, some), whole.columns_of(some))


def test_knots_may_follow_the_data():
    kan = regrid(network([2, 2, 1], population=1).following(0.8), rows(2))
    assert kan.layers[0].frame.knots is not None
    whole = of(kan, 1.2 * rows(2, 200))
    agree(squares(kan, whole, torch.arange(6)[None]), whole.columns())


@pytest.mark.parametrize("grid", [1, 2, 60])
def test_the_grid_may_be_coarse_or_fine(grid):
    kan = network([2, 1, 1], grid=grid, population=1)
    whole = of(kan, rows(2, 200))
    agree(squares(kan, whole, torch.arange(3)[None]), whole.columns())


def test_single_precision_stays_single():
    kan = network([2, 2, 1], population=1)
    whole = of(kan, rows(2, 100))
    single = Jacobian(
        whole.shape,
        tuple(f.float() for f in whole.functions),
        tuple(d.float() for d in whole.deltas),
    )
    found = squares(kan, single, torch.arange(6)[None])
    assert found.dtype == torch.float32
    agree(found, single.columns(), 1e-5)


def test_a_row_without_a_value_is_seen():
    kan = network([2, 2, 1], population=1)
    whole = of(kan, rows(2, 50))
    whole.deltas[0][0, 7] = torch.nan
    found = squares(kan, whole, torch.arange(6)[None])
    assert found[0, : 4 * kan.functions].isnan().any()


def test_functions_that_are_zero_nowhere_are_left_to_matrix_products():
    assert all(Local.of(basis(name)) is None for name in ("fourier", "chebyshev", "rbf"))
