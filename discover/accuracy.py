"""One way to say how wrong: every reported number carries its split, its n and its unit."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Accuracy:
    """How far predictions are from the target on the rows of one split.

    Attributes:
        split: Which rows: ``train``, ``validation``, ``test``, or ``extrapolation`` for those of a
            second table beyond the range of the first.
        n: Number of rows.
        unit: Unit of `rms` and `worst`, that of the target.
        rms: Root of the mean squared error; the mean is weighted where rows have weights.
        relative: `rms` over the root mean square of the target itself (0: exact).
        r2: Share of the target's variance that is explained; at most 1.
        worst: Largest absolute error.
        accuracy: Share of rows hit exactly after rounding (ordinal task), else ``None``.
    """

    split: str
    n: int
    unit: str
    rms: float
    relative: float
    r2: float
    worst: float
    accuracy: float | None = None

    def to_json(self) -> dict[str, Any]:
        """The fields as plain values, for JSON."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Levels:
    """The evenly spaced values an ordinal target can take: ``offset + step * k``, k integer.

    Attributes:
        offset: One allowed value.
        step: Distance of neighbours, in units of the target.
    """

    offset: float
    step: float

    @classmethod
    def of(cls, target: Vector) -> "Levels":
        """The coarsest lattice that holds every value of `target` ``[n]``.

        Raises:
            ValueError: If the values are not finite, all equal, or have no common step (they are
                not ordinal).

        Example:
            >>> Levels.of(np.array([4.0, -2.0, 0.0, 8.0]))
            Levels(offset=0.0, step=2.0)
        """
        values = np.unique(target)
        if not np.isfinite(values).all():
            raise ValueError("a value that is not finite lies on no lattice")
        if len(values) < 2:
            raise ValueError("a constant target has no step")
        noise = 16 * float(np.finfo(np.float64).eps * np.abs(values).max())
        steps = _multiples(values, _common_step(values, noise), noise)
        span = float(values[-1] - values[0])
        # The step over the whole range is the least rounded one; 0.1 is tried before 0.0999...98.
        step = span / steps[-1]
        short = float(f"{step:.12g}")
        fits = np.abs(values - values[0] - short * steps).max() <= 1e-12 * span
        step = short if fits else step
        return cls(offset=float(values[0] - step * np.round(values[0] / step)), step=step)

    def round(self, values: Vector) -> Vector:
        """The nearest allowed value of each of `values` ``[n]``."""
        return self.offset + self.step * np.round((values - self.offset) / self.step)


def _common_step(values: Vector, noise: float) -> float:
    """Euclid's algorithm on the gaps of sorted `values`, which are rounded by `noise`."""
    span = float(values[-1] - values[0])
    zero = max(1e-9 * span, noise)
    gaps = np.unique(np.diff(values))
    step = 0.0
    for gap in gaps[gaps > noise]:
        a, b = float(gap), step
        while b > zero:
            a, b = b, math.fmod(a, b)
        step = a
        if step < max(1e-6 * span, 4 * zero):
            break
    if step < max(1e-6 * span, 4 * zero):
        raise ValueError("the values have no common step")
    return step


def _multiples(values: Vector, step: float, noise: float) -> Vector:
    """How many steps each of the sorted `values` is above the first."""
    steps: Vector = np.round((values - values[0]) / step)
    spacing = (values[-1] - values[0]) / steps[-1]
    if np.abs(values - values[0] - spacing * steps).max() > 1e-6 * spacing + noise:
        raise ValueError("the values have no common step")
    return steps


@dataclass(frozen=True, kw_only=True)
class Rounding:
    """From a real-valued law to an ordinal answer: ``levels.round(scale * law)``.

    A least-squares fit shrinks towards the mean, so the scale that hits most levels differs a
    little from 1. It is one number, fitted on training rows alone.
    """

    levels: Levels
    scale: float = 1.0

    @classmethod
    def fit(cls, levels: Levels, predicted: Vector, target: Vector) -> "Rounding":
        """The scale within 1 +- 0.3 with most exact hits (the middle one, among equals)."""
        scales = np.linspace(0.7, 1.3, 241)
        hits = np.array([_hits(levels.round(s * predicted), target, levels) for s in scales])
        best = scales[hits == hits.max()]
        return cls(levels=levels, scale=float(best[len(best) // 2]))

    def __call__(self, predicted: Vector) -> Vector:
        """The level for each prediction ``[n]``."""
        return self.levels.round(self.scale * predicted)


def _hits(rounded: Vector, target: Vector, levels: Levels) -> float:
    return float(np.mean(np.abs(rounded - target) < 0.25 * levels.step))


def measure(
    predicted: Vector,
    target: Vector,
    *,
    split: str,
    unit: str = "1",
    rounding: Rounding | None = None,
    weights: Vector | None = None,
) -> Accuracy:
    """How well `predicted` ``[n]`` meets `target` ``[n]``.

    Non-finite predictions make every error infinite, and miss their rows: a law that has no value
    on an observed row is wrong there.

    Args:
        predicted: Values of the law, in `unit`.
        target: What was observed, finite and at least one, in `unit`.
        split: Which rows these are.
        unit: Unit of the target.
        rounding: How an ordinal answer is made, if the target is ordinal.
        weights: How much each row counts in every mean square ``[n]``, up to a common factor; all
            rows count alike by default.

    Raises:
        ValueError: If the shapes differ, or the target has no rows or is not finite.

    Example:
        >>> a = measure(np.array([1.0, 2.0]), np.array([1.0, 4.0]), split="test", unit="m")
        >>> a.n, a.worst, round(a.rms, 3)
        (2, 2.0, 1.414)
    """
    if predicted.shape != target.shape:
        raise ValueError(f"shapes differ: {predicted.shape} and {target.shape}")
    if len(target) == 0 or not np.isfinite(target).all():
        raise ValueError("accuracy needs at least one row, and a finite target")
    accuracy = None
    if rounding is not None:
        accuracy = _hits(rounding(predicted), target, rounding.levels)
    with np.errstate(over="ignore", invalid="ignore"):
        error = predicted - target
    rms, size = _rms(error, weights), _rms(target, weights)
    spread = _spread(target, weights)
    missed = rms / spread if spread > 0 else math.inf
    return Accuracy(
        split=split,
        n=len(target),
        unit=unit,
        rms=rms,
        relative=rms / size if size > 0 else (0.0 if rms == 0 else math.inf),
        # A product, because a power of a float that is too large is an error to Python.
        r2=1.0 if rms == 0 else 1 - missed * missed,
        worst=float(np.abs(error).max()) if math.isfinite(rms) else math.inf,
        accuracy=accuracy,
    )


def _rms(values: Vector, weights: Vector | None) -> float:
    """Root mean square; free of overflow and underflow, infinite where a value is not finite."""
    largest = float(np.abs(values).max())
    if not math.isfinite(largest):
        return math.inf
    if largest == 0:
        return 0.0
    return largest * math.sqrt(float(np.average((values / largest) ** 2, weights=weights)))


def _spread(target: Vector, weights: Vector | None) -> float:
    """Standard deviation; exactly zero for equal values, which the scaling makes all 1."""
    largest = float(np.abs(target).max())
    if largest == 0:
        return 0.0
    scaled = target / largest
    return largest * _rms(scaled - np.average(scaled, weights=weights), weights)
