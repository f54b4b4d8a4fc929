"""The commands that look at a finished run: test, show, laws, export, report."""

# ruff: noqa: PT028 - `test` is a command of ours, not a test of pytest's

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from discover.cli.failures import guarded
from discover.errors import InputError

if TYPE_CHECKING:
    from discover.law import Law
    from discover.record import Run

RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a finished run.")]


class Format(StrEnum):
    """How laws can be written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    LATEX = "latex"


@guarded
def test(
    run: RunPath,
    expressions: Annotated[
        list[str] | None,
        typer.Argument(metavar='"EXPR"...', help="Laws; names that are no columns are constants."),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="Laws from a file: one a line, or NAME: EXPR.")
    ] = None,
) -> None:
    """Test your own laws on the rows that a run has not seen."""
    from discover import hypothesis, session
    from discover.cli import closing
    from discover.dataset import Dataset

    stated = [*_numbered(expressions or []), *(_listed(file) if file else [])]
    if not stated:
        raise InputError.one(
            where="discover test", found="no expression", expected='"EXPR" or --file FILE'
        )
    found, dataset = session.reopened(run)
    if not isinstance(dataset, Dataset) or found.recipe.task == "relation":
        raise InputError.one(
            where="discover test",
            found=f"a run of the task {found.recipe.task}",
            expected="a run of a table with a target",
            advice="Equations are compared by their forecasts, relations by the share of the "
            "variance that they explain; see report.html.",
        )
    levels = None if found.rounding is None else found.rounding.levels
    level = found.recipe.validation.level
    tested = [
        hypothesis.test(name, text, dataset, level=level, levels=levels, claim=found.law.claim)
        for name, text in stated
    ]
    closing.print_laws(found, tested)
    for each in tested:
        left = "" if each.law.claim == "zero" else f"{found.table.target.name} = "
        typer.echo(f"\n{each.name}: {left}{each.expression}")
        for line in closing.constants(each.law):
            typer.echo(f"    {line}")


@guarded
def show(run: RunPath) -> None:
    """What a run found, and how."""
    from discover.cli import closing
    from discover.store import RunFolder

    found = RunFolder(run).read()
    table = found.table
    typer.echo(found.recipe.title or found.recipe.name)
    sizes = ", ".join(f"{rows} {part}" for part, rows in table.sizes.items())
    typer.echo(f"Data: {table.name} from {table.source.path}; rows: {sizes}")
    typer.echo(f"Columns kept: {', '.join(found.kept) or 'none'} (of {len(table.features)})")
    for sentence in found.diagnosis:
        typer.echo(sentence)
    for stage in found.stages:
        error = stage.accuracy
        typer.echo(f"  {stage.stage:<12} rms {error.rms:.4g} on {error.n} {error.split} rows")
    typer.echo()
    closing.print_run(found, run)


@guarded
def laws(
    run: RunPath,
    style: Annotated[Format, typer.Option("--format", help="How to write them.")] = Format.TABLE,
) -> None:
    """All laws of a run, simplest first."""
    from discover.store import RunFolder, documents
    from discover.store.plain import csv_text, json_text

    found = RunFolder(run).read()
    if style is Format.JSON:
        typer.echo(json_text(documents.laws(found)), nl=False)
    elif style is Format.CSV:
        typer.echo(csv_text(documents.law_rows(found)), nl=False)
    elif style is Format.LATEX:
        typer.echo(_latex(found))
    else:
        from discover.cli import closing

        closing.print_laws(found, found.hypotheses)


@guarded
def export(
    run: RunPath,
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="LANGUAGE",
            help="latex, python, numpy, torch, c, julia, mathematica, sympy or json; "
            "several with commas.",
        ),
    ],
    law: Annotated[
        int | None,
        typer.Option("--law", help="Number of the law in `discover laws`; default: recommended."),
    ] = None,
) -> None:
    """One law in another language, at full precision."""
    from discover.export import export as write
    from discover.store import RunFolder

    chosen = _chosen(RunFolder(run).read(), law)
    texts = [write(chosen, language.strip()) for language in to.split(",") if language.strip()]
    typer.echo("\n\n".join(text.rstrip("\n") for text in texts))


@guarded
def report(
    run: RunPath,
    open_page: Annotated[bool, typer.Option("--open", help="Show the page in a browser.")] = False,
) -> None:
    """Make the HTML page, LaTeX and figures of a run again."""
    from discover import session

    page = session.remake_report(run)
    typer.echo(str(page))
    if open_page:
        typer.launch(page.resolve().as_uri())


COMMANDS: dict[str, Callable[..., None]] = {
    "test": test,
    "show": show,
    "laws": laws,
    "export": export,
    "report": report,
}


def _numbered(expressions: list[str]) -> list[tuple[str, str]]:
    return [(f"H{number}", text) for number, text in enumerate(expressions, start=1)]


def _listed(file: Path) -> list[tuple[str, str]]:
    """The laws of a file: one a line, ``NAME: EXPR`` or ``EXPR``; ``#`` begins a comment."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError) as error:
        raise InputError.one(
            where=str(file), found=str(error), expected="a text file, one law a line"
        ) from error
    stated = []
    for number, line in enumerate(lines, start=1):
        text = line.partition("#")[0].strip()
        name, colon, expression = text.partition(":")
        if text:
            stated.append((name.strip(), expression.strip()) if colon else (f"line {number}", text))
    return stated


def _chosen(found: "Run", index: int | None) -> "Law":
    if index is None:
        return found.law
    if not 0 <= index < len(found.laws):
        raise InputError.one(
            where="--law", found=str(index), expected=f"a number from 0 to {len(found.laws) - 1}"
        )
    return found.laws[index]


def _latex(found: "Run") -> str:
    from discover import notation

    target = notation.latex(notation.symbol(found.table.target))
    lines = []
    for index, law in enumerate(found.laws):
        note = "  % recommended" if index == found.selected else ""
        lines.append(f"\\[ {target} = {law.latex()} \\]{note}")
    return "\n".join(lines)
