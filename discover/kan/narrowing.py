"""Networks without the nodes that no living edge touches, and the way back.

A pruned network keeps its widths, and with them nodes that cost time in every step and change
nothing. Training leaves them out and puts them back at its end.
"""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from discover.kan.frame import Frame
from discover.kan.network import Kan, Layer
from discover.kan.shape import Nodes, Shape


def touched(kan: Kan) -> list[Tensor]:
    """For every row of nodes, the inputs first, numbers of those that matter to some member.

    Inputs, outputs and the nodes of rows with products are always among them.
    """
    masks = [layer.mask.amax(0) > 0 for layer in kan.layers]
    device = masks[0].device
    rows = [torch.arange(kan.shape.inputs, device=device)]
    for at, nodes in enumerate(kan.shape.layers):
        alive = torch.ones(nodes.size, dtype=torch.bool, device=device)
        # Knots that follow the rows come and go, so all nodes keep theirs.
        if at + 1 < len(masks) and not nodes.arities and not kan.follow:
            alive = masks[at].any(1) | masks[at + 1].any(0)
            alive[0] |= not bool(alive.any())  # a row cannot be empty
        rows.append(alive.nonzero()[:, 0])
    return rows


def narrowed(kan: Kan, rows: Sequence[Tensor]) -> Kan:
    """The networks with these nodes only, as :func:`touched` lists them.

    Example:
        >>> from discover.basis import basis
        >>> from discover.kan import create
        >>> low = -torch.ones(2, dtype=torch.float64)
        >>> kan = create(Shape.of([2, 3, 1]), basis(), 3, seeds=[0], low=low, high=-low)
        >>> first, last = (layer.mask.clone() for layer in kan.layers)
        >>> first[:, 1:], last[..., 1:] = 0, 0
        >>> pruned = kan.with_masks([first, last])
        >>> small = narrowed(pruned, touched(pruned))
        >>> str(small.shape), bool((small(low[None]) - pruned(low[None])).abs().max() < 1e-14)
        ('[2, 1, 1]', True)
    """
    if _all(kan, rows):
        return kan
    sizes = [nodes if nodes.arities else Nodes(len(row)) for nodes, row in _pairs(kan, rows)]
    layers = []
    for layer, (out, into) in zip(kan.layers, _ends(kan, rows), strict=True):
        old = layer.frame
        knots = None if old.knots is None else old.knots[:, into]
        frame = Frame(old.low[:, into], old.high[:, into], knots)
        held = None if layer.held is None else layer.held[:, out][:, :, into]
        coef, mask = layer.coef[:, out][:, :, into], layer.mask[:, out][:, :, into]
        layers.append(Layer(coef, mask, frame, held))
    return replace(kan, shape=Shape(kan.shape.inputs, tuple(sizes)), layers=tuple(layers))


def widened(small: Kan, kan: Kan, rows: Sequence[Tensor]) -> Kan:
    """The networks `kan` with the functions and ranges of `small` at some of their nodes.

    Args:
        small: Networks of the nodes that edges touch, as :func:`narrowed` made them of `kan`.
        kan: The networks of all nodes.
        rows: Places of those nodes, layer by layer.
    """
    if _all(kan, rows):
        return small
    layers = []
    for layer, new, (out, into) in zip(kan.layers, small.layers, _ends(kan, rows), strict=True):
        coef = layer.coef.clone()
        coef[:, out[:, None], into] = new.coef
        layers.append(replace(layer, coef=coef, frame=_put(layer.frame, new.frame, into)))
    return replace(kan, layers=tuple(layers))


def _all(kan: Kan, rows: Sequence[Tensor]) -> bool:
    return all(len(row) == nodes.size for nodes, row in _pairs(kan, rows))


def _pairs(kan: Kan, rows: Sequence[Tensor]) -> list[tuple[Nodes, Tensor]]:
    return list(zip(kan.shape.layers, rows[1:], strict=True))


def _ends(kan: Kan, rows: Sequence[Tensor]) -> list[tuple[Tensor, Tensor]]:
    """For each layer the sub-nodes that are written and the nodes that are read."""
    ends = []
    for (nodes, row), into in zip(_pairs(kan, rows), rows, strict=False):
        every = torch.arange(nodes.subnodes, device=into.device)
        ends.append((every if nodes.arities else row, into))
    return ends


def _put(frame: Frame, new: Frame, into: Tensor) -> Frame:
    knots = None
    if frame.knots is not None and new.knots is not None:
        knots = _filled(frame.knots, new.knots, into)
    return Frame(_filled(frame.low, new.low, into), _filled(frame.high, new.high, into), knots)


def _filled(whole: Tensor, part: Tensor, into: Tensor) -> Tensor:
    if part.shape[1] == whole.shape[1]:
        return part
    filled = whole.expand(max(len(whole), len(part)), *whole.shape[1:]).clone()
    filled[:, into] = part
    return filled
