"""The commands that write and check recipes, and run nothing: init, check."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from discover.cli.failures import guarded
from discover.cli.given import RecipeName, Sets, Table, job_of, kinds_of, overrides
from discover.errors import InputError


@guarded
def init(
    table: Table,
    target: Annotated[
        str | None, typer.Option("--target", metavar="COL", help="Column to explain.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Recipe file.", show_default="<table>.yaml")
    ] = None,
) -> None:
    """Write a commented recipe for a table."""
    from discover.draft import draft
    from discover.store import write_whole

    path = out or Path(f"{table.stem}.yaml")
    if path.exists():
        raise InputError.one(
            where=str(path),
            found="a file",
            expected="a new file",
            advice="Nothing was overwritten. Choose another name with --out.",
        )
    # The recipe names the table as seen from its own folder.
    seen = table if path.parent == Path() else table.resolve()
    text = draft(seen, target)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text)
    typer.echo(f"Wrote {path}. Read it, correct its guesses, then: discover run {path}")


@guarded
def check(recipe: RecipeName, sets: Sets = None) -> None:
    """Check a recipe and its table, all mistakes at once."""
    from discover.field import Field

    kinds = kinds_of(recipe, overrides(sets, None))
    if kinds is not None:
        typer.echo(f"{recipe}: no mistakes")
        for kind in kinds.each:
            typer.echo(f"  {kinds.column} = {kind.name}: {kind.rows} rows")
        if kinds.unnamed:
            typer.echo(f"  left out {kinds.unnamed} rows: no value in {kinds.column!r}")
        return
    job = job_of(recipe, overrides(sets, None))
    data = job.dataset
    if isinstance(data, Field):
        typer.echo(f"{recipe}: no mistakes")
        grid = ", ".join(f"{axis.name} {len(axis)} [{axis.unit}]" for axis in data.axes)
        typer.echo(f"  fields   {', '.join(data.names)} ({job.recipe.task})")
        typer.echo(f"  grid     {grid}; trajectories: {data.trajectories}")
        return
    sizes = {part: len(data.split.rows(part)) for part in ("train", "validation", "test")}
    typer.echo(f"{recipe}: no mistakes")
    typer.echo(f"  target   {data.target.name} ({job.recipe.task}, unit {data.target.unit})")
    typer.echo(f"  columns  {len(data.features)}: {', '.join(data.names)}")
    typer.echo(f"  rows     {', '.join(f'{n} {part}' for part, n in sizes.items())}")
    for reason, rows in data.source.dropped.items():
        typer.echo(f"  left out {rows} rows: {reason}")


COMMANDS: dict[str, Callable[..., None]] = {"init": init, "check": check}
