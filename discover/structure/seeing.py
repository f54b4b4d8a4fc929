"""How well a smooth function of some variables does, and what its slopes say.

Variables of one sign are looked at as logarithms, and so is a target of one sign: there a product
of powers is a straight line, and errors are weighted by what they mean for the target itself.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from discover.structure.smoothing import smooth

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Rows of the other sign that noise may have put there.
MINORITY = 0.05
# Where more than this is left of a target of one sign it may come near zero, where logarithms bend.
_POOR = 0.03


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """A smooth function of some coordinates, its error, and what its slopes say.

    Attributes:
        error: Root mean squared error on unseen rows over the target's size, errors and target in
            units of the spread that was given.
        misses: How far it is off on each unseen row, in the same units ``[k]``.
        spread: Of the noise of the target on the unseen rows, as this function sees it ``[k]``.
        lifted: ``[x_j dy/dx_j ..., -y]`` row by row, weighted by how well it is known
            ``[m, d + 1]``.
        plain: ``dy/dx_j`` row by row, as far as `factor` is one ``[m, d]``.
        rows: The rows that could be used ``[m]``.
        value: The smooth function of the variables ``[n, r]``: ``y / factor`` without noise.
        signed: Whether it sees the target with its sign, and not its logarithm.
    """

    error: float
    misses: Vector
    spread: Vector
    lifted: Matrix
    plain: Matrix
    rows: NDArray[np.int64]
    value: Callable[[Matrix], Vector]
    signed: bool = True


@dataclass(frozen=True, kw_only=True, eq=False)
class Unseen:
    """Rows that a smooth function is judged on.

    Attributes:
        x: Coordinates ``[k, r]``.
        y: Target ``[k]``.
        factor: What multiplies the smooth function ``[k]``.
        spread: How much of the target is noise on each row, up to a common factor ``[k]``. A
            target of many decades is judged on all of them where its noise is relative, and on
            the largest where the noise is the same on all rows.
    """

    x: Matrix
    y: Vector
    factor: Vector
    spread: Vector

    def error(self, predicted: Vector) -> float:
        """Of predictions ``[k]``; infinite where one is missing."""
        return rms(self.misses(predicted))

    def misses(self, predicted: Vector) -> Vector:
        """What predictions ``[k]`` are off on each row, whose root mean square is the error."""
        with np.errstate(all="ignore"):
            size = np.median(self.spread)
            miss, target = (np.abs(v * (size / self.spread)) for v in (predicted - self.y, self.y))
            return np.asarray(miss / np.sqrt(np.mean(target**2)))


def rms(misses: Vector) -> float:
    """The error of which misses ``[k]`` are the parts; infinite where one is missing."""
    with np.errstate(all="ignore"):
        error = float(np.sqrt(np.mean(misses**2)))
    return error if np.isfinite(error) else np.inf


@dataclass(frozen=True, kw_only=True, eq=False)
class _Scale:
    """The target on a scale on which it is smooth: a logarithm, or nearly one."""

    sign: int
    size: float

    @classmethod
    def of(cls, y: Vector) -> "_Scale":
        positive = float(np.mean(y > 0))
        sign = 1 if positive >= 1 - MINORITY else -1 if positive <= MINORITY else 0
        return cls(sign=sign, size=float(np.sqrt(np.mean(y**2))) or 1.0)

    def linear(self) -> "_Scale":
        """The scale for a target of any sign."""
        return replace(self, sign=0)

    def usable(self, y: Vector) -> NDArray[np.bool_]:
        return y * self.sign > 0 if self.sign else np.ones(len(y), dtype=bool)

    def forward(self, y: Vector) -> Vector:
        z = y / self.size
        return np.log(z * self.sign) if self.sign else np.arcsinh(z)

    def back(self, f: Vector) -> Vector:
        with np.errstate(all="ignore"):
            return self.size * (self.sign * np.exp(f) if self.sign else np.sinh(f))

    def stretch(self, f: Vector) -> Vector:
        """dy/df over the size."""
        return np.exp(f) if self.sign else np.cosh(f)

    def steepness(self, f: Vector) -> Vector:
        """dy/df."""
        return self.size * (self.sign or 1) * self.stretch(f)

    def level(self, f: Vector) -> Vector:
        """Y over dy/df: what stands in for y beside slopes of f."""
        return np.ones_like(f) if self.sign else np.tanh(f)


def see(
    x: Matrix, y: Vector, factor: Vector, unseen: Unseen, *, signed: bool | None = None
) -> Seen:
    """Fits ``y / factor`` by a smooth function of `x`; judged on unseen rows of y itself.

    Coordinates of one sign are taken as logarithms, and so is a target of one sign. Where a target
    has both signs, or comes near zero, there may be a wave, which is a wave in the coordinates as
    they are: then both are tried, and the best one speaks.

    Args:
        x: Coordinates ``[n, r]``.
        y: Target ``[n]``.
        factor: What the smooth function is multiplied by ``[n]``.
        unseen: Rows that it is judged on.
        signed: Whether a target of one sign is seen with its sign (true) or by its logarithm
            (false), where that is known from other coordinates; else both are tried.
    """
    scale = _Scale.of(y / factor)
    if signed:
        scale = scale.linear()
    both = np.concatenate([x, unseen.x])
    logs: Mask = np.asarray((both > 0).all(0) | (both < 0).all(0))
    tried = [_fitted(x, y, factor, unseen, scale, logs)]
    if scale.sign and signed is None and tried[0].error > _POOR:
        scale = scale.linear()
        tried.append(_fitted(x, y, factor, unseen, scale, logs))
    if not scale.sign and logs.any():
        tried.append(_fitted(x, y, factor, unseen, scale, np.zeros_like(logs)))
    return min(tried, key=lambda seen: seen.error)


def likeness(x: Matrix, y: Vector, there: Matrix, unseen: Vector) -> float:
    """Share of the squares of `unseen` that a smooth function through the rows `y` explains.

    Coordinates of one sign are taken as logarithms and, a second time, as they are.
    """
    both = np.concatenate([x, there])
    logs: Mask = np.asarray((both > 0).all(0) | (both < 0).all(0))
    left = []
    for mask in (logs, np.zeros_like(logs)) if logs.any() else (logs,):
        here, beyond = (
            np.where(mask, np.log(np.where(mask, np.abs(z), 1.0)), z) for z in (x, there)
        )
        left.append(float(np.mean((smooth(here, y)(beyond) - unseen) ** 2)))
    return 1.0 - min(left) / float(np.mean(unseen**2))


def _fitted(
    x: Matrix,
    y: Vector,
    factor: Vector,
    unseen: Unseen,
    scale: _Scale,
    logs: NDArray[np.bool_],
) -> Seen:
    def coordinates(z: Matrix) -> Matrix:
        return np.where(logs, np.log(np.where(logs, np.abs(z), 1.0)), z)

    good = scale.usable(y / factor)
    here, f = coordinates(x)[good], scale.forward((y / factor)[good])
    relative = 1.0 / (np.abs(factor[good]) * scale.stretch(f))
    found = smooth(here, f, relative / np.median(relative))

    def value(z: Matrix) -> Vector:
        return scale.back(found(coordinates(z)))

    with np.errstate(all="ignore"):
        predicted = found(coordinates(unseen.x))
        stretch = np.abs(unseen.factor) * scale.stretch(predicted)
        noise = found.noise_at(1.0 / stretch / np.median(relative))
        spread = np.nan_to_num(noise * stretch * scale.size, nan=np.inf)
    slopes, level = found.slopes(here), found(here)
    plain = slopes / np.where(logs, x[good], 1.0) * scale.steepness(level)[:, None]
    slopes = slopes * np.where(logs, 1.0, x[good])
    lifted = np.column_stack([slopes, -scale.level(level)])
    weights = np.minimum(1.0, np.median(found.noise) / found.noise)
    answers = value(unseen.x) * unseen.factor
    return Seen(
        error=unseen.error(answers),
        misses=unseen.misses(answers),
        spread=spread,
        lifted=lifted * weights[:, None],
        plain=plain,
        rows=np.flatnonzero(good),
        value=value,
        signed=scale.sign == 0,
    )
