"""The functions an edge is made of: edge bases behind one protocol, with exact derivatives.

Every basis lives on the normalised coordinate ``t`` in [-1, 1]; a network maps each node's range
to it. Beyond the ends a basis goes on as a straight line (value and slope of the end point), so
that a row outside the training range gets a tame, once differentiable answer, whatever the basis.
All functions are linear in their coefficients, which is what makes second-order training cheap.

This room knows nothing of networks, populations or data.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import torch
from torch import Tensor


class Basis(ABC):
    """A family of functions on [-1, 1]; a subclass says its size, its values and its slopes."""

    @abstractmethod
    def size(self, grid: int) -> int:
        """Number of functions at `grid` intervals."""

    @abstractmethod
    def inside(self, t: Tensor, grid: int) -> tuple[Tensor, Tensor]:
        """Values and slopes for ``t`` in [-1, 1].

        Args:
            t: Points of any shape ``[...]``.
            grid: Number of intervals (the resolution).

        Returns:
            Two tensors ``[..., size(grid)]``.
        """

    def __call__(self, t: Tensor, grid: int) -> tuple[Tensor, Tensor]:
        """Values and slopes anywhere; straight lines outside [-1, 1].

        Args:
            t: Points of any shape ``[...]``.
            grid: Number of intervals.

        Returns:
            Values and slopes, each ``[..., size(grid)]``.
        """
        clamped = t.clamp(-1.0, 1.0)
        values, slopes = self.inside(clamped, grid)
        beyond = t - clamped
        if bool((beyond != 0).any()):
            values = torch.addcmul(values, slopes, beyond[..., None])
        return values, slopes


@dataclass(frozen=True)
class BSpline(Basis):
    """Uniform B-splines of degree `order`, ``grid + order`` of them.

    On a uniform grid each interval sees the same ``order + 1`` polynomials, so that evaluating
    is one product of the powers of the local coordinate with a constant matrix, and a scatter of
    the ``order + 1`` non-zero functions.

    Source: C. de Boor, A Practical Guide to Splines (1978), chapter IX.

    Example:
        >>> values, slopes = BSpline(3)(torch.linspace(-1, 1, 7, dtype=torch.float64), 4)
        >>> values.shape, bool((values.sum(-1) - 1).abs().max() < 1e-14)
        (torch.Size([7, 7]), True)
    """

    order: int = 3

    def size(self, grid: int) -> int:
        """``grid + order``."""
        return grid + self.order

    def inside(self, t: Tensor, grid: int) -> tuple[Tensor, Tensor]:
        """Values and slopes of the uniform B-splines."""
        u = (t + 1.0) * (0.5 * grid)
        # A NaN must come out as NaN, not as an index.
        interval = u.detach().floor().nan_to_num(0.0).clamp(0, grid - 1)
        u = u - interval
        pieces, derivatives = _pieces(self.order)
        matrix = torch.cat([pieces, derivatives * (0.5 * grid)], dim=1).to(u)
        powers = torch.stack([u**p for p in range(self.order + 1)], dim=-1)
        local = powers @ matrix
        at = interval.long()[..., None] + torch.arange(self.order + 1, device=t.device)
        flat = t.new_zeros((2, *t.shape, self.size(grid)))
        values = flat[0].scatter(-1, at, local[..., : self.order + 1])
        slopes = flat[1].scatter(-1, at, local[..., self.order + 1 :])
        return values, slopes


@lru_cache(maxsize=16)
def _pieces(order: int) -> tuple[Tensor, Tensor]:
    """The polynomials of one interval: ``matrix[p, j]`` multiplies ``u**p`` in function `j`.

    From the Cox-de Boor recursion with integer knots: on [0, 1) the function that began `order -
    j` intervals earlier has local argument ``u + order - j``.
    """
    polynomials = [torch.ones(1, dtype=torch.float64)]
    for degree in range(1, order + 1):
        raised = []
        for j in range(degree + 1):
            total = torch.zeros(degree + 1, dtype=torch.float64)
            # Function j of this degree starts at knot j - degree; u runs over [0, 1).
            if j >= 1:
                previous = polynomials[j - 1]
                total[: len(previous)] += previous * (degree - j) / degree
                total[1 : len(previous) + 1] += previous / degree
            if j <= degree - 1:
                following = polynomials[j]
                total[: len(following)] += following * (j + 1) / degree
                total[1 : len(following) + 1] -= following / degree
            raised.append(total)
        polynomials = raised
    pieces = torch.stack(polynomials, dim=1)
    derivatives = torch.zeros_like(pieces)
    derivatives[:-1] = pieces[1:] * torch.arange(1, order + 1, dtype=torch.float64)[:, None]
    return pieces, derivatives


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

    def inside(self, t: Tensor, grid: int) -> tuple[Tensor, Tensor]:
        """By the three-term recursion for ``T_n`` and for its derivative."""
        values, slopes = [torch.ones_like(t), t], [torch.zeros_like(t), torch.ones_like(t)]
        for _ in range(2, grid + 1):
            slopes.append(2 * values[-1] + 2 * t * slopes[-1] - slopes[-2])
            values.append(2 * t * values[-1] - values[-2])
        return torch.stack(values[: grid + 1], -1), torch.stack(slopes[: grid + 1], -1)


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

    def inside(self, t: Tensor, grid: int) -> tuple[Tensor, Tensor]:
        """Cosines and sines with their derivatives."""
        frequency = 0.5 * torch.pi * torch.arange(1, grid + 1, dtype=t.dtype, device=t.device)
        angle = t[..., None] * frequency
        cos, sin = angle.cos(), angle.sin()
        one = torch.ones_like(t)[..., None]
        values = torch.cat([one, cos, sin], -1)
        return values, torch.cat([0 * one, -frequency * sin, frequency * cos], -1)


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

    def inside(self, t: Tensor, grid: int) -> tuple[Tensor, Tensor]:
        """Gaussians and their derivatives."""
        spacing = 2.0 / grid
        index = torch.arange(-1, grid + 2, dtype=t.dtype, device=t.device)
        z = (t[..., None] - (-1.0 + spacing * index)) / spacing
        values = torch.exp(-(z**2))
        return values, -2 * z / spacing * values


@dataclass(frozen=True)
class WithBase(Basis):
    """A basis plus one smooth base function, the last of its functions.

    Source: arXiv 2404.19756, equation 2.10 (there with SiLU of the raw input; here of ``t``, so
    that rescaling a node changes nothing).
    """

    splines: Basis
    base: str

    def size(self, grid: int) -> int:
        """One more than the basis itself."""
        return self.splines.size(grid) + 1

    def inside(self, t: Tensor, grid: int) -> tuple[Tensor, Tensor]:
        """The basis and the base function side by side."""
        values, slopes = self.splines.inside(t, grid)
        value, slope = BASES[self.base](t)
        return (
            torch.cat([values, value[..., None]], -1),
            torch.cat([slopes, slope[..., None]], -1),
        )


def _silu(t: Tensor) -> tuple[Tensor, Tensor]:
    gate = torch.sigmoid(t)
    return t * gate, gate * (1 + t * (1 - gate))


def _identity(t: Tensor) -> tuple[Tensor, Tensor]:
    return t, torch.ones_like(t)


BASES: Final[dict[str, Callable[[Tensor], tuple[Tensor, Tensor]]]] = {
    "silu": _silu,
    "identity": _identity,
}
# One line registers a basis; the argument is the order, which only splines use.
FAMILIES: Final[dict[str, Callable[[int], Basis]]] = {
    "bspline": BSpline,
    "chebyshev": lambda order: Chebyshev(),
    "fourier": lambda order: Fourier(),
    "rbf": lambda order: GaussianRBF(),
}


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
    """Points and matrix that turn function values into coefficients.

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
    values, _ = family(points, grid)
    # What is cut off is as small as the rounding that a smaller bound would blow up (1e-16/1e-9).
    return points, torch.linalg.pinv(values, rtol=1e-9)
