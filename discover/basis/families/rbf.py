"""Gaussian radial basis functions."""

from dataclasses import dataclass

import torch
from torch import Tensor

from discover.basis.family import Basis, Functions


@dataclass(frozen=True)
class GaussianRBF(Basis):
    """Gaussians on ``grid + 3`` equidistant centres, one spacing wide, one beyond each end.

    Example:
        >>> values, _ = GaussianRBF()(torch.tensor([-1.0], dtype=torch.float64), 2)
        >>> values.argmax().item()
        1
    """

    def size(self, grid: int) -> int:
        """``grid + 3``."""
        return grid + 3

    def inside(self, t: Tensor, grid: int, order: int, knots: Tensor | None) -> Functions:
        """Gaussians and their derivatives."""
        spacing = 2.0 / grid
        index = torch.arange(-1, grid + 2, dtype=t.dtype, device=t.device)
        z = (t[..., None] - (-1.0 + spacing * index)) / spacing
        value = torch.exp(-(z**2))
        # Hermite polynomials: H_(n+1) = 2 z H_n - 2 n H_(n-1).
        hermite = [torch.ones_like(z), 2 * z]
        for n in range(1, order):
            hermite.append(2 * z * hermite[n] - 2 * n * hermite[n - 1])
        powers = ((-1 / spacing) ** n * h * value for n, h in enumerate(hermite[: order + 1]))
        return Functions(tuple(powers))


FAMILY = GaussianRBF
