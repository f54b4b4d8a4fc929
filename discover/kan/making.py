"""Fresh networks."""

from collections.abc import Sequence

import torch
from torch import Tensor

from discover.basis import Basis, projection
from discover.kan.frame import Frame
from discover.kan.network import Kan, Layer
from discover.kan.shape import Shape


def create(
    shape: Shape,
    basis: Basis,
    grid: int,
    *,
    seeds: Sequence[int],
    low: Tensor,
    high: Tensor,
    linear: Sequence[int] = (),
) -> Kan:
    """Fresh networks, one for each seed, for inputs that lie between `low` and `high`.

    Every edge starts as a random, mostly straight function whose size keeps the spread of node
    values near one, so that the ranges of hidden nodes can be set at once.

    Args:
        shape: The widths.
        basis: What edges are made of.
        grid: Number of grid intervals.
        seeds: One seed for each member.
        low: Lower ends of the input ranges ``[inputs]``.
        high: Upper ends ``[inputs]``; a range may be empty for a constant column.
        linear: Numbers of layers whose edges are to be straight lines; the basis must end with the
            identity as its base function.
    """
    points, matrix = projection(basis, grid)
    points, matrix = points.to(low), matrix.to(low)
    layers = []
    drawn = [torch.Generator().manual_seed(seed) for seed in seeds]
    for depth, (out, size) in enumerate(shape.sizes):
        noise = torch.stack(
            [torch.randn(out, size, 3, generator=g, dtype=torch.float64) for g in drawn]
        ).to(low)
        # A random cubic a t + b (t^2 - 1/3) + c t^3 is smooth at every grid.
        powers = torch.stack([points, points**2 - 1 / 3, points**3], -1) * low.new_tensor(
            [1.5, 0.8, 0.4]
        )
        coef = noise @ (matrix @ powers).T / size**0.5
        held = None
        if depth in linear:
            held = torch.ones_like(coef)
            held[..., -1] = 0.0
            coef = (1 - held) * noise[..., :1] * (1.5 / size**0.5)
        first = depth == 0
        start = low[None] if first else -2 * low.new_ones(1, size).expand(len(seeds), size)
        end = high[None] if first else 2 * low.new_ones(1, size).expand(len(seeds), size)
        end = torch.where(end > start, end, start + 1.0)
        mask = low.new_ones(len(seeds), out, size)
        layers.append(Layer(coef, mask, Frame(start.clone(), end.clone()), held))
    return Kan(shape, basis, grid, tuple(layers), tuple(linear))
