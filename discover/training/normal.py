"""Normal matrices of Gauss-Newton, ``J^T J`` and ``J^T r``, in portions that a cache holds.

A Jacobian is larger by far than what is made of it. So rows come in chunks, and of a chunk each
portion of the Jacobian, a few members or a few rows, is multiplied out, used and forgotten.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from discover.kan import Kan
from discover.kan.derivatives import Jacobian, jacobian, product, trace
from discover.threads import dealt
from discover.training.losses import Loss
from discover.training.rows import Chunk, Data

if TYPE_CHECKING:
    from discover.kan.local import Local

# Numbers of the Jacobian's portion. On a card it is memory that sets the limit, not a cache.
_PORTION, _ON_CARD = 1 << 18, 1 << 26
# With a larger share of functions that are not zero, on the coarsest grids, products are quicker.
_MANY = 0.6
# A pass that keeps what derivatives need is so many times as short as one that is forgotten at
# once may be: it is read again.
_KEPT = 4


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
    local = _local(kan)
    for chunk in data.chunks(kan, max(1, passed(kan) // _KEPT)):
        seen = trace(kan, chunk.lifted(kan))
        pull = weighted(loss.slope(seen.output, chunk.y), chunk)
        slope += jacobian(kan, seen, pull).total()
        for root in _roots(seen.output, chunk, loss):
            whole = jacobian(kan, seen, root)
            if local is None:
                _add_products(whole, edges, normal)
            else:
                _add_local(local, whole, edges, normal)
    if local is not None:
        local.mirror(normal)
    return normal, slope


def _local(kan: Kan) -> "Local | None":
    """How few functions a row sees, where compiled code makes use of it."""
    if kan.layers[0].coef.device.type != "cpu":
        return None
    from discover.kan.local import Local  # numba takes its time to load

    local = Local.of(kan.basis)
    return local if local is not None and local.width <= _MANY * kan.functions else None


def _add_local(local: "Local", whole: Jacobian, edges: Tensor | None, normal: Tensor) -> None:
    """Add ``J^T J`` to the lower halves, some members after others."""
    pop, n, _ = whole.deltas[0].shape
    if edges is None:
        edges = torch.arange(whole.shape.edges).expand(pop, -1)

    def add(portions: Sequence[tuple[slice, slice]]) -> None:
        for members, rows in portions:
            local.add_squares(whole.part(members, rows), edges[members], normal[members])

    portions = _portions(pop, n, edges.shape[1] * local.width, normal.device)
    # Rows of the same members write to the same place: they are one job.
    jobs = [list(group) for _, group in groupby(portions, key=itemgetter(0))]
    for _ in dealt(add, jobs):
        pass


def _add_products(whole: Jacobian, edges: Tensor | None, normal: Tensor) -> None:
    """Add ``J^T J`` as products of matrices, portion by portion."""
    pop, n, _ = whole.deltas[0].shape
    portions = list(_portions(pop, n, normal.shape[1], normal.device))
    squares = dealt(partial(_squared, whole, edges), portions)
    for (members, _), square in zip(portions, squares, strict=True):
        normal[members] += square


def _squared(whole: Jacobian, edges: Tensor | None, portion: tuple[slice, slice]) -> Tensor:
    """``J^T J`` of some members on some rows."""
    part = whole.part(*portion)
    columns = part.columns() if edges is None else part.columns_of(edges[portion[0]])
    return product(columns.mT, columns)


def passed(kan: Kan) -> int:
    """Numbers that a pass without a Jacobian makes for one row."""
    hidden = sum(size for _, size in kan.shape.sizes[1:]) * kan.functions
    return kan.population * (hidden + sum(out for out, _ in kan.shape.sizes))


def _portions(pop: int, n: int, size: int, device: torch.device) -> Iterator[tuple[slice, slice]]:
    """Members and rows of all portions of Jacobians ``[pop, n, size]``."""
    most = _PORTION if device.type == "cpu" else _ON_CARD
    # With fewer rows than columns the sums themselves would be what is moved; and portions are of
    # about equal size, for a small rest costs as much time as a whole one.
    count = -(-n // max(most // size, size))
    rows = -(-n // count)
    few = max(1, most // (rows * size))
    for member in range(0, pop, few):
        for start in range(0, n, rows):
            yield slice(member, member + few), slice(start, start + rows)


def _roots(output: Tensor, chunk: Chunk, loss: Loss) -> Iterator[Tensor]:
    """For each output the root of the loss's curvature there, and 0 at all others."""
    bend = loss.curvature(output, chunk.y)
    if chunk.weight is not None:
        bend = weighted(torch.ones_like(output) if bend is None else bend, chunk)
    for at in range(output.shape[2]):
        root = torch.zeros_like(output)
        root[..., at] = 1.0 if bend is None else bend[..., at].sqrt()
        yield root


def weighted(by_row: Tensor, chunk: Chunk) -> Tensor:
    """Values ``[pop, n, ...]`` times the weights of their rows."""
    if chunk.weight is None:
        return by_row
    return by_row * chunk.weight.view(1, -1, *([1] * (by_row.dim() - 2)))
