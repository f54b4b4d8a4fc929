"""What may stand in a recipe: one frozen model for each part, with its defaults."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from discover import offers

if TYPE_CHECKING:
    Family: TypeAlias = str
    Engine: TypeAlias = str
else:  # one word for each file
    Family = Literal[offers.names("basis.families")]
    Engine = Literal[("auto", "none", *offers.names("refine.engines"))]

Task = Literal["regression", "ordinal", "classification", "relation", "pde", "ode"]


def _no_boolean(value: object) -> object:
    if isinstance(value, bool):  # to Python, true is the integer 1
        raise PydanticCustomError("number_type", "not a number")
    return value


def _text_of_integer(value: object) -> object:
    # An unquoted 1 is a unit to a physicist, and may well be the name of a column.
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_integer else value


Text = Annotated[str, BeforeValidator(_text_of_integer)]
Whole = Annotated[int, BeforeValidator(_no_boolean), Field(ge=0)]
Positive = Annotated[int, BeforeValidator(_no_boolean), Field(ge=1)]
Share = Annotated[float, BeforeValidator(_no_boolean), Field(gt=0.0, lt=1.0)]
Weight = Annotated[float, BeforeValidator(_no_boolean), Field(ge=0.0)]
Columns = Annotated[tuple[Text, ...], Field(min_length=1)]
Layer = Positive | Annotated[tuple[Whole, Whole], Field(description="[sums, products]")]


def _from_low_to_high(ends: tuple[float, float]) -> tuple[float, float]:
    if not ends[0] < ends[1]:
        raise PydanticCustomError("range", "the first end is not below the second")
    return ends


End = Annotated[float, BeforeValidator(_no_boolean)]
Range = Annotated[
    tuple[End, End],
    AfterValidator(_from_low_to_high),
    Field(description="a range such as [-1, 1], its lower end first"),
]
SpecialName = Literal[
    "ellipj", "ellipkinc", "ellipeinc", "jv", "yv", "kv", "iv", "lpmv_0", "lpmv_1", "lpmv_2",
    "sph_harm_01", "sph_harm_11", "sph_harm_02", "sph_harm_12", "sph_harm_22",
]  # fmt: skip


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class SplitConfig(_Part):
    """How rows are dealt to training, validation and test.

    Rows that share the value of the column `by` (rounded to `digits` significant digits where it
    is a number) stay together, so that near-copies never sit on both sides.
    """

    validation: Share = 0.2
    test: Share = 0.2
    by: Text | None = None
    digits: Annotated[Positive, Field(le=15)] = 6


class _Drawn(_Part):
    """A table drawn from a function: rows, noise as a share of the values' spread, and a seed."""

    rows: Annotated[Positive, Field(le=10_000_000)] = 1000
    noise: Weight = 0.0
    seed: Annotated[Whole, Field(le=2**31 - 1)] = 0


class FormulaConfig(_Drawn):
    """A table of a formula, to see whether it is found again."""

    expression: Annotated[Text, Field(description="a formula such as exp(x)*sin(y)")]
    ranges: Annotated[dict[Text, Range], Field(min_length=1)]


class SpecialConfig(_Drawn):
    """A table of a special function of x and y; `ranges` may narrow those of the catalogue."""

    name: SpecialName
    ranges: dict[Literal["x", "y"], Range] = {}


class DataConfig(_Part):
    """Where the table is, which column is to be explained, and by which.

    Exactly one of `source` (a shipped dataset), `file` (a path, relative to the recipe), `formula`
    and `special` (tables that are drawn) is set. `axes`, `periodic` and `noise` are for fields on
    a grid: the coordinates, time first, those that come round, and noise to add, as a share of each
    field's spread. `sigma` names the column that holds the standard deviation of each row's target,
    `per` one that names kinds of rows, each of which gets laws of its own.
    """

    source: str | None = None
    file: Path | None = None
    formula: FormulaConfig | None = None
    special: SpecialConfig | None = None
    group: str | None = None
    target: Text | None = None
    features: Columns | None = None
    sigma: Text | None = None
    drop: tuple[Text, ...] = ()
    units: dict[str, Text] = {}
    symbols: dict[str, Text] = {}
    categories: tuple[Text, ...] = ()
    per: Text | None = None
    where: tuple[Text, ...] = ()
    missing: Literal["drop", "refuse"] = "drop"
    rows: Positive | None = None
    axes: Columns | None = None
    periodic: tuple[Text, ...] = ()
    noise: Weight = 0.0
    split: SplitConfig = SplitConfig()


class KanConfig(_Part):
    """The network and its training.

    `hidden` lists the shapes between the columns and the output, simplest first: ``[[], [1],
    [2]]`` climbs from a sum of one-variable functions to two hidden nodes; ``[2, [1, 1]]`` style
    entries give ``[sums, products]`` in one layer. ``auto`` is the built-in ladder.
    """

    hidden: (
        Literal["auto"]
        | Annotated[
            tuple[tuple[Layer, ...], ...],
            Field(min_length=1, description="a list of shapes such as [[], [1], [2, [1, 1]]]"),
        ]
    ) = "auto"
    basis: Family = "bspline"
    order: Annotated[Positive, Field(le=7)] = 3
    base: Literal["silu", "identity", "none"] = "silu"
    grids: Annotated[tuple[Positive, ...], Field(min_length=1)] = (3, 6, 12, 24)
    penalties: Annotated[tuple[Weight, ...], Field(min_length=1)] = (1e-1, 1e-2, 1e-3, 1e-4)
    seeds: Positive = 4
    steps: Positive = 60
    loss: Literal["squares", "huber"] = "squares"
    method: Literal["lm", "lbfgs", "adam"] = "lm"
    time_budget: Annotated[float, BeforeValidator(_no_boolean), Field(gt=0.0)] | None = None
    keep: Positive = 3
    device: Annotated[
        str, Field(pattern=r"^(cpu|cuda(:\d+)?)$", description="'cpu', 'cuda' or 'cuda:0'")
    ] = "cpu"


Own = Annotated[
    dict[Text, Text],
    Field(min_length=1, description="functions of your own such as {mine: x/(1+x**2)}"),
]
Functions = Annotated[
    tuple[Text | Own, ...],
    Field(min_length=1, description="a list such as [exp, {mine: x/(1+x**2)}]"),
]


class EdgeConfig(_Part):
    """Which functions an edge may become, and how many candidates are kept for each edge.

    `functions` chooses by name. Own functions are formulas in x: ``{mine: x/(1+x**2)}`` adds one to
    the default ones, and may stand in a list among the names.
    """

    functions: Literal["default"] | Own | Functions = "default"
    candidates: Positive = 5


class LawConfig(_Part):
    """The search for one law: how large it may grow and which engine may refine it.

    With `constants` its numbers may carry units (``any``), must not (``dimensionless``), or should
    not where laws without such numbers explain about as much (``auto``).
    """

    max_complexity: Annotated[Positive, Field(le=200)] = 40
    refine: Engine = "auto"
    effort: Positive = 4
    constants: Literal["auto", "dimensionless", "any"] = "auto"


class EquationConfig(_Part):
    """Which equations are looked for in fields on a grid.

    `order` is that of the time derivative on the left. On the right stand derivatives up to
    `derivatives` of monomials up to `degree`, at most `terms` of them, and where `curves` is true
    also unknown functions of a field.
    """

    order: Annotated[Positive, Field(le=2)] = 1
    degree: Annotated[Positive, Field(le=6)] = 4
    derivatives: Annotated[Whole, Field(le=6)] = 4
    terms: Annotated[Positive, Field(le=20)] = 8
    curves: bool = True


class BeyondConfig(_Part):
    """A second table, with rows beyond the range of the first; nothing is fitted to it.

    Exactly one of `source` and `file` is set, as in `data`; `where` keeps some of its rows. It has
    the target and the columns of the first table by the same names, or those of them that it has:
    a law is held against it where all of its columns are there.
    """

    source: str | None = None
    file: Path | None = None
    group: str | None = None
    where: tuple[Text, ...] = ()


class ValidateConfig(_Part):
    """How the laws are tested on rows that nobody fitted."""

    level: Share = 0.95
    null: Whole = 39
    beyond: BeyondConfig | None = None


class HypothesisConfig(_Part):
    """A law somebody believes in, to be refitted and scored beside ours.

    In a recipe it may be the bare formula. Names in `expression` that are no columns are free
    constants.
    """

    expression: Annotated[Text, Field(description="a formula such as c*a/b")]
    source: str = ""

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        is_formula = isinstance(value, str | int | float) and not isinstance(value, bool)
        return {"expression": str(value)} if is_formula else value


_FORMULA = "a formula such as c*a/b, or a mapping with the keys expression, source"


class Recipe(_Part):
    """Everything a run needs; see the shipped recipes for examples.

    Example:
        >>> recipe = Recipe(name="fall", data=DataConfig(file="fall.csv", target="t"))
        >>> recipe.kan.seeds, recipe.data.split.test
        (4, 0.2)
    """

    name: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
            description="a name of letters, digits, '.', '_' and '-'",
        ),
    ]
    title: Text = ""
    task: Task = "regression"
    seed: Annotated[Whole, Field(le=2**31 - 1)] = 0
    data: DataConfig
    kan: KanConfig = KanConfig()
    edges: EdgeConfig = EdgeConfig()
    law: LawConfig = LawConfig()
    equation: EquationConfig = EquationConfig()
    validation: ValidateConfig = Field(default=ValidateConfig(), alias="validate")
    hypotheses: dict[str, Annotated[HypothesisConfig, Field(description=_FORMULA)]] = {}
