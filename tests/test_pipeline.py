"""The whole road: exact laws come back, noise does not become one, stages resume."""

from typing import Any, TypeVar

import numpy as np
import pytest
import sympy as sp

from discover import pipeline
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


STAGES = ["train", "edges", "refine", "laws", "units", "validate"]


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
    memory.kept = {k: v for k, v in memory.kept.items() if k[0] in ("train", "edges")}
    again = pipeline.run(recipe(), table, cache=memory)
    assert memory.computed == ["refine", "laws", "units", "validate"]
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
