"""One run as one frozen value: all that the store writes and the report shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from discover.accuracy import Accuracy, Rounding
from discover.assignment import Choice
from discover.config import Recipe
from discover.dataset import PARTS, Dataset, Source, Variable
from discover.functions import Affine
from discover.graph import Curve, Line
from discover.law import Law
from discover.search import Network, Rung

Vector = NDArray[np.float64]
Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class TableCard:
    """What the report says of the data.

    Attributes:
        name: Name of the dataset.
        source: Where it came from.
        features: The columns that a law was allowed to use.
        target: The column to be explained.
        sizes: Number of rows by split.
        ranges: Least and largest value of each column, in its unit: beyond them a law is a guess.
    """

    name: str
    source: Source
    features: tuple[Variable, ...]
    target: Variable
    sizes: Mapping[str, int]
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @classmethod
    def of(cls, dataset: Dataset) -> "TableCard":
        """The card of a table that was dealt to its parts."""
        return cls(
            name=dataset.name,
            source=dataset.source,
            features=dataset.features,
            target=dataset.target,
            sizes={part: len(dataset.split.rows(part)) for part in PARTS},
            ranges={
                name: (float(values.min()), float(values.max()))
                for name, values in zip(
                    (*dataset.names, dataset.target.name), (*dataset.x.T, dataset.y), strict=True
                )
            },
        )


@dataclass(frozen=True, kw_only=True)
class StageAccuracy:
    """The error after one stage, so that one sees where accuracy was lost."""

    stage: str
    accuracy: Accuracy


@dataclass(frozen=True, kw_only=True, eq=False)
class Hypothesis:
    """A law somebody proposed, refitted on training rows and scored on unseen ones."""

    name: str
    expression: str
    source: str
    law: Law


@dataclass(frozen=True, kw_only=True)
class Null:
    """What the same procedure reaches on shuffled targets.

    Attributes:
        repeats: Number of shuffles.
        r2: Share of the (shuffled) variance explained on unseen rows, one for each shuffle.
        observed: The same of the recommended law on the true target.
        p_value: ``(1 + number of shuffles at least as good) / (1 + repeats)``.
    """

    repeats: int
    r2: tuple[float, ...]
    observed: float
    p_value: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Equation:
    """One equation of a system: its laws, and the control on shifted left-hand sides.

    Attributes:
        target: The left-hand side.
        laws: Pareto front, simplest first.
        selected: Index of the recommended law.
        null: The control, ``None`` if it was switched off.
    """

    target: Variable
    laws: tuple[Law, ...]
    selected: int
    null: Null | None = None

    @property
    def law(self) -> Law:
        """The recommended law."""
        return self.laws[self.selected]

    @property
    def beats_null(self) -> bool:
        """Whether the recommended law explains more than shifted left-hand sides let one expect."""
        if self.law.origin == "mean":
            return False
        return self.null is None or self.null.p_value <= 0.05


@dataclass(frozen=True, kw_only=True, eq=False)
class Forecast:
    """The found equations, integrated from a measured state and held against later data.

    Attributes:
        times: When ``[n]``, the first that of the start; in the unit of time.
        errors: For each field the root mean squared difference to the measurement, over the spread
            of the measured field ``[n]``.
        floor: For each field the noise of the measurement itself, on the same scale.
        axis: Name of the axis along which pictures are drawn, empty for an ordinary system.
        measured: Fields thinned for a picture ``[field, n, ...]``.
        predicted: The same from the equations.
        note: What a reader has to know, such as why there is no forecast.
    """

    times: Vector
    errors: Mapping[str, Vector]
    floor: Mapping[str, float]
    axis: str
    measured: Array
    predicted: Array
    note: str = ""

    def horizon(self, name: str) -> float | None:
        """When the error of a field first exceeds a tenth of its spread; ``None``: not once.

        The noise of the measurement does not count as error.
        """
        error = np.sqrt(np.maximum(self.errors[name] ** 2 - self.floor[name] ** 2, 0.0))
        beyond = np.flatnonzero(error > 0.1)
        return float(self.times[beyond[0]]) if beyond.size else None

    def sentences(self) -> tuple[str, ...]:
        """The forecast in words: for each field its errors, and how long it holds."""
        if self.note:
            return (self.note,)
        said = []
        for name, error in self.errors.items():
            end = self.horizon(name)
            holds = "throughout" if end is None else f"until t = {end:.4g}"
            said.append(
                f"Forecast of {name} from t = {self.times[0]:.4g} to {self.times[-1]:.4g}: within "
                f"a tenth of its spread {holds}; error {error[len(error) // 2]:.2g} of the spread "
                f"half way, {error[-1]:.2g} at the end, noise of the measurement "
                f"{self.floor[name]:.2g}."
            )
        return tuple(said)


@dataclass(frozen=True, kw_only=True, eq=False)
class Family:
    """The runs of one table, one for each kind of its rows.

    Attributes:
        column: The column that names the kinds.
        runs: A run for each kind, by its name.
        common: The same form of a law for each kind, with constants of its own; ``None`` where no
            form holds for all of them.
        unnamed: Rows of which the column does not say the kind; nothing was done with them.
    """

    column: str
    runs: "Mapping[str, Run]"
    common: Mapping[str, Law] | None
    unnamed: int = 0

    @property
    def laws(self) -> Mapping[str, Law]:
        """The law of each kind: of the common form, or else its own."""
        return self.common or {kind: run.law for kind, run in self.runs.items()}

    def sentences(self) -> tuple[str, ...]:
        """What was found, in words."""
        target = next(iter(self.runs.values())).table.target.name
        count = "both" if len(self.runs) == 2 else f"all {len(self.runs)}"
        kinds = f"{count} kinds of {self.column}"
        said = [f"One form of a law for {target} holds for {kinds}, with constants of their own."]
        if self.common is None:
            said = [f"No form of a law for {target} holds for {kinds}: each has a law of its own."]
        elif alike := _alike(list(self.common.values())):
            said.append(f"The same for all within its interval: {', '.join(alike)}.")
        weak = [kind for kind, run in self.runs.items() if not run.beats_null]
        if weak:
            said.append(f"By itself nothing beats the null control for: {', '.join(weak)}.")
        warned = [kind for kind, run in self.runs.items() if run.cautions]
        if warned:
            said.append(f"To be read with care, as their own reports say: {', '.join(warned)}.")
        if self.unnamed:
            said.append(f"{self.unnamed} rows do not say their {self.column}, and were left out.")
        return tuple(said)


def _alike(laws: Sequence[Law]) -> list[str]:
    """The constants whose intervals, one from each law, have a value in common."""
    found = []
    for constants in zip(*(law.constants for law in laws), strict=True):
        ends = [(c.low, c.high) for c in constants if c.low is not None and c.high is not None]
        if len(ends) == len(constants) and max(e[0] for e in ends) <= min(e[1] for e in ends):
            found.append(constants[0].name)
    return found


@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """A finished run.

    Attributes:
        recipe: The resolved recipe.
        table: What the data were.
        network: The chosen network, as trained.
        graph: The same as a DAG, pruned, with an atom on each edge that was assigned one.
        choices: What each edge of the graph might have been, and what it became.
        rungs: The networks that were tried.
        diagnosis: What the training found out about itself, in sentences.
        attribution: Share of the network's variation that each column carries; sums to 1.
        kept: Columns that survived the selection.
        stages: Error after each stage.
        laws: Pareto front, simplest first.
        selected: Index of the recommended law.
        rounding: How an ordinal answer is made from the law, else ``None``.
        hypotheses: The user's own laws.
        null: The control on shuffled targets, ``None`` if it was switched off.
        cautions: What a referee would ask about the recommended law, in sentences.
        beyond: A second table that the laws were held against; their accuracies on it are those
            of the split ``extrapolation``.
        others: The further equations of a system, one for each field after the first.
        forecast: What the equations say of data that nobody fitted; ``None`` for a table.
        durations: Seconds spent in each stage (never part of ``laws.json``).
    """

    recipe: Recipe
    table: TableCard
    network: Network | None = None
    graph: Annotated[nx.DiGraph, Affine, Curve, Line] | None = None
    choices: tuple[Choice, ...] = ()
    rungs: tuple[Rung, ...]
    diagnosis: tuple[str, ...]
    attribution: Mapping[str, float]
    kept: tuple[str, ...]
    stages: tuple[StageAccuracy, ...]
    laws: tuple[Law, ...]
    selected: int
    rounding: Rounding | None = None
    hypotheses: tuple[Hypothesis, ...] = ()
    null: Null | None = None
    cautions: tuple[str, ...] = ()
    beyond: Source | None = None
    others: tuple[Equation, ...] = ()
    forecast: Forecast | None = None
    durations: Mapping[str, float] = field(default_factory=dict)

    @property
    def law(self) -> Law:
        """The recommended law."""
        return self.laws[self.selected]

    @property
    def beats_null(self) -> bool:
        """Whether the recommended law explains more than shuffled targets let one expect."""
        return all(equation.beats_null for equation in self.equations)

    @property
    def equations(self) -> tuple[Equation, ...]:
        """All equations; a table has one."""
        first = Equation(
            target=self.table.target, laws=self.laws, selected=self.selected, null=self.null
        )
        return (first, *self.others)
