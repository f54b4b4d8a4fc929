"""How much every edge and column matters to the output of a trained network.

Scores run backwards from the output: a node's score is dealt to the edges that enter it in
proportion to their spread, an edge's score goes to the node it comes from. Every factor of a
product receives the score of the product. Nothing is removed here.

Source: the attribution score of arXiv 2408.10205, section 4.2, normalised so that the edges of a
node share its score.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from discover.kan import Kan
from discover.training.sparsity import spreads


@dataclass(frozen=True, kw_only=True, eq=False)
class Scores:
    """Attribution of a population.

    Attributes:
        edges: For each layer the scores ``[pop, out, in]``, 1 being all of the output.
        columns: Scores of the input columns ``[pop, inputs]``, by way of the edges.
    """

    edges: tuple[Tensor, ...]
    columns: Tensor


def attribute(kan: Kan, x: Tensor) -> Scores:
    """Scores of all edges and columns on these rows.

    Args:
        kan: Networks with one output.
        x: Rows ``[n, inputs]``.

    Example:
        >>> from discover.basis import basis
        >>> from discover.kan import Shape, create
        >>> x = torch.linspace(0, 1, 50, dtype=torch.float64)
        >>> x = torch.stack([x, (7 * x) % 1], 1)
        >>> kan = create(Shape.of([2, 1]), basis(), 3, seeds=[0], low=x.amin(0), high=x.amax(0))
        >>> round(float(attribute(kan, x).columns.sum()), 6)
        1.0
    """
    size = spreads(kan, kan.lift(x))
    node = x.new_ones(kan.population, kan.shape.layers[-1].size)
    result: list[Tensor] = []
    for at in reversed(range(len(kan.layers))):
        nodes = kan.shape.layers[at]
        subnode = torch.cat(
            [
                node[:, i : i + 1].expand(-1, len(factors))
                for i, factors in enumerate(nodes.factors)
            ],
            1,
        )
        edges = size.edges[at] * kan.layers[at].mask
        share = edges / edges.sum(-1, keepdim=True).clamp_min(1e-300)
        scores = subnode[..., None] * share
        result.append(scores)
        node = scores.sum(1)
    return Scores(edges=tuple(result[::-1]), columns=node)


def effects(kan: Kan, x: Tensor, seed: int) -> Tensor:
    """The total effect of every column on the output: what shuffling it changes.

    Unlike the scores of edges it does not depend on how the network is built inside: a column that
    only scales what another one does counts with all that it changes.

    Args:
        kan: Networks with one output.
        x: Rows ``[n, inputs]``.
        seed: Seed of the shuffles.

    Returns:
        Half the mean squared change over the variance of the output ``[pop, inputs]``: 0 for a
        column without effect, 1 for one that alone decides.

    Source: M. J. W. Jansen, Comput. Phys. Commun. 117 (1999) 35, equation 10.

    Example:
        >>> from discover.basis import basis
        >>> from discover.kan import Shape, create
        >>> x = torch.linspace(0, 1, 500, dtype=torch.float64)[:, None]
        >>> kan = create(Shape.of([1, 1]), basis(), 3, seeds=[0], low=x.amin(0), high=x.amax(0))
        >>> bool(abs(effects(kan, x, 0) - 1).max() < 0.1)
        True
    """
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed)).to(x.device)
    whole = kan(x)[..., 0]
    variance = whole.var(1, correction=0).clamp_min(1e-300)
    changes = []
    for column in range(x.shape[1]):
        shuffled = x.clone()
        shuffled[:, column] = x[order, column]
        changes.append(0.5 * (kan(shuffled)[..., 0] - whole).square().mean(1) / variance)
    return torch.stack(changes, 1)


def connected(kan: Kan) -> Kan:
    """The same population without edges that lead nowhere or come from nothing.

    An edge is dropped when the node it enters feeds nothing, or when the node it leaves is fed by
    nothing (a product node is fed only if all of its factors are).
    """
    masks = [layer.mask.clone() for layer in kan.layers]
    for _ in range(len(masks) + 1):
        fed = masks[0].new_ones(kan.population, kan.shape.inputs)
        for at, nodes in enumerate(kan.shape.layers):
            masks[at] = masks[at] * fed[:, None]
            reached = masks[at].amax(2)
            fed = torch.stack([reached[:, f.start : f.stop].prod(-1) for f in nodes.factors], -1)
        used = masks[0].new_ones(kan.population, kan.shape.layers[-1].size) * fed
        for at in reversed(range(len(masks))):
            factors = kan.shape.layers[at].factors
            wanted = torch.cat(
                [used[:, i : i + 1].expand(-1, len(f)) for i, f in enumerate(factors)], 1
            )
            masks[at] = masks[at] * wanted[..., None]
            used = masks[at].amax(1)
    return kan.with_masks(masks)
