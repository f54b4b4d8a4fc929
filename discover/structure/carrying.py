"""Parts of a law that are added to the rest, and what the rest depends on without them.

``y = a + f(b)`` and ``y = a + (b - a) f(c)`` grow by as much as a, or as a and b together: an
offset, a temperature on a scale of one's own, a place from which is measured. Then the target less
that column is a law of the others, each less that column if it grows along. So it is with a product
of powers, ``y = q V + f(q, p)`` or ``y = m v^2/2 + f(x)``, whose one column is in nothing else.
Either way there is one column fewer.

Source: ours; translations as symmetries of a smooth function as in AI Feynman (Udrescu et al.,
arXiv 2006.10782), there without the target.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, product

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from discover.structure.powers import power, powers
from discover.structure.reducing import CHECK_ROWS, LIKE, ROWS, SMALL, seen_as_is
from discover.structure.reduction import Rows, unit

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

_TOGETHER = 3  # columns that grow along, at most
_NEAR = 0.1  # of the way that the target should go: what is farther from it is another way
_THERE = 0.02  # nearer than this the fewest columns come first
_TRIALS = 2
_WITNESS = (
    0.3  # a smooth function that misses more than a tenth of the squares does not know a slope
)
# Of products of powers: the largest exponent, and the largest part of a number that is a fraction.
_STEEPEST, _PARTS = 4, 4


@dataclass(frozen=True, kw_only=True)
class Carrier:
    """A number times a product of powers that is added to the rest.

    Attributes:
        column: Place of the column that goes, which is in nothing else.
        along: How much of it each column takes with it ``[d]``; nothing is taken along by products.
        number: What the product is multiplied by.
        exponents: Of the columns in the product ``[d]``.
    """

    column: int
    along: tuple[int, ...]
    number: Fraction
    exponents: tuple[Fraction, ...]

    def expr(self, symbols: tuple[sp.Expr, ...]) -> sp.Expr:
        """The product in the columns' symbols."""
        number = sp.Rational(self.number.numerator, self.number.denominator)
        return number * power(symbols, self.exponents)

    def values(self, x: Matrix) -> Vector:
        """The product ``[n]`` on rows ``[n, d]``."""
        exponents = np.array([self.exponents], dtype=float)
        return np.asarray(float(self.number) * powers(x, exponents)[:, 0])


def carriers(train: Rows, unseen: Rows) -> Iterator[Carrier]:
    """What may be added to the rest of a law, the likeliest first, columns before products.

    Args:
        train: Rows that smooth functions are fitted to.
        unseen: Rows on which a smooth function of the columns that are left has to be as good.

    Example:
        >>> x = np.random.default_rng(0).uniform(1, 2, (120, 3))
        >>> y = x[:, 0] + x[:, 1] * np.exp(x[:, 2])
        >>> rows = Rows(x=x, y=y, symbols=sp.symbols("a b c", real=True))
        >>> [carrier.expr(rows.symbols) for carrier in carriers(rows, rows)]
        [a]
    """
    if train.x.shape[1] < 2:
        return
    train, unseen = train.take(ROWS), unseen.take(CHECK_ROWS)
    whole = seen_as_is(train, unseen)
    if not (len(whole.rows) and whole.error < _WITNESS):
        return
    limit = max(LIKE * whole.error, SMALL) * _size(unseen.y)
    columns = _likely(whole.plain)[:_TRIALS]
    products = _products(whole.plain, train.x[whole.rows])[:_TRIALS]
    for carrier in (*columns, *products):
        here, there = carried(train, carrier), carried(unseen, carrier)
        finite = np.isfinite(here.y).all() and np.isfinite(there.y).all()
        if not (finite and np.std(here.y) > SMALL * _size(train.y)):  # nothing is left
            continue
        if seen_as_is(here, there).error * _size(there.y) <= limit:
            yield carrier


def _size(y: Vector) -> float:
    return float(np.sqrt(np.mean(y**2)))


def _likely(slopes: Matrix) -> list[Carrier]:
    """Columns along which the slopes ``[n, d]`` of the target add up to about one, best first."""
    d = slopes.shape[1]
    found: list[tuple[float, int, float, tuple[int, ...]]] = []
    for count in range(1, min(_TOGETHER, d) + 1):
        for chosen, signs in product(combinations(range(d), count), product((1, -1), repeat=count)):
            way = np.zeros(d, dtype=int)
            way[list(chosen)] = signs
            away = float(np.median(np.abs(slopes @ way - 1)))
            if away < _NEAR:
                found.append((max(away, _THERE), count, away, tuple(way.tolist())))
    return [_column(way) for *_, way in sorted(found)]


def _column(way: tuple[int, ...]) -> Carrier:
    """The first column that grows or shrinks along a way, and what others do with it."""
    at = next(i for i, step in enumerate(way) if step)
    along = tuple(0 if i == at else step * way[at] for i, step in enumerate(way))
    return Carrier(column=at, along=along, number=Fraction(way[at]), exponents=unit(at, len(way)))


def _products(slopes: Matrix, x: Matrix) -> list[Carrier]:
    """Products of powers whose slope by one column is the target's ``[n, d]``, the best first."""
    d = x.shape[1]
    sizes = np.abs(x)
    if not (sizes > 0).all():
        return []
    logs = np.column_stack([np.log(sizes), np.ones(len(x))])
    signed = (x < 0).any(0)
    found: list[tuple[float, int, Carrier]] = []
    for column in range(d):
        slope = slopes[:, column]
        if not (slope != 0).all():
            continue
        fitted = np.linalg.lstsq(logs, np.log(np.abs(slope)), rcond=None)[0][:d]
        steps = np.where(signed, 1, 2)  # halves of what is positive
        exponents = np.round(fitted * steps) / steps
        exponents[column] += 1
        if exponents[column] == 0 or np.abs(exponents).max() > _STEEPEST:
            continue
        shape = powers(x, exponents[None])[:, 0] * exponents[column] / x[:, column]
        number = Fraction(float(np.median(slope / shape))).limit_denominator(_PARTS)
        away = float(np.median(np.abs(slope / (float(number) * shape) - 1))) if number else np.inf
        powered = tuple(Fraction(float(e)).limit_denominator(2) for e in exponents)
        if away < _NEAR and not (abs(number) == 1 and powered == unit(column, d)):
            carrier = Carrier(column=column, along=(0,) * d, number=number, exponents=powered)
            found.append((away, column, carrier))
    return [carrier for *_, carrier in sorted(found, key=lambda each: each[:2])]


def carried(rows: Rows, carrier: Carrier) -> Rows:
    """The rows less what is added to the rest; the symbols are those of columns and differences.

    Args:
        rows: Rows with features ``[n, d]`` and target ``[n]``.
        carrier: What :func:`carriers` found.
    """
    at, along = carrier.column, carrier.along
    kept = [i for i in range(len(along)) if i != at]
    return Rows(
        x=rows.x[:, kept] - np.outer(rows.x[:, at], np.array(along)[kept]),
        y=rows.y - carrier.values(rows.x),
        symbols=tuple(rows.symbols[i] - along[i] * rows.symbols[at] for i in kept),
    )
