"""The functions an edge is made of: edge bases behind one protocol, with exact derivatives.

Every basis lives on the normalised coordinate ``t`` in [-1, 1]; a network maps each node's range
to it. Beyond the ends a basis goes on as a straight line (value and slope of the end point), so
that a row outside the training range gets a tame, once differentiable answer, whatever the basis.
All functions are linear in their coefficients, which is what makes second-order training cheap.

Each family is a file of ``families/`` that ends in ``FAMILY = ...``, a subclass of :class:`Basis`;
a new one needs no other line. This room knows nothing of networks, populations or data.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import torch
from torch import Tensor

from discover import offers
from discover.basis.families.bspline import BSpline
from discover.basis.families.chebyshev import Chebyshev
from discover.basis.families.fourier import Fourier
from discover.basis.families.rbf import GaussianRBF
from discover.basis.family import BASES, Basis, Functions, WithBase

__all__ = [
    "BASES",
    "FAMILIES",
    "BSpline",
    "Basis",
    "Chebyshev",
    "Fourier",
    "Functions",
    "GaussianRBF",
    "WithBase",
    "basis",
    "projection",
]

FAMILIES: Final[dict[str, Callable[[int], Basis]]] = {
    name: offers.module("basis.families", name).FAMILY.of_order
    for name in offers.names("basis.families")
}
"""How each family is made of an order, by the name of its file."""


@lru_cache(maxsize=64)
def basis(name: str = "bspline", order: int = 3, base: str = "silu") -> Basis:
    """The basis of this name, with its base function.

    Args:
        name: A key of :data:`FAMILIES`.
        order: Degree of the splines.
        base: A key of :data:`BASES`, or ``none``.

    Raises:
        KeyError: If a name is unknown (recipes are checked before).

    Example:
        >>> basis("bspline", 3, "silu").size(5)
        9
    """
    family = FAMILIES[name](order)
    return family if base == "none" else WithBase(family, base)


@lru_cache(maxsize=256)
def projection(family: Basis, grid: int) -> tuple[Tensor, Tensor]:
    """Points and matrix that turn function values into coefficients, on equal intervals.

    ``matrix @ f(points)`` are the least-squares coefficients of `f`. The matrix depends on the
    basis alone, so a whole population changes its grids by one product.

    Returns:
        Points ``[k]`` in [-1, 1] and matrix ``[size(grid), k]``, float64 on the CPU.

    Example:
        >>> points, matrix = projection(BSpline(3), 4)
        >>> values, _ = BSpline(3)(points, 4)
        >>> bool((values @ (matrix @ points**3) - points**3).abs().max() < 1e-12)
        True
    """
    count = 4 * family.size(grid)
    # Chebyshev points reach both ends and resolve the outer intervals.
    points = -torch.cos(torch.linspace(0, torch.pi, count, dtype=torch.float64))
    (values,) = family(points, grid, order=0)
    # What is cut off is as small as the rounding that a smaller bound would blow up (1e-16/1e-9).
    return points, torch.linalg.pinv(values, rtol=1e-9)
