"""What it costs an edge to be there: spreads, and a penalty that is blind to scale.

The penalty of a network is the sum over its edges of ``s_oi / s_o``: the standard deviation of the
edge's output over that of the (sub-)node it enters, and over 1 in the output layer, where targets
are scaled. The ratio takes from a network the way out of shrinking its hidden nodes. To it may
come, layer by layer, the entropy of the shares of edges in that sum: of two layers that cost alike,
the one with few edges is then cheaper. As a group penalty it is not smooth at zero; training uses
the quadratic that lies above it and touches it at the current network (iteratively reweighted least
squares).

Source: the activation norm and the entropy of arXiv 2404.19756, equations 2.17 to 2.20, in the
normalised form stated above (ours); majorisation as in Hunter and Lange, Am. Stat. 58 (2004) 30.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from discover.kan import Kan, summed
from discover.kan.derivatives import Trace

# Spread of an edge below which the penalty is smooth; far below any edge worth keeping.
_SMOOTH = 1e-3


@dataclass(frozen=True, kw_only=True, eq=False)
class Spreads:
    """Standard deviations over rows: of every edge's output, and of every sub-node.

    Attributes:
        edges: One ``[pop, out, in]`` for each layer.
        subnodes: One ``[pop, out]`` for each layer.
        output: What the networks answer on these rows ``[pop, n, outputs]``.
    """

    edges: tuple[Tensor, ...]
    subnodes: tuple[Tensor, ...]
    output: Tensor


def spreads(kan: Kan, lifted: Tensor) -> Spreads:
    """How much every edge and every sub-node varies over some rows.

    Args:
        kan: The population.
        lifted: Rows as :meth:`Kan.lift` makes them.
    """
    edges, subnodes = [], []
    value = lifted
    for at, (layer, nodes) in enumerate(zip(kan.layers, kan.shape.layers, strict=True)):
        narrow = kan.narrow_at(at, value) if at else None
        if narrow is None:
            functions = kan.functions_at(at, value, 0)[0] if at else lifted
            c = layer.effective
            pull = _pull(_covariance(functions), c)
            edges.append((pull * c).sum(-1).clamp_min(0).sqrt())
            written = summed(functions, c)
        else:
            written, sizes = narrow.spreads()
            edges.append(sizes)
        subnodes.append(written.std(1, correction=0))
        value = nodes.combine(written)
    return Spreads(edges=tuple(edges), subnodes=tuple(subnodes), output=value)


def _pull(gram: Tensor, coef: Tensor) -> Tensor:
    """Covariances of every edge with the functions it is made of ``[pop, out, in, basis]``."""
    return torch.einsum("pikl,poil->poik", gram.expand(coef.shape[0], -1, -1, -1), coef)


def _covariance(functions: Tensor) -> Tensor:
    """Covariance of the basis functions of each input ``[pop or 1, in, basis, basis]``."""
    centred = (functions - functions.mean(1, keepdim=True)).transpose(1, 2)
    return centred.mT @ centred / functions.shape[1]


def activity(kan: Kan, size: Spreads, entropy: float = 0.0) -> Tensor:
    """What the edges of each network cost ``[pop]``: their spreads over those of their nodes.

    Args:
        kan: The population.
        size: Its spreads on some rows.
        entropy: How many times the entropy of these ratios in each layer is added.
    """
    total = size.output.new_zeros(kan.population)
    last = len(kan.layers) - 1
    for at, (edges, nodes) in enumerate(zip(size.edges, size.subnodes, strict=True)):
        smooth = (edges**2 + _SMOOTH**2).sqrt() * kan.layers[at].mask
        scale = torch.ones_like(nodes) if at == last else nodes.clamp_min(_SMOOTH)
        share = smooth / scale[..., None]
        total = total + share.sum((1, 2)) + entropy * _entropy(share)[0]
    return total


def _entropy(spread: Tensor) -> tuple[Tensor, Tensor]:
    """Entropy of the shares of a layer's edges ``[pop]``, and its slope by their spreads."""
    whole = spread.sum((1, 2), keepdim=True).clamp_min(_SMOOTH)
    share = spread / whole
    log = share.clamp_min(1e-12).log()
    entropy = -(share * log).sum((1, 2), keepdim=True)
    return entropy[:, 0, 0], -(log + entropy) / whole


def majorised(kan: Kan, seen: Trace, entropy: float = 0.0) -> tuple[Tensor, Tensor]:
    """The penalty as a quadratic with its slope here, above the spreads elsewhere.

    Args:
        kan: The population.
        seen: What a forward pass over the rows saw.
        entropy: As in :func:`activity`.

    Returns:
        Gradient ``[pop, edges, basis]`` and curvature ``[pop, edges, basis, basis]`` by edge.
    """
    gradient, curvature = [], []
    last = len(kan.layers) - 1
    for at, (layer, functions) in enumerate(zip(kan.layers, seen.functions, strict=True)):
        gram = _covariance(functions).expand(kan.population, -1, -1, -1)
        c = layer.effective
        pull = _pull(gram, c)
        edge = ((pull * c).sum(-1).clamp_min(0) + _SMOOTH**2).sqrt()
        sums = seen.subnodes[at]
        node = torch.ones_like(sums[:, 0]) if at == last else sums.std(1, correction=0)
        node = node.clamp_min(_SMOOTH)
        rise = 1 + entropy * _entropy(edge * layer.mask / node[..., None])[1]
        weight = rise * layer.mask / (edge * node[..., None])
        slope = weight[..., None] * pull
        if at != last:
            # The node's own spread grows with the edge too; its share of the gradient.
            centred = (sums - sums.mean(1, keepdim=True)).mT / sums.shape[1]
            flat = functions.expand(kan.population, -1, -1, -1).flatten(2)
            share = (centred @ flat).view_as(slope)
            total = (rise * edge * layer.mask).sum(-1) / node**3
            slope = slope - (total[..., None] * layer.mask)[..., None] * share
        gradient.append(slope.flatten(1, 2))
        # Where the entropy makes a large edge cheaper, the penalty bends down, below a line.
        curvature.append((weight.clamp_min(0)[..., None, None] * gram[:, None]).flatten(1, 2))
    return torch.cat(gradient, 1), torch.cat(curvature, 1)
