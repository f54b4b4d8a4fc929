"""What a command is given: recipes, tables, changes of keys."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from discover.kinds import Kinds
    from discover.session import Job

RecipeName = Annotated[
    str, typer.Argument(metavar="RECIPE", help="A recipe file, or the name of a shipped recipe.")
]
Table = Annotated[
    Path,
    typer.Argument(
        metavar="TABLE", help="CSV, TSV, Parquet, HDF5, NPZ, NetCDF, MATLAB.", show_default=False
    ),
]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Change a key of the recipe; repeatable."),
]


def kinds_of(recipe: str, changes: Sequence[str]) -> "Kinds | None":
    """The runs of a recipe with `data.per`, checked; `None` for a recipe of one run."""
    from discover import config

    path = config.find(recipe)
    found = config.inspect(path, changes).recipe
    if found is None or found.data.per is None:
        return None
    from discover import kinds

    return kinds.prepare_file(path, changes)


def job_of(recipe: str, changes: Sequence[str]) -> "Job":
    """The one run of a recipe, checked."""
    from discover import config

    path = config.find(recipe)
    # Only now what takes seconds to load: a misspelt name is answered at once.
    from discover import session

    return session.prepare_file(path, changes)


def overrides(sets: Sequence[str] | None, seed: int | None) -> list[str]:
    """What ``--set`` and ``--seed`` change in a recipe."""
    return [*(sets or ()), *([] if seed is None else [f"seed={seed}"])]
