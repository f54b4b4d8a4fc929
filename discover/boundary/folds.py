"""Relations between two branches at once: ``|c_1 phi_1 + c_2 phi_2| = 1``.

A boundary often lies mirrored on both sides of where a quantity vanishes. Squared, such a relation
is linear in the products of its terms, ``a phi_1^2 + b phi_1 phi_2 + c phi_2^2 = 1``, so that it is
judged by the same distance as in `relations`; a, b and c then give the two coefficients.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from discover.boundary.relations import RIDGE, Relation
from discover.boundary.terms import Matrix, Terms, Vector

# Entries of the symmetric matrices of four rows: the products jj, jk, kk, and 1.
_PLACES = tuple((i, j) for i in range(4) for j in range(i, 4))


def folds(
    columns: Mapping[sp.Symbol, Vector],
    spreads: Mapping[sp.Symbol, float],
    *,
    keep: int = 1000,
) -> tuple[Relation, ...]:
    """The folded pairs that hold best on the points; see :func:`relations.relations`.

    Args:
        columns: The points, each column ``[n]``.
        spreads: What counts as one unit of distance along each column.
        keep: How many.

    Example:
        >>> x, y = sp.symbols("x y", real=True)
        >>> t = np.linspace(-2.5, 2.5, 60)
        >>> t = t[np.abs(t**2 - 1) > 0.2]
        >>> best = folds({x: t, y: 1 / np.abs(t**2 - 1)}, {x: 1.0, y: 1.0})[0]
        >>> best.terms, [abs(round(c, 3)) for c in best.coefficients]
        ((y, x**2*y), [1.0, 1.0])
    """
    terms = Terms.of(columns)
    moments = _Moments.of(terms, [spreads[symbol] for symbol in columns])
    # The constant is no partner: its square is the 1 on the other side.
    j, k = np.triu_indices(len(terms.exprs), 1)
    j, k = j[j > 0], k[j > 0]
    gram = _symmetric(moments.gram(j, k)) + RIDGE * np.eye(4)
    slope = _symmetric(moments.slope(j, k))
    inverse = np.linalg.inv(np.linalg.cholesky(gram))
    gains, vectors = np.linalg.eigh(inverse @ slope @ inverse.transpose(0, 2, 1))
    squares = (inverse.transpose(0, 2, 1) @ vectors[:, :, -1:])[:, :, 0]
    with np.errstate(all="ignore"):
        squares = -squares / squares[:, 3:]
    # Roots of both ends exist only where the form is positive along both terms.
    real = np.flatnonzero((squares[:, 0] > 0) & (squares[:, 2] > 0) & (gains[:, -1] > 0))
    best = real[np.argsort(-gains[real, -1], kind="stable")[:keep]]
    first = np.sqrt(squares[best, 0]) / moments.size[j[best]]
    second = np.sqrt(squares[best, 2]) / moments.size[k[best]]
    second = np.where(squares[best, 1] < 0, -second, second)
    return tuple(
        Relation(
            terms=(terms.exprs[j[at]], terms.exprs[k[at]]),
            coefficients=(float(a), float(b)),
            distance=float(1 / np.sqrt(gains[at, -1])),
            folded=True,
        )
        for at, a, b in zip(best, first, second, strict=True)
    )


@dataclass(frozen=True, eq=False)
class _Moments:
    """Mean products of up to four terms of unit size, for all pairs at once.

    Attributes:
        p: Terms ``[n, t]``.
        d: Their slopes along each column, in spreads, ``[d, n, t]``.
        size: What the terms were divided by ``[t]``.
    """

    p: Matrix
    d: NDArray[np.float64]
    size: Vector

    @classmethod
    def of(cls, terms: Terms, spreads: list[float]) -> "_Moments":
        size = np.sqrt((terms.values**2).mean(axis=0))
        slopes = terms.slopes * np.array(spreads)[:, None, None] / size
        return cls(terms.values / size, slopes, size)

    def gram(self, j: NDArray[np.int64], k: NDArray[np.int64]) -> dict[tuple[int, int], Vector]:
        """Mean products of jj, jk, kk and 1 for each pair."""
        p = self.p
        two, three, four = _mean(p, p), _mean(p**3, p), _mean(p**2, p**2)
        one = np.ones(len(j))
        return {
            (0, 0): four[j, j], (0, 1): three[j, k], (0, 2): four[j, k], (0, 3): one,
            (1, 1): four[j, k], (1, 2): three[k, j], (1, 3): two[j, k],
            (2, 2): four[k, k], (2, 3): one, (3, 3): one,
        }  # fmt: skip

    def slope(self, j: NDArray[np.int64], k: NDArray[np.int64]) -> dict[tuple[int, int], Vector]:
        """Mean products of the slopes of the same, added over the columns."""
        p = self.p
        both, along, across, other = (np.zeros((p.shape[1],) * 2) for _ in range(4))
        for d in self.d:
            both += _mean(p * d, p * d)  # p p' of j, p p' of k
            along += _mean(p * d**2, p)  # p p'^2 of j, p of k
            across += _mean(p**2 * d, d)  # p^2 p' of j, p' of k
            other += _mean(d**2, p**2)  # p'^2 of j, p^2 of k
        mixed = along + across
        zero = np.zeros(len(j))
        return {
            (0, 0): 4 * both[j, j], (0, 1): 2 * mixed[j, k], (0, 2): 4 * both[j, k], (0, 3): zero,
            (1, 1): other[j, k] + 2 * both[j, k] + other[k, j], (1, 2): 2 * mixed[k, j],
            (1, 3): zero, (2, 2): 4 * both[k, k], (2, 3): zero, (3, 3): zero,
        }  # fmt: skip


def _mean(a: Matrix, b: Matrix) -> Matrix:
    return a.T @ b / len(a)


def _symmetric(entries: Mapping[tuple[int, int], Vector]) -> NDArray[np.float64]:
    whole = np.empty((len(entries[0, 0]), 4, 4))
    for i, j in _PLACES:
        whole[:, i, j] = whole[:, j, i] = entries[i, j]
    return whole
