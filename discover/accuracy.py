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
        split: Which rows: ``train``, ``validation`` or ``test``.
        n: Number of rows.
        unit: Unit of `rms` and `worst`, that of the target.
        rms: Root of the mean squared error.
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
            ValueError: If the values have no common step (they are not ordinal).

        Example:
            >>> Levels.of(np.array([4.0, -2.0, 0.0, 8.0]))
            Levels(offset=0.0, step=2.0)
        """
        values = np.unique(target)
        gaps = np.diff(values)
        if gaps.size == 0:
            raise ValueError("a constant target has no step")
        step = float(gaps.min())
        scale = float(np.abs(values).max())
        # Euclid's algorithm on floats; what is below the rounding of the values counts as zero.
        for gap in gaps:
            a, b = float(gap), step
            while b > 1e-9 * scale:
                a, b = b, math.fmod(a, b)
                if a - b < 1e-9 * scale:
                    b = 0.0
            step = a
        if step < 1e-6 * (values[-1] - values[0]):
            raise ValueError("the values have no common step")
        return cls(offset=float(values[0] - step * round(values[0] / step)), step=step)

    def round(self, values: Vector) -> Vector:
        """The nearest allowed value of each of `values` ``[n]``."""
        return self.offset + self.step * np.round((values - self.offset) / self.step)


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
) -> Accuracy:
    """How well `predicted` ``[n]`` meets `target` ``[n]``.

    Non-finite predictions make every error infinite: a law that has no value on an observed row
    is wrong there.

    Example:
        >>> a = measure(np.array([1.0, 2.0]), np.array([1.0, 4.0]), split="test", unit="m")
        >>> a.n, a.worst, round(a.rms, 3)
        (2, 2.0, 1.414)
    """
    if predicted.shape != target.shape:
        raise ValueError(f"shapes differ: {predicted.shape} and {target.shape}")
    n = len(target)
    if n == 0 or not np.isfinite(predicted).all():
        nothing = math.nan if n == 0 else math.inf
        return Accuracy(
            split=split, n=n, unit=unit, rms=nothing, relative=nothing, r2=-nothing, worst=nothing,
            accuracy=None if rounding is None else 0.0,
        )  # fmt: skip
    error = predicted - target
    rms = math.sqrt(float(np.mean(error**2)))
    spread = float(np.var(target))
    size = math.sqrt(float(np.mean(target**2)))
    return Accuracy(
        split=split,
        n=n,
        unit=unit,
        rms=rms,
        relative=rms / size if size > 0 else (0.0 if rms == 0 else math.inf),
        r2=1 - rms**2 / spread if spread > 0 else (1.0 if rms == 0 else -math.inf),
        worst=float(np.abs(error).max()),
        accuracy=None if rounding is None else _hits(rounding(predicted), target, rounding.levels),
    )
