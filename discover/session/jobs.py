"""A recipe and its table, checked: everything that can be wrong is found before anything is run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import discover.pipeline as pipeline  # `from discover` would be a cycle to mypy
from discover import config, functions, grids, hypothesis, tables
from discover.config import Recipe
from discover.dataset import Beyond, Dataset
from discover.errors import Finding, InputError
from discover.field import Field


@dataclass(frozen=True, kw_only=True, eq=False)
class Job:
    """A recipe and its table, checked, ready to run.

    Attributes:
        recipe: The resolved recipe.
        home: The folder from which `recipe.data.file` is understood.
        dataset: The table, or the fields of a task for equations.
        beyond: A second table on which the laws are tried, if the recipe names one.
    """

    recipe: Recipe
    home: Path
    dataset: Dataset | Field
    beyond: Beyond | None = None


def prepare_file(path: Path, overrides: Sequence[str] = ()) -> Job:
    """Check the recipe in a file, and its table: mistakes in both are reported together.

    Args:
        path: A YAML file.
        overrides: Changes such as ``kan.seeds=4``.

    Raises:
        InputError: With everything that is wrong.
    """
    inspection = config.inspect(path, overrides)
    findings, recipe = list(inspection.findings), inspection.recipe
    dataset, beyond = None, None
    if recipe is not None:
        # Where the table is named wrongly, its columns would only bring complaints that follow.
        if inspection.names_table:
            dataset, beyond, more = _table(recipe, path.parent)
            findings += more
        findings += _formulas(recipe, dataset, f"{path.name}: ")
    if findings or recipe is None or dataset is None:
        raise InputError(findings)
    return Job(recipe=recipe, home=path.parent, dataset=dataset, beyond=beyond)


def prepare(recipe: Recipe, home: Path) -> Job:
    """Check a recipe against its table.

    Args:
        recipe: The recipe.
        home: The folder from which `recipe.data.file` is understood.

    Raises:
        InputError: With everything that is wrong.
    """
    dataset, beyond, findings = _table(recipe, home)
    findings += _formulas(recipe, dataset, "")
    if findings or dataset is None:
        raise InputError(findings)
    return Job(recipe=recipe, home=home, dataset=dataset, beyond=beyond)


def _table(
    recipe: Recipe, home: Path
) -> tuple[Dataset | Field | None, Beyond | None, list[Finding]]:
    """The table or the fields of a recipe and its second table, or all that is wrong with them."""
    try:
        if recipe.data.per is not None:
            raise InputError.one(
                where="data.per",
                found=repr(recipe.data.per),
                expected="no such key where one run is asked for",
                advice="It makes a run for each kind of rows: discover run RECIPE, or kinds.run.",
            )
        dataset = loaded(recipe, home)
        without = isinstance(dataset, Field) or recipe.task == "relation"
        if without and recipe.validation.beyond is not None:
            raise InputError.one(
                where="validate.beyond",
                found=f"a second table for task: {recipe.task}",
                expected="none: it is for laws of one target",
            )
        return dataset, second_table(recipe, dataset, home), []
    except InputError as error:
        return None, None, list(error.findings)


def second_table(recipe: Recipe, dataset: Dataset | Field, home: Path) -> Beyond | None:
    """The table beyond the range of the first, if the recipe names one."""
    second, categories = recipe.validation.beyond, recipe.data.categories
    if second is None or isinstance(dataset, Field):
        return None
    return tables.load_beyond(second, dataset, folder=home, categories=categories)


def loaded(recipe: Recipe, home: Path) -> Dataset | Field:
    """The table of a recipe, or its fields where the task asks for equations."""
    data, seed, task = recipe.data, recipe.seed, recipe.task
    if task in ("pde", "ode"):
        return grids.load(data, folder=home, seed=seed, task=task)
    return tables.load(data, folder=home, seed=seed, task=task)


def _formulas(recipe: Recipe, dataset: Dataset | Field | None, where: str) -> list[Finding]:
    """What is wrong with the hypotheses and the names of functions.

    Without a table every name is a constant to a hypothesis: its grammar is checked all the same.
    """
    data = recipe.data
    names = (data.features or ()) if dataset is None else dataset.names
    # What a law may not use is no constant either: its name would be fitted as a number unnoticed.
    unused = {name for name in (data.target, data.sigma, *data.drop) if name} - set(names)
    if isinstance(dataset, Dataset):
        unused.add(dataset.target.name)
    claim = pipeline.claim(recipe)
    findings: list[Finding] = []
    if recipe.hypotheses and recipe.task == "relation":
        return [
            Finding(
                where=f"{where}hypotheses",
                found="hypotheses",
                expected="none, for task: relation",
                advice="Name the column that a hypothesis is about as data.target, and say "
                "task: regression.",
            )
        ]
    for name, stated in recipe.hypotheses.items():
        place = f"{where}hypotheses.{name}"
        findings += _complaints(
            partial(
                hypothesis.parse, stated.expression, names, where=place, claim=claim, unused=unused
            )
        )
    unknown = _complaints(partial(functions.catalogue, recipe.edges.functions))
    return findings + [replace(each, where=f"{where}edges.functions") for each in unknown]


def _complaints(check: Callable[[], object]) -> list[Finding]:
    try:
        check()
    except InputError as error:
        return list(error.findings)
    return []
