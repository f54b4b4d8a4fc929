"""The front door: the commands of ``discover``, and the only room that prints.

Results go to stdout, progress and complaints to stderr. Heavy packages are loaded inside the
commands, so that ``--help`` and ``--version`` answer at once.

Exit codes: 0 done; 2 what the user gave cannot be used; 3 the run is complete and no law beats the
null control; 130 interrupted.
"""

import gc
from typing import Annotated

import typer

from discover import __version__
from discover.cli import datasets, recipes, results, runs

app = typer.Typer(
    name="discover",
    help="Find the law in a table of measurements.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # drawing boxes around the help would double the time it takes
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"discover {__version__}")
        raise typer.Exit


@app.callback()
def _front(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Find the law in a table of measurements."""


for _name, _command in {**runs.COMMANDS, **recipes.COMMANDS, **results.COMMANDS}.items():
    app.command(_name)(_command)
app.add_typer(datasets.app, name="data")
app.command("list")(datasets.recipes)


def main() -> None:
    """Run the command line; the entry point of the ``discover`` program."""
    # Packages and formulas are very many objects that stay: to look for garbage among them less
    # often saves a tenth of the time of a run.
    gc.set_threshold(20_000)
    app(prog_name="discover")
