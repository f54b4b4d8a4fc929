"""What a relation may be made of: functions of one column, and products of two of them.

A term is kept only where it and its slopes are finite on every point; the library is the same for
every table, and knows nothing of any law.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np
import sympy as sp
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

_X = sp.Symbol("x", real=True)
_FUNCTIONS: tuple[tuple[sp.Expr, bool], ...] = (
    (_X, False),
    (_X**2, False),
    (1 / _X, True),
    (sp.sqrt(_X), True),
    (sp.log(_X), True),
    (sp.exp(_X), False),
    (sp.exp(-_X), False),
    (sp.cosh(_X), False),
    (sp.sinh(_X), False),
    (sp.sin(_X), False),
    (sp.cos(_X), False),
    (sp.Abs(_X), False),
)
"""Each function, and whether it asks for a positive column."""
# Of a column of one sign, |x| is x; beyond this span a term is a spike on a few rows.
_SPAN = 1e8


@dataclass(frozen=True, kw_only=True, eq=False)
class Terms:
    """Terms on a set of points.

    Attributes:
        exprs: The terms in the columns' symbols ``[t]``; the first is 1.
        values: Their values ``[n, t]``.
        slopes: Their derivatives by each column ``[d, n, t]``.
    """

    exprs: tuple[sp.Expr, ...]
    values: Matrix
    slopes: NDArray[np.float64]

    @classmethod
    def of(cls, columns: Mapping[sp.Symbol, Vector]) -> "Terms":
        """All terms of these columns, each ``[n]``.

        Example:
            >>> x, y = sp.symbols("x y", real=True)
            >>> terms = Terms.of({x: np.array([-1.0, 2.0]), y: np.array([1.0, 3.0])})
            >>> terms.exprs[:3], x * sp.log(y) in terms.exprs, sp.log(x) in terms.exprs
            ((1, x, x**2), True, False)
        """
        n = len(next(iter(columns.values())))
        none: Mapping[int, Vector] = {}
        made = [_Term(sp.S.One, np.ones(n), none)]
        single = [_single(i, symbol, x) for i, (symbol, x) in enumerate(columns.items())]
        made += [term for each in single for term in each]
        for left, right in combinations(single, 2):
            made += [a * b for a in left for b in right]
        for plain in combinations([each[0] for each in single], 3):
            made.append(plain[0] * plain[1] * plain[2])
        kept = [term for term in made if term.usable]
        slopes = np.zeros((len(columns), n, len(kept)))
        for at, term in enumerate(kept):
            for column, slope in term.slopes.items():
                slopes[column, :, at] = slope
        return cls(
            exprs=tuple(term.expr for term in kept),
            values=np.stack([term.values for term in kept], axis=1),
            slopes=slopes,
        )


@dataclass(frozen=True, eq=False)
class _Term:
    """One term: its values ``[n]``, and its slopes ``[n]`` by the columns it depends on."""

    expr: sp.Expr
    values: Vector
    slopes: Mapping[int, Vector]

    def __mul__(self, other: "_Term") -> "_Term":
        slopes = {i: s * other.values for i, s in self.slopes.items()}
        slopes |= {i: self.values * s for i, s in other.slopes.items()}
        return _Term(self.expr * other.expr, self.values * other.values, slopes)

    @property
    def usable(self) -> bool:
        arrays = (self.values, *self.slopes.values())
        return all(bool(np.isfinite(a).all() and np.abs(a).max() < _SPAN) for a in arrays)


def _single(at: int, symbol: sp.Symbol, x: Vector) -> list[_Term]:
    """The functions of one column; the first is the column itself."""
    found = []
    for function, positive in _FUNCTIONS:
        if (positive and not (x > 0).all()) or (function.has(sp.Abs) and not _signed(x)):
            continue
        value, slope = _numeric(function)
        with np.errstate(all="ignore"):
            term = _Term(function.xreplace({_X: symbol}), value(x), {at: slope(x)})
        if function == _X or term.usable:
            found.append(term)
    return found


def _signed(x: Vector) -> bool:
    return bool(x.min() < 0 < x.max())


@lru_cache
def _numeric(function: sp.Expr) -> tuple[Callable[[Vector], Vector], Callable[[Vector], Vector]]:
    """A function and its slope for numpy."""

    def made(expr: sp.Expr) -> Callable[[Vector], Vector]:
        raw = sp.lambdify(_X, expr, modules="numpy")
        return lambda x: np.asarray(raw(x) + np.zeros_like(x), dtype=np.float64)

    return made(function), made(sp.diff(function, _X))


def total(coefficients: Sequence[float], exprs: Sequence[sp.Expr]) -> sp.Expr:
    """``sum of coefficient * term``, floats kept as floats."""
    return sp.Add(*(sp.Float(float(c)) * e for c, e in zip(coefficients, exprs, strict=True)))
