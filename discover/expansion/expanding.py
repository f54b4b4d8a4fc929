"""Laws that are a simple function of a sparse sum of terms, or of a ratio of two such sums.

``y = factor * back(P)`` or ``factor * back(P / (1 - Q))`` with P and Q sums of few terms: both are
linear in their factors once the target is changed, so that thousands of terms are weighed at once.
Rows are weighted so that errors count as errors of the target itself. Small dictionaries are
searched more thoroughly than the large one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from discover.expansion.choosing import subsets
from discover.expansion.dictionary import Term, dictionary
from discover.expansion.outer import OUTER, Outer
from discover.law import complexity

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

_ROWS = 400
_TERMS = 4
_KEEP = 6
# Sizes of the dictionaries by level, and how many of their terms ratios may hold.
_SIZES = ((160, 80), (160, 80), (1200, 300))
# With more variables than this there are many powers.
_FEW, _MANY = 2, 700
_PRICE = 0.05
_TERM_PRICE = 3.0
_NEGLIGIBLE = 1e-11
_EXACT = 1e-9
_STEEP = 30.0
_MOST_UNUSABLE = 0.05


@dataclass(frozen=True, kw_only=True, eq=False)
class Reduced:
    """A law to find: ``y = factor * f(z)``.

    Attributes:
        z: Variables ``[n, r]``.
        factor: What multiplies the unknown function ``[n]``.
        y: Target ``[n]``.
    """

    z: Matrix
    factor: Vector
    y: Vector

    def take(self, limit: int) -> "Reduced":
        """At most `limit` rows, always the same."""
        if len(self.y) <= limit:
            return self
        rows = np.sort(np.random.default_rng(0).permutation(len(self.y))[:limit])
        return Reduced(z=self.z[rows], factor=self.factor[rows], y=self.y[rows])


@dataclass(frozen=True, kw_only=True, eq=False)
class Expansion:
    """A proposal.

    Attributes:
        expr: The function f in the variables' symbols.
        error: Error of ``factor * f(z)`` on unseen rows, over the target's size.
        size: Complexity of `expr`.
    """

    expr: sp.Expr
    error: float
    size: int

    def length(self, n: int) -> float:
        """Its description length on `n` rows."""
        return 2 * float(np.log(max(self.error, _EXACT))) + max(np.log(n) / n, 0.02) * self.size


def expand(
    symbols: Sequence[sp.Symbol], train: Reduced, unseen: Reduced, *, level: int, keep: int = 12
) -> tuple[Expansion, ...]:
    """Short expansions, the best for their size first.

    Args:
        symbols: The variables of the unknown function ``[r]``.
        train: Rows that choose the terms and their factors.
        unseen: Rows that the proposals are ordered by.
        level: Which dictionary: 0 powers, 1 common functions too, 2 the large one.
        keep: How many to return at most.
    """
    train = train.take(_ROWS)
    most, ratio = _SIZES[level]
    if level == 0 and len(symbols) > _FEW:
        most = _MANY
    terms = dictionary(symbols, np.concatenate([train.z, unseen.z]), most=most, level=level)
    problems = (_Problem.of(outer, terms, train, unseen) for outer in OUTER)
    drafts = [draft for p in problems if p is not None for draft in p.drafts(ratio)]
    drafts.sort(key=lambda draft: draft.length(len(unseen.y)))
    found: dict[sp.Expr, Expansion] = {}
    for draft in drafts[: 2 * keep]:
        each = draft.expansion()
        if each.expr not in found:
            found[each.expr] = each
    return tuple(sorted(found.values(), key=lambda e: e.length(len(unseen.y)))[:keep])


@dataclass(frozen=True, kw_only=True, eq=False)
class _Draft:
    """An expansion in numbers: which terms with which factors."""

    problem: "_Problem"
    above: tuple[int, ...]
    below: tuple[int, ...]
    factors: Vector
    error: float

    def length(self, n: int) -> float:
        """About its description length, by the prices of its terms."""
        chosen = [*self.above, *self.below]
        used = [i for i, f in zip(chosen, self.factors, strict=True) if f]
        price = sum(self.problem.terms[i].price + _TERM_PRICE for i in used)
        price += self.problem.outer.price + (2.0 if self.below else 0.0)
        return 2 * float(np.log(max(self.error, _EXACT))) + max(np.log(n) / n, 0.02) * price

    def expansion(self) -> Expansion:
        """The same in symbols."""
        over, under = self.factors[: len(self.above)], self.factors[len(self.above) :]
        terms, outer = self.problem.terms, self.problem.outer
        inner = sp.Add(*(_scaled(f, terms[i].expr) for f, i in zip(over, self.above, strict=True)))
        if self.below:
            parts = (_scaled(-f, terms[i].expr) for f, i in zip(under, self.below, strict=True))
            inner = inner / sp.Add(1, *parts)
        expr = outer.back(inner) if self.problem.sign > 0 else -outer.back(inner)
        return Expansion(expr=expr, error=self.error, size=complexity(expr))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Problem:
    """One change of the target over one dictionary.

    Attributes:
        outer: The change.
        terms: The dictionary; values on the rows of training, then on the unseen ones.
        sign: What the target is multiplied by before, 1 or -1.
        columns: Terms on the usable rows of training ``[m, N]``.
        goal: The changed target ``[m]``.
        weight: What an error of `goal` means for the target ``[m]``.
        unseen: The unseen rows.
    """

    outer: Outer
    terms: Sequence[Term]
    sign: float
    columns: Matrix
    goal: Vector
    weight: Vector
    unseen: Reduced

    @classmethod
    def of(
        cls, outer: Outer, terms: Sequence[Term], train: Reduced, unseen: Reduced
    ) -> "_Problem | None":
        y = train.y / train.factor
        sign = -1.0 if np.mean(y < 0) > 0.5 else 1.0
        good = _usable(outer, sign * y)
        if good is None:
            return None
        y, factor = sign * y[good], train.factor[good]
        goal = outer.forward(y)
        with np.errstate(all="ignore"):
            weight = np.abs(factor) / np.abs(outer.slope(y))
        # Where the change is flat an error of the target is no error of the goal.
        weight = np.minimum(weight, _STEEP * np.median(weight))
        if not (np.isfinite(goal).all() and np.isfinite(weight).all() and np.ptp(goal) > 0):
            return None
        columns = np.column_stack([term.values[: len(good)][good] for term in terms])
        return cls(
            outer=outer,
            terms=terms,
            sign=sign,
            columns=columns,
            goal=goal,
            weight=weight,
            unseen=unseen,
        )

    def drafts(self, ratio: int) -> Iterator[_Draft]:
        """The best sums of terms, and the best ratios with the first `ratio` terms."""
        prices = np.array([term.price + _TERM_PRICE for term in self.terms]) * _PRICE
        goal, weight = self.goal * self.weight, self.weight[:, None]
        for chosen in subsets(self.columns * weight, goal, prices, terms=_TERMS, keep=_KEEP):
            yield self._made(chosen, ())
        if not self.outer.ratio:
            return
        few = self.columns[:, :ratio]
        k = few.shape[1]
        wide = np.column_stack([few, few[:, 1:] * self.goal[:, None]])
        both = np.concatenate([prices[:k], prices[1:k] + _PRICE])
        for chosen in subsets(wide * weight, goal, both, terms=_TERMS, keep=_KEEP):
            below = tuple(i - k + 1 for i in chosen if i >= k)
            if below and len(below) < len(chosen):
                yield self._made(tuple(i for i in chosen if i < k), below)

    def _made(self, above: tuple[int, ...], below: tuple[int, ...]) -> _Draft:
        """The expansion of these terms, their factors by least squares."""
        matrix = np.column_stack(
            [self.columns[:, above], self.columns[:, below] * self.goal[:, None]]
        )
        matrix = matrix * self.weight[:, None]
        length = np.linalg.norm(matrix, axis=0)
        goal = self.goal * self.weight
        factors = np.linalg.lstsq(matrix / length, goal, rcond=1e-13)[0]
        factors[np.abs(factors) < _NEGLIGIBLE * np.linalg.norm(goal)] = 0.0
        factors = factors / length
        over, under = factors[: len(above)], factors[len(above) :]
        rest = len(self.terms[0].values) - len(self.unseen.y)
        top = _sum(over, [self.terms[i].values[rest:] for i in above])
        bottom = 1.0 - _sum(under, [self.terms[i].values[rest:] for i in below])
        with np.errstate(all="ignore"):
            error = self._error(top / bottom)
        return _Draft(problem=self, above=above, below=below, factors=factors, error=error)

    def _error(self, inner: Vector) -> float:
        with np.errstate(all="ignore"):
            predicted = self.sign * self.outer.value(inner) * self.unseen.factor
        # A row without a value counts as a prediction of nothing.
        miss = np.where(np.isfinite(predicted), predicted, 0.0) - self.unseen.y
        return float(np.sqrt(np.mean(miss**2) / np.mean(self.unseen.y**2)))


def _usable(outer: Outer, target: Vector) -> NDArray[np.bool_] | None:
    """The rows on which the change of the target is possible, if that is nearly all."""
    if outer.holds(target):
        return np.ones(len(target), dtype=bool)
    good = target > 0
    if np.mean(good) > 1 - _MOST_UNUSABLE and outer.holds(target[good]):
        return np.asarray(good)
    return None


def _sum(factors: Vector, values: Sequence[Vector]) -> Vector:
    return np.asarray(sum(f * v for f, v in zip(factors, values, strict=True)))


def _scaled(factor: float, term: sp.Expr) -> sp.Expr:
    return sp.Float(factor) * term if factor else sp.S.Zero
