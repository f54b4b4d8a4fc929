"""Normal matrices of Gauss-Newton, ``J^T J`` and ``J^T r``, in portions that a cache holds.

A Jacobian is larger by far than what is made of it. So rows come in chunks, members a few at a
time, and each portion of the Jacobian is multiplied out, used and forgotten.
"""

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from discover.kan import Kan
from discover.kan.derivatives import (
    Trace,
    jacobian,
    partial_jacobian,
    pulled,
    squared,
    trace,
)
from discover.training.losses import Loss
from discover.training.rows import CHUNK, Chunk, Data

# Numbers of the Jacobian's portion. On a card it is memory that sets the limit, not a cache.
_PORTION, _ON_CARD = CHUNK << 1, CHUNK << 8
# Rows of all members may take so many times the numbers of a portion, where members have their own.
_OWN = 16


def normal_equations(
    kan: Kan, data: Data, loss: Loss, edges: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Sums over rows of second and first derivatives, as Gauss-Newton sees them.

    Args:
        kan: The population.
        data: Its rows.
        loss: What a row costs.
        edges: Numbers of the edges that matter ``[pop, count]``; all by default.

    Returns:
        Normal matrices of these edges ``[pop, count * basis, count * basis]``, slopes of all edges
        ``[pop, edges, basis]``.
    """
    pop, m, like = kan.population, kan.functions, kan.layers[0].coef
    size = m * (kan.shape.edges if edges is None else edges.shape[1])
    normal, slope = like.new_zeros(pop, size, size), like.new_zeros(pop, kan.shape.edges, m)
    most = _PORTION if like.device.type == "cpu" else _ON_CARD
    share = max(size, pop * kan.shape.inputs * m // _OWN)
    # Chunks of about equal size, for a small rest costs as much time as a whole one.
    count = -(-data.n * share // most)
    rows = -(-data.n // count)
    few = max(1, most // (rows * size))
    parts = [slice(start, start + few) for start in range(0, pop, few)]
    kans = [kan.members(part) for part in parts]
    for chunk in data.chunks(kan, max(1, CHUNK // rows)):
        for part, some in zip(parts, kans, strict=True):
            seen = trace(some, chunk.lifted if len(chunk.lifted) == 1 else chunk.lifted[part])
            mine = replace(chunk, y=chunk.y if len(chunk.y) == 1 else chunk.y[part])
            chosen = None if edges is None else edges[part]
            slope[part] += pulled(some, seen, weighted(loss.slope(seen.output, mine.y), mine))
            for columns in _bent(some, seen, mine, loss, chosen):
                normal[part] += squared(columns)
    return normal, slope


def _bent(
    kan: Kan, seen: Trace, chunk: Chunk, loss: Loss, edges: Tensor | None
) -> Iterator[Tensor]:
    """Jacobians of all outputs, times the root of the loss's curvature."""
    bend = loss.curvature(seen.output, chunk.y)
    if chunk.weight is not None:
        bend = weighted(torch.ones_like(seen.output) if bend is None else bend, chunk)
    for output in range(seen.output.shape[2]):
        if edges is None:
            columns = jacobian(kan, seen, output)
        else:
            columns = partial_jacobian(kan, seen, edges, output)
        yield columns if bend is None else columns.mul_(bend[..., output, None].sqrt())


def weighted(by_row: Tensor, chunk: Chunk) -> Tensor:
    """Values ``[pop, n, ...]`` times the weights of their rows."""
    if chunk.weight is None:
        return by_row
    return by_row * chunk.weight.view(1, -1, *([1] * (by_row.dim() - 2)))
