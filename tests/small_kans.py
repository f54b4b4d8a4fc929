"""Small networks with random coefficients, and rows for them."""

import torch

from discover.basis import Basis, basis
from discover.kan import Kan, Shape, Width, create, regrid

SHAPES = [[1, 1], [3, 1], [2, 3, 1], [3, [1, 2], 1], [2, [0, 1], 2, 1], [4, [1, 2, 3], [1, 1], 1]]


def rows(d: int, n: int = 60, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(n, d, generator=generator, dtype=torch.float64) * 4 - 2


def network(
    width: Width, *, grid: int = 4, population: int = 2, family: Basis | None = None
) -> Kan:
    shape = Shape.of(width)
    x = rows(shape.inputs)
    fresh = create(
        shape,
        family or basis(),
        grid,
        seeds=range(population),
        low=x.amin(0),
        high=x.amax(0),
    )
    return regrid(fresh, x)
