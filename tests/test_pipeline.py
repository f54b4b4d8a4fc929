"""The whole road: exact laws come back, noise does not become one, stages resume."""

from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import pytest
import sympy as sp

from discover import pipeline, roads, search
from discover.store import NoCache
from discover.store.documents import laws as document
from tests.worlds import recipe, world

T = TypeVar("T")


class Memory(NoCache):
    """A cache that counts what was computed."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Any] = {}
        self.computed: list[str] = []

    def get(self, stage: str, key: str, kind: type[T]) -> T | None:
        return self.kept.get((stage, key))

    def put(self, stage: str, key: str, value: Any) -> None:
        self.kept[stage, key] = value
        self.computed.append(stage)


# The law is found at once, so that no engine is asked: there is no stage "refine".
STAGES = ["propose", "train", "edges", "laws", "validate"]


@pytest.fixture(scope="module")
def table():  # type: ignore[no-untyped-def]
    return world(lambda a, b, c: np.exp(a) + b**2, 3)


def test_the_network_alone_finds_the_exact_law(table) -> None:  # type: ignore[no-untyped-def]
    run = pipeline.run(recipe(), table)
    a, b = sp.symbols("v0 v1", real=True)
    assert run.law.origin == "graph"
    assert run.law.form == sp.exp(a) + b**2
    assert run.kept == ("v0", "v1")
    assert run.law.accuracy["test"].relative < 1e-12
    assert [s.stage for s in run.stages] == ["trained", "symbolic", "law"]
    assert all(s.accuracy.split == "test" for s in run.stages)


def test_finished_stages_are_taken_and_the_rest_computed(table) -> None:  # type: ignore[no-untyped-def]
    memory = Memory()
    first = pipeline.run(recipe(), table, cache=memory)
    assert memory.computed == STAGES
    memory.computed.clear()
    memory.kept = {k: v for k, v in memory.kept.items() if k[0] in ("propose", "train", "edges")}
    again = pipeline.run(recipe(), table, cache=memory)
    assert memory.computed == ["laws", "validate"]
    assert document(first) == document(again)


def test_other_settings_or_rows_are_not_taken_from_old_stages(table) -> None:  # type: ignore[no-untyped-def]
    memory = Memory()
    pipeline.run(recipe(), table, cache=memory)
    memory.computed.clear()
    pipeline.run(recipe(validate={"null": 0, "level": 0.9}), table, cache=memory)
    assert memory.computed == ["validate"]
    memory.computed.clear()
    pipeline.run(recipe(seed=1), table, cache=memory)
    assert memory.computed == STAGES


@pytest.mark.parametrize("seed", [0, 1])
def test_shuffled_targets_yield_no_law(table, seed: int) -> None:  # type: ignore[no-untyped-def]
    from dataclasses import replace

    shuffled = replace(table, y=np.random.default_rng(seed).permutation(table.y))
    run = pipeline.run(recipe(validate={"null": 19}), shuffled)
    assert not run.beats_null
    assert run.law.accuracy["test"].r2 < 0.05


def test_a_function_of_the_users_own_is_found_on_an_edge() -> None:
    odd = world(lambda a, b: 3 * a / (1 + a**6) + np.tanh(b), 2)
    run = pipeline.run(recipe(edges={"functions": ["tanh", {"mine": "x/(1+x**6)"}]}), odd)
    a, b = sp.symbols("v0 v1", real=True)
    assert sp.simplify(run.law.form - (3 * a / (1 + a**6) + sp.tanh(b))) == 0
    assert "mine" in {choice.chosen.atom.name for choice in run.choices}


def test_an_engine_is_asked_where_something_is_left(table) -> None:  # type: ignore[no-untyped-def]
    from dataclasses import replace

    memory = Memory()
    a, b, _ = table.x.T
    hard = replace(table, y=np.cos(3 * a * b) * np.exp(np.sin(5 * b)) / (1 + a**3))
    pipeline.run(recipe(), hard, cache=memory)
    assert memory.computed == ["propose", "train", "edges", "refine", "laws", "validate"]


@pytest.mark.parametrize(("error", "needed"), [(1e-3, True), (0.9, False)])
def test_a_network_that_knows_less_than_a_law_does_not_take_its_columns(
    table, monkeypatch, error, needed
) -> None:  # type: ignore[no-untyped-def]
    def early(dataset, *rest):  # type: ignore[no-untyped-def]
        known = roads.early(dataset, *rest)
        assert set(known.columns) == {"v0", "v1"}
        assert known.error < 1e-9
        # As if much were left to find.
        return replace(known, settled=False, error=error)

    def explore(dataset, *rest, **more):  # type: ignore[no-untyped-def]
        return search.explore(dataset.select(("v1",)), *rest, **more)

    monkeypatch.setattr(pipeline, "early", early)
    monkeypatch.setattr(pipeline, "explore", explore)
    run = pipeline.run(recipe(), table)
    assert ("v0" in run.kept) == needed
    assert (run.law.accuracy["test"].relative < 1e-9) == needed
