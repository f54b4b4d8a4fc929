"""The columns that matter, the smallest network that explains, and no look at test rows."""

import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from discover.dataset import Dataset
from discover.graph import OUTPUT
from discover.progress import Event
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


def test_what_was_found_and_changed_is_said_to_who_listens_and_in_the_end(
    found: Found,
) -> None:
    told: list[Event] = []
    table = world(lambda a, b, c, d: np.exp(np.sin(a) + b**2 / 2), 4)
    again = explore(table, KAN, seed=0, listen=told.append)
    assert again.diagnosis == found.diagnosis
    assert any("nderfit of [2, 1]" in s and "which was taken" in s for s in again.diagnosis)
    messages = [event.message for event in told]
    assert any(m.startswith("underfit of [2, 1]: validation error") for m in messages)


def test_an_overfit_on_a_finer_grid_is_named_and_the_coarser_one_kept() -> None:
    noisy = world(lambda a, b: np.sin(3 * a), 2, noise=0.3)
    found = explore(noisy, recipe(kan={"seeds": 2, "hidden": [[]]}).kan, seed=0)
    assert any("verfit" in r.note and "was kept" in r.note for r in found.rungs)
    assert any("Overfit" in s or "overfit" in s for s in found.diagnosis)


def test_every_step_shows_a_network_that_is_only_drawn_if_asked() -> None:
    told: list[Event] = []
    graphs = []

    def listen(event: Event) -> None:
        told.append(event)
        if event.graph is not None and len(told) % 7 == 0:
            graphs.append(event.graph())

    explore(world(lambda a, b: a * b, 2, n=100), KAN, seed=0, listen=listen)
    assert sum(event.graph is not None for event in told) > 50
    assert all(OUTPUT in graph for graph in graphs)
    assert any("[2, 1, 1], grid 3, step 5" in event.message for event in told)


def test_the_search_ends_when_its_time_is_up() -> None:
    table = world(lambda a, b, c: np.exp(a * b) / c, 3, n=400)
    config = KAN.model_copy(update={"time_budget": 0.2, "hidden": "auto"})
    start = time.monotonic()
    found = explore(table, config, seed=0)
    assert time.monotonic() - start < 5
    assert any("time was up" in s for s in found.diagnosis)
    assert np.isfinite(found.networks[0].validation)


@pytest.mark.parametrize("method", ["lbfgs", pytest.param("adam", marks=pytest.mark.slow)])
def test_other_methods_find_the_columns_too(method: str) -> None:
    table = world(lambda a, b: np.sin(a) + 0 * b, 2)
    few = {"seeds": 1, "penalties": (1e-3,), "steps": 20}
    config = KAN.model_copy(update={"method": method, "hidden": ((),), **few})
    found = explore(table, config, seed=0)
    assert found.kept == ("v0",)
    assert found.networks[0].validation < 0.05


def test_a_robust_loss_sees_past_outliers() -> None:
    def spoiled(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        y = np.sin(3 * a) + 0 * b
        y[::15] += 50.0
        return y

    table = world(spoiled, 2)
    config = KAN.model_copy(update={"loss": "huber", "hidden": ((),)})
    assert explore(table, config, seed=0).kept == ("v0",)


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
