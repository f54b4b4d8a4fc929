"""The main job on real knots: which columns, how good, and nothing where nothing is."""

from dataclasses import replace

import numpy as np
import pytest

from discover import config, pipeline, tables
from discover.config import Recipe
from discover.dataset import Dataset

pytestmark = pytest.mark.slow


def _job(*overrides: str) -> tuple[Recipe, Dataset]:
    path = config.find("knots")
    recipe = config.read(path, overrides)
    dataset = tables.load(recipe.data, folder=path.parent, seed=recipe.seed, task=recipe.task)
    return recipe, dataset


@pytest.fixture(scope="module")
def run():  # type: ignore[no-untyped-def]
    return pipeline.run(*_job("data.rows=6000", "kan.seeds=2"))


def test_the_law_needs_few_columns_and_the_translations_are_among_them(run) -> None:  # type: ignore[no-untyped-def]
    used = {variable.name for variable in run.law.variables}
    assert len(used) <= 4
    assert {"longitudinal_translation", "meridinal_translation_real"} <= used
    assert run.law.complexity <= 25


def test_it_is_as_good_as_the_published_law_on_the_same_unseen_rows(run) -> None:  # type: ignore[no-untyped-def]
    ours, theirs = run.law.accuracy["test"], run.hypotheses[0].law.accuracy["test"]
    assert ours.n == theirs.n
    assert ours.accuracy > theirs.accuracy - 0.02
    assert ours.r2 >= 0.93
    assert run.beats_null


def test_rows_of_one_volume_stay_together() -> None:
    _, dataset = _job()
    volume = np.round(dataset.columns("train")["volume"], 6)
    for part in ("validation", "test"):
        assert not set(volume) & set(np.round(dataset.columns(part)["volume"], 6))


def test_a_shuffled_signature_yields_no_law() -> None:
    recipe, dataset = _job("data.rows=3000", "kan.seeds=1", "law.effort=1", "hypotheses={}")
    shuffled = replace(dataset, y=np.random.default_rng(0).permutation(dataset.y))
    run = pipeline.run(recipe, shuffled)
    assert not run.beats_null
    assert run.law.accuracy["test"].r2 < 0.02
