"""What every basis answers: its size, its values and its exact derivatives."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Functions:
    """Basis functions at some points, all of them or those that are not zero.

    Attributes:
        powers: Their values, and as many derivatives as were asked for, each ``[..., w]``.
        first: Number of the first function that is given ``[...]``, the others following it;
            ``None`` where all are given.
        base: Whether the last one given is the last one of the family instead.
    """

    powers: tuple[Tensor, ...]
    first: Tensor | None = None
    base: bool = False

    def places(self, size: int, offset: Tensor | int = 0) -> Tensor:
        """Numbers of the functions that are given, of `size` in all ``[..., w]``, plus `offset`."""
        if self.first is None:
            raise ValueError("all functions are given")
        step, start = _steps(self.powers[0].shape[-1], size, self.base, self.first.device)
        # Not addcmul, which is slow on integers.
        return self.first[..., None] * step + (start + offset)

    def dense(self, size: int) -> tuple[Tensor, ...]:
        """All functions, each ``[..., size]``."""
        if self.first is None:
            return self.powers
        local = torch.stack(self.powers)
        whole = local.new_zeros(*local.shape[:-1], size)
        return whole.scatter_(-1, self.places(size).expand_as(local), local).unbind(0)


@lru_cache(maxsize=64)
def _steps(count: int, size: int, base: bool, device: torch.device) -> tuple[Tensor, Tensor]:
    """How the places of functions grow with the first one, and where they begin."""
    step = torch.ones(count, dtype=torch.int64, device=device)
    start = torch.arange(count, device=device)
    if base:
        step[-1], start[-1] = 0, size - 1
    return step, start


class Basis(ABC):
    """A family of functions on [-1, 1]; a subclass says its size and its derivatives there."""

    @abstractmethod
    def size(self, grid: int) -> int:
        """Number of functions at `grid` intervals."""

    @abstractmethod
    def inside(self, t: Tensor, grid: int, order: int, knots: Tensor | None) -> Functions:
        """Values and derivatives for ``t`` in [-1, 1].

        Args:
            t: Points of any shape ``[...]``.
            grid: Number of intervals (the resolution).
            order: Highest derivative that is wanted, from 0 to 3.
            knots: Ends of the intervals, ascending from -1 to 1, in a shape that broadcasts to
                ``[..., grid + 1]``; ``None`` for equal intervals. Families without knots
                ignore them.

        Returns:
            Values and ``order`` derivatives; a local family gives only what is not zero.
        """

    def local(
        self, t: Tensor, grid: int, *, order: int = 1, knots: Tensor | None = None
    ) -> Functions:
        """As :meth:`inside`, for points anywhere; straight lines outside [-1, 1]."""
        if knots is not None:
            t = t.expand(np.broadcast_shapes(t.shape, knots.shape[:-1]))
        low, high = (float(end) for end in torch.aminmax(t.detach())) if t.numel() else (0.0, 0.0)
        # Not written as "outside": a NaN lies nowhere, takes the long way and comes out as NaN.
        if low >= -1.0 and high <= 1.0:
            return self.inside(t, grid, order, knots)
        clamped = t.clamp(-1.0, 1.0)
        beyond = t - clamped
        found = self.inside(clamped, grid, max(order, 1), knots)
        values, slopes, *bends = found.powers
        values = torch.addcmul(values, slopes, beyond[..., None])
        bends = [bend * (beyond == 0)[..., None] for bend in bends]
        return replace(found, powers=(values, slopes, *bends)[: order + 1])

    def __call__(
        self, t: Tensor, grid: int, *, order: int = 1, knots: Tensor | None = None
    ) -> tuple[Tensor, ...]:
        """Values and derivatives of all functions anywhere; straight lines outside [-1, 1].

        Args:
            t: Points of any shape ``[...]``.
            grid: Number of intervals.
            order: Highest derivative that is wanted, from 0 to 3.
            knots: Ends of the intervals, as for :meth:`inside`.

        Returns:
            ``order + 1`` tensors ``[..., size(grid)]``.
        """
        return self.local(t, grid, order=order, knots=knots).dense(self.size(grid))


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

    def inside(self, t: Tensor, grid: int, order: int, knots: Tensor | None) -> Functions:
        """The basis and the base function side by side."""
        found = self.splines.inside(t, grid, order, knots)
        bases = BASES[self.base](t, order)
        powers = tuple(
            torch.cat([family, base[..., None]], -1)
            for family, base in zip(found.powers, bases, strict=True)
        )
        return Functions(powers, found.first, base=found.first is not None)


def _silu(t: Tensor, order: int) -> tuple[Tensor, ...]:
    gate = torch.sigmoid(t)
    value = t * gate
    if order == 0:
        return (value,)
    slope = torch.addcmul(gate + value, value, gate, value=-1)
    rise = gate * (1 - gate)
    lean = 1 - 2 * gate
    bend = rise * (2 + t * lean)
    # d(rise)/dt = rise * lean, d(lean)/dt = -2 rise.
    twist = rise * lean * (2 + t * lean) + rise * (lean - 2 * t * rise)
    return (value, slope, bend, twist)[: order + 1]


def _identity(t: Tensor, order: int) -> tuple[Tensor, ...]:
    zero = torch.zeros_like(t)
    return (t, torch.ones_like(t), zero, zero)[: order + 1]


BASES: Final[dict[str, Callable[[Tensor, int], tuple[Tensor, ...]]]] = {
    "silu": _silu,
    "identity": _identity,
}
