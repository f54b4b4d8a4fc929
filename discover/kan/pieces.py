"""Spline edges as polynomials on every interval: few numbers to look up, few products.

Where edges enter a single sub-node, no basis function has to be computed. Every edge is written as
one polynomial for each interval; at a row it is looked up by its interval and evaluated, with its
slope, by Horner's rule. Backwards, the powers of the local coordinate are added up by interval.
Straight lines beyond the ends are two more intervals. Rows are the last axis of everything here,
so that each operation runs along contiguous memory.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from discover.basis import Basis, WithBase
from discover.kan.frame import Frame


@dataclass(frozen=True, eq=False)
class Pieces:
    """The edges of a layer with one sub-node, at the nodes that they leave.

    Attributes:
        curves: Polynomials of every edge on every interval, a tensor ``[pop, in, cells]`` for each
            power of the local coordinate.
        table: How they follow from the coefficients of splines ``[splines, powers * cells]``.
        cell: In which interval each row lies ``[pop, in, n]``.
        local: Where in it ``[pop, in, n]``.
        rate: Derivative of the local coordinate by the node ``[pop, in, 1]``.
        base: Value of the base function and its derivative by the local coordinate, each
            ``[pop, in, n]``; ``None`` where there is none.
        weight: What multiplies it ``[pop, in, 1]``.
    """

    curves: tuple[Tensor, ...]
    table: Tensor
    cell: Tensor
    local: Tensor
    rate: Tensor
    base: tuple[Tensor, Tensor] | None
    weight: Tensor

    @classmethod
    def of(
        cls, basis: Basis, grid: int, frame: Frame, coef: Tensor, nodes: Tensor
    ) -> "Pieces | None":
        """Edges as polynomials, at the values of the nodes that they leave.

        Args:
            basis: What the edges are made of.
            grid: Number of equal intervals.
            frame: Where the nodes live.
            coef: Coefficients of the edges ``[pop, in, basis]``.
            nodes: Values of the nodes ``[pop, in, n]``.

        Returns:
            ``None`` where functions of this basis are no such polynomials.

        Example:
            >>> from discover.basis import BSpline
            >>> low, x = -torch.ones(1, 1).double(), torch.tensor([[[-2.0, 0.25, 0.5]]]).double()
            >>> greville = torch.tensor([[[-1.5, -0.5, 0.5, 1.5]]]).double()
            >>> edge = Pieces.of(BSpline(2), 2, Frame(low, -low), greville, x)
            >>> edge.values().round(decimals=9).tolist()
            [[[-2.0, 0.25, 0.5]]]
        """
        table = basis.pieces(grid, nodes.dtype, nodes.device)
        if table is None:
            return None
        (pop, size, _), half, powers = coef.shape, 0.5 * grid, table.shape[1] // (grid + 2)
        flat = coef.reshape(pop * size, -1)[:, : len(table)] @ table
        stretch, shift = frame.columns
        t = (nodes * stretch).add_(shift)
        place = (t * half).add_(half + 1)  # the first interval within the range is number 1
        # A NaN must come out as NaN, not as an index.
        cell = place.floor().clamp_(0, grid + 1).nan_to_num_(0.0)
        base = None
        if isinstance(basis, WithBase):
            value, slope = basis.based(t)
            base = value, slope / half
        return cls(
            flat.view(pop, size, -1).chunk(powers, 2),
            table,
            cell.long(),
            place.sub_(cell),
            half * stretch,
            base,
            coef[..., -1:],
        )

    def values(self) -> Tensor:
        """Value of every edge ``[pop, in, n]``."""
        value = self.curves[-1].gather(2, self.cell)
        for curve in self.curves[-2::-1]:
            value = torch.addcmul(curve.gather(2, self.cell), self.local, value)
        return value if self.base is None else value.add_(self.weight * self.base[0])

    def slopes(self) -> tuple[Tensor, Tensor]:
        """As :meth:`values`, and their derivatives by the nodes ``[pop, in, n]``."""
        value = self.curves[-1].gather(2, self.cell)
        slope = value  # of the line that is left when degree after degree is done
        for power, curve in enumerate(self.curves[-2::-1]):
            slope = torch.addcmul(value, self.local, slope) if power else value
            value = torch.addcmul(curve.gather(2, self.cell), self.local, value)
        if self.base is not None:
            value.add_(self.weight * self.base[0])
            slope = slope + self.weight * self.base[1]
        return value, slope * self.rate

    def gradient(self, delta: Tensor) -> Tensor:
        """Derivatives by the coefficients ``[pop, 1, in, basis]``, summed over rows.

        Args:
            delta: Derivatives by the sub-node ``[pop, 1, n]``.
        """
        pop, size, _ = self.cell.shape
        total = delta.new_zeros(pop * size, self.table.shape[1])
        weight = delta.expand(self.cell.shape)
        for power, moment in enumerate(total.view(pop, size, -1).chunk(len(self.curves), 2)):
            weight = weight * self.local if power else weight
            moment.scatter_add_(2, self.cell, weight)
        found = total @ self.table.T
        if self.base is not None:
            based = (self.base[0] * delta).sum(2)
            found = torch.cat([found, based.view(-1, 1)], 1)
        return found.view(pop, 1, size, -1)
