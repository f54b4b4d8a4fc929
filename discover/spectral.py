"""Fields on a periodic box: exact derivatives of their Fourier series, and their evolution in time.

The stepper is the exponential Runge-Kutta method of fourth order: stiff constant-coefficient
terms are integrated exactly, the rest explicitly. It knows nothing of laws: who calls it says what
the linear part is and how the rest is computed.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Modes = NDArray[np.complex128]
_CONTOUR = 32


@dataclass(frozen=True, kw_only=True)
class Box:
    """A periodic box with an even grid.

    Attributes:
        lengths: Period along each axis, in that axis' unit.
        shape: Number of grid points along each axis.
    """

    lengths: tuple[float, ...]
    shape: tuple[int, ...]

    @cached_property
    def wavenumbers(self) -> tuple[Array, ...]:
        """Angular wave numbers along each axis, shaped to meet the modes of :meth:`forward`."""
        last = len(self.shape) - 1
        found: list[Array] = []
        for axis, (length, n) in enumerate(zip(self.lengths, self.shape, strict=True)):
            count = np.fft.rfftfreq(n) if axis == last else np.fft.fftfreq(n)
            shape = [1] * len(self.shape)
            shape[axis] = len(count)
            found.append(
                np.asarray(2 * np.pi * n / length * count, dtype=np.float64).reshape(shape)
            )
        return tuple(found)

    @cached_property
    def kept(self) -> NDArray[np.bool_]:
        """Modes below two thirds of the largest: products of two of them do not alias."""
        kept = np.ones(1, dtype=bool)
        for k in self.wavenumbers:
            kept = kept & (np.abs(k) <= 2 / 3 * np.abs(k).max())
        return kept

    def forward(self, values: Array) -> Modes:
        """Fourier modes of `values`, over the last axes."""
        modes: Modes = np.fft.rfftn(values, axes=self._axes)
        return modes

    def backward(self, modes: Modes) -> Array:
        """Values of Fourier `modes`, over the last axes."""
        values: Array = np.fft.irfftn(modes, s=self.shape, axes=self._axes)
        return values

    def factor(self, orders: Sequence[int]) -> Modes:
        """What a derivative of these orders multiplies the modes with.

        Example:
            >>> box = Box(lengths=(2 * np.pi,), shape=(8,))
            >>> x = np.arange(8) * np.pi / 4
            >>> slope = box.backward(box.factor([1]) * box.forward(np.sin(x)))
            >>> bool(np.abs(slope - np.cos(x)).max() < 1e-14)
            True
        """
        factor: Modes = np.ones(1, dtype=complex)
        for k, order, n in zip(self.wavenumbers, orders, self.shape, strict=True):
            power = (1j * k) ** order
            if order % 2 and n % 2 == 0:  # the sign of the highest mode is not known
                power = np.where(np.abs(k) == np.abs(k).max(), 0, power)
            factor = factor * power
        return factor

    @property
    def _axes(self) -> tuple[int, ...]:
        return tuple(range(-len(self.shape), 0))


@dataclass(frozen=True, kw_only=True)
class Flow:
    """What moves the modes of a state: ``d modes / dt = linear * modes + rest(modes)``.

    Attributes:
        linear: Factors, of the shape of the modes (or one that broadcasts to it).
        rest: Everything else.
    """

    linear: Modes
    rest: Callable[[Modes], Modes]


def evolve(start: Modes, flow: Flow, times: Array, substeps: int) -> Modes:
    """The modes at all `times`, of which the first belongs to `start`.

    Args:
        start: Modes at ``times[0]``.
        flow: What moves them.
        times: Ascending and evenly spaced ``[n]``.
        substeps: Steps between two neighbouring times.

    Returns:
        Modes ``[n, ...]``; not finite from where the solution grows without bound.

    Source: S. M. Cox and P. C. Matthews, J. Comput. Phys. 176 (2002) 430; the coefficients as
    means over a circle after A.-K. Kassam and L. N. Trefethen, SIAM J. Sci. Comput. 26 (2005) 1214.

    Example:
        >>> decay = Flow(linear=np.array([-1.0 + 0j]), rest=np.zeros_like)
        >>> states = evolve(np.array([1.0 + 0j]), decay, np.array([0.0, 1.0]), 1)
        >>> float(round(states[1, 0].real, 12)) == float(round(np.exp(-1.0), 12))
        True
    """
    h = float(times[1] - times[0]) / substeps
    whole, half, q, f1, f2, f3 = _coefficients(flow.linear, h)
    state = start
    states = [start]
    with np.errstate(all="ignore"):  # a solution that blows up is seen in the result
        for _ in times[1:]:
            for _ in range(substeps):
                n0 = flow.rest(state)
                a = half * state + q * n0
                na = flow.rest(a)
                b = half * state + q * na
                nb = flow.rest(b)
                c = half * a + q * (2 * nb - n0)
                state = whole * state + f1 * n0 + f2 * (na + nb) + f3 * flow.rest(c)
            states.append(state)
    return np.stack(states)


def _coefficients(linear: Modes, h: float) -> tuple[Modes, ...]:
    z = h * linear
    circle = np.exp(2j * np.pi * (np.arange(_CONTOUR) + 0.5) / _CONTOUR)
    r = z[..., None] + circle
    er = np.exp(r)
    q = h * ((np.exp(r / 2) - 1) / r).mean(-1)
    f1 = h * ((-4 - r + er * (4 - 3 * r + r**2)) / r**3).mean(-1)
    f2 = h * 2 * ((2 + r + er * (r - 2)) / r**3).mean(-1)
    f3 = h * ((-4 - 3 * r - r**2 + er * (4 - r)) / r**3).mean(-1)
    return np.exp(z), np.exp(z / 2), q, f1, f2, f3


def resolved(start: Modes, flow: Flow, times: Array, *, tolerance: float, most: int = 256) -> Modes:
    """As :func:`evolve`, with steps halved until the result stands still.

    Args:
        start: Modes at ``times[0]``.
        flow: What moves them.
        times: Ascending and evenly spaced ``[n]``.
        tolerance: Largest change of any mode at the last halving, over the largest mode.
        most: Largest number of steps between two times.

    Raises:
        ArithmeticError: If that many steps do not suffice, or the solution grows without bound.

    Example:
        >>> grow = Flow(linear=np.zeros(1, dtype=complex), rest=lambda u: u)
        >>> states = resolved(np.ones(1, dtype=complex), grow, np.linspace(0, 1, 3), tolerance=1e-9)
        >>> bool(abs(states[-1, 0] - np.e) < 1e-8)
        True
    """
    substeps = 1
    coarse = evolve(start, flow, times, substeps)
    while substeps < most:
        substeps *= 2
        fine = evolve(start, flow, times, substeps)
        change = np.abs(fine - coarse).max() / (np.abs(start).max() or 1.0)
        if np.isfinite(change) and change <= tolerance:
            return fine
        coarse = fine
    raise ArithmeticError(f"no solution to {tolerance:g} with {most} steps between two times")
