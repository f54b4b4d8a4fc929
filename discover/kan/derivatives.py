"""Exact derivatives of a network, by its coefficients and by its nodes.

With respect to ``coef[o, i, m]`` the output of a network is the outer product of the sensitivity of
sub-node `o` and of basis function `m` at input `i`. So one pass forward and one pass backward give
the whole Jacobian, with no automatic differentiation and no loop over rows.

Source: backpropagation (Rumelhart, Hinton, Williams 1986) written out for arXiv 2404.19756's edges.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from discover.kan.network import Kan, summed
from discover.kan.shape import Shape


@dataclass(frozen=True, eq=False)
class Trace:
    """What a forward pass saw on the way, layer by layer.

    Attributes:
        functions: Basis functions of what the layer read ``[pop or 1, n, in, basis]``.
        slopes: Derivatives of every edge by the node it leaves ``[pop, n, out, in]``, for all but
            the first layer.
        subnodes: Sums that each layer wrote ``[pop, n, out]``.
        output: What the network answers ``[pop, n, outputs]``.
    """

    functions: tuple[Tensor, ...]
    slopes: tuple[Tensor, ...]
    subnodes: tuple[Tensor, ...]
    output: Tensor


def trace(kan: Kan, lifted: Tensor) -> Trace:
    """A forward pass that keeps what derivatives need.

    Args:
        kan: The population.
        lifted: Rows as :meth:`Kan.lift` makes them.
    """
    functions, slopes = [lifted], []
    subnodes = [summed(lifted, kan.layers[0].effective)]
    for at in range(1, len(kan.layers)):
        value = kan.shape.layers[at - 1].combine(subnodes[-1])
        narrow = kan.narrow_at(at, value)
        if narrow is None:
            coef = kan.layers[at].effective
            values, by_node = kan.functions_at(at, value, 1)
            slopes.append(torch.einsum("pnib,poib->pnoi", by_node, coef))
            subnodes.append(summed(values, coef))
        else:
            edges = narrow.edges()
            values = edges.functions
            slopes.append(edges.slopes)
            subnodes.append(edges.sums)
        functions.append(values)
    output = kan.shape.layers[-1].combine(subnodes[-1])
    return Trace(tuple(functions), tuple(slopes), tuple(subnodes), output)


def sensitivities(kan: Kan, seen: Trace, delta: Tensor) -> list[Tensor]:
    """What every sub-node does to a function of the outputs: the `delta` of backpropagation.

    Args:
        kan: The population.
        seen: A trace of it.
        delta: Derivatives of that function by the outputs ``[pop, n, outputs]``.

    Returns:
        For each layer ``[pop, n, out]``.
    """
    result: list[Tensor] = []
    for at in reversed(range(len(kan.layers))):
        delta = kan.shape.layers[at].spread(delta, seen.subnodes[at])
        result.append(delta)
        if at:
            delta = (delta[..., None] * seen.slopes[at - 1]).sum(2)
    return result[::-1]


@dataclass(frozen=True, eq=False)
class Jacobian:
    """Derivatives of a function of the outputs by every coefficient, not yet multiplied out.

    With respect to ``coef[o, i, m]`` they are the outer product ``delta_o b_im``.

    Attributes:
        shape: The widths.
        functions: For each layer the basis functions of what it reads ``[pop or 1, n, in, basis]``.
        deltas: For each layer what its sub-nodes do to that function ``[pop, n, out]``.
    """

    shape: Shape
    functions: tuple[Tensor, ...]
    deltas: tuple[Tensor, ...]

    def part(self, members: slice, rows: slice) -> "Jacobian":
        """That of some members on some rows."""
        functions = (f[members if len(f) > 1 else slice(None), rows] for f in self.functions)
        deltas = (delta[members, rows] for delta in self.deltas)
        return Jacobian(self.shape, tuple(functions), tuple(deltas))

    def columns(self) -> Tensor:
        """All derivatives, layer after layer ``[pop, n, sum of out * in * basis]``.

        Columns of pruned edges hold what they would add.
        """
        pop, n, _ = self.deltas[0].shape
        size = self.functions[0].shape[3]
        result = self.deltas[0].new_empty(pop, n, self.shape.edges * size)
        at = 0
        for delta, functions in zip(self.deltas, self.functions, strict=True):
            out, i = delta.shape[2], functions.shape[2]
            block = result[..., at : at + out * i * size].view(pop, n, out, i, size)
            torch.mul(delta[..., None, None], functions[:, :, None], out=block)
            at += out * i * size
        return result

    def columns_of(self, edges: Tensor) -> Tensor:
        """The columns that belong to some edges, which cost nothing else.

        Args:
            edges: Numbers of the wanted edges ``[pop, count]``, in the order of `columns`.

        Returns:
            ``[pop, n, count * basis]``.
        """
        deltas = torch.cat(self.deltas, 2)
        pop, n, _ = deltas.shape
        functions = torch.cat([f.expand(pop, -1, -1, -1) for f in self.functions], 2)
        out, i = edge_ends(self.shape, edges.device)
        delta = deltas.gather(2, out[edges][:, None].expand(-1, n, -1))
        index = i[edges][:, None, :, None].expand(-1, n, -1, functions.shape[3])
        return functions.gather(2, index).mul_(delta[..., None]).flatten(2)

    def total(self) -> Tensor:
        """Sums over rows ``[pop, edges, basis]``, edges in the order of `columns`."""
        found = [
            product(delta.mT, functions.flatten(2)).view(len(delta), -1, functions.shape[3])
            for delta, functions in zip(self.deltas, self.functions, strict=True)
        ]
        return torch.cat(found, 1)


def jacobian(kan: Kan, seen: Trace, delta: Tensor) -> Jacobian:
    """Derivatives of a function of the outputs by every coefficient, row by row.

    Args:
        kan: The population.
        seen: A trace of it.
        delta: Derivatives of that function by the outputs ``[pop, n, outputs]``.
    """
    return Jacobian(kan.shape, seen.functions, tuple(sensitivities(kan, seen, delta)))


def product(left: Tensor, right: Tensor) -> Tensor:
    """A matrix product by numpy, in which ``x.mT @ x`` costs half.

    It is symmetric; torch has no such product, numpy takes BLAS's by itself.
    """
    if left.device.type != "cpu":
        return left @ right
    with np.errstate(all="ignore"):  # what is not finite is seen to by those who use it
        return torch.from_numpy(np.matmul(left.numpy(), right.numpy()))


def edge_ends(shape: Shape, device: torch.device) -> tuple[Tensor, Tensor]:
    """For every edge the sub-node it enters and the node it leaves, counted over all layers."""
    ends, first_out, first_in = [], 0, 0
    for out, size in shape.sizes:
        ends += [(first_out + o, first_in + i) for o in range(out) for i in range(size)]
        first_out, first_in = first_out + out, first_in + size
    pair = torch.tensor(ends, device=device)
    return pair[:, 0], pair[:, 1]
