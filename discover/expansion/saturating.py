"""Ratios of one term to one plus another, ``a / (1 - q b)``, found through noise.

A ratio is linear in its factors only once its denominator is brought to the side of the target,
where it multiplies the noise; with much of it the true terms are then no longer the best. With a
single term below there is but one number that is not linear, and it can be gone through: for each
pair of terms and each of some values of q the best factor of a, and what is left, are known. That
is how saturation (Langmuir, Michaelis and Menten), resonance (Lorentz) and ratios such as
``x / (x^2 + y^2)`` look.

Source: the elimination of what is linear is that of Golub and Pereyra, SIAM J. Numer. Anal. 10
(1973) 413; its products for all pairs at once are ours.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

# From a term below that hardly bends the ratio to one that is nearly all of it.
_SIZES = np.geomspace(0.2, 100.0, 14)
_FACTORS = np.concatenate([-_SIZES, _SIZES])
# Nearer than this to a pole rows decide everything.
_POLE = 0.05


def saturations(
    columns: Matrix, goal: Vector, weight: Vector, prices: Vector, keep: int
) -> Iterator[tuple[int, int, float, float]]:
    """Pairs of terms whose ratio ``c a / (1 - q b)`` explains the target well for its price.

    Args:
        columns: Terms ``[n, N]``, the constant first.
        goal: Target ``[n]``.
        weight: What an error of `goal` counts ``[n]``.
        prices: What each term costs, in units of the logarithm of the squared error ``[N]``.
        keep: How many pairs.

    Yields:
        The number of a, that of b, and about the factors c and q; the best first.

    Example:
        >>> x = np.linspace(0.1, 5.0, 60)
        >>> terms = np.column_stack([np.ones(60), x, x**2])
        >>> noise = 0.2 * np.random.default_rng(0).normal(size=60)
        >>> y = 3 * x / (1 + 2 * x**2) + noise
        >>> next(saturations(terms, y, np.ones(60), np.zeros(3), keep=1))[:2]
        (1, 2)
    """
    below, q = _denominators(columns)
    with np.errstate(all="ignore"):
        bend = 1.0 / (1.0 - columns[:, below] * q)
        square = weight**2
        along = (columns * (square * goal)[:, None]).T @ bend
        size = (columns**2 * square[:, None]).T @ bend**2
        explained = along**2 / size / float(square @ goal**2)
    explained[~np.isfinite(explained)] = 0.0
    score = np.log(np.maximum(1.0 - explained, 1e-15)) + prices[:, None] + prices[below]
    seen: set[tuple[int, int]] = set()
    for flat in np.argsort(score, axis=None, kind="stable"):
        a, at = divmod(int(flat), len(below))
        pair = a, int(below[at])
        if pair in seen:
            continue
        seen.add(pair)
        yield *pair, float(along[a, at] / size[a, at]), float(q[at])
        if len(seen) == keep:
            return


def _denominators(columns: Matrix) -> tuple[NDArray[np.int64], Vector]:
    """The terms and factors below that leave no pole among the rows; the constant is none."""
    with np.errstate(all="ignore"):
        largest = np.abs(columns).max(axis=0)
        q = _FACTORS / largest[:, None]
        least = 1.0 - np.maximum(q * columns.max(axis=0)[:, None], q * columns.min(axis=0)[:, None])
    good = (least > _POLE) & np.isfinite(q)
    good[0] = False
    below, at = np.nonzero(good)
    return below.astype(np.int64), q[below, at]
