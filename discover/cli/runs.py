"""The commands that compute: run, fit."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import typer

from discover.cli.failures import INTERRUPTED, NO_LAW, guarded
from discover.cli.given import RecipeName, Sets, Table, job_of, kinds_of, overrides
from discover.cli.progress import shown
from discover.errors import Finding, InputError
from discover.progress import Event, Listener

if TYPE_CHECKING:
    from discover.kinds import Kinds
    from discover.record import Run
    from discover.session import Job

Out = Annotated[
    Path | None, typer.Option("--out", help="Run folder.", show_default="runs/<recipe name>")
]
Seed = Annotated[int | None, typer.Option("--seed", help="Seed of everything random.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Ignore the finished stages of this folder.")]
Film = Annotated[
    Literal["gif", "mp4"] | None,
    typer.Option("--film", help="Also write a film of the networks, figures/training.<format>."),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, nothing else.")]


@guarded
def run(
    recipe: RecipeName,
    out: Out = None,
    sets: Sets = None,
    seed: Seed = None,
    fresh: Fresh = False,
    film: Film = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Find the laws that a recipe asks for; write a run folder.

    Repeating an interrupted run goes on at the first unfinished stage.
    """
    kinds = kinds_of(recipe, overrides(sets, seed))
    if kinds is not None:
        if film is not None:
            raise InputError.one(
                where="--film", found="a recipe with data.per", expected="a recipe of one run"
            )
        _conduct_kinds(kinds, out or Path("runs") / kinds.name, fresh, quiet, as_json)
        return
    job = job_of(recipe, overrides(sets, seed))
    _conduct(job, out, fresh=fresh, film=film, quiet=quiet, as_json=as_json)


@guarded
def fit(
    table: Table,
    target: Annotated[str, typer.Option("--target", metavar="COL", help="Column to explain.")],
    features: Annotated[
        str | None, typer.Option(metavar="A,B", help="Columns a law may use; default: all others.")
    ] = None,
    units: Annotated[
        str | None, typer.Option(metavar='"A=m,B=s"', help="Units of columns.")
    ] = None,
    drop: Annotated[
        list[str] | None, typer.Option(metavar="COL", help="Column to leave out; repeatable.")
    ] = None,
    per: Annotated[
        str | None, typer.Option("--per", metavar="COL", help="A law for each kind that it names.")
    ] = None,
    time_budget: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS", min=1.0, help="Scale the effort to about this time (usual: 120)."
        ),
    ] = None,
    out: Out = None,
    seed: Seed = None,
    fresh: Fresh = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Find a law in a table, without a recipe.

    The recipe that was used is written into the run folder.
    """
    from discover import config, kinds, session
    from discover.effort import within

    data = config.DataConfig(
        file=table,
        target=target,
        features=None if features is None else tuple(_split(features)),
        units=_pairs(units),
        drop=tuple(name for text in drop or () for name in _split(text)),
        per=per,
    )
    recipe = config.Recipe(name=_name(table), seed=seed or 0, data=data)
    if time_budget is not None:
        recipe = within(recipe, time_budget)
    if per is not None:
        parted = kinds.prepare(recipe, Path())
        _conduct_kinds(parted, out or Path("runs") / recipe.name, fresh, quiet, as_json)
        return
    job = session.prepare(recipe, Path())
    _conduct(job, out, fresh=fresh, quiet=quiet, as_json=as_json)


COMMANDS: dict[str, Callable[..., None]] = {"run": run, "fit": fit}


def _conduct_kinds(table: "Kinds", folder: Path, fresh: bool, quiet: bool, as_json: bool) -> None:
    """Run all kinds of rows, print what was found, and end with the right code."""
    from discover import kinds
    from discover.cli import closing

    try:
        with shown(quiet=quiet) as listen:
            family = kinds.run(table, folder, fresh=fresh, listen=listen)
    except KeyboardInterrupt:
        _interrupted(folder)
    if as_json:
        typer.echo(json.dumps(kinds.document(family), allow_nan=False))
    else:
        closing.print_family(family, folder)
    if not any(run.beats_null for run in family.runs.values()):
        raise typer.Exit(NO_LAW)


def _interrupted(folder: Path) -> NoReturn:
    typer.echo(
        f"\nInterrupted. Finished stages are kept in {folder}; "
        "repeat the command to go on from there.",
        err=True,
    )
    raise typer.Exit(INTERRUPTED) from None


def _conduct(
    job: "Job",
    out: Path | None,
    *,
    fresh: bool,
    film: Literal["gif", "mp4"] | None = None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Run a job under the eyes of the user, print what it found, and end with the right code."""
    from discover import session

    folder = out or Path("runs") / job.recipe.name
    taken: list[str] = []
    try:
        with shown(quiet=quiet) as listen:
            found = session.execute(
                job, folder, fresh=fresh, film=film, listen=_noting(taken, listen)
            )
    except KeyboardInterrupt:
        _interrupted(folder)
    if taken and not quiet:
        typer.echo(f"Taken from {folder}: {', '.join(taken)}.", err=True)
    _print(found, folder, as_json=as_json)
    if not found.beats_null:
        raise typer.Exit(NO_LAW)


def _noting(taken: list[str], listen: Listener) -> Listener:
    from discover.store import TAKEN

    def note(event: Event) -> None:
        if event.message == TAKEN and event.stage not in taken:
            taken.append(event.stage)
        listen(event)

    return note


def _print(found: "Run", folder: Path, *, as_json: bool) -> None:
    from discover.cli import closing
    from discover.store import documents

    if as_json:
        content: dict[str, Any] = documents.laws(found)
        content["paths"] = {
            "folder": str(folder),
            "laws": str(folder / "laws.json"),
            "report": str(folder / "report.html"),
            "paper": str(folder / "paper"),
        }
        typer.echo(json.dumps(content, allow_nan=False))
    else:
        closing.print_run(found, folder)


def _split(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _pairs(text: str | None) -> dict[str, str]:
    """The units of ``"a=m, b=m/s"``; the last ``=`` divides, for a column may hold one."""
    pairs = [part.rpartition("=") for part in _split(text or "")]
    wrong = [
        Finding(where="--units", found=repr(unit), expected='COLUMN=UNIT, such as "a=m,b=s"')
        for name, sign, unit in pairs
        if not (name.strip() and sign and unit.strip())
    ]
    if wrong:
        raise InputError(wrong)
    return {name.strip(): unit.strip() for name, _, unit in pairs}


def _name(table: Path) -> str:
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in table.stem)
    return kept.lstrip("._-") or "table"
