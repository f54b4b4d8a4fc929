"""The columns that matter, the smallest network that explains, and no look at test rows."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from discover.dataset import Dataset
from discover.search import Found, explore
from tests.worlds import recipe, world

KAN = recipe().kan


@pytest.fixture(scope="module")
def found() -> Found:
    table = world(lambda a, b, c, d: np.exp(np.sin(a) + b**2 / 2), 4)
    return explore(table, KAN, seed=0)


def test_keeps_the_columns_of_the_law_and_no_other(found: Found) -> None:
    assert found.kept == ("v0", "v1")


def test_attribution_sums_to_one_and_is_small_where_nothing_is(found: Found) -> None:
    assert sum(found.attribution.values()) == pytest.approx(1.0)
    assert found.attribution["v2"] + found.attribution["v3"] < 0.02


def test_a_composition_needs_the_second_layer(found: Found) -> None:
    assert str(found.networks[0].kan.shape) == "[2, 1, 1]"
    assert found.networks[0].validation < 0.02
    sums = next(r for r in found.rungs if r.shape == "[2, 1]")
    assert sums.validation > 5 * found.networks[0].validation


def test_a_sum_is_left_in_one_layer() -> None:
    found = explore(world(lambda a, b: a**2 + np.log(b), 2), KAN, seed=0)
    assert str(found.networks[0].kan.shape) == "[2, 1]"
    assert found.networks[0].validation < 1e-2


def _same(a: Found, b: Found) -> bool:
    return all(
        torch.equal(p.coef, q.coef)
        for m, n in zip(a.networks, b.networks, strict=True)
        for p, q in zip(m.kan.layers, n.kan.layers, strict=True)
    )


def test_same_seed_same_networks(found: Found) -> None:
    table = world(lambda a, b, c, d: np.exp(np.sin(a) + b**2 / 2), 4)
    assert _same(found, explore(table, KAN, seed=0))
    assert not _same(found, explore(table, KAN, seed=1))


def test_test_rows_are_never_seen(found: Found) -> None:
    table = world(lambda a, b, c, d: np.exp(np.sin(a) + b**2 / 2), 4)
    spoiled = _with_test_target(table, 1e6)
    assert _same(found, explore(spoiled, KAN, seed=0))


def _with_test_target(table: Dataset, value: float) -> Dataset:
    y = table.y.copy()
    y[table.split.test] = value
    return replace(table, y=y)


def test_the_diagnosis_names_an_underfit() -> None:
    noise = world(lambda a, b: np.random.default_rng(5).standard_normal(len(a)), 2)
    found = explore(noise, KAN, seed=0)
    assert any("Underfit" in s or "Overfit" in s for s in found.diagnosis)


@pytest.mark.parametrize("n", [20, 40])
def test_few_rows_still_give_a_network(n: int) -> None:
    found = explore(world(lambda a, b, c: a**1.5, 3, n=n), KAN, seed=0)
    assert np.isfinite(found.networks[0].validation)


def test_the_search_ends_where_nothing_can_be_simpler() -> None:
    table = world(lambda a, b: np.exp(np.sin(a) + b**2 / 2), 2)
    fine = KAN.model_copy(update={"keep": 1, "grids": (3, 6, 12)})
    found = explore(table, fine, seed=0)
    assert [str(n.kan.shape) for n in found.networks] == ["[2, 1, 1]"]
    assert found.networks[0].validation < 1e-3
    # The first network was there to find the columns.
    assert {r.shape for r in found.rungs if r.note != "all columns"} == {"[2, 1]", "[2, 1, 1]"}
