"""Products with few rows on one side against the library's."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from discover.kan.thin import by_function, by_row

count = st.integers(1, 30)


def drawn(*shape: int, dtype: torch.dtype = torch.float64, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64).to(dtype)


def agree(found: Tensor, left: Tensor, right: Tensor) -> None:
    expected = left.double() @ right.double()
    assert found.dtype == left.dtype
    assert found.shape == expected.shape
    rough = 50 * torch.finfo(found.dtype).eps * float(left.shape[2] ** 0.5)
    size = left.double().abs() @ right.double().abs()
    assert float(((found - expected).abs() - rough * size).max()) <= 0


@given(pop=st.integers(1, 3), shared=st.booleans(), out=count, n=count, size=count)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_they_are_matrix_products(dtype, pop, shared, out, n, size):
    functions = drawn(1 if shared else pop, n, size, dtype=dtype)
    coef, delta = drawn(pop, out, size, dtype=dtype, seed=1), drawn(pop, out, n, dtype=dtype)
    agree(by_row(coef, functions), coef, functions.mT)
    agree(by_function(delta, functions), delta, functions)


@pytest.mark.parametrize("out", [0, 64, 65])
def test_any_number_of_subnodes_will_do(out):
    functions, coef, delta = drawn(1, 50, 200), drawn(1, out, 200), drawn(1, out, 50)
    np.testing.assert_allclose(by_row(coef, functions), coef @ functions.mT, atol=1e-12)
    np.testing.assert_allclose(by_function(delta, functions), delta @ functions, atol=1e-12)


def test_memory_may_lie_in_any_order():
    functions, coef, delta = drawn(2, 12, 40).mT, drawn(2, 12, 3).mT, drawn(2, 40, 3).mT
    agree(by_row(coef, functions), coef, functions.mT)
    agree(by_function(delta, functions), delta, functions)


@pytest.mark.parametrize("row", [0, 9])  # in a portion of eight, and in what is left
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_no_number_is_not_hidden(row, bad):
    functions = drawn(1, 10, 20)
    functions[0, row, 4] = bad
    coef, delta = torch.ones(1, 2, 20).double(), torch.ones(1, 2, 10).double()
    rows, columns = by_row(coef, functions), by_function(delta, functions)
    assert (~rows.isfinite()).nonzero().tolist() == [[0, 0, row], [0, 1, row]]
    assert (~columns.isfinite()).nonzero().tolist() == [[0, 0, 4], [0, 1, 4]]
