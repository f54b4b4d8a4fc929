"""From a recipe to a finished run folder: the checks, the pipeline and the store, put together.

The command line and a library user call the same functions. Everything that can be wrong with what
a user gave is found by :func:`prepare`, before anything is computed or written.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import discover.pipeline as pipeline  # `from discover` would be a cycle to mypy
from discover import (
    config,
    equations,
    figures,
    functions,
    grids,
    hypothesis,
    report,
    tables,
    ties,
)
from discover.config import Recipe
from discover.dataset import Beyond, Dataset
from discover.errors import Finding, InputError
from discover.field import Field
from discover.progress import Event, Listener, silent
from discover.record import Run
from discover.score import extrapolated
from discover.store import Cache, NoCache, RunFolder
from discover.threads import limited


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


def run(recipe: Recipe | str | Path, out: str | Path | None = None) -> Run:
    """Find the laws that a recipe asks for; the same pipeline as ``discover run``.

    Args:
        recipe: A recipe, the path of one, or the name of a shipped one, such as ``"knots"``.
        out: The run folder to write, or to go on in; ``None`` writes nothing.

    Raises:
        InputError: With every mistake in the recipe, its table or `out`.

    Example:
        >>> run("no-such-recipe")
        Traceback (most recent call last):
        ...
        discover.errors.InputError: no-such-recipe: found no such file, ...
    """
    if isinstance(recipe, Recipe):
        return execute(prepare(recipe, Path()), out)
    return execute(prepare_file(config.find(str(recipe))), out)


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
        dataset, second = _loaded(recipe, home), recipe.validation.beyond
        if second is None:
            return dataset, None, []
        if isinstance(dataset, Field) or recipe.task == "relation":
            raise InputError.one(
                where="validate.beyond",
                found=f"a second table for task: {recipe.task}",
                expected="none: it is for laws of one target",
            )
        return dataset, _second(recipe, dataset, home), []
    except InputError as error:
        return None, None, list(error.findings)


def _second(recipe: Recipe, dataset: Dataset, home: Path) -> Beyond | None:
    """The table beyond the range of the first, if the recipe names one."""
    second, categories = recipe.validation.beyond, recipe.data.categories
    if second is None:
        return None
    return tables.load_beyond(second, dataset, folder=home, categories=categories)


def _loaded(recipe: Recipe, home: Path) -> Dataset | Field:
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


def execute(
    job: Job,
    out: str | Path | None = None,
    *,
    fresh: bool = False,
    film: figures.FilmFormat | None = None,
    listen: Listener = silent,
) -> Run:
    """Run a job, and write its folder.

    Args:
        job: What to do.
        out: The run folder; finished stages found there are used again. ``None``: no folder.
        fresh: Compute every stage anew.
        film: Also write ``figures/training``, a film of the networks in this format. Stages that
            are taken from the folder do not appear in it.
        listen: Called with the progress.

    Raises:
        InputError: If `out` cannot be used, or films of this format cannot be written here.
    """
    if film is not None:
        figures.require(film)
    if out is None:
        return _ran(job, NoCache(), listen)
    folder = RunFolder(out)
    with folder.locked(), folder.logging() as log:
        # Equations of fields are found without a network: there is nothing to film.
        table = job.dataset if isinstance(job.dataset, Dataset) else None
        camera = None if film is None or table is None else figures.Camera(dataset=table)

        def tell(event: Event) -> None:
            log(event)
            listen(event)
            if camera is not None:
                camera(event)

        if fresh:
            folder.forget()
        found = _ran(job, folder.cache(tell), tell)
        folder.write(found, recipe=_portable(job, folder), home=job.home)
        folder.write_files(_reported(found, job.dataset, job.beyond))
        if film is not None and camera is not None:
            folder.write_files(_film(camera.frames, film, listen))
    return found


def _ran(job: Job, cache: Cache, listen: Listener) -> Run:
    with limited():
        return _run(job, cache, listen)


def _run(job: Job, cache: Cache, listen: Listener) -> Run:
    if isinstance(job.dataset, Field):
        return equations.run(job.recipe, job.dataset, cache=cache, listen=listen)
    if job.recipe.task == "relation":
        return ties.run(job.recipe, job.dataset, cache=cache, listen=listen)
    found = pipeline.run(job.recipe, job.dataset, cache=cache, listen=listen)
    return found if job.beyond is None else _tried(found, job.dataset, job.beyond)


def _tried(found: Run, dataset: Dataset, beyond: Beyond) -> Run:
    """The run with its laws and hypotheses held against the second table."""
    levels = None if found.rounding is None else found.rounding.levels
    return replace(
        found,
        laws=tuple(extrapolated(law, dataset, beyond, levels) for law in found.laws),
        hypotheses=tuple(
            replace(each, law=extrapolated(each.law, dataset, beyond, levels))
            for each in found.hypotheses
        ),
        beyond=beyond.source,
    )


def _film(
    frames: Sequence[figures.Frame], style: figures.FilmFormat, listen: Listener
) -> Mapping[str, str | bytes]:
    """The film as a file of the run folder, if there is anything to be seen in it."""
    if not frames:
        none = "no film: its stages were finished before, and --fresh computes them anew"
        listen(Event(stage="film", done=1, total=1, message=none))
        return {}
    listen(Event(stage="film", done=0, total=1, message=f"{len(frames)} pictures"))
    files = {f"figures/training.{style}": figures.filmed(frames, style)}
    listen(Event(stage="film", done=1, total=1))
    return files


def reopened(path: str | Path) -> tuple[Run, Dataset | Field]:
    """A finished run with the table or the fields it was made from.

    Args:
        path: The run folder.

    Raises:
        InputError: If there is no finished run, or its table is gone or has changed.
    """
    folder = RunFolder(path)
    found = folder.read()
    recipe = found.recipe
    dataset = _loaded(recipe, folder.home())
    if dataset.source.sha256 != found.table.source.sha256:
        raise InputError.one(
            where=str(recipe.data.file or recipe.data.source),
            found=f"a table that has changed since the run (sha256 {dataset.source.sha256[:12]})",
            expected=f"the table of the run (sha256 {found.table.source.sha256[:12]})",
            advice="Restore it, or run the recipe again: its unseen rows would be others.",
        )
    return found, dataset


def remake_report(path: str | Path) -> Path:
    """Make the report of a finished run again; returns its HTML page.

    Raises:
        InputError: As :func:`reopened`.
    """
    found, dataset = reopened(path)
    folder = RunFolder(path)
    second = _second(found.recipe, dataset, folder.home()) if isinstance(dataset, Dataset) else None
    with folder.locked():
        folder.write_files(_reported(found, dataset, second))
    return folder.path / "report.html"


def _reported(
    found: Run, dataset: Dataset | Field, second: Beyond | None
) -> Mapping[str, str | bytes]:
    """The page, the paper and the figures of a run, with its network where it has one."""
    if isinstance(dataset, Field):
        return report.render(found)
    network = None if found.graph is None else figures.drawn(found.graph, dataset)
    return report.render(found, dataset, network, second)


def _complaints(check: Callable[[], object]) -> list[Finding]:
    try:
        check()
    except InputError as error:
        return list(error.findings)
    return []


def _portable(job: Job, folder: RunFolder) -> str:
    """The recipe as text whose file names are understood from the run folder it will lie in."""
    data, validation = job.recipe.data, job.recipe.validation
    moved: dict[str, object] = {
        "data": data.model_copy(update={"file": _moved(data.file, job.home, folder)})
    }
    if validation.beyond is not None:
        file = _moved(validation.beyond.file, job.home, folder)
        beyond = validation.beyond.model_copy(update={"file": file})
        moved["validation"] = validation.model_copy(update={"beyond": beyond})
    return config.dump(job.recipe.model_copy(update=moved))


def _moved(file: Path | None, home: Path, folder: RunFolder) -> Path | None:
    if file is None or file.is_absolute():
        return file
    path = (home / file).resolve()
    try:
        return Path(os.path.relpath(path, folder.path.resolve()))
    except ValueError:  # another drive
        return path
