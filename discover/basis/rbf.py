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
        values = torch.exp(-(z**2))
        slopes = -2 * z / spacing * values
        bends = (4 * z**2 - 2) / spacing**2 * values
        return Functions((values, slopes, bends)[: order + 1])
