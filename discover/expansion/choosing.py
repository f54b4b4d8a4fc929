"""The best few columns of a large matrix for a target: all pairs, then a beam of larger sets.

Everything runs on the matrix of inner products, so that a set costs a few numbers and not a pass
over the rows. All pairs are looked at, because the best single column is rarely one of the best
two; of larger sets a beam is grown column by column.

Source: orthogonal matching pursuit (Pati, Rezaiifar, Krishnaprasad 1993) with a beam that starts
from all pairs; the beam is ours.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from discover.expansion.scanning import COLLINEAR, FLOOR, pairs, triples

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

_BEAM = 120
_SWAPPED = 12
_CHILDREN = 8
_ROUNDS = 4
_SAME = 1e-10  # what rounding leaves of one, where terms add up to it
# With no more columns than this all triples are looked at.
_ALL_TRIPLES = 200
_OF_EACH = 4  # triples of each first column


def subsets(
    columns: Matrix, target: Vector, prices: Vector, *, terms: int, keep: int
) -> Iterator[tuple[int, ...]]:
    """Sets of columns that explain the target well for their price.

    Args:
        columns: Weighted columns ``[n, N]``.
        target: Weighted target ``[n]``.
        prices: What each column costs, in units of the logarithm of the squared error ``[N]``.
        terms: Largest set.
        keep: How many sets of each size.

    Yields:
        Column numbers, smaller sets first, better ones first.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> columns = rng.normal(size=(50, 20))
        >>> next(iter(subsets(columns, columns[:, 3] * 2, np.zeros(20), terms=1, keep=1)))
        (3,)
    """
    # A column too large to be squared is no term of a law.
    with np.errstate(over="ignore"):
        length = np.linalg.norm(columns, axis=0)
    good = np.flatnonzero((length > 0) & np.isfinite(length))
    unit = columns[:, good] / length[good]
    y = target / np.linalg.norm(target)
    gram, b = unit.T @ unit, unit.T @ y
    cost = prices[good]
    beam = _singles(b, cost)
    yield from _shown(beam[:keep], good)
    if terms < 2 or len(good) < 2:
        return
    beam = _pairs(gram, b, cost)
    yield from _shown(beam[:keep], good)
    for size in range(3, min(terms, len(good)) + 1):
        if not beam:
            return
        exhaustive = size == 3 and len(good) <= _ALL_TRIPLES
        beam = _triples(gram, b, cost) if exhaustive else _grown(beam, gram, b, cost)
        if not exhaustive:
            beam = _swapped(beam, gram, b, cost)
        yield from _shown(beam[:keep], good)


def _shown(beam: list[tuple[int, ...]], good: NDArray[np.int64]) -> Iterator[tuple[int, ...]]:
    for chosen in beam:
        yield tuple(int(good[i]) for i in chosen)


def _score(rest: Matrix, price: Matrix) -> Matrix:
    return np.asarray(np.log(np.maximum(rest, FLOOR)) + price)


def _singles(b: Vector, cost: Vector) -> list[tuple[int, ...]]:
    order = np.argsort(_score(1 - b**2, cost), kind="stable")
    return [(int(i),) for i in order[:_BEAM]]


def _pairs(gram: Matrix, b: Vector, cost: Vector) -> list[tuple[int, ...]]:
    _, chosen = pairs(gram, b, cost, _BEAM)
    return [(int(i), int(j)) for i, j in chosen]


def _triples(gram: Matrix, b: Vector, cost: Vector) -> list[tuple[int, ...]]:
    """The best triples of all: for each column, all pairs of what it leaves of the others."""
    scores, chosen = triples(gram, b, cost, _OF_EACH)
    found = [(s, (int(i), int(j), int(k))) for s, (i, j, k) in zip(scores, chosen, strict=True)
             if np.isfinite(s)]  # fmt: skip
    return [each for _, each in sorted(found)[:_BEAM]]


def _swapped(
    beam: list[tuple[int, ...]], gram: Matrix, b: Vector, cost: Vector
) -> list[tuple[int, ...]]:
    """The sets and what becomes of the best when each column may be exchanged for a better one."""
    found = dict.fromkeys(beam)
    front = beam[:_SWAPPED]
    for _ in range(_ROUNDS):
        fewer = dict.fromkeys(s[:i] + s[i + 1 :] for s in front for i in range(len(s)))
        front = [s for s in _grown(list(fewer), gram, b, cost) if s not in found][:_SWAPPED]
        if not front:
            break
        found |= dict.fromkeys(front)
    return _ordered(list(found), gram, b, cost)


def _ordered(
    beam: list[tuple[int, ...]], gram: Matrix, b: Vector, cost: Vector
) -> list[tuple[int, ...]]:
    at = np.array(beam)
    _, rest = _explained(at, gram, b)
    score = _score(rest, cost[at].sum(1))
    return [beam[i] for i in np.argsort(score, kind="stable")[:_BEAM]]


def _explained(at: NDArray[np.int64], gram: Matrix, b: Vector) -> tuple[Matrix, Vector]:
    """Inverses of the inner products of each set ``[m, k, k]``, and what it leaves ``[m]``."""
    inner = gram[at[:, :, None], at[:, None]]
    inverse = np.asarray(np.linalg.pinv(inner, rcond=COLLINEAR, hermitian=True), dtype=np.float64)
    part = b[at]
    return inverse, 1.0 - np.einsum("mi,mij,mj->m", part, inverse, part)


def _grown(
    beam: list[tuple[int, ...]], gram: Matrix, b: Vector, cost: Vector
) -> list[tuple[int, ...]]:
    """Each set with one column more, the best of all."""
    at = np.array(beam)
    inverse, rest = _explained(at, gram, b)
    inner = gram[at]
    project = inverse @ inner
    free = 1 - np.einsum("mkn,mkn->mn", inner, project)
    left = b - np.einsum("mk,mkn->mn", b[at], project)
    with np.errstate(all="ignore"):
        gain = np.where(free > COLLINEAR, left**2 / free, -np.inf)
    score = _score(rest[:, None] - gain, cost + cost[at].sum(1)[:, None])
    best = np.argpartition(score, min(_CHILDREN, score.shape[1] - 1), axis=1)[:, :_CHILDREN]
    found = {
        tuple(sorted((*chosen, int(k)))): float(score[m, k])
        for m, chosen in enumerate(beam)
        for k in best[m]
        if int(k) not in chosen
    }
    return sorted(found, key=lambda s: (found[s], s))[:_BEAM]


def without_unity(columns: Matrix) -> NDArray[np.int64]:
    """The terms that a denominator may hold beside its 1: no two of them add up to a constant.

    With cos^2 and sin^2 below, ``y = y (cos^2 + sin^2)`` holds whatever y is, and so does all that
    has a third term beside them: such sets would be taken for laws, and no other would be seen.
    The first column is the constant itself.
    """
    unit = columns / np.linalg.norm(columns, axis=0)
    gram, b = unit.T @ unit, unit.T @ unit[:, 0]
    free = np.maximum(1 - gram**2, _SAME)
    explained = (b[:, None] ** 2 + b**2 - 2 * gram * np.outer(b, b)) / free
    kept: list[int] = []
    for i in range(1, columns.shape[1]):
        if np.all(explained[i, kept] < 1 - _SAME):
            kept.append(i)
    return np.array(kept, dtype=np.int64)
