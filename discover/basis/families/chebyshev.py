"""Chebyshev polynomials."""

from dataclasses import dataclass

import torch
from torch import Tensor

from discover.basis.family import Basis, Functions


@dataclass(frozen=True)
class Chebyshev(Basis):
    """Chebyshev polynomials ``T_0 ... T_grid``.

    Example:
        >>> values, _ = Chebyshev()(torch.tensor([0.5], dtype=torch.float64), 2)
        >>> values.tolist()
        [[1.0, 0.5, -0.5]]
    """

    def size(self, grid: int) -> int:
        """``grid + 1``."""
        return grid + 1

    def inside(self, t: Tensor, grid: int, order: int, knots: Tensor | None) -> Functions:
        """By the three-term recursion and its derivatives."""
        zero, one = torch.zeros_like(t), torch.ones_like(t)
        found = [[one, t], [zero, one], *([zero, zero] for _ in range(order))][: order + 1]
        for _ in range(2, grid + 1):
            following = [2 * t * f[-1] - f[-2] for f in found]
            for power in range(1, order + 1):
                following[power] = following[power] + 2 * power * found[power - 1][-1]
            for functions, new in zip(found, following, strict=True):
                functions.append(new)
        return Functions(tuple(torch.stack(functions[: grid + 1], -1) for functions in found))


FAMILY = Chebyshev
