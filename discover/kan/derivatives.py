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
        edges = kan.pieces_at(at, value)
        if edges is None:
            coef = kan.layers[at].effective
            values, by_node = kan.functions_at(at, value, 1)
            slopes.append(torch.einsum("pnib,poib->pnoi", by_node, coef))
            subnodes.append(summed(values, coef))
        else:
            (values,) = kan.functions_at(at, value, 0)
            written, slope = edges.slopes()
            slopes.append(slope.mT[:, :, None])
            subnodes.append(written.sum(1)[..., None])
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


def pulled(kan: Kan, seen: Trace, delta: Tensor) -> Tensor:
    """Derivatives of a function of the outputs by all coefficients, summed over rows.

    Args:
        kan: The population.
        seen: A trace of it.
        delta: Derivatives of that function by the outputs ``[pop, n, outputs]``.

    Returns:
        ``[pop, edges, basis]``, edges in the order of :func:`jacobian`.
    """
    found = [
        (at_node.mT @ functions.flatten(2)).view(kan.population, -1, kan.functions)
        for at_node, functions in zip(sensitivities(kan, seen, delta), seen.functions, strict=True)
    ]
    return torch.cat(found, 1)


def _unit(seen: Trace, output: int) -> Tensor:
    delta = torch.zeros_like(seen.output)
    delta[..., output] = 1.0
    return delta


def jacobian(kan: Kan, seen: Trace, output: int = 0) -> Tensor:
    r"""Derivatives of one output by every coefficient, layer after layer.

    With respect to ``coef[o, i, m]`` it is the outer product ``delta_o b_im``, no automatic
    differentiation needed.

    Args:
        kan: The population.
        seen: A trace of it.
        output: Which output.

    Returns:
        ``[pop, n, sum of out * in * basis]``; columns of pruned edges hold what they would add.
    """
    pop, n = seen.output.shape[:2]
    size = kan.functions
    result = seen.output.new_empty(pop, n, kan.shape.edges * size)
    at = 0
    for delta, functions in zip(
        sensitivities(kan, seen, _unit(seen, output)), seen.functions, strict=True
    ):
        out, i = delta.shape[2], functions.shape[2]
        block = result[..., at : at + out * i * size].view(pop, n, out, i, size)
        torch.mul(delta[..., None, None], functions[:, :, None], out=block)
        at += out * i * size
    return result


def partial_jacobian(kan: Kan, seen: Trace, edges: Tensor, output: int = 0) -> Tensor:
    """The columns of :func:`jacobian` that belong to some edges, which cost nothing else.

    Args:
        kan: The population.
        seen: A trace of it.
        edges: Numbers of the wanted edges ``[pop, count]``, in the order of `jacobian`.
        output: Which output.

    Returns:
        ``[pop, n, count * basis]``.
    """
    deltas = torch.cat(sensitivities(kan, seen, _unit(seen, output)), 2)
    pop, n, _ = deltas.shape
    functions = torch.cat([f.expand(pop, -1, -1, -1) for f in seen.functions], 2)
    out, i = edge_ends(kan.shape, edges.device)
    delta = deltas.gather(2, out[edges][:, None].expand(-1, n, -1))
    index = i[edges][:, None, :, None].expand(-1, n, -1, functions.shape[3])
    return functions.gather(2, index).mul_(delta[..., None]).flatten(2)


def squared(columns: Tensor) -> Tensor:
    """Products of all columns with each other, ``J^T J`` of a Jacobian ``[pop, n, P]``.

    A processor computes half of them, for the result is symmetric; torch has no such product,
    numpy takes BLAS's by itself.
    """
    if columns.device.type != "cpu":
        return columns.mT @ columns
    array = columns.numpy()
    with np.errstate(all="ignore"):  # what is not finite is seen to by those who use it
        return torch.from_numpy(array.swapaxes(1, 2) @ array)


def edge_ends(shape: Shape, device: torch.device) -> tuple[Tensor, Tensor]:
    """For every edge the sub-node it enters and the node it leaves, counted over all layers."""
    ends, first_out, first_in = [], 0, 0
    for out, size in shape.sizes:
        ends += [(first_out + o, first_in + i) for o in range(out) for i in range(size)]
        first_out, first_in = first_out + out, first_in + size
    pair = torch.tensor(ends, device=device)
    return pair[:, 0], pair[:, 1]
