"""What two test functions share: the covariance of their rows under white noise."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from discover.weak.probe import Probe

Array = NDArray[np.float64]
Orders = Sequence[int]


def overlap(probe: Probe, at: Sequence[slice], one: Orders, other: Orders, weight: Array) -> Array:
    """``sum over points of D^one psi_i * D^other psi_j * weight`` for all pairs of test functions.

    With white noise of variance `weight` this is the covariance of rows ``D^one`` and ``D^other``
    of it. Test functions are separable: an axis after the other is summed over.

    Args:
        probe: The test functions.
        at: Which centres along each axis.
        one: Order of the derivative along each axis.
        other: The same for the second of each pair.
        weight: ``[time, *space]``.

    Returns:
        Matrix ``[n, n]`` over the chosen centres.

    Example:
        >>> from discover.field import Axis
        >>> from discover.weak import Bump
        >>> probe = Probe(axes=(Axis(name="t", values=np.arange(9.0)),), bumps=(Bump(half=2,
        ...               degree=2),))
        >>> np.round(overlap(probe, [slice(0, 4)], [0], [0], np.ones(9)), 3)[0]
        array([0.408, 0.281, 0.079, 0.   ])
    """
    sums, counts = weight[None], []
    for axis, bump, centres, part, d, e in zip(
        probe.axes, probe.bumps, probe.centres, at, one, other, strict=True
    ):
        first, second = (bump.kernel(axis, centres[part], order) for order in (d, e))
        pairs = (first[:, None] * second[None]).reshape(-1, len(axis))
        seen = np.flatnonzero((pairs != 0).any(axis=0))
        sums = np.moveaxis(np.tensordot(sums[:, seen], pairs[:, seen], axes=(1, 1)), -1, 1)
        sums = sums.reshape(-1, *sums.shape[2:])
        counts.append(len(first))
    grid = sums.reshape([n for n in counts for _ in range(2)])
    size = int(np.prod(counts))
    return grid.transpose([*range(0, grid.ndim, 2), *range(1, grid.ndim, 2)]).reshape(size, size)
