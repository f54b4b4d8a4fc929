"""Which groups and which prefactor are promising: compared on training rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from discover.dataset import Dataset, Matrix, Vector
from discover.groups.exponents import Powers, length

_PLAIN = 0.05  # what one more unit of exponents must lower the logarithm of the error by
_TINY = 1e-300


def usable(dataset: Dataset) -> Callable[[Powers], bool]:
    """What says whether a product of powers has a value, and not zero, on rows that may be seen."""
    seen = np.concatenate([dataset.part("train")[0], dataset.part("validation")[0]])
    signs = [(bool((c > 0).all()), bool((c != 0).all())) for c in seen.T]

    def usable(powers: Powers) -> bool:
        for power, (positive, nonzero) in zip(powers, signs, strict=True):
            if power and not (positive or (nonzero and power.denominator == 1)):
                return False
        return True

    return usable


def monomial(powers: Powers, columns: Sequence[Vector]) -> Vector:
    """The product of powers ``[n]``, also where a part of it leaves the range of floats."""
    present = [(float(p), c) for p, c in zip(powers, columns, strict=True) if p]
    value = np.ones(len(columns[0]))
    with np.errstate(all="ignore"):
        for power, column in present:
            value = value * column**power
        if np.isfinite(value).all() and (value != 0).all():
            return value
        size = np.exp(sum((p * np.log(np.abs(c)) for p, c in present), np.zeros(len(value))))
        sign = np.prod([np.sign(c) ** p for p, c in present], axis=0)
    return np.asarray(sign * size, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Sample:
    """Training rows on which choices of groups and prefactors are compared.

    Attributes:
        columns: Each ``[n]``.
        y: Target ``[n]``.
    """

    columns: list[Vector]
    y: Vector

    def upright(self, powers: Powers) -> Powers:
        """The group or its inverse: more columns above the line, else mostly below one in size."""
        excess = sum(powers, Fraction(0))
        below = float(np.median(np.abs(monomial(powers, self.columns)))) <= 1.0
        return powers if excess > 0 or (excess == 0 and below) else tuple(-p for p in powers)

    def nearest(self, prefactor: Powers, groups: Sequence[Powers]) -> Powers:
        """The prefactor times whole powers of the groups that is nearest to the target."""
        rest, weight, logs = self._logarithms(prefactor, groups)
        if not groups or len(rest) < 4 * len(groups):
            return prefactor
        design = np.column_stack([np.ones(len(rest)), *logs]) * weight[:, None]
        solution = np.linalg.lstsq(design, rest * weight, rcond=None)[0]
        powers = prefactor
        for k, group in zip(solution[1:], groups, strict=True):
            whole = Fraction(round(float(k)))
            powers = tuple(p + whole * g for p, g in zip(powers, group, strict=True))
        return powers

    def score(self, prefactor: Powers, groups: Sequence[Powers]) -> float:
        """Logarithm of the error that a sum or a product of functions of single groups leaves."""
        with np.errstate(all="ignore"):
            scale = monomial(prefactor, self.columns)
            features = [np.ones(len(self.y))]
            for powers in groups:
                values = monomial(powers, self.columns)
                values = values / np.median(np.abs(values))
                features += [values, values**2, 1 / values, np.log(np.abs(values))]
            design = np.column_stack(features)
            rest = self.y / scale
            sums = self._misfit(design, rest, np.abs(scale))
            # To first order, the error of a logarithm is a relative one.
            products = self._misfit(design, np.log(np.abs(rest)), np.abs(self.y))
        plain = _PLAIN * float(sum(map(length, groups), length(prefactor)))
        return float(np.log(max(min(sums, products), 1e-6))) + plain

    def _misfit(self, design: Matrix, goal: Vector, weight: Vector) -> float:
        """Error of the best weighted linear fit, relative to the target's size."""
        rows = np.isfinite(goal) & np.isfinite(design).all(axis=1)
        if rows.sum() < 2 * design.shape[1]:
            return 1.0
        largest = float(np.abs(self.y).max()) or 1.0
        relative = weight[rows] / largest
        weighted = design[rows] * relative[:, None]
        weighted = weighted / np.maximum(np.linalg.norm(weighted, axis=0), _TINY)
        wanted = goal[rows] * relative
        solution = np.linalg.lstsq(weighted, wanted, rcond=1e-12)[0]
        left = float(np.linalg.norm(wanted - weighted @ solution))
        return left / max(float(np.linalg.norm(self.y[rows] / largest)), _TINY)

    def _logarithms(
        self, prefactor: Powers, groups: Sequence[Powers]
    ) -> tuple[Vector, Vector, list[Vector]]:
        with np.errstate(all="ignore"):
            rest = np.log(np.abs(self.y / monomial(prefactor, self.columns)))
        rows = np.isfinite(rest)
        # Noise of equal size blurs the logarithm of a small target more.
        weight = np.abs(self.y[rows]) / np.abs(self.y).max()
        logs = [np.log(np.abs(monomial(p, self.columns)))[rows] for p in groups]
        return rest[rows], weight, logs
