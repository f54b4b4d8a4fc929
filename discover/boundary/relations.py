"""Which few terms cancel on a set of points: subsets of a library, judged by one distance.

For ``f(x) = sum_k c_k phi_k(x)`` the distance of a point to the set ``f = 0`` is, to first order,
``|f| / |grad f|``. Its mean square over the points, with numerator and denominator averaged apart,
is ``c'Gc / c'Hc``, G the products of the terms and H those of their slopes; the best c is an
eigenvector of small matrices. Multiplying f by a function changes numerator and denominator alike,
so that relations of quite different terms can be compared, and a combination that vanishes
everywhere gains nothing.

Source: G. Taubin, IEEE Trans. Pattern Anal. Mach. Intell. 13 (1991) 1115; that all pairs and
triples of a library are searched is ours.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from discover.boundary.terms import Matrix, Terms, Vector, total

Subsets = NDArray[np.int64]

# More terms than this have too many triples; those of the pairs that hold best are searched then.
_TERMS = 400
_BEAM = 300
RIDGE = 1e-11
"""Of a term's own mean square: far above rounding, far below any noise."""


@dataclass(frozen=True, kw_only=True)
class Relation:
    """A combination of terms that nearly vanishes on the points.

    Attributes:
        terms: The terms.
        coefficients: One for each, of length 1 together.
        distance: Root mean squared distance of the points to its zero set, in spreads.
        folded: Whether it is the size of the combination that is 1.
    """

    terms: tuple[sp.Expr, ...]
    coefficients: tuple[float, ...]
    distance: float
    folded: bool = False

    @property
    def expr(self) -> sp.Expr:
        """The relation as one expression, zero where it holds."""
        combined = total(self.coefficients, self.terms)
        return 1 - sp.Abs(combined) if self.folded else combined


@dataclass(frozen=True, eq=False)
class _Forms:
    """Mean products of the terms and of their slopes, for terms of unit size ``[t, t]``."""

    gram: Matrix
    slope: Matrix
    size: Vector

    @classmethod
    def of(cls, terms: Terms, spreads: list[float]) -> "_Forms":
        n = len(terms.values)
        gram = terms.values.T @ terms.values / n
        slope = np.zeros_like(gram)
        for slopes, spread in zip(terms.slopes, spreads, strict=True):
            scaled = slopes * spread
            slope += scaled.T @ scaled / n
        size = np.sqrt(np.diag(gram))
        unit = np.outer(size, size)
        return cls(gram / unit + RIDGE * np.eye(len(size)), slope / unit, size)

    def gains(self, subsets: Subsets) -> Vector:
        """Inverse squared distance of the best combination of each subset ``[n, k]``."""
        if subsets.shape[1] == 3:
            i, j, k = subsets.T
            pairs = ((i, i), (j, j), (k, k), (j, k), (i, k), (i, j))
            return _largest([self.gram[p] for p in pairs], [self.slope[p] for p in pairs])
        return np.asarray(np.linalg.eigvalsh(self._whitened(subsets)[0])[:, -1])

    def best(self, subset: Subsets) -> tuple[Vector, float]:
        """Coefficients ``[k]`` of the best combination of one subset, and its distance."""
        whitened, inverse = self._whitened(subset[None])
        gains, vectors = np.linalg.eigh(whitened[0])
        found = inverse[0].T @ vectors[:, -1] / self.size[subset]
        return found / np.linalg.norm(found), float(1 / np.sqrt(max(gains[-1], 1e-300)))

    def _whitened(self, subsets: Subsets) -> tuple[Matrix, Matrix]:
        rows, columns = subsets[:, :, None], subsets[:, None, :]
        inverse = np.linalg.inv(np.linalg.cholesky(self.gram[rows, columns]))
        return inverse @ self.slope[rows, columns] @ inverse.transpose(0, 2, 1), inverse


def relations(
    columns: Mapping[sp.Symbol, Vector],
    spreads: Mapping[sp.Symbol, float],
    *,
    most_terms: int = 4,
    keep: int = 1000,
) -> tuple[Relation, ...]:
    """The relations of two, three, ... terms that hold best on the points.

    Args:
        columns: The points, each column ``[n]``.
        spreads: What counts as one unit of distance along each column.
        most_terms: Terms of the largest relation.
        keep: How many of each size.

    Returns:
        Those of two terms first, each size by rising distance.

    Example:
        >>> x, y = sp.symbols("x y", real=True)
        >>> t = np.linspace(0.5, 2.0, 40)
        >>> found = relations({x: t, y: 3 / t}, {x: 1.0, y: 1.0}, most_terms=2)
        >>> all(each.distance < 1e-4 for each in found if set(each.terms) == {1, x * y})
        True
    """
    terms = Terms.of(columns)
    forms = _Forms.of(terms, [spreads[symbol] for symbol in columns])
    count = len(terms.exprs)
    found: list[Relation] = []
    best: Subsets = np.arange(count)[:, None]
    for size in range(2, most_terms + 1):
        whole = size == 2 or (size == 3 and count <= _TERMS)
        best = _best(forms, _all(count, size) if whole else _longer(best[:_BEAM], count), keep)
        for subset in best:
            coefficients, distance = forms.best(subset)
            found.append(
                Relation(
                    terms=tuple(terms.exprs[i] for i in subset),
                    coefficients=tuple(coefficients.tolist()),
                    distance=distance,
                )
            )
    return tuple(found)


def _best(forms: _Forms, blocks: Iterator[Subsets], keep: int) -> Subsets:
    """The subsets of largest gain, best first."""
    best: list[Subsets] = []
    gains: list[Vector] = []
    for block in blocks:
        gain = forms.gains(block)
        top = np.argsort(-gain, kind="stable")[:keep] if len(gain) > keep else np.arange(len(gain))
        best.append(block[top])
        gains.append(gain[top])
    order = np.argsort(-np.concatenate(gains), kind="stable")[:keep]
    return np.concatenate(best)[order]


def _all(count: int, size: int) -> Iterator[Subsets]:
    """All pairs, or all triples in blocks that share their first term."""
    if size == 2:
        yield np.array(list(combinations(range(count), 2)))
        return
    for first in range(count - 2):
        second, third = np.triu_indices(count - first - 1, 1)
        yield np.stack([np.full(len(second), first), second + first + 1, third + first + 1], axis=1)


def _longer(best: Subsets, count: int) -> Iterator[Subsets]:
    """The given subsets with one more term."""
    rows = np.repeat(best, count, axis=0)
    more = np.tile(np.arange(count), len(best))
    new = ~(rows == more[:, None]).any(axis=1)
    yield np.unique(np.sort(np.column_stack([rows, more])[new], axis=1), axis=0)


def _largest(g: list[Vector], h: list[Vector]) -> Vector:
    """Largest root of ``det(h - m g) = 0`` for many symmetric matrices of three rows.

    Each is given by its entries 00, 11, 22, 12, 02, 01. The cubic has three real roots, and the
    largest of them a closed form, which is ten times as fast here as a decomposition.
    """
    cofactors = _cofactors(g)
    with np.errstate(all="ignore"):
        det = g[0] * cofactors[0] + g[5] * cofactors[5] + g[4] * cofactors[4]
        a = _trace(cofactors, h) / det
        b = _trace(_cofactors(h), g) / det
        minors = _cofactors(h)
        c = (h[0] * minors[0] + h[5] * minors[5] + h[4] * minors[4]) / det
        q = np.maximum(a * a - 3 * b, 0.0)
        cosine = (2 * a**3 - 9 * a * b + 27 * c) / (2 * q * np.sqrt(q))
        angle = np.arccos(np.clip(cosine, -1.0, 1.0))
        root = (a + 2 * np.sqrt(q) * np.cos(angle / 3)) / 3
    return np.where(np.isfinite(root), root, 0.0)


def _cofactors(m: list[Vector]) -> list[Vector]:
    return [
        m[1] * m[2] - m[3] * m[3],
        m[0] * m[2] - m[4] * m[4],
        m[0] * m[1] - m[5] * m[5],
        m[4] * m[5] - m[0] * m[3],
        m[5] * m[3] - m[1] * m[4],
        m[4] * m[3] - m[5] * m[2],
    ]


def _trace(m: list[Vector], n: list[Vector]) -> Vector:
    diagonal = m[0] * n[0] + m[1] * n[1] + m[2] * n[2]
    return np.asarray(diagonal + 2 * (m[3] * n[3] + m[4] * n[4] + m[5] * n[5]))
