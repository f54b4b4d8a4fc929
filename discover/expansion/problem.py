"""One change of the target over one dictionary: which sums and ratios of terms make the law.

``y = factor * back(P)`` or ``factor * back(P / (1 - Q))`` with P and Q sums of few terms: both are
linear in their factors once the target is changed, so that thousands of terms are weighed at once.
Rows are weighted so that errors count as errors of the target itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from discover.expansion.choosing import subsets, without_unity
from discover.expansion.dictionary import Term
from discover.expansion.outer import Outer
from discover.expansion.reduced import Expansion, Reduced
from discover.expansion.saturating import saturations
from discover.law import complexity

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

TERMS = 4
EXACT = 1e-9
_KEEP = 6
_PRICE = 0.05
_TERM_PRICE = 3.0
# Nodes that a fitted number is worth: itself, the product, and its digits.
_NUMBER = 4.0
_SURE = 2.5  # standard errors within which two factors may be equal
_KNOWN = 0.1  # a factor is a number if its standard error is a smaller share than this
_NEGLIGIBLE = 1e-11
_STEEP = 30.0
_STEPS = 8
_MOST_UNUSABLE = 0.05
# Through noise: terms of which all ratios of two are gone through, and how many are kept.
_BENT, _SATURATIONS = 160, 12


@dataclass(frozen=True, kw_only=True, eq=False)
class Draft:
    """An expansion in numbers: which terms with which factors.

    Attributes:
        numbers: How many different numbers a law needs for the factors.
        error: Error on all rows, over the target's size.
        unseen: Error on unseen rows.
    """

    problem: "Problem"
    above: tuple[int, ...]
    below: tuple[int, ...]
    factors: Vector
    numbers: int
    error: float
    unseen: float

    @property
    def form(self) -> object:
        """What two drafts have in common that differ in their numbers only."""
        used = [bool(f) for f in self.factors]
        chosen = [*((i, 0) for i in self.above), *((i, 1) for i in self.below)]
        return self.problem.outer.name, tuple(c for c, on in zip(chosen, used, strict=True) if on)

    @property
    def price(self) -> float:
        """About the nodes of the law, by the prices of its terms."""
        chosen = [*self.above, *self.below]
        used = [i for i, f in zip(chosen, self.factors, strict=True) if f]
        price = sum(self.problem.terms[i].price + 1.0 for i in used) + _NUMBER * self.numbers
        return float(price + self.problem.outer.price + (2.0 if self.below else 0.0))

    def length(self, n: int) -> float:
        """About its description length."""
        return float(2 * np.log(max(self.error, EXACT)) + max(np.log(n) / n, 0.02) * self.price)

    def expansion(self, n: int) -> Expansion:
        """The same in symbols."""
        over, under = self.factors[: len(self.above)], self.factors[len(self.above) :]
        terms, outer = self.problem.terms, self.problem.outer
        inner = sp.Add(*(_scaled(f, terms[i].expr) for f, i in zip(over, self.above, strict=True)))
        if self.below:
            parts = (_scaled(-f, terms[i].expr) for f, i in zip(under, self.below, strict=True))
            inner = inner / sp.Add(1, *parts)
        expr = outer.back(inner) if self.problem.sign > 0 else -outer.back(inner)
        return Expansion(expr=expr, error=self.unseen, length=self.length(n), size=complexity(expr))


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """One change of the target over one dictionary.

    Attributes:
        outer: The change.
        terms: The dictionary; values on the rows of training, then on the unseen ones.
        sign: What the target is multiplied by before, 1 or -1.
        columns: Terms on the usable rows of training ``[m, N]``.
        goal: The changed target ``[m]``.
        clean: The same without noise ``[m]``: beside the terms of a denominator the noise of the
            target would explain itself.
        weight: What an error of `goal` means for the target ``[m]``.
        factor: What multiplies the unknown function, on the rows of the terms ``[n]``.
        y: The target on them ``[n]``.
        unseen: How many of these rows, the last ones, were not fitted to.
    """

    outer: Outer
    terms: Sequence[Term]
    sign: float
    columns: Matrix
    goal: Vector
    clean: Vector
    weight: Vector
    factor: Vector
    y: Vector
    unseen: int

    @classmethod
    def of(
        cls, outer: Outer, terms: Sequence[Term], train: Reduced, unseen: Reduced
    ) -> "Problem | None":
        """The problem of a law to find; ``None`` where the target cannot be changed so."""
        y = train.y / train.factor
        sign = -1.0 if np.mean(y < 0) > 0.5 else 1.0
        good = _usable(outer, sign * y)
        if good is None:
            return None
        y = sign * y[good]
        with np.errstate(all="ignore"):  # what overflows is left below
            goal = outer.forward(y)
            clean = outer.forward(sign * (train.clean / train.factor)[good])
            weight = np.abs(train.factor[good]) / np.abs(outer.slope(y))
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
            clean=np.where(np.isfinite(clean), clean, goal),
            weight=weight,
            factor=np.concatenate([train.factor, unseen.factor]),
            y=np.concatenate([train.y, unseen.y]),
            unseen=len(unseen.y),
        )

    @property
    def _prices(self) -> Vector:
        return np.array([term.price + _TERM_PRICE for term in self.terms]) * _PRICE

    def sums(self, terms: int = TERMS) -> Iterator[Draft]:
        """The best sums of so many terms at most."""
        goal, weight = self.goal * self.weight, self.weight[:, None]
        for chosen in subsets(self.columns * weight, goal, self._prices, terms=terms, keep=_KEEP):
            yield self._made(chosen, ())

    def ratios(self, ratio: int) -> Iterator[Draft]:
        """The best ratios with the first `ratio` terms."""
        if not self.outer.ratio:
            return
        goal, weight, prices = self.goal * self.weight, self.weight[:, None], self._prices
        few = self.columns[:, :ratio]
        k, under = few.shape[1], without_unity(few)
        wide = np.column_stack([few, few[:, under] * self.clean[:, None]])
        both = np.concatenate([prices[:k], prices[under] + _PRICE])
        for chosen in subsets(wide * weight, goal, both, terms=TERMS, keep=_KEEP):
            below = tuple(int(under[i - k]) for i in chosen if i >= k)
            if below and len(below) < len(chosen):
                yield self._made(tuple(i for i in chosen if i < k), below)
        if np.array_equal(self.clean, self.goal):  # without noise the linear equations see all
            return
        few = self.columns[:, :_BENT]
        for a, b, *start in saturations(few, self.goal, self.weight, prices[:_BENT], _SATURATIONS):
            yield self._made((a,), (b,), np.array(start))

    def _made(
        self, above: tuple[int, ...], below: tuple[int, ...], start: Vector | None = None
    ) -> Draft:
        """The expansion of these terms, their factors by least squares, of a ratio from `start`."""
        goal = self.goal * self.weight
        matrix = self._matrix(above, below, self.clean, 1.0)
        length = np.linalg.norm(matrix, axis=0)
        factors = np.linalg.lstsq(matrix / length, goal, rcond=1e-13)[0] / length
        if below:
            factors = self._settled(above, below, factors if start is None else start)
        factors[np.abs(factors) * length < _NEGLIGIBLE * np.linalg.norm(goal)] = 0.0
        spread = _standard_errors(matrix / length, goal, factors * length) / length
        over, under = factors[: len(above)], factors[len(above) :]
        top = _sum(over, [self.terms[i].values for i in above])
        bottom = 1.0 - _sum(under, [self.terms[i].values for i in below])
        with np.errstate(all="ignore"):
            error, unseen = self._errors(top / bottom, len(factors))
        return Draft(
            problem=self,
            above=above,
            below=below,
            factors=factors,
            numbers=_different(factors, spread),
            error=error,
            unseen=unseen,
        )

    def _matrix(
        self, above: tuple[int, ...], below: tuple[int, ...], goal: Vector, bottom: Vector | float
    ) -> Matrix:
        """What the factors of a ratio multiply where its value is `goal`, weighted."""
        columns = np.column_stack([self.columns[:, above], self.columns[:, below] * goal[:, None]])
        return np.asarray(columns * np.reshape(self.weight / bottom, (-1, 1)))

    def _settled(self, above: tuple[int, ...], below: tuple[int, ...], factors: Vector) -> Vector:
        """The factors of a ratio after some Gauss-Newton steps.

        The target stands on both sides of the linear equations, and its noise with it, which pulls
        the factors below towards zero; the ratio itself does not have that fault.
        """
        best, least = factors, np.inf
        for _ in range(_STEPS):
            top = self.columns[:, above] @ factors[: len(above)]
            bottom = 1.0 - self.columns[:, below] @ factors[len(above) :]
            with np.errstate(all="ignore"):
                value = top / bottom
                rest = (self.goal - value) * self.weight
                cost = float(rest @ rest)
                matrix = self._matrix(above, below, value, bottom)
                length = np.maximum(np.linalg.norm(matrix, axis=0), 1e-300)
            if not (cost < least and np.isfinite(length).all()):
                break
            best, least = factors, cost
            factors = factors + np.linalg.lstsq(matrix / length, rest, rcond=1e-13)[0] / length
        return best

    def _errors(self, inner: Vector, numbers: int) -> tuple[float, float]:
        """Error on all rows, those of training made up for what was fitted, and on unseen rows."""
        with np.errstate(all="ignore"):
            predicted = self.sign * self.outer.value(inner) * self.factor
        # A row without a value counts as a prediction of nothing.
        square = (np.where(np.isfinite(predicted), predicted, 0.0) - self.y) ** 2
        n = len(self.y) - self.unseen
        fair = (n + numbers) / max(n - numbers, 1)
        total = fair * square[:n].sum() + square[n:].sum()
        unseen = square[n:].sum() / (self.y[n:] @ self.y[n:])
        return float(np.sqrt(total / (self.y @ self.y))), float(np.sqrt(unseen))


def _standard_errors(matrix: Matrix, goal: Vector, factors: Vector) -> Vector:
    """Standard error of each factor of a linear fit."""
    rest = goal - matrix @ factors
    inverse = np.linalg.pinv(matrix.T @ matrix, rcond=1e-14, hermitian=True)
    variance = float(rest @ rest) / max(len(goal) - len(factors), 1)
    return np.asarray(np.sqrt(np.maximum(np.diag(inverse), 0.0) * variance))


def _different(factors: Vector, spread: Vector) -> int:
    """Numbers that a law has to state: 1, 2 and what is as large as another one are free."""
    known = [(1.0, 0.0), (2.0, 0.0)]
    count = 0
    for size, error in zip(np.abs(factors), spread, strict=True):
        if not size:
            continue
        reach = np.array([_SURE * np.hypot(error, e) + 1e-9 * size for _, e in known])
        same = np.abs(size - np.array([s for s, _ in known])) < reach
        if not (error < _KNOWN * size and same.any()):
            count += 1
            known += [(float(size), float(error)), (2 * float(size), 2 * float(error))]
    return count


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
