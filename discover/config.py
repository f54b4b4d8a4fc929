"""The recipe: what a user may ask for, with every default written out.

A recipe is YAML. It becomes a frozen :class:`Recipe`; unknown keys, wrong types and impossible
values are collected and reported together, each with its path. Nothing in a recipe is evaluated:
formulas are kept as text here and read later by the grammar of `formula`.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Task = Literal["regression", "ordinal"]
Share = Annotated[float, Field(gt=0.0, lt=1.0)]
Positive = Annotated[int, Field(ge=1)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class SplitConfig(_Part):
    """How rows are dealt to training, validation and test.

    Rows that share the value of the column `by` (rounded to `digits` significant digits where it
    is a number) stay together, so that near-copies never sit on both sides.
    """

    validation: Share = 0.2
    test: Share = 0.2
    by: str | None = None
    digits: Annotated[int, Field(ge=1, le=15)] = 6


class DataConfig(_Part):
    """Where the table is, which column is to be explained, and by which.

    Exactly one of `source` (a shipped dataset) and `file` (a path, relative to the recipe) is set.
    """

    source: str | None = None
    file: Path | None = None
    group: str | None = None
    target: str | None = None
    features: tuple[str, ...] | None = None
    drop: tuple[str, ...] = ()
    units: dict[str, str] = {}
    symbols: dict[str, str] = {}
    missing: Literal["drop", "refuse"] = "drop"
    rows: Positive | None = None
    split: SplitConfig = SplitConfig()


class KanConfig(_Part):
    """The network and its training.

    `hidden` lists the shapes between the columns and the output, simplest first: ``[[], [1],
    [2]]`` climbs from a sum of one-variable functions to two hidden nodes; ``[2, [1, 1]]`` style
    entries give ``[sums, products]`` in one layer. ``auto`` is the built-in ladder.
    """

    hidden: Literal["auto"] | tuple[tuple[int | tuple[int, int], ...], ...] = "auto"
    basis: Literal["bspline", "chebyshev", "fourier", "rbf"] = "bspline"
    order: Annotated[int, Field(ge=1, le=7)] = 3
    base: Literal["silu", "identity", "none"] = "silu"
    grids: tuple[Positive, ...] = (3, 6, 12)
    penalties: tuple[Annotated[float, Field(ge=0.0)], ...] = (1e-1, 1e-2, 1e-3, 1e-4)
    seeds: Positive = 4
    steps: Positive = 60
    keep: Positive = 3
    device: str = "cpu"


class EdgeConfig(_Part):
    """Which functions an edge may become, and how many candidates are kept for each edge."""

    functions: Literal["default"] | tuple[str, ...] = "default"
    candidates: Positive = 5


class LawConfig(_Part):
    """The search for one law: how large it may grow and which engine may refine it."""

    max_complexity: Annotated[int, Field(ge=1, le=200)] = 30
    refine: Literal["auto", "none", "operon", "pysr"] = "auto"
    effort: Positive = 4


class ValidateConfig(_Part):
    """How the laws are tested on rows that nobody fitted."""

    level: Share = 0.95
    null: Annotated[int, Field(ge=0)] = 39


class HypothesisConfig(_Part):
    """A law somebody believes in, to be refitted and scored beside ours.

    Names in `expression` that are no columns are free constants.
    """

    expression: str
    source: str = ""


class Recipe(_Part):
    """Everything a run needs; see the shipped recipes for examples."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    title: str = ""
    task: Task = "regression"
    seed: Annotated[int, Field(ge=0)] = 0
    data: DataConfig
    kan: KanConfig = KanConfig()
    edges: EdgeConfig = EdgeConfig()
    law: LawConfig = LawConfig()
    validation: ValidateConfig = Field(default=ValidateConfig(), alias="validate")
    hypotheses: dict[str, HypothesisConfig] = {}
