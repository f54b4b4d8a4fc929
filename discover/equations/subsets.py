"""The best few of many columns: least squares with a given number of terms.

Every size has its own best subset. Which size is right is not decided here: rows that were not
fitted decide it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Subset = tuple[int, ...]


def best_subsets(columns: Array, target: Array, most: int) -> tuple[Subset, ...]:
    """For every size from 1 to `most` a subset of columns that no single exchange improves.

    Two searches meet: columns added one by one, and columns taken away one by one from all of them
    (the greedy forms of sequential thresholding). Both are refined by exchanging one column for
    another until nothing improves; the better one stays.

    Args:
        columns: ``[n, k]``; of any scale.
        target: ``[n]``.
        most: Largest size.

    Returns:
        Ascending indices, one tuple for each size; fewer sizes where there are fewer columns.

    Source: A. J. Miller, Subset Selection in Regression (2002), chapter 3.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> x = rng.normal(size=(50, 6))
        >>> best_subsets(x, 2 * x[:, 4] - x[:, 1], 2)
        ((4,), (1, 4))
    """
    problem = _Problem.of(columns, target)
    most = min(most, problem.size)
    ahead = _forward(problem, most)
    behind = _backward(problem, most)
    return tuple(
        min((ahead[k], behind[k]), key=lambda s: (problem.error(s), s)) for k in range(most)
    )


def greedy(columns: Array, target: Array, size: int) -> Subset:
    """Columns added one by one, each the best at its turn; quicker than :func:`best_subsets`.

    Args:
        columns: Candidates ``[n, m]``.
        target: What they explain together ``[n]``.
        size: How many are wanted.

    Example:
        >>> x = np.eye(4)[:, :3]
        >>> greedy(x, np.array([0.0, 2.0, 1.0, 0.0]), 1)
        (1,)
    """
    problem = _Problem.of(columns, target)
    subset: Subset = ()
    for _ in range(min(size, problem.size)):
        others = [j for j in range(problem.size) if j not in subset]
        subset = min(((*subset, j) for j in others), key=problem.error)
    return tuple(sorted(subset))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Problem:
    """Columns of unit length and the target, turned into a small triangle with equal products."""

    columns: Array
    target: Array

    @classmethod
    def of(cls, columns: Array, target: Array) -> "_Problem":
        length = np.linalg.norm(columns, axis=0)
        scaled = columns / np.where(length > 0, length, 1.0)
        triangle = np.asarray(np.linalg.qr(np.column_stack([scaled, target]))[1])
        return cls(columns=triangle[:, :-1], target=triangle[:, -1])

    @property
    def size(self) -> int:
        return int(self.columns.shape[1])

    def error(self, subset: Sequence[int]) -> float:
        """The sum of squares that these columns leave."""
        part = self.columns[:, list(subset)]
        left = self.target - part @ np.linalg.lstsq(part, self.target, rcond=1e-13)[0]
        return float(left @ left)

    def exchanged(self, subset: Subset) -> Subset:
        """The subset after as many exchanges of one column as make it better."""
        best, error = subset, self.error(subset)
        while True:
            others = [j for j in range(self.size) if j not in best]
            tries = [
                tuple(sorted((*best[:i], *best[i + 1 :], j)))
                for i in range(len(best))
                for j in others
            ]
            if not tries:
                return best
            errors = [self.error(subset) for subset in tries]
            at = int(np.argmin(errors))
            if errors[at] >= error * (1 - 1e-9):
                return best
            best, error = tries[at], errors[at]


def _forward(problem: _Problem, most: int) -> list[Subset]:
    found: list[Subset] = []
    subset: Subset = ()
    for _ in range(most):
        others = [j for j in range(problem.size) if j not in subset]
        tries = [tuple(sorted((*subset, j))) for j in others]
        subset = problem.exchanged(min(tries, key=problem.error))
        found.append(subset)
    return found


def _backward(problem: _Problem, most: int) -> list[Subset]:
    found: dict[int, Subset] = {}
    subset: Subset = tuple(range(problem.size))
    while subset:
        if len(subset) <= most:
            found[len(subset)] = problem.exchanged(subset)
        tries = [(*subset[:i], *subset[i + 1 :]) for i in range(len(subset))]
        subset = min(tries, key=problem.error)
    return [found[k] for k in range(1, most + 1)]
