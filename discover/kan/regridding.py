"""The same functions in other frames and on other grids."""

from dataclasses import replace

import torch
from torch import Tensor

from discover.basis import projection
from discover.kan.frame import Frame
from discover.kan.network import Kan, Layer, summed

# Quantiles are known well enough from so many rows.
_ROWS = 5000


def regrid(kan: Kan, x: Tensor, grid: int | None = None, *, margin: float = 0.02) -> Kan:
    """The same functions on ranges taken from the data, and on another grid if asked for.

    Every edge is projected by least squares on its new basis. The input layer keeps its range,
    and its knots unless the grid changes.

    Args:
        kan: The population.
        x: Rows that set the ranges of hidden nodes ``[n, inputs]`` or ``[pop, n, inputs]``.
        grid: New number of intervals; ``None`` keeps it.
        margin: Share of the range that is added at each end.
    """
    new_grid = kan.grid if grid is None else grid
    value = x if x.dim() == 3 else x[None]
    layers = []
    for depth, (layer, nodes) in enumerate(zip(kan.layers, kan.shape.layers, strict=True)):
        if depth in kan.linear:
            layers.append(_widened(layer, kan.basis.size(new_grid)))
        else:
            frame = _reframed(layer.frame, value, margin) if depth else layer.frame
            if kan.follow and (depth or new_grid != kan.grid or frame.knots is None):
                knots = _knots(frame.normalised(value), new_grid, kan.follow)
                frame = replace(frame, knots=knots)
            same = frame is layer.frame and new_grid == kan.grid
            layers.append(layer if same else _projected(kan, depth, frame, new_grid))
        # Go on with the old functions, so that the new ranges are those of the old network.
        (functions,) = kan.functions_at(depth, value, 0)
        value = nodes.combine(summed(functions, layer.effective))
    return replace(kan, grid=new_grid, layers=tuple(layers))


def _reframed(frame: Frame, value: Tensor, margin: float) -> Frame:
    """The range of node values ``[pop, n, in]``, a little wider."""
    low, high = value.amin(1), value.amax(1)
    pad = margin * (high - low) + 1e-9 * (1 + high.abs())
    return replace(frame, low=low - pad, high=high + pad)


def _projected(kan: Kan, depth: int, frame: Frame, grid: int) -> Layer:
    """The edges of one layer as least squares see them in another frame and on another grid."""
    layer = kan.layers[depth]
    points, matrix = projection(kan.basis, grid)
    points, matrix = points.to(frame.low), matrix.to(frame.low)
    # Points of the new range, as node values, seen through the old basis.
    low, high = frame.low[:, None], frame.high[:, None]
    at = 0.5 * (low + high) + 0.5 * (high - low) * points[None, :, None]
    (old,) = kan.functions_at(depth, at, 0)
    old = old.expand(kan.population, -1, -1, -1)
    curves = torch.einsum("pkib,poib->poik", old, layer.coef)
    if frame.knots is None:
        coef = curves @ matrix.T
    else:
        normalised = points[None, :, None].expand(1, -1, old.shape[2])
        (new,) = kan.basis(normalised, grid, order=0, knots=frame.knots[:, None])
        inverse = torch.linalg.pinv(new.transpose(1, 2), rtol=1e-9)
        coef = torch.einsum("pibk,poik->poib", inverse.expand(kan.population, -1, -1, -1), curves)
    held = layer.held
    if held is not None and held.shape[-1] != coef.shape[-1]:
        held = held[..., :1].expand_as(coef)
    return replace(layer, coef=coef, frame=frame, held=held)


def _widened(layer: Layer, size: int) -> Layer:
    """A linear layer on another grid: the same lines, with more splines at zero."""
    coef, held = layer.coef.new_zeros(*layer.coef.shape[:3], size), None
    coef[..., -1] = layer.coef[..., -1]
    if layer.held is not None:
        held = torch.ones_like(coef)
        held[..., -1] = layer.held[..., -1]
    return replace(layer, coef=coef, held=held)


def _knots(t: Tensor, grid: int, follow: float) -> Tensor:
    """Knots ``[pop or 1, in, grid + 1]`` between equal intervals and equal numbers of rows.

    Source: the adaptive grid of arXiv 2404.19756, appendix A.3, where ``1 - follow`` is its eps.
    """
    at = torch.linspace(0, 1, grid + 1, dtype=t.dtype, device=t.device)
    few = t[:, :: -(-t.shape[1] // _ROWS)].clamp(-1, 1)
    quantiles = torch.quantile(few, at, dim=1).permute(1, 2, 0)
    quantiles[..., 0], quantiles[..., -1] = -1.0, 1.0
    return follow * quantiles + (1 - follow) * (2 * at - 1)
