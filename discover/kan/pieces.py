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

from discover.basis import WithBase
from discover.kan.network import Kan


@dataclass(frozen=True, eq=False)
class Pieces:
    """The edges of a layer with one sub-node, at the nodes that they leave.

    Attributes:
        values: Value of every edge ``[pop, in, n]``.
        slopes: Its derivative by the node ``[pop, in, n]``.
        table: From coefficients to polynomials ``[splines, powers * cells]``.
        powers: How many powers: one more than the degree.
        cell: In which interval each row lies ``[pop, in, n]``.
        local: Where in it ``[pop, in, n]``.
        base: Values of the base function ``[pop, in, n]``; ``None`` where there is none.
    """

    values: Tensor
    slopes: Tensor
    table: Tensor
    powers: int
    cell: Tensor
    local: Tensor
    base: Tensor | None

    @classmethod
    def of(cls, kan: Kan, depth: int, nodes: Tensor) -> "Pieces | None":
        """The edges of a layer as polynomials.

        Args:
            kan: The population.
            depth: Number of the layer.
            nodes: Values of the nodes that it reads ``[pop, in, n]``.

        Returns:
            ``None`` where the layer has several sub-nodes, or its edges are no such polynomials.

        Example:
            >>> from discover.basis import basis
            >>> from discover.kan import Shape, create
            >>> low = -torch.ones(1, dtype=torch.float64)
            >>> kan = create(Shape.of([1, 1]), basis(), 5, seeds=[0], low=low, high=-low)
            >>> x = torch.linspace(-2, 2, 9, dtype=torch.float64)
            >>> edges = Pieces.of(kan, 0, x[None, None])
            >>> bool((edges.values[:, 0] - kan(x[:, None])[:, :, 0]).abs().max() < 1e-12)
            True
        """
        layer, grid, half = kan.layers[depth], kan.grid, 0.5 * kan.grid
        table = kan.basis.pieces(grid, nodes.dtype, nodes.device)
        if table is None or layer.coef.shape[1] != 1 or layer.frame.knots is not None:
            return None
        coef = layer.effective[:, 0]
        (pop, size, _), powers = coef.shape, table.shape[1] // (grid + 2)
        stretch, shift = layer.frame.columns
        t = (nodes * stretch).add_(shift)
        place = (t * half).add_(half + 1)  # the first interval within the range is number 1
        # A NaN must come out as NaN, not as an index.
        cell = place.floor().clamp_(0, grid + 1).nan_to_num_(0.0)
        local = place.sub_(cell)
        cell = cell.long()
        flat = coef.view(pop * size, -1)[:, : len(table)] @ table
        curves = flat.view(pop, size, -1).chunk(powers, 2)
        values = curves[-1].gather(2, cell)
        slopes = values  # of the line that is left when degree after degree is done
        for power, curve in enumerate(curves[-2::-1]):
            slopes = torch.addcmul(values, local, slopes) if power else values
            values = torch.addcmul(curve.gather(2, cell), local, values)
        base = None
        if isinstance(kan.basis, WithBase):
            base, rise = kan.basis.based(t)
            weight = coef[..., -1:]
            values += weight * base
            slopes = slopes + weight / half * rise
        return cls(values, slopes * (half * stretch), table, powers, cell, local, base)

    def gradient(self, delta: Tensor) -> Tensor:
        """Derivatives by the coefficients ``[pop, 1, in, basis]``, summed over rows.

        Args:
            delta: Derivatives by the sub-node ``[pop, 1, n]``.
        """
        pop, size, _ = self.cell.shape
        total = delta.new_zeros(pop * size, self.table.shape[1])
        weight = delta.expand(self.cell.shape)
        for power, moment in enumerate(total.view(pop, size, -1).chunk(self.powers, 2)):
            weight = weight * self.local if power else weight
            moment.scatter_add_(2, self.cell, weight)
        found = total @ self.table.T
        if self.base is not None:
            based = (self.base * delta).sum(2)
            found = torch.cat([found, based.view(-1, 1)], 1)
        return found.view(pop, 1, size, -1)
