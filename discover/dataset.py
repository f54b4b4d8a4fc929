"""Named columns with units, dealt to training, validation and test rows.

A :class:`Dataset` is all that later rooms know of the data: finite float64 columns, the variables
they stand for, and a fixed split. Where the columns came from is kept in :class:`Source`, for the
report.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import sympy as sp
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Rows = NDArray[np.int64]
Part = Literal["train", "validation", "test"]
# Less variation than this, relative to a column's size, is rounding.
_ROUNDING = 1e-14
# Fewer validation rows than these, or three times as many for training, teach nothing.
_FEWEST = 10
PARTS: tuple[Part, ...] = ("train", "validation", "test")


@dataclass(frozen=True, kw_only=True)
class Variable:
    """A column as a physicist knows it.

    Attributes:
        name: The column's own name; any text.
        symbol: LaTeX symbol; empty for one made from the name.
        unit: Unit as text, ``"1"`` for none.
        meaning: One line for the report.
    """

    name: str
    symbol: str = ""
    unit: str = "1"
    meaning: str = ""

    @property
    def sympy(self) -> sp.Symbol:
        """The real symbol that stands for this column in every law.

        Example:
            >>> Variable(name="Z/2 + Z/2").sympy.is_real
            True
        """
        return sp.Symbol(self.name, real=True)


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a table came from, and what was left out of it.

    Attributes:
        path: File name as the user gave it (never an absolute path), or the dataset's name.
        sha256: Hash of the file, empty for data handed over in memory.
        rows: Rows in the file.
        dropped: Rows left out, by reason.
    """

    path: str
    sha256: str = ""
    rows: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class Split:
    """Row numbers of each part, ascending and disjoint."""

    train: Rows
    validation: Rows
    test: Rows

    def rows(self, part: Part) -> Rows:
        """Row numbers of one part ``[n_part]``."""
        return {"train": self.train, "validation": self.validation, "test": self.test}[part]


@dataclass(frozen=True, kw_only=True, eq=False)
class Dataset:
    """A table ready to be explained.

    Attributes:
        name: Name of the dataset.
        features: The columns a law may use, in the order of `x`.
        target: The column to be explained.
        x: Values of the features ``[n, d]``, finite float64.
        y: Values of the target ``[n]``, finite float64.
        split: Which rows belong to which part.
        source: Where the table came from.
        weights: How much the target of each row counts in sums of squares ``[n]``, finite and
            positive, up to a common factor (1 / sigma^2); ``None`` where all rows count alike.
    """

    name: str
    features: tuple[Variable, ...]
    target: Variable
    x: Matrix
    y: Vector
    split: Split
    source: Source
    weights: Vector | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the features, in the order of `x`."""
        return tuple(variable.name for variable in self.features)

    def part(self, part: Part) -> tuple[Matrix, Vector]:
        """Features ``[n_part, d]`` and target ``[n_part]`` of one part."""
        rows = self.split.rows(part)
        return self.x[rows], self.y[rows]

    def weighted(self, part: Part) -> Vector | None:
        """Weights of the rows of one part ``[n_part]``; ``None`` where all count alike."""
        return None if self.weights is None else self.weights[self.split.rows(part)]

    def columns(self, part: Part) -> dict[str, Vector]:
        """The features of one part by name, each ``[n_part]``."""
        x, _ = self.part(part)
        return {name: x[:, i] for i, name in enumerate(self.names)}

    def select(self, names: Sequence[str]) -> "Dataset":
        """The same rows with only these features, in this order."""
        at = [self.names.index(name) for name in names]
        return replace(self, features=tuple(self.features[i] for i in at), x=self.x[:, at])

    def turned(self, target: str, features: Sequence[str]) -> "Dataset":
        """The same rows with another column to be explained, by these.

        Weights belong to a target: another one has none.
        """
        names = (*self.names, self.target.name)
        variables = (*self.features, self.target)
        rows = np.column_stack([self.x, self.y])
        at = [names.index(name) for name in features]
        return replace(
            self,
            features=tuple(variables[i] for i in at),
            target=variables[names.index(target)],
            x=np.ascontiguousarray(rows[:, at]),
            y=np.ascontiguousarray(rows[:, names.index(target)]),
            weights=self.weights if target == self.target.name else None,
        )

    def evened(self) -> "Dataset":
        """Rows for procedures that count all rows alike: those of little weight are left out.

        Each stays with a chance in proportion to its weight, so many of them as their effective
        number says, (sum w)^2 / sum w^2. Where too few would stay, all do.

        Source: L. Kish, Survey Sampling (1965), section 11.7, for the effective number.
        """
        if self.weights is None:
            return self
        relative = self.weights / self.weights.max()
        seen = relative[self.split.train]
        chance = relative * seen.sum() / np.square(seen).sum()
        stays = np.random.default_rng(0).random(len(chance)) < chance
        parts = {part: self.split.rows(part) for part in PARTS}
        left = {part: rows[stays[rows]] for part, rows in parts.items()}
        enough = len(left["train"]) >= 3 * _FEWEST and len(left["validation"]) >= _FEWEST
        split = Split(**left) if enough and len(left["test"]) >= 3 else self.split
        return replace(self, weights=None, split=split)

    def thinned(self, limit: int) -> "Dataset":
        """At most `limit` rows of each part, evenly taken."""

        def thin(rows: Rows) -> Rows:
            return rows[:: -(-len(rows) // limit)]

        parts = self.split
        split = Split(
            train=thin(parts.train), validation=thin(parts.validation), test=thin(parts.test)
        )
        return replace(self, split=split)


@dataclass(frozen=True, kw_only=True, eq=False)
class Beyond:
    """Rows of a second table, beyond the range of the first.

    Attributes:
        columns: The features of the first table that it has, each ``[n]``, finite.
        y: The target ``[n]``, finite.
        source: Where the rows came from.
    """

    columns: Mapping[str, Vector]
    y: Vector
    source: Source


@dataclass(frozen=True, kw_only=True, eq=False)
class Scaling:
    """Affine maps that bring every feature and the target to mean 0 and spread 1.

    Made from training rows only.

    Attributes:
        x_shift: Means ``[d]``, in the features' units.
        x_scale: Standard deviations ``[d]``, in the features' units; never zero.
        y_shift: Mean of the target.
        y_scale: Standard deviation of the target; never zero.
    """

    x_shift: Vector
    x_scale: Vector
    y_shift: float
    y_scale: float

    @classmethod
    def of(cls, x: Matrix, y: Vector) -> "Scaling":
        """The scaling of training rows `x` ``[n, d]`` and `y` ``[n]``."""
        x_shift, x_scale = _centred(x)
        y_shift, y_scale = _centred(y)
        return cls(
            x_shift=x_shift,
            x_scale=x_scale,
            y_shift=float(y_shift.mean()),
            y_scale=float(y_scale.max()),
        )


def _centred(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and spread of columns at any scale; that of a constant column is its size."""
    size = np.abs(values).max(axis=0)
    # Powers of two scale without rounding, and keep sums and squares inside float64; one of them
    # below the normal numbers could have no fraction of itself.
    size = np.where(size > 0, np.maximum(size, np.finfo(np.float64).tiny), 1.0)
    unit = np.exp2(np.floor(np.log2(size)))
    shift, spread = (values / unit).mean(axis=0), (values / unit).std(axis=0)
    return shift * unit, np.where(spread > _ROUNDING, spread, 1.0) * unit
