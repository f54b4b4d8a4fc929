"""Fields on a grid of time and space: what :class:`~discover.dataset.Dataset` is for rows.

A trajectory of an ordinary system is a field without space. Several trajectories on the same grid
travel together, so that every later room knows one shape: ``[field, trajectory, time, *space]``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from discover.dataset import PARTS, Part, Source, Variable

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Axis:
    """An evenly spaced coordinate.

    Attributes:
        name: Such as ``t`` or ``x``.
        unit: Unit as text, ``"1"`` for none.
        values: Ascending and evenly spaced ``[n]``.
        periodic: Whether the point after the last is the first again.
    """

    name: str
    unit: str = "1"
    values: Array
    periodic: bool = False

    def __len__(self) -> int:
        return len(self.values)

    @property
    def step(self) -> float:
        """Distance of neighbours."""
        return float(self.values[-1] - self.values[0]) / (len(self.values) - 1)

    @property
    def length(self) -> float:
        """The period of a periodic axis: one step more than from the first point to the last.

        Example:
            >>> Axis(name="x", values=np.arange(4) / 4, periodic=True).length
            1.0
        """
        return self.step * len(self.values)

    def cut(self, first: int, last: int) -> "Axis":
        """The points from `first` up to but without `last`; no longer periodic."""
        return replace(self, values=self.values[first:last], periodic=False)


@dataclass(frozen=True, kw_only=True, eq=False)
class Field:
    """One or several measured fields over time and space, finite float64.

    Attributes:
        name: Name of the dataset.
        time: When.
        space: Where; empty for an ordinary system.
        variables: What was measured, in the order of `values`.
        values: ``[field, trajectory, time, *space]``.
        source: Where it came from.
        noise: Standard deviation of the noise that was added on loading, by variable.
    """

    name: str
    time: Axis
    space: tuple[Axis, ...]
    variables: tuple[Variable, ...]
    values: Array
    source: Source
    noise: Mapping[str, float] = field(default_factory=dict)

    @property
    def axes(self) -> tuple[Axis, ...]:
        """Time, then space."""
        return (self.time, *self.space)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the measured fields."""
        return tuple(variable.name for variable in self.variables)

    @property
    def trajectories(self) -> int:
        """How many trajectories there are."""
        return int(self.values.shape[1])

    def part(self, part: Part) -> "Field":
        """Training, validation or test part: whole trajectories where there are five or more.

        Otherwise the first three fifths of the time train, the next fifth validates, and the last
        fifth is the test: what lies in the future of all that was fitted.

        Example:
            >>> t = Axis(name="t", values=np.arange(10.0))
            >>> one = Field(name="decay", time=t, space=(), variables=(Variable(name="u"),),
            ...             values=np.zeros((1, 1, 10)), source=Source(path="decay"))
            >>> one.part("test").time.values
            array([8., 9.])
        """
        index = PARTS.index(part)
        if self.trajectories >= 5:
            first, last = _bounds(self.trajectories)[index]
            return replace(self, values=self.values[:, first:last])
        first, last = _bounds(len(self.time))[index]
        return replace(self, time=self.time.cut(first, last), values=self.values[:, :, first:last])


def _bounds(n: int) -> tuple[tuple[int, int], ...]:
    trained, validated = round(0.6 * n), round(0.8 * n)
    return (0, trained), (trained, validated), (validated, n)
