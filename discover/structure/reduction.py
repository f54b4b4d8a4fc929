"""A reduction as a value: which products of powers, sums and differences a law depends on.

What can be done with one without looking at a target: its values on rows, two columns joined, its
powers composed, the same in other variables. `reducing` finds which reduction holds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import permutations

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from discover.structure.powers import base_values, power, powers

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """Columns and target with the symbols of the columns.

    Attributes:
        x: Columns ``[n, d]``.
        y: Target ``[n]``.
        symbols: Of the columns ``[d]``.
        spread: How much of the target is noise on each row, up to a common factor ``[n]``;
            ``None`` where that is the same on all rows, or not known.
    """

    x: Matrix
    y: Vector
    symbols: tuple[sp.Expr, ...]
    spread: Vector | None = None

    def take(self, limit: int) -> "Rows":
        """At most `limit` rows, always the same."""
        if len(self.y) <= limit:
            return self
        rows = np.sort(np.random.default_rng(0).permutation(len(self.y))[:limit])
        spread = None if self.spread is None else self.spread[rows]
        return Rows(x=self.x[rows], y=self.y[rows], symbols=self.symbols, spread=spread)


@dataclass(frozen=True, kw_only=True, eq=False)
class Reduction:
    """``y = factor * f(groups)``.

    Attributes:
        base: What the powers are of: columns, sums and differences of columns ``[p]``.
        factor: Exponents of the factor ``[p]``.
        groups: Exponents of each variable that is left ``[r, p]``.
        error: Error of the smooth function of `groups` on unseen rows, over the target's size.
        full: The same of the smooth function of all columns.
        spectrum: Singular values that the reduction was read off, the largest first.
    """

    base: tuple[sp.Expr, ...]
    factor: tuple[Fraction, ...]
    groups: tuple[tuple[Fraction, ...], ...]
    error: float
    full: float
    spectrum: tuple[float, ...]

    def factor_expr(self) -> sp.Expr:
        """The factor in the columns' symbols."""
        return power(self.base, self.factor)

    def group_exprs(self) -> tuple[sp.Expr, ...]:
        """The variables that are left, in the columns' symbols."""
        return tuple(power(self.base, row) for row in self.groups)

    def values(self, x: Matrix, symbols: tuple[sp.Expr, ...]) -> tuple[Vector, Matrix]:
        """The factor ``[n]`` and the groups ``[n, r]`` on rows."""
        base = base_values(self.base, x, symbols)
        factor = powers(base, np.array([self.factor], dtype=float))[:, 0]
        if not self.groups:
            return factor, np.empty((len(x), 0))
        return factor, powers(base, np.array(self.groups, dtype=float))


def unreduced(symbols: tuple[sp.Expr, ...]) -> Reduction:
    """The reduction that reduces nothing: the columns as they are."""
    d = len(symbols)
    return Reduction(
        base=symbols,
        factor=(Fraction(0),) * d,
        groups=tuple(unit(i, d) for i in range(d)),
        error=np.inf,
        full=np.inf,
        spectrum=(),
    )


def unit(i: int, d: int) -> tuple[Fraction, ...]:
    """Exponents of the `i`-th of `d` columns as it is: 1 there, 0 elsewhere."""
    return tuple(Fraction(int(i == j)) for j in range(d))


def with_sum(current: Reduction, i: int, j: int, sign: int) -> Reduction:
    """Column `i` plus or minus column `j` as one column; groups with `j` itself are gone.

    Args:
        current: A reduction in which neither column has a part in the factor.
        i: Place of the column that becomes the sum.
        j: Place of the column that is added.
        sign: 1 for their sum, -1 for their difference.
    """
    base = [*current.base]
    base[i] = base[i] + sign * base[j]
    keep = [k for k in range(len(base)) if k != j]
    groups = [row for row in current.groups if row[j] == 0]
    return replace(
        current,
        base=tuple(base[k] for k in keep),
        factor=tuple(current.factor[k] for k in keep),
        groups=tuple(tuple(row[k] for k in keep) for row in groups),
    )


def composed(
    current: Reduction, factor: tuple[Fraction, ...], rows: tuple[tuple[Fraction, ...], ...]
) -> Reduction:
    """Powers of the groups as powers of what the groups are made of.

    Args:
        current: A reduction with `r` groups.
        factor: Exponents of its groups in a further factor ``[r]``.
        rows: Exponents of its groups in each new group ``[fewer, r]``.
    """

    def product(exponents: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
        columns = zip(*current.groups, strict=True)
        return tuple(
            sum((e * g for e, g in zip(exponents, c, strict=True)), Fraction(0)) for c in columns
        )

    joined = tuple(a + b for a, b in zip(current.factor, product(factor), strict=True))
    return replace(current, factor=joined, groups=tuple(product(row) for row in rows))


def oriented(found: Reduction, train: Rows) -> Reduction:
    """Each ratio of columns the way up in which it is small, each product as a product."""
    _, z = found.values(train.x, train.symbols)
    groups = []
    for row, g in zip(found.groups, z.T, strict=True):
        down = all(e <= 0 for e in row)
        ratio = not down and any(e < 0 for e in row)
        turn = down or (ratio and np.median(np.abs(g)) > 1)
        groups.append(tuple(-e for e in row) if turn else row)
    return replace(found, groups=tuple(groups))


def alternatives(found: Reduction, train: Rows, most: int) -> tuple[Reduction, ...]:
    """The same reduction in other variables, as short as its own.

    Where ``u/c`` and ``x/(c t)`` describe a law, so do ``u/c`` and ``x/(u t)``.

    Args:
        found: A reduction.
        train: Rows that decide which way up a product is small.
        most: How many to return, itself among them.
    """
    limit = _length(found)
    tried = [each for each in [found, *_multiplied(found)] if _length(each) <= limit]
    return tuple(oriented(each, train) for each in sorted(tried, key=_length)[:most])


def longer(found: Reduction, train: Rows, most: int) -> tuple[Reduction, ...]:
    """The same reduction with a product or a ratio of two of its variables in place of one of them.

    Where a law is a function of ``a`` and ``b``, it may be one of ``a`` and ``a b`` that is simple.

    Args:
        found: A reduction.
        train: Rows that decide which way up a product is small.
        most: How many to return; products come first.
    """
    limit = _length(found)
    tried = [each for each in _multiplied(found) if _length(each) > limit]
    tried.sort(key=lambda each: (_length(each), _divided(each)))
    return tuple(oriented(each, train) for each in tried[:most])


def _multiplied(found: Reduction) -> Iterator[Reduction]:
    """One variable times another one, then by another one, in place of itself."""
    for i, j in permutations(range(len(found.groups)), 2):
        for sign in (1, -1):
            row = tuple(a + sign * b for a, b in zip(found.groups[i], found.groups[j], strict=True))
            groups = tuple(row if k == i else g for k, g in enumerate(found.groups))
            yield replace(found, groups=groups)


def _divided(found: Reduction) -> int:
    return sum(e < 0 for row in found.groups for e in row)


def _length(found: Reduction) -> float:
    return float(sum(abs(e) for row in found.groups for e in row))
