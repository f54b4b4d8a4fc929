"""Relations fitted to the rows near a boundary, as they stand in the library and without sympy."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from discover.boundary.relations import Relation
from discover.boundary.terms import Terms
from discover.dataset import Matrix, Vector
from discover.tape import likelihood

_STEPS = 6


@dataclass(frozen=True, kw_only=True, eq=False)
class Nearby:
    """Rows near a boundary.

    Attributes:
        terms: The library on them; terms without a value on some row are missing.
        columns: The columns ``[n]`` each, in the order of the library's slopes.
        spreads: What counts as one unit of distance along each column.
        second: 1 for rows of the second class, else 0 ``[n]``.
    """

    terms: Terms
    columns: tuple[Vector, ...]
    spreads: tuple[float, ...]
    second: Vector

    def places(self, relation: Relation) -> list[int] | None:
        """Where the relation's terms stand in the library; ``None`` if one has no value."""
        if not all(term in self.terms.exprs for term in relation.terms):
            return None
        return [self.terms.exprs.index(term) for term in relation.terms]

    def right(self, relation: Relation) -> float:
        """Share of the rows on the right side, whichever side that is; 0 where it has no value."""
        at = self.places(relation)
        if at is None:
            return 0.0
        values = self.terms.values[:, at] @ np.array(relation.coefficients)
        values = 1 - np.abs(values) if relation.folded else values
        share = float(np.mean((values > 0) == (self.second > 0.5)))
        return max(share, 1 - share)


def polished(relation: Relation, rows: Nearby) -> Relation:
    """The relation with the most likely coefficients on the rows, where its terms have values.

    Args:
        relation: Its coefficients are the start.
        rows: Rows near the boundary.
    """
    at = rows.places(relation)
    if at is None:
        return relation
    combined = _Combination(
        terms=rows.terms.values[:, at], rates=rows.terms.slopes[:, :, at], folded=relation.folded
    )
    sides = likelihood.Sides.of(combined, len(at), rows.columns, rows.spreads, rows.second)
    theta, _ = likelihood.climb(sides, relation.coefficients, _STEPS)
    return replace(relation, coefficients=tuple(float(c) for c in theta[1:]))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Combination:
    """A sum of terms (or one less its size) as a function of its coefficients and the columns.

    Attributes:
        terms: Values of the terms ``[n, k]``.
        rates: Their derivatives by each column ``[d, n, k]``.
        folded: Whether it is one less the size of the sum.
    """

    terms: Matrix
    rates: NDArray[np.float64]
    folded: bool

    def values(self, inputs: Sequence[Vector | float], n: int) -> Vector:
        """Values ``[n]``; the first inputs are the coefficients."""
        total = self.terms @ self._coefficients(inputs)
        return np.asarray(1 - np.abs(total) if self.folded else total)

    def slopes(
        self, inputs: Sequence[Vector | float], n: int, wrt: Sequence[int]
    ) -> tuple[Vector, Matrix]:
        """Values ``[n]`` and derivatives ``[n, len(wrt)]`` by coefficients or columns."""
        coefficients = self._coefficients(inputs)
        total = self.terms @ coefficients
        count = len(coefficients)
        found = [
            self.terms[:, i] if i < count else self.rates[i - count] @ coefficients for i in wrt
        ]
        jacobian = np.stack(found, axis=1) if found else np.empty((len(total), 0))
        if not self.folded:
            return total, jacobian
        return 1 - np.abs(total), -np.sign(total)[:, None] * jacobian

    def _coefficients(self, inputs: Sequence[Vector | float]) -> Vector:
        return np.array([float(c) for c in inputs[: self.terms.shape[1]]])
