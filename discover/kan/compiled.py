"""Narrow layers of splines by compiled code: row by row, only the functions that are not zero.

A layer that writes few sub-nodes is many small operations on arrays, and their sum is memory that
is written and read again. Compiled, one pass over the rows does all of it: where in its interval a
row lies, the values and slopes of the splines there, and what every edge makes of them. Wide layers
are matrix products, which need no help.

Rows are taken in portions, so that the arithmetic on them is done several at a time by the
processor and what it leaves is still in its cache when edges look it up.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from discover.basis import Basis, WithBase
from discover.compiling import compiled
from discover.kan.frame import Frame

# Up to so many sub-nodes edges are looked up one by one; beyond it a matrix product is faster.
_NARROW: Final = 8
# Rows of a portion.
_ROWS: Final = 128
# What the compiled code calls the base functions.
_BASES: Final = {"": 0, "silu": 1, "identity": 2}
_SUMS, _SPREADS, _ALL = 0, 1, 2
# Terms of the series of exp up to 1: that after the last one, 1/19!, is below rounding.
_TERMS: Final = 18


@dataclass(frozen=True, eq=False)
class Edges:
    """What the edges of a layer make of the nodes that they leave.

    Attributes:
        sums: Sums at every sub-node ``[pop, n, out]``.
        slopes: Derivatives of every edge by the node it leaves ``[pop, n, out, in]``.
        functions: Basis functions ``[pop, n, in, basis]``.
    """

    sums: Tensor
    slopes: Tensor
    functions: Tensor


@dataclass(frozen=True, eq=False)
class Narrow:
    """A layer of splines that writes few sub-nodes, at values of the nodes that it reads.

    Attributes:
        coef: Coefficients of the edges ``[pop, out, in, basis]``.
        nodes: Values of the nodes ``[pop, in, n]``.
        frame: Where they live.
        grid: Number of equal intervals.
        pieces: The splines of one interval as polynomials, power by power.
        base: Which base function the last coefficient multiplies.
    """

    coef: Tensor
    nodes: Tensor
    frame: Frame
    grid: int
    pieces: tuple[tuple[float, ...], ...]
    base: int

    @classmethod
    def of(
        cls, basis: Basis, grid: int, frame: Frame, coef: Tensor, value: Tensor
    ) -> "Narrow | None":
        """The layer, where compiled code serves.

        Args:
            basis: What the edges are made of.
            grid: Number of intervals.
            frame: Where the nodes live.
            coef: Coefficients of the edges ``[pop, out, in, basis]``; of no sub-node where only
                the functions are wanted.
            value: Values of the nodes ``[pop, n, in]``.

        Returns:
            ``None`` for wide layers, for functions that are no splines on equal intervals, on
            other devices, and where somebody differentiates.

        Example:
            >>> from discover.basis import BSpline
            >>> low, x = -torch.ones(1, 1).double(), torch.tensor([[[-2.0], [0.25], [0.5]]])
            >>> greville = torch.tensor([[[[-1.5, -0.5, 0.5, 1.5]]]]).double()
            >>> layer = Narrow.of(BSpline(2), 2, Frame(low, -low), greville, x.double())
            >>> layer.sums().flatten().tolist()
            [-2.0, 0.25, 0.5]
        """
        splines, base = (basis.splines, basis.base) if isinstance(basis, WithBase) else (basis, "")
        pieces = splines.pieces()
        if pieces is None or frame.knots is not None or base not in _BASES:
            return None
        if coef.shape[1] > _NARROW or value.device.type != "cpu":
            return None
        if len(value) != len(coef) or len(frame.low) not in (1, len(value)):
            return None
        if torch.is_grad_enabled() and (value.requires_grad or coef.requires_grad):
            return None
        return cls(
            coef.contiguous(), value.mT.contiguous(), frame, grid, pieces, _BASES[base]
        )  # fmt: skip

    def sums(self) -> Tensor:
        """Sums at every sub-node ``[pop, n, out]``."""
        return self._run(_SUMS)[0].mT

    def spreads(self) -> tuple[Tensor, Tensor]:
        """As :meth:`sums`, and the standard deviation of every edge ``[pop, out, in]``."""
        sums, spreads, *_ = self._run(_SPREADS)
        return sums.mT, spreads

    def edges(self) -> Edges:
        """Sums, slopes and functions."""
        sums, _, slopes, functions = self._run(_ALL)
        return Edges(sums.mT, slopes.movedim(3, 1), functions)

    def _run(self, want: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        pop, out, size, m = self.coef.shape
        n, like = self.nodes.shape[2], self.coef
        stretch, shift = self.frame.stretch[:, 0], self.frame.shift[:, 0]
        sums = like.new_empty(pop, out, n)
        spreads = like.new_empty((pop, out, size) if want == _SPREADS else (0, 0, 0))
        slopes = like.new_empty((pop, out, size, n) if want == _ALL else (0, 0, 0, 0))
        functions = like.new_empty((pop, n, size, m) if want == _ALL else (0, 0, 0, 0))
        _layer(
            want, self.nodes.numpy(), stretch.numpy(), shift.numpy(), self.coef.detach().numpy(),
            self.pieces, float(self.grid), self.base,
            sums.numpy(), spreads.numpy(), slopes.numpy(), functions.numpy(),
        )  # fmt: skip
        return sums, spreads, slopes, functions


@compiled(fastmath={"contract"})
def _layer(  # type: ignore[no-untyped-def]
    want, nodes, stretch, shift, coef, pieces, grid, base, sums, spreads, slopes, functions
):
    """One pass over all members, nodes and rows; written for the compiler, not for Python."""
    pop, size, n = nodes.shape
    out, m = coef.shape[1], coef.shape[3]
    degree = len(pieces) - 1
    kind = nodes.dtype
    # A constant of another type would have all arithmetic done in the wider of the two.
    number = kind.type
    zero, one = number(0.0), number(1.0)
    half, end = number(0.5 * grid), number(grid - 1.0)
    local, rise = np.empty((degree + 1, _ROWS), kind), np.empty((degree + 1, _ROWS), kind)
    cell, inside, beyond = np.empty(_ROWS, kind), np.empty(_ROWS, kind), np.empty(_ROWS, kind)
    based, bent = np.zeros(_ROWS, kind), np.zeros(_ROWS, kind)
    for p in range(pop):
        own = p if stretch.shape[0] > 1 else 0
        first = np.zeros((out, size), kind)
        total, square = np.zeros((out, size), kind), np.zeros((out, size), kind)
        for start in range(0, n, _ROWS):
            few = min(_ROWS, n - start)
            if want == 2:
                values = functions[p].reshape(-1)
                values[start * size * m : (start + few) * size * m] = zero
            for i in range(size):
                a, b = stretch[own, i], shift[own, i]
                x = nodes[p, i, start : start + few]
                for r in range(few):
                    t = x[r] * a + b
                    # A NaN takes an interval that exists, and comes out by what lies beyond.
                    low = t if t > -one else -one
                    inside[r] = low if low < one else one
                    beyond[r] = t - inside[r]
                    u = inside[r] * half + half
                    c = np.floor(u)
                    cell[r] = c if c < end else end
                    u -= cell[r]
                    for j in range(degree + 1):
                        value, slope = number(pieces[degree][j]) + zero * u, zero * u
                        for power in range(degree - 1, -1, -1):
                            slope = slope * u + value
                            value = value * u + number(pieces[power][j])
                        slope *= half
                        local[j, r] = value + slope * beyond[r]
                        rise[j, r] = slope * a
                if base == 1:
                    # exp(-t) as its series: no argument is larger than 1, and unlike a call it is
                    # done for several rows at a time.
                    for r in range(few):
                        fallen = one
                        for k in range(_TERMS, 0, -1):
                            fallen = one - fallen * inside[r] * number(1.0 / k)
                        gate = one / (one + fallen)
                        value = inside[r] * gate
                        slope = gate + value - value * gate
                        based[r] = value + slope * beyond[r]
                        bent[r] = slope * a
                elif base == 2:
                    for r in range(few):
                        based[r] = inside[r] + beyond[r]
                        bent[r] = a
                if want == 2:
                    for r in range(few):
                        row = ((start + r) * size + i) * m
                        for j in range(degree + 1):
                            values[row + int(cell[r]) + j] = local[j, r]
                        if base > 0:
                            values[row + m - 1] = based[r]
                for o in range(out):
                    weight = coef[p, o, i]
                    last = weight[m - 1] if base > 0 else zero * a
                    for r in range(few):
                        c = int(cell[r])
                        value, slope = last * based[r], last * bent[r]
                        for j in range(degree + 1):
                            value += weight[c + j] * local[j, r]
                            slope += weight[c + j] * rise[j, r]
                        if i == 0:
                            sums[p, o, start + r] = value
                        else:
                            sums[p, o, start + r] += value
                        if want == 2:
                            slopes[p, o, i, start + r] = slope
                        elif want == 1:
                            if start + r == 0:
                                first[o, i] = value
                            # From the first row on, for a large mean would hide a small spread.
                            away = value - first[o, i]
                            total[o, i] += away
                            square[o, i] += away * away
        if want == 1:
            for o in range(out):
                for i in range(size):
                    mean = total[o, i] / n
                    left = square[o, i] / n - mean * mean
                    # Not max: it would make nothing of a NaN.
                    spreads[p, o, i] = np.sqrt(0.0 if left < 0.0 else left)
