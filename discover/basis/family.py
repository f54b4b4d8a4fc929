"""What every basis answers: its size, its values and its exact derivatives."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
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
    """

    powers: tuple[Tensor, ...]
    first: Tensor | None = None

    def dense(self, size: int, base: tuple[Tensor, ...] = ()) -> tuple[Tensor, ...]:
        """All functions, each ``[..., size]``.

        Args:
            size: How many there are.
            base: The last one of them, where it is none of these ``[...]``, and its derivatives.
        """
        if self.first is None:
            if not base:
                return self.powers
            pairs = zip(self.powers, base, strict=True)
            return tuple(torch.cat([f, b[..., None]], -1) for f, b in pairs)
        count = self.powers[0].shape[-1]
        place = self.first[..., None] + torch.arange(count, device=self.first.device)
        result = []
        for power, local in enumerate(self.powers):
            whole = local.new_zeros(*local.shape[:-1], size)
            if base:
                whole[..., -1] = base[power]
            result.append(whole.scatter_(-1, place, local))
        return tuple(result)


class Basis(ABC):
    """A family of functions on [-1, 1]; a subclass says its size and its derivatives there."""

    @classmethod
    def of_order(cls, order: int) -> "Basis":
        """The family of this degree; most have none to choose."""
        return cls()

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

    def pieces(self) -> tuple[tuple[float, ...], ...] | None:
        """The functions that are not zero in an interval, as polynomials there.

        Returns:
            For each power of the local coordinate, which runs over [0, 1) in an interval, what
            multiplies it in each of these functions. In interval `c` of equal ones they are
            functions ``c ... c + degree`` of the family. ``None`` for families that are no such
            polynomials.
        """
        return None

    def all_inside(
        self, t: Tensor, grid: int, order: int, knots: Tensor | None
    ) -> tuple[Tensor, ...]:
        """As :meth:`inside`, all of the functions, each ``[..., size(grid)]``."""
        return self.inside(t, grid, order, knots).dense(self.size(grid))

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
        if knots is not None:
            t = t.expand(np.broadcast_shapes(t.shape, knots.shape[:-1]))
        low, high = (float(end) for end in torch.aminmax(t.detach())) if t.numel() else (0.0, 0.0)
        # Not written as "outside": a NaN lies nowhere, takes the long way and comes out as NaN.
        if low >= -1.0 and high <= 1.0:
            return self.all_inside(t, grid, order, knots)
        clamped = t.clamp(-1.0, 1.0)
        beyond = t - clamped
        if order == 0 and knots is None:
            (values,) = self.all_inside(clamped, grid, 0, None)
            left, right = _ends(self, grid, t.dtype, t.device)
            values = torch.addcmul(values, beyond.clamp_max(0.0)[..., None], left)
            return (torch.addcmul(values, beyond.clamp_min(0.0)[..., None], right),)
        values, slopes, *bends = self.all_inside(clamped, grid, max(order, 1), knots)
        values = torch.addcmul(values, slopes, beyond[..., None])
        bends = [bend * (beyond == 0)[..., None] for bend in bends]
        return (values, slopes, *bends)[: order + 1]


@lru_cache(maxsize=256)
def _ends(
    family: Basis, grid: int, dtype: torch.dtype, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Slopes of all functions at -1 and at 1 ``[size(grid)]``, on equal intervals."""
    ends = torch.tensor([-1.0, 1.0], dtype=dtype, device=device)
    left, right = family.all_inside(ends, grid, 1, None)[1]
    return left, right


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
        """Those of the basis itself."""
        return self.splines.inside(t, grid, order, knots)

    def all_inside(
        self, t: Tensor, grid: int, order: int, knots: Tensor | None
    ) -> tuple[Tensor, ...]:
        """The basis and the base function side by side."""
        found = self.inside(t, grid, order, knots)
        return found.dense(self.size(grid), BASES[self.base](t, order))


def _silu(t: Tensor, order: int) -> tuple[Tensor, ...]:
    gate = torch.sigmoid(t)
    value = t * gate
    if order == 0:
        return (value,)
    slope = torch.addcmul(gate + value, value, gate, value=-1)
    if order == 1:
        return value, slope
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
