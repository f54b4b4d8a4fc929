"""A network that parts two classes, and points on the boundary it draws.

A network that was trained on the classes as numbers goes on to be trained on their likelihood: its
output is then the logarithm of the odds, smooth across the boundary. Points on the boundary are
found between neighbouring rows of different classes, so that each lies within their distance of
the true one, however wrong the network may be.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from scipy.spatial import cKDTree

from discover.dataset import Dataset, Matrix, Part, Scaling, Vector
from discover.search import Network
from discover.training import CrossEntropy, Schedule, fit

_SCHEDULE = Schedule(steps=40, regrid=(1, 4, 9, 16))
# Between rows farther apart, in spreads, a point says little about where the boundary is.
_FARTHEST = 1.0
_POINTS = 3000
_HALVINGS = 40


def second(y: Vector) -> Vector:
    """1 where a target is of the second (larger) class, else 0 ``[n]``."""
    return np.asarray(y > (y.min() + y.max()) / 2, dtype=np.float64)


def margin(networks: Sequence[Network], dataset: Dataset) -> Network:
    """The best of these networks at the likelihood of the classes.

    Args:
        networks: Trained on the classes as numbers, all on the columns of `dataset`.
        dataset: The table; its target takes two values.

    Returns:
        A network whose output is the logarithm of the odds of the second class; its errors are
        mean losses in nats.
    """

    def rows(part: Part, scaling: Scaling) -> tuple[torch.Tensor, torch.Tensor]:
        x, y = dataset.part(part)
        return torch.as_tensor((x - scaling.x_shift) / scaling.x_scale), torch.as_tensor(second(y))

    found = []
    for network in networks:
        seen, unseen = (rows(part, network.scaling) for part in ("train", "validation"))
        fitted = fit(network.kan, seen, loss=CrossEntropy(), schedule=_SCHEDULE, validation=unseen)
        found.append(
            replace(
                network,
                kan=fitted.kan,
                scaling=replace(network.scaling, y_shift=0.0, y_scale=1.0),
                train=float(fitted.train[0]),
                validation=float(fitted.validation[0]),
            )
        )
    return min(found, key=lambda each: each.validation)


def odds(network: Network, x: Matrix) -> Vector:
    """Output of a network of one output ``[n]`` on rows ``[n, d]``, in its own scaling."""
    scaled = torch.as_tensor((x - network.scaling.x_shift) / network.scaling.x_scale)
    return np.asarray(network.kan(scaled)[0].detach().cpu().reshape(-1), dtype=np.float64)


def crossings(network: Network, x: Matrix, y: Vector) -> Matrix:
    """Points where the odds are even, between neighbouring rows of different classes.

    Args:
        network: Its output is the logarithm of the odds of the second class.
        x: Rows ``[n, d]``.
        y: Their classes ``[n]``.

    Returns:
        Points ``[m, d]``, at most some thousands; none where the network parts no neighbours.
    """
    spread = x.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    scaled, is_second = x / spread, second(y) > 0.5
    high, low = scaled[is_second], scaled[~is_second]
    if not len(high) or not len(low):
        return np.empty((0, x.shape[1]))
    pairs = np.concatenate(
        [
            np.stack([high, low[cKDTree(low).query(high)[1]]], axis=1),
            np.stack([high[cKDTree(high).query(low)[1]], low], axis=1),
        ]
    )
    pairs = np.unique(pairs, axis=0)
    pairs = pairs[np.linalg.norm(pairs[:, 0] - pairs[:, 1], axis=1) < _FARTHEST]
    pairs = pairs[:: -(-len(pairs) // _POINTS) or 1]
    if len(pairs):
        above, below = (odds(network, pairs[:, side] * spread) for side in (0, 1))
        pairs = pairs[(above > 0) & (below < 0)]
    if not len(pairs):
        return np.empty((0, x.shape[1]))
    start, end = pairs[:, 0], pairs[:, 1]
    for _ in range(_HALVINGS):
        middle = (start + end) / 2
        up = (odds(network, middle * spread) > 0)[:, None]
        start, end = np.where(up, middle, start), np.where(up, end, middle)
    return np.asarray((start + end) / 2 * spread)
