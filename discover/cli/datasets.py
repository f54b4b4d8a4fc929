"""The commands about what travels with the package: data and recipes."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from discover.cli.failures import guarded
from discover.cli.progress import shown
from discover.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from discover.sources import Card

app = typer.Typer(
    name="data", help="The shipped datasets: list, info, build, verify.", no_args_is_help=True
)
Name = Annotated[str, typer.Argument(metavar="NAME", help="A shipped dataset.")]


@app.command("list")
@guarded
def names() -> None:
    """The shipped datasets, one line each."""
    from discover import sources

    known = sources.names()
    for name in known:
        card = sources.card(name)
        typer.echo(f"{name:<{max(map(len, known))}} {card.rows:>7} rows  {card.title}")


@app.command()
@guarded
def info(
    name: Name,
    figure: Annotated[
        Path | None,
        typer.Option("--figure", metavar="FILE", help="Draw the dataset: .svg, .pdf or .png."),
    ] = None,
) -> None:
    """What a dataset is, and where each of its columns comes from."""
    from discover import sources

    card = sources.card(name)
    if figure is not None:
        typer.echo(f"Wrote {_draw(card, figure)}")
        return
    typer.echo(f"{card.name}: {card.title}")
    typer.echo(f"  {card.rows} rows in {card.path}")
    typer.echo(f"  version {card.version}, license {card.license}, sha256 {card.sha256}")
    typer.echo(f"  source: {card.source}")
    if card.notes:
        typer.echo(f"  notes: {card.notes.strip()}")
    for reference in card.references:
        authors = reference.authors
        who = authors if isinstance(authors, str) else ", ".join(authors)
        where = reference.doi or reference.arxiv or reference.url
        typer.echo(f"  cite: {who} ({reference.year}), {reference.title}. {where}".rstrip())
    typer.echo("  columns:")
    for column, facts in card.columns.items():
        unit = "" if facts.unit == "1" else f" [{facts.unit}]"
        typer.echo(f"    {column}{unit} ({facts.role}): {facts.meaning}")


def _draw(card: "Card", path: Path) -> Path:
    """Write the picture of a dataset, in the format that the name of the file asks for."""
    from discover import config, figures, grids, tables
    from discover.store import write_whole

    writers: dict[str, Callable[[Figure], str | bytes]] = {
        ".svg": figures.to_svg, ".pdf": figures.to_pdf, ".png": figures.to_png
    }  # fmt: skip
    if path.suffix.lower() not in writers:
        raise InputError.one(
            where=f"--figure {path}",
            found=f"the ending {path.suffix!r}" if path.suffix else "a name without an ending",
            expected=f"one of {', '.join(writers)}",
        )
    if card.figure is not None:
        picture = figures.rows(*tables.pictured(card))
    else:
        # What is no table is a field over time, and over every other coordinate of its card.
        task: config.Task = "pde" if len(card.features) > 1 else "ode"
        data = config.DataConfig(source=card.name)
        picture = figures.field(grids.load(data, folder=Path(), seed=0, task=task))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, writers[path.suffix.lower()](picture))
    return path


@app.command()
@guarded
def build(
    name: Name,
    out: Annotated[Path, typer.Option("--out", help="File or folder to write.")] = Path(),
    seed: Annotated[int, typer.Option("--seed", help="Seed of the sample.")] = 0,
    processes: Annotated[
        int | None, typer.Option("--processes", min=1, help="Default: one for each core.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
) -> None:
    """Make a dataset again from its source."""
    from discover import sources

    workers = processes or os.cpu_count() or 1
    with shown(quiet=quiet) as listen:
        path = sources.build(name, out, seed=seed, processes=workers, listen=listen)
    same = sources.sha256(path) == sources.card(name).sha256
    typer.echo(
        f"Wrote {path}: {'the same file as' if same else 'not byte for byte'} the shipped one."
    )


@app.command()
@guarded
def verify(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="A shipped dataset; default: all.")
    ] = None,
) -> None:
    """Compare the shipped files with the hashes on their cards."""
    from discover import sources

    for each in sources.names() if name is None else (name,):
        sources.verify(each)
        typer.echo(f"{each}: whole")


@guarded
def recipes() -> None:
    """The shipped recipes, one line each."""
    from discover import config, shipped

    paths = sorted(shipped.recipes().glob("*.yaml"))
    for path in paths:
        recipe = config.read(path)
        typer.echo(f"{path.stem:<{max(len(each.stem) for each in paths)}}  {recipe.title}")
