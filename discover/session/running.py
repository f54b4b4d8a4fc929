"""A checked job run, and its run folder written or read again."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import discover.pipeline as pipeline  # `from discover` would be a cycle to mypy
from discover import config, equations, figures, relations, report
from discover.config import Recipe
from discover.dataset import Beyond, Dataset
from discover.errors import InputError
from discover.field import Field
from discover.progress import Event, Listener, silent
from discover.record import Run
from discover.score import extrapolated
from discover.session.jobs import Job, loaded, prepare, prepare_file, second_table
from discover.store import Cache, NoCache, RunFolder
from discover.threads import limited


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
        return relations.run(job.recipe, job.dataset, cache=cache, listen=listen)
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
    dataset = loaded(recipe, folder.home())
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
    second = second_table(found.recipe, dataset, folder.home())
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
