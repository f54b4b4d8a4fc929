"""The test function of one axis, and how wide it has to be for given data."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from discover.field import Axis, Field

Array = NDArray[np.float64]

_EDGE = 1e-10  # what is left of the test function one point before the end of its support
_SPREADS = 2.0  # the data's corner lies this many spreads out in the test function's spectrum
_SHARE = 0.45  # largest half width, as a share of the shortest part


@dataclass(frozen=True, kw_only=True)
class Bump:
    """``(1 - s^2)^degree`` with ``s`` from -1 to 1 over ``2 * half + 1`` points.

    Attributes:
        half: Points from the centre to the end of the support.
        degree: High enough that derivatives vanish at the ends to rounding.
    """

    half: int
    degree: int

    def derivative(self, s: Array, order: int) -> Array:
        """The derivative with respect to ``s``, zero outside the support.

        By Leibniz' rule for ``(1 - s)^p (1 + s)^p``, which cancels nowhere.

        Example:
            >>> Bump(half=5, degree=2).derivative(np.array([0.5]), 1)
            array([-1.5])
        """
        out = np.zeros_like(s)
        inside = np.abs(s) < 1
        below, above, p = 1 - s[inside], 1 + s[inside], self.degree
        for i in range(order + 1):
            j = order - i
            factor = (-1) ** i * math.comb(order, i) * math.perm(p, i) * math.perm(p, j)
            out[inside] += factor * below ** (p - i) * above ** (p - j)
        return out

    def kernel(self, axis: Axis, centres: NDArray[np.int64], order: int) -> Array:
        """What turns values along an axis into ``integral of psi * d^order(values)``.

        Args:
            axis: The axis.
            centres: Index of each centre ``[k]``.
            order: Order of the derivative, which falls on the test function by parts.

        Returns:
            Matrix ``[k, n]``; its rows are weighted like the mean, not the sum, of the values.
        """
        n = len(axis)
        away = np.arange(n)[None, :] - centres[:, None]
        if axis.periodic:
            away = (away + n // 2) % n - n // 2
        width = self.half * axis.step
        return (-1 / width) ** order * self.derivative(away / self.half, order) / self.half

    def centres(self, axis: Axis) -> NDArray[np.int64]:
        """Centres a quarter of the half width apart, whose supports lie inside the axis."""
        stride = max(1, self.half // 4)
        if axis.periodic:
            return np.arange(0, len(axis), stride)
        return np.arange(self.half, len(axis) - self.half, stride)


def bumps(parts: Sequence[Field], *, order: int, time_order: int) -> tuple[Bump, ...]:
    """The test function along every axis, its width read off the spectrum of the training part.

    Wide test functions average noise, narrow ones resolve the field: the width is chosen so that
    the corner between the field's spectrum and the flat one of the noise lies two spreads out in
    the spectrum of the test function.

    Args:
        parts: Training part first; the test functions fit into all of them.
        order: Highest derivative in space.
        time_order: Highest derivative in time.

    Source: Messenger and Bortz, J. Comput. Phys. 443 (2021) 110525, appendix A; the cap by the
    shortest part is ours.
    """
    train = parts[0]
    found = []
    for index, axis in enumerate(train.axes):
        n = len(axis)
        half = _half_width(n, _corner(train.values, index + 2))
        shortest = min(len(part.axes[index]) for part in parts)
        half = max(2, int(min(half, _SHARE * shortest)))
        highest = time_order if index == 0 else order
        found.append(Bump(half=half, degree=_degree(half, highest)))
    return tuple(found)


def _degree(half: float, order: int) -> int:
    needed = math.log(_EDGE) / math.log((2 * half - 1) / half**2)
    return max(order + 1, math.ceil(needed))


def _corner(values: Array, axis: int) -> int:
    """Where the cumulative spectrum bends: the best fit by two straight lines."""
    moved = np.moveaxis(values, axis, -1).reshape(-1, values.shape[axis])
    moved = moved - moved.mean(-1, keepdims=True)
    total = np.cumsum(np.abs(np.fft.rfft(moved)).mean(0))
    total = total[1:] / total[-1] if total[-1] > 0 else np.linspace(0, 1, len(total))[1:]
    k = np.arange(1, len(total) + 1, dtype=np.float64)
    costs = [np.inf, np.inf]
    for corner in range(2, len(total) - 2):
        bent = np.interp(k, k[[0, corner, -1]], total[[0, corner, -1]])
        costs.append(float(np.square(bent / total - 1).sum()))
    return int(np.argmin(costs)) + 1 if len(costs) > 2 else 2


def _half_width(n: int, corner: int) -> float:
    def excess(m: float) -> float:
        shape = 4 * np.pi**2 * corner**2 * m**2 - 3 * n**2 * _SPREADS**2
        return math.log((2 * m - 1) / m**2) * shape - 2 * n**2 * _SPREADS**2 * math.log(_EDGE)

    low = max(2.0, 1 + math.sqrt(3) * n * _SPREADS / (2 * np.pi * corner))
    high = 2 * low
    while excess(high) > 0 and high < 100 * n:
        high *= 2
    return float(brentq(excess, low, high)) if excess(low) > 0 >= excess(high) else low
