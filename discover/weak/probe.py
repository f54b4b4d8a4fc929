"""A grid of test functions over one part of a field: functions of the field become rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from discover.field import Axis, Field
from discover.weak.support import Bump

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Probe:
    """Test functions on a grid of centres; each is a row.

    Attributes:
        axes: Time, then space.
        bumps: The test function along each axis.
    """

    axes: tuple[Axis, ...]
    bumps: tuple[Bump, ...]

    @classmethod
    def of(cls, part: Field, bumps: Sequence[Bump]) -> "Probe":
        """The test functions of one part of a field."""
        return cls(axes=part.axes, bumps=tuple(bumps))

    @cached_property
    def centres(self) -> tuple[NDArray[np.int64], ...]:
        """Index of the centres along each axis."""
        return tuple(b.centres(a) for a, b in zip(self.axes, self.bumps, strict=True))

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of centres along each axis."""
        return tuple(len(centres) for centres in self.centres)

    def project(self, values: Array, orders: Sequence[int]) -> Array:
        """``integral of psi * D^orders(values)`` for every test function psi.

        The test function is separable, so that all centres are one matrix product an axis.

        Args:
            values: ``[trajectory, time, *space]``.
            orders: Order of the derivative along each axis.

        Returns:
            Rows ``[trajectory * centres]``.

        Example:
            >>> t = Axis(name="t", values=np.linspace(0, 1, 101))
            >>> probe = Probe(axes=(t,), bumps=(Bump(half=20, degree=12),))
            >>> slope = probe.project(t.values[None] ** 2, [1]) / probe.project(t.values[None], [0])
            >>> np.round(slope, 6)[:3]
            array([2., 2., 2.])
        """
        out = values
        for index, (axis, bump) in enumerate(zip(self.axes, self.bumps, strict=True)):
            kernel = bump.kernel(axis, self.centres[index], orders[index])
            out = np.moveaxis(np.tensordot(kernel, out, axes=(1, index + 1)), 0, index + 1)
        return out.reshape(-1)
