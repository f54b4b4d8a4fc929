"""Columns that carry the target along: where they grow by as much, so does it.

``y = a + f(b)`` and ``y = a + (b - a) f(c)`` do so when a, or a and b together, grow: an offset, a
temperature on a scale of one's own, a place from which is measured. Then the target less one of
the columns is a law of the others, each less that column if it grows along: one column fewer.

Source: ours; translations as symmetries of a smooth function as in AI Feynman (Udrescu et al.,
arXiv 2006.10782), there without the target.
"""

from collections.abc import Iterator
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from discover.structure.reducing import CHECK_ROWS, LIKE, ROWS, SMALL, seen_as_is
from discover.structure.reduction import Rows

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Way = tuple[int, ...]

_TOGETHER = 3  # columns that grow along, at most
_NEAR = 0.1  # of the way that the target should go: what is farther from it is another way
_THERE = 0.02  # nearer than this the fewest columns come first
_TRIALS = 2
_WITNESS = (
    0.3  # a smooth function that misses more than a tenth of the squares does not know a slope
)


def carriers(train: Rows, unseen: Rows) -> Iterator[Way]:
    """Ways in which columns grow, shrink or stay ``[d]`` while the target grows as much.

    Args:
        train: Rows that smooth functions are fitted to.
        unseen: Rows on which a smooth function of the columns that are left has to be as good.

    Example:
        >>> import sympy as sp
        >>> x = np.random.default_rng(0).uniform(1, 2, (120, 3))
        >>> y = x[:, 0] + x[:, 1] * np.exp(x[:, 2])
        >>> rows = Rows(x=x, y=y, symbols=sp.symbols("a b c", real=True))
        >>> list(carriers(rows, rows))
        [(1, 0, 0)]
    """
    if train.x.shape[1] < 2:
        return
    train, unseen = train.take(ROWS), unseen.take(CHECK_ROWS)
    whole = seen_as_is(train, unseen)
    if not (len(whole.rows) and whole.error < _WITNESS):
        return
    limit = max(LIKE * whole.error, SMALL) * _size(unseen.y)
    for way in _likely(whole.plain)[:_TRIALS]:
        here, there = carried(train, way), carried(unseen, way)
        if np.ptp(here.y) > 0 and seen_as_is(here, there).error * _size(there.y) <= limit:
            yield way


def _size(y: Vector) -> float:
    return float(np.sqrt(np.mean(y**2)))


def _likely(slopes: Matrix) -> list[Way]:
    """Ways along which the slopes ``[n, d]`` of the target add up to about one, the best first."""
    d = slopes.shape[1]
    found: list[tuple[float, int, float, Way]] = []
    for count in range(1, min(_TOGETHER, d) + 1):
        for chosen, signs in product(combinations(range(d), count), product((1, -1), repeat=count)):
            way = np.zeros(d, dtype=int)
            way[list(chosen)] = signs
            away = float(np.median(np.abs(slopes @ way - 1)))
            if away < _NEAR:
                found.append((max(away, _THERE), count, away, tuple(way.tolist())))
    return [way for *_, way in sorted(found)]


def carried(rows: Rows, way: Way) -> Rows:
    """The rows less what the first column of a way carries; the symbols are those of differences.

    Args:
        rows: Rows with features ``[n, d]`` and target ``[n]``.
        way: What :func:`carriers` found.
    """
    at = next(i for i, step in enumerate(way) if step)
    shift = way[at] * rows.x[:, at]
    kept = [i for i in range(len(way)) if i != at]
    return Rows(
        x=rows.x[:, kept] - np.outer(shift, np.array(way)[kept]),
        y=rows.y - shift,
        symbols=tuple(rows.symbols[i] - way[i] * way[at] * rows.symbols[at] for i in kept),
    )
