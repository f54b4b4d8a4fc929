"""B-splines of any order, on equal intervals or on knots that follow the data."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import torch
from torch import Tensor

from discover.basis.family import Basis, Functions


@dataclass(frozen=True)
class BSpline(Basis):
    """B-splines of degree `order`, ``grid + order`` of them.

    Only the ``order + 1`` functions that are not zero at a point are computed. On equal intervals
    each interval sees the same polynomials, so that they are one product of the powers of the
    local coordinate with a constant matrix; on other knots they come from the Cox-de Boor
    recursion. The outermost intervals are repeated beyond both ends.

    Source: C. de Boor, A Practical Guide to Splines (1978), chapters IX and X.

    Example:
        >>> values, slopes = BSpline(3)(torch.linspace(-1, 1, 7, dtype=torch.float64), 4)
        >>> values.shape, bool((values.sum(-1) - 1).abs().max() < 1e-14)
        (torch.Size([7, 7]), True)
    """

    order: int = 3

    @classmethod
    def of_order(cls, order: int) -> "BSpline":
        """Splines of this degree."""
        return cls(order)

    def size(self, grid: int) -> int:
        """``grid + order``."""
        return grid + self.order

    def inside(self, t: Tensor, grid: int, order: int, knots: Tensor | None) -> Functions:
        """Values and derivatives of the splines."""
        if knots is None:
            interval, local = self._uniform(t, grid, order)
        else:
            interval, local = self._general(t, knots, order)
        return Functions(local, interval)

    def pieces(self) -> tuple[tuple[float, ...], ...]:
        """Those of the ``order + 1`` splines of an interval."""
        return _of_interval(self.order)

    def _uniform(self, t: Tensor, grid: int, order: int) -> tuple[Tensor, tuple[Tensor, ...]]:
        half = 0.5 * grid
        u = t * half + half
        # A NaN must come out as NaN, not as an index.
        interval = u.detach().floor().nan_to_num_(0.0).clamp_(0, grid - 1)
        u = u - interval
        powers = [u]
        for _ in range(self.order - 1):
            powers.append(powers[-1] * u)
        constant, matrix = _pieces(self.order, order, half, t.dtype, t.device)
        # Points are the last axis while it is multiplied, for they are many.
        flat = torch.stack(powers).view(self.order, -1)
        local = torch.addmm(constant, matrix, flat).view(order + 1, -1, *t.shape)
        return interval.long(), local.movedim(1, -1).unbind(0)

    def _general(self, t: Tensor, knots: Tensor, order: int) -> tuple[Tensor, tuple[Tensor, ...]]:
        k = self.order
        first, last = knots[..., :1], knots[..., -1:]
        steps = torch.arange(k, 0, -1, dtype=t.dtype, device=t.device)
        before = first - steps * (knots[..., 1:2] - first)
        after = last + steps.flip(0) * (last - knots[..., -2:-1])
        whole = torch.cat([before, knots, after], -1).expand(*t.shape, -1)
        interval = (t.detach()[..., None] >= knots[..., 1:-1]).sum(-1)
        near = whole.gather(-1, interval[..., None] + torch.arange(2 * k + 2, device=t.device))
        return interval, tuple(_recursion(t, near.unbind(-1), k, order))


def _recursion(t: Tensor, near: Sequence[Tensor], degree: int, order: int) -> list[Tensor]:
    """The non-zero functions of this degree and their derivatives, each ``[..., degree + 1]``.

    ``near[degree]`` and ``near[degree + 1]`` are the ends of the point's own interval.
    """
    own = len(near) // 2 - 1
    if degree == 0:
        one = torch.ones_like(t)[..., None]
        return [one, *(torch.zeros_like(one) for _ in range(order))]
    lower = _recursion(t, near, degree - 1, order)
    functions: list[list[Tensor]] = []
    for r in range(degree + 1):
        # Function r starts at knot own - degree + r; it is made of two of the degree below.
        parts = [torch.zeros_like(t) for _ in range(order + 1)]
        if r > 0:
            start, end = near[own - degree + r], near[own + r]
            rise = 1 / (end - start)
            parts[0] = parts[0] + (t - start) * rise * lower[0][..., r - 1]
            for p in range(order):
                parts[p + 1] = parts[p + 1] + degree * rise * lower[p][..., r - 1]
        if r < degree:
            start, end = near[own - degree + r + 1], near[own + r + 1]
            fall = 1 / (end - start)
            parts[0] = parts[0] + (end - t) * fall * lower[0][..., r]
            for p in range(order):
                parts[p + 1] = parts[p + 1] - degree * fall * lower[p][..., r]
        functions.append(parts)
    return [torch.stack(list(power), -1) for power in zip(*functions, strict=True)]


@lru_cache(maxsize=256)
def _pieces(
    order: int, power: int, scale: float, dtype: torch.dtype, device: torch.device
) -> tuple[Tensor, Tensor]:
    """The polynomials of one interval, and their derivatives up to `power`.

    Returns:
        Constants ``[(power + 1) * (order + 1), 1]`` and the matrix that multiplies ``u ...
        u^order`` ``[(power + 1) * (order + 1), order]``, where ``u`` runs over [0, 1) in an
        interval and ``du/dt`` is `scale`.
    """
    pieces = [_polynomials(order)]
    powers = torch.arange(1, order + 1, dtype=torch.float64)[:, None]
    for _ in range(power):
        derivative = torch.zeros_like(pieces[0])
        derivative[:-1] = pieces[-1][1:] * powers * scale
        pieces.append(derivative)
    matrix = torch.cat(pieces, 1).T.to(device, dtype)
    return matrix[:, :1], matrix[:, 1:].contiguous()


@cache
def _of_interval(order: int) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row) for row in _polynomials(order).tolist())


def _polynomials(order: int) -> Tensor:
    """``[p, j]`` multiplies ``u**p`` in function `j`.

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
    return torch.stack(polynomials, dim=1)


FAMILY = BSpline
