"""Normal matrices of splines by compiled code: what is zero is neither written nor multiplied.

Of the splines of an edge only ``degree + 1`` are not zero in a row, on any grid. So a row adds
small blocks to ``J^T J``, one for each pair of edges, and the cost of a row does not depend on how
fine the grid is; as a matrix product it grows with its square.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from torch import Tensor

from discover.basis import Basis, WithBase
from discover.compiling import compiled
from discover.kan.derivatives import Jacobian, product
from discover.kan.vectors import add_outer, add_scaled, put_scaled


@dataclass(frozen=True)
class Local:
    """Which functions of an edge can be other than zero in one row.

    Attributes:
        lanes: So many neighbours, as a tuple of as many numbers: the compiler unrolls by it.
        based: Whether the last function, which is no neighbour of the others, is one of them.
    """

    lanes: tuple[float, ...]
    based: bool

    @classmethod
    @cache
    def of(cls, basis: Basis) -> "Local | None":
        """That of a basis; ``None`` for functions that are zero nowhere.

        Example:
            >>> from discover.basis import basis
            >>> Local.of(basis("bspline", 2)), Local.of(basis("fourier"))
            (Local(lanes=(0.0, 0.0, 0.0), based=True), None)
        """
        splines, based = (basis.splines, True) if isinstance(basis, WithBase) else (basis, False)
        pieces = splines.pieces()
        return None if pieces is None else cls((0.0,) * len(pieces), based)

    @property
    def width(self) -> int:
        """Number of these functions."""
        return len(self.lanes) + self.based

    def add_squares(self, part: Jacobian, edges: Tensor, normal: Tensor) -> None:
        """Add ``J^T J`` to the lower halves of normal matrices.

        Args:
            part: The Jacobian of some members on some rows.
            edges: Numbers of the edges that matter ``[pop, count]``.
            normal: Normal matrices of these members ``[pop, count * basis, count * basis]``.
        """
        n, (pop, count) = part.deltas[0].shape[1], edges.shape
        found = normal.new_empty(pop, n, count, self.width)
        first = np.empty((pop, n, count), np.uint32)
        at, numbers = 0, edges.contiguous().numpy()
        for delta, functions in zip(part.deltas, part.functions, strict=True):
            _columns(
                functions.contiguous().numpy(), delta.contiguous().numpy(), numbers, at,
                self.lanes, self.based, found.numpy(), first,
            )  # fmt: skip
            at += delta.shape[2] * functions.shape[2]
        size = part.functions[0].shape[3]
        _squares(found.numpy(), first, size, self.lanes, self.based, normal.numpy())
        if self.based:
            base = found[..., -1]
            normal.view(pop, count, size, count, size)[:, :, -1, :, -1] += product(base.mT, base)

    @staticmethod
    def mirror(normal: Tensor) -> None:
        """Fill the upper halves of matrices ``[pop, size, size]`` from the lower ones."""
        _mirror(normal.numpy())


@compiled()
def _columns(functions, delta, numbers, at, lanes, based, found, first):  # type: ignore[no-untyped-def]
    """Derivatives by the coefficients of one layer, and the first function that they belong to."""
    pop, count = numbers.shape
    _, n, size, m = functions.shape
    out, k = delta.shape[2], len(lanes)
    last, width = m - k - 1 if based else m - k, found.shape[3]
    cells = np.empty(size, np.int64)
    place, enters = np.empty(count, np.int64), np.empty(count, np.int64)
    leaves = np.empty(count, np.int64)
    for p in range(pop):
        own = p if functions.shape[0] > 1 else 0
        source, target = functions[own].reshape(-1), found[p].reshape(-1)
        few = 0
        for j in range(count):
            edge = numbers[p, j] - at
            if 0 <= edge < out * size:
                place[few], enters[few], leaves[few] = j, edge // size, edge % size
                few += 1
        for r in range(n):
            for i in range(size):
                c = 0
                while c < last and functions[own, r, i, c] == 0.0:
                    c += 1
                cells[i] = c
            for j in range(few):
                i, d = leaves[j], delta[p, r, enters[j]]
                here, row = (r * count + place[j]) * width, (r * size + i) * m
                put_scaled(target, here, d, source, row + cells[i], lanes)
                if based:
                    target[here + k] = d * source[row + m - 1]
                first[p, r, place[j]] = cells[i]


@compiled(fastmath={"contract"})
def _squares(found, first, m, lanes, based, normal):  # type: ignore[no-untyped-def]
    """Sums of the outer products of all rows, the edges of the matrix's rows one by one."""
    pop, n, count, width = found.shape
    k, last = len(lanes), m - 1 if based else m
    # These rows of the matrix, where they lie close together; the last of them, and the last
    # column of every block, belong to the base function.
    long = count * m
    rows, column = np.empty(m * long, found.dtype), np.empty(long, found.dtype)
    for p in range(pop):
        values = found[p].reshape(-1)
        for e in range(count):
            rows[:] = 0.0
            column[:] = 0.0
            for r in range(n):
                c, right = np.int64(first[p, r, e]), r * count * width
                left = right + e * width
                # Where the block begins that these rows share with the next edge.
                across, below, beside = c * long, last * long, c
                for f in range(e + 1):
                    d = np.int64(first[p, r, f])
                    add_outer(rows, across + d, long, values, left, right, lanes)
                    if based:
                        add_scaled(rows, below + d, found[p, r, e, k], values, right, lanes)
                        add_scaled(column, beside, found[p, r, f, k], values, left, lanes)
                    across, below, beside = across + m, below + m, beside + m
                    right += width
            for i in range(m):
                for j in range((e + 1) * m):
                    normal[p, e * m + i, j] += rows[i * long + j]
                if based:
                    for f in range(e + 1):
                        normal[p, e * m + i, f * m + last] += column[f * m + i]


@compiled()
def _mirror(normal):  # type: ignore[no-untyped-def]
    for p in range(normal.shape[0]):
        for i in range(normal.shape[1]):
            for j in range(i):
                normal[p, j, i] = normal[p, i, j]
