"""Cosines and sines."""

from dataclasses import dataclass

import torch
from torch import Tensor

from discover.basis.family import Basis, Functions


@dataclass(frozen=True)
class Fourier(Basis):
    """``1, cos(pi m t / 2), sin(pi m t / 2)`` for m = 1 ... grid.

    The period is twice the range, so that no edge is forced to be periodic on it.

    Example:
        >>> Fourier().size(3)
        7
    """

    def size(self, grid: int) -> int:
        """``2 grid + 1``."""
        return 2 * grid + 1

    def inside(self, t: Tensor, grid: int, order: int, knots: Tensor | None) -> Functions:
        """Cosines and sines with their derivatives."""
        frequency = 0.5 * torch.pi * torch.arange(1, grid + 1, dtype=t.dtype, device=t.device)
        angle = t[..., None] * frequency
        cos, sin = angle.cos(), angle.sin()
        one = torch.ones_like(t)[..., None]
        powers = [torch.cat([one, cos, sin], -1)]
        for _ in range(order):
            cos, sin = -frequency * sin, frequency * cos
            powers.append(torch.cat([0 * one, cos, sin], -1))
        return Functions(tuple(powers))


FAMILY = Fourier
