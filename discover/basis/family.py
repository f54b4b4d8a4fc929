"""What every basis answers: its size, its values and its exact derivatives."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor


class Basis(ABC):
    """A family of functions on [-1, 1]; a subclass says its size and its derivatives there."""

    @abstractmethod
    def size(self, grid: int) -> int:
        """Number of functions at `grid` intervals."""

    @abstractmethod
    def inside(self, t: Tensor, grid: int, order: int, knots: Tensor | None) -> tuple[Tensor, ...]:
        """Values and derivatives for ``t`` in [-1, 1].

        Args:
            t: Points of any shape ``[...]``.
            grid: Number of intervals (the resolution).
            order: Highest derivative that is wanted: 0, 1 or 2.
            knots: Ends of the intervals, ascending from -1 to 1, in a shape that broadcasts to
                ``[..., grid + 1]``; ``None`` for equal intervals. Families without knots
                ignore them.

        Returns:
            ``order + 1`` tensors ``[..., size(grid)]``: values, slopes, second derivatives.
        """

    def __call__(
        self, t: Tensor, grid: int, *, order: int = 1, knots: Tensor | None = None
    ) -> tuple[Tensor, ...]:
        """Values and derivatives anywhere; straight lines outside [-1, 1].

        Args:
            t: Points of any shape ``[...]``.
            grid: Number of intervals.
            order: Highest derivative that is wanted: 0, 1 or 2.
            knots: Ends of the intervals, as for :meth:`inside`.

        Returns:
            ``order + 1`` tensors ``[..., size(grid)]``.
        """
        clamped = t.clamp(-1.0, 1.0)
        beyond = t - clamped
        # NaN is not equal to zero either: it takes this way and comes out as NaN.
        if not bool((beyond != 0).any()):
            return self.inside(clamped, grid, order, knots)
        values, slopes, *bends = self.inside(clamped, grid, max(order, 1), knots)
        values = torch.addcmul(values, slopes, beyond[..., None])
        bends = [bend * (beyond == 0)[..., None] for bend in bends]
        return (values, slopes, *bends)[: order + 1]


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

    def inside(self, t: Tensor, grid: int, order: int, knots: Tensor | None) -> tuple[Tensor, ...]:
        """The basis and the base function side by side."""
        families = self.splines.inside(t, grid, order, knots)
        bases = BASES[self.base](t, order)
        return tuple(
            torch.cat([family, base[..., None]], -1)
            for family, base in zip(families, bases, strict=True)
        )


def _silu(t: Tensor, order: int) -> tuple[Tensor, ...]:
    gate = torch.sigmoid(t)
    rise = gate * (1 - gate)
    bend = rise * (2 + t * (1 - 2 * gate)) if order > 1 else t
    return (t * gate, gate + t * rise, bend)[: order + 1]


def _identity(t: Tensor, order: int) -> tuple[Tensor, ...]:
    return (t, torch.ones_like(t), torch.zeros_like(t))[: order + 1]


BASES: Final[dict[str, Callable[[Tensor, int], tuple[Tensor, ...]]]] = {
    "silu": _silu,
    "identity": _identity,
}
