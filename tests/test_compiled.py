"""Compiled layers against the same layers as plain operations on arrays."""

import gc
import subprocess
import sys
from dataclasses import replace

import numba
import numpy as np
import pytest
import torch

from discover.basis import BASES, basis
from discover.compiling import compiled
from discover.kan import Kan, regrid
from discover.kan.network import summed
from tests.small_kans import network, rows

SPLINES = [basis(order=k, base=b) for k in (1, 2, 3, 5) for b in BASES]


def nodes(kan: Kan) -> torch.Tensor:
    """Far out on both sides and close to all knots, where the slope of straight splines jumps."""
    at = torch.linspace(-1.5, 1.5, 3 * 100 * kan.grid + 1, dtype=torch.float64) + 1e-9
    frame = kan.layers[1].frame
    low, high = frame.low[..., None], frame.high[..., None]
    return (0.5 * (low + high) + 0.5 * (high - low) * at).mT


@pytest.mark.parametrize("family", SPLINES)
@pytest.mark.parametrize("width", [[3, 2, 1], [2, 3, [1, 2]], [1, 1, 8]])
def test_a_compiled_layer_is_the_layer(family, width):
    kan = network(width, family=family)
    at, coef = nodes(kan), kan.layers[1].effective
    narrow = kan.narrow_at(1, at)
    assert narrow is not None
    found, (values, slopes) = narrow.edges(), kan.functions_at(1, at, 1)
    np.testing.assert_allclose(found.functions, values, rtol=1e-12, atol=1e-12)
    expected = torch.einsum("pnib,poib->pnoi", slopes, coef)
    np.testing.assert_allclose(found.slopes, expected, rtol=1e-12, atol=1e-11)
    np.testing.assert_allclose(found.sums, summed(values, coef), rtol=1e-12, atol=1e-11)
    np.testing.assert_array_equal(narrow.sums(), found.sums)


def test_spreads_are_standard_deviations():
    kan = network([3, 2, 2])
    at = nodes(kan)
    narrow = kan.narrow_at(1, at)
    assert narrow is not None
    # A large mean must not hide a small spread.
    raised = replace(narrow, coef=narrow.coef * 1e-3 + 1e6)
    for layer, rough in ((narrow, 1e-12), (raised, 1e-5)):
        sums, spreads = layer.spreads()
        np.testing.assert_array_equal(sums, layer.sums())
        (values,) = kan.functions_at(1, at, 0)
        edges = torch.einsum("pnib,poib->pnoi", values, layer.coef)
        np.testing.assert_allclose(spreads, edges.std(1, correction=0), rtol=rough)


def test_single_precision_stays_single():
    kan = network([3, 2, 1])
    at = nodes(kan)
    single = replace(kan, layers=tuple(layer.picked(lambda a: a.float()) for layer in kan.layers))
    narrow, exact = single.narrow_at(1, at.float()), kan.narrow_at(1, at)
    assert narrow is not None
    assert exact is not None
    assert narrow.sums().dtype == torch.float32
    np.testing.assert_allclose(narrow.sums(), exact.sums(), rtol=1e-4, atol=1e-4)
    functions = narrow.edges().functions
    assert functions.dtype == torch.float32
    np.testing.assert_allclose(functions, exact.edges().functions, rtol=1e-4, atol=1e-4)


def test_a_node_that_is_no_number_stays_none():
    at = torch.tensor([torch.nan, torch.inf, 0.0, -torch.inf], dtype=torch.float64).view(1, 4, 1)
    narrow = network([1, 1], population=1).narrow_at(0, at)
    assert narrow is not None
    edges = narrow.edges()
    for values in (narrow.sums(), edges.sums, edges.functions.sum(3)):
        assert values.isfinite().flatten().tolist() == [False, False, True, False]
    assert not bool(narrow.spreads()[1].isfinite().any())


def test_only_narrow_layers_of_splines_on_equal_intervals_are_compiled():
    kan = network([3, 2, 1])
    at = torch.zeros(2, 4, 3, dtype=torch.float64)
    assert kan.narrow_at(0, at) is not None
    assert network([3, 9, 1]).narrow_at(0, at) is None
    assert network([3, 1], family=basis("fourier")).narrow_at(0, at) is None
    assert regrid(network([3, 1]).following(0.5), rows(3), 7).narrow_at(0, at) is None
    with torch.no_grad():
        assert kan.narrow_at(0, at.clone().requires_grad_()) is not None
    assert kan.narrow_at(0, at.clone().requires_grad_()) is None


def test_it_is_compiled_where_nothing_can_be_written(monkeypatch):
    def njit(function, *, cache=False, **options):
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return function

    def twice(number):
        return 2 * number

    monkeypatch.setattr(numba, "njit", njit)
    assert compiled()(twice)(2.0) == 4.0


@pytest.mark.parametrize("on", [True, False])
def test_garbage_is_collected_after_the_first_call_as_before(on):
    was, seen = gc.isenabled(), []
    (gc.enable if on else gc.disable)()
    try:
        assert compiled()(lambda value: -value)(2.0) == -2.0
        seen.append(gc.isenabled())
        with pytest.raises(numba.TypingError):
            compiled()(lambda value: value.missing)(1.0)
        seen.append(gc.isenabled())
    finally:
        (gc.enable if was else gc.disable)()
    assert seen == [on, on]


def test_what_does_not_train_does_not_wait_for_the_compiler():
    asked = "import sys, discover.cli, discover.training; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
