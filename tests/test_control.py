"""Shuffled targets are not explained, and a true law stands clear of them."""

import numpy as np
import pytest
import sympy as sp

from discover.control import control
from discover.law import Law
from discover.score import score
from discover.search import explore
from tests.worlds import recipe, world


def _null(truth, noise: float, seed: int = 0):  # type: ignore[no-untyped-def]
    table = world(truth, 2, noise=noise)
    network = explore(table, recipe().kan, seed=0).networks[0]
    expr = 1.0 * sp.Symbol("v0", real=True) ** 2 + 0.1
    law = score(Law.of(expr, table.features, table.target, "graph"), table)
    return control(law, network, table, repeats=19, seed=seed)


def test_a_true_law_beats_every_shuffle() -> None:
    null = _null(lambda a, b: a**2 + 0.1, 0.05)
    assert null.p_value == pytest.approx(1 / 20)
    assert max(null.r2) < 0.3 < null.observed


def test_noise_does_not() -> None:
    null = _null(lambda a, b: np.random.default_rng(3).standard_normal(len(a)), 0.0)
    assert null.p_value > 0.05


def test_same_seed_same_shuffles() -> None:
    one, two, other = (_null(lambda a, b: a**2, 0.1, seed) for seed in (4, 4, 5))
    assert one == two
    assert one.r2 != other.r2
