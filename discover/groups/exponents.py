"""Products of powers by their dimensions: exact, in rational numbers.

Dimensions are rational vectors; a product of powers without dimension is a linear relation between
them. Listed are the relations with the fewest columns: of a set of columns whose dimensions span
all others ("repeating" ones), and one column more.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import comb, gcd, lcm

import numpy as np

from discover.units import Dimension

#: Exponents, one for each column.
Powers = tuple[Fraction, ...]

_MOST_SETS = 200  # of repeating columns, looked at; drawn where there are more
_HALVES = 2  # largest denominator of an exponent


@dataclass(frozen=True)
class Dimensions:
    """Dimensions of the columns and of the target as rational vectors.

    Attributes:
        columns: A vector for each column.
        target: The vector of the target.
        rank: Number of independent ones among the columns.
    """

    columns: tuple[Powers, ...]
    target: Powers
    rank: int

    @classmethod
    def of(cls, columns: Sequence[Dimension], target: Dimension) -> "Dimensions":
        """The vectors, over whatever base dimensions occur."""
        names = sorted({name for d in [*columns, target] for name, _ in d.exponents})
        rows = [tuple(dict(d.exponents).get(n, Fraction(0)) for n in names) for d in columns]
        goal = tuple(dict(target.exponents).get(n, Fraction(0)) for n in names)
        return cls(tuple(rows), goal, _rank(rows))

    def bases(self) -> Iterator[tuple[int, ...]]:
        """Sets of columns whose dimensions span those of all columns, none of them spare."""
        count = len(self.columns)
        if comb(count, self.rank) <= _MOST_SETS:
            sets = list(combinations(range(count), self.rank))
        else:
            rng = np.random.default_rng(0)
            sets = [tuple(rng.permutation(count)[: self.rank]) for _ in range(_MOST_SETS)]
        for at in sets:
            if _rank([self.columns[i] for i in at]) == self.rank:
                yield at

    def groups(self) -> Iterator[Powers]:
        """Products of powers without dimension, of as few columns as possible."""
        for at in self.bases():
            for j in set(range(len(self.columns))) - set(at):
                solution = _solved([self.columns[i] for i in at], self.columns[j])
                if solution is not None:
                    yield _whole(self._spread(at, [-s for s in solution], {j: Fraction(1)}))

    def prefactors(self) -> Iterator[Powers]:
        """Products of powers with the target's dimension."""
        for at in self.bases():
            solution = _solved([self.columns[i] for i in at], self.target)
            if solution is not None:
                yield self._spread(at, solution, {})

    def _spread(
        self, at: Sequence[int], powers: Sequence[Fraction], others: Mapping[int, Fraction]
    ) -> Powers:
        by_column = dict(zip(at, powers, strict=True)) | dict(others)
        return tuple(by_column.get(i, Fraction(0)) for i in range(len(self.columns)))


def _reduced(rows: Sequence[Powers]) -> tuple[list[list[Fraction]], list[int]]:
    """The reduced row echelon form, and the columns of its leading ones."""
    matrix = [list(row) for row in rows]
    leading: list[int] = []
    for column in range(len(matrix[0]) if matrix else 0):
        top = len(leading)
        pivot = next((i for i in range(top, len(matrix)) if matrix[i][column] != 0), None)
        if pivot is None:
            continue
        matrix[top], matrix[pivot] = matrix[pivot], matrix[top]
        matrix[top] = [value / matrix[top][column] for value in matrix[top]]
        for i in range(len(matrix)):
            if i != top and matrix[i][column] != 0:
                factor = matrix[i][column]
                matrix[i] = [a - factor * b for a, b in zip(matrix[i], matrix[top], strict=True)]
        leading.append(column)
    return matrix, leading


def _rank(rows: Sequence[Powers]) -> int:
    return len(_reduced(rows)[1])


def _solved(vectors: Sequence[Powers], goal: Powers) -> list[Fraction] | None:
    """How `goal` is combined of independent `vectors`; ``None`` if it is not."""
    augmented = [(*row, value) for row, value in zip(zip(*vectors, strict=True), goal, strict=True)]
    if not vectors:
        augmented = [(value,) for value in goal]
    matrix, leading = _reduced(augmented)
    if len(vectors) in leading:
        return None
    return [matrix[i][-1] for i in range(len(vectors))]


def _whole(powers: Powers) -> Powers:
    """Proportional powers that are integers without a common divisor, the first one positive."""
    scale = lcm(*(p.denominator for p in powers))
    whole = [int(p * scale) for p in powers]
    divisor = gcd(*whole)
    sign = 1 if next(w for w in whole if w) > 0 else -1
    return tuple(Fraction(sign * w // divisor) for w in whole)


def length(powers: Powers) -> Fraction:
    """The sizes of all exponents together: small for a simple product."""
    return sum(map(abs, powers), Fraction(0))


def ranked(found: Iterator[Powers]) -> list[Powers]:
    """Different products of powers, the simplest first; none with exponents finer than halves."""

    def order(powers: Powers) -> tuple[Fraction, int, int, list[Fraction]]:
        broken = sum(p.denominator != 1 for p in powers)
        return length(powers) + broken, broken, sum(p != 0 for p in powers), [-p for p in powers]

    return sorted({p for p in found if all(e.denominator <= _HALVES for e in p)}, key=order)


def choices(found: Sequence[Powers], count: int) -> Iterator[tuple[Powers, ...]]:
    """Sets of `count` independent groups: the simplest one, then those with another group in it.

    Args:
        found: Groups, the simplest first.
        count: As many as there are independent ones.
    """
    simplest: list[Powers] = []
    for powers in found:
        if len(simplest) < count and _rank([*simplest, powers]) > len(simplest):
            simplest.append(powers)
    if len(simplest) < count:
        return
    yield tuple(simplest)
    largest = max(map(length, simplest), default=Fraction(0)) + 1
    for powers in found:
        if powers not in simplest and length(powers) <= largest:
            for at in range(count):
                other = [*simplest[:at], powers, *simplest[at + 1 :]]
                if _rank(other) == count:
                    yield tuple(other)
