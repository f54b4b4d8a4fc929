"""Terms that a law may be a sum of: products of powers and functions of its variables."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from discover.tape import tape

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

_Z = sp.Symbol("z", real=True)
_half = sp.Rational(1, 2)
# What one variable may contribute to a term, with its price; about one per node of a formula.
_POWERS = (
    (_Z, 1.0),
    (1 / _Z, 1.5),
    (_Z**2, 2.0),
    (_Z**-2, 2.0),
    (sp.sqrt(_Z), 2.0),
    (_Z**3, 3.0),
    (1 / sp.sqrt(_Z), 2.5),
    (_Z**-3, 3.5),
    (_Z**4, 3.5),
    (_Z ** (3 * _half), 3.5),
    (_Z**-4, 4.0),
    (_Z ** (-3 * _half), 4.0),
)
_COMMON = (
    (sp.cos(_Z), 2.0),
    (sp.sin(_Z), 2.0),
    (sp.exp(_Z), 2.0),
    (sp.exp(-_Z), 2.5),
    (sp.log(_Z), 2.0),
    (sp.cos(_Z) ** 2, 2.5),
    (sp.sin(_Z) ** 2, 2.5),
    (sp.exp(2 * _Z), 3.0),
    (sp.exp(-2 * _Z), 3.5),
)
_RARER = (
    (sp.sin(_Z) * sp.cos(_Z), 3.0),
    (sp.tanh(_Z), 3.0),
    (1 / (1 + _Z), 3.0),
    (1 / (1 - _Z), 3.0),
    (sp.sqrt(1 + _Z**2), 3.0),
    (sp.sqrt(1 - _Z**2), 3.0),
    (1 / sp.sqrt(1 + _Z**2), 3.5),
    (1 / sp.sqrt(1 - _Z**2), 3.5),
    (1 / (1 + _Z**2), 3.5),
    (1 / (1 - _Z**2), 3.5),
    (1 / (1 + _Z**2) ** 2, 4.0),
    (1 / (1 - _Z**2) ** 2, 4.0),
    (sp.exp(-(_Z**2)), 3.5),
    (1 / (sp.exp(_Z) - 1), 4.0),
    (sp.exp(1 / _Z), 3.5),
    (sp.exp(-1 / _Z), 3.5),
    (sp.tanh(1 / _Z), 4.0),
    (1 / (sp.exp(1 / _Z) - 1), 4.5),
)
# Within a term a function may stand beside one of the first powers of its own variable: of all
# these powers where there is one variable, of half of them where there are two.
_BESIDE = 6
_BOTH = 1.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Term:
    """One column of the dictionary.

    Attributes:
        expr: The term in the variables' symbols; 1 for the constant.
        price: How much it adds to the size of a law.
        values: Its values ``[n]``.
    """

    expr: sp.Expr
    price: float
    values: Vector


def dictionary(
    symbols: Sequence[sp.Symbol], z: Matrix, *, most: int, level: int = 2
) -> tuple[Term, ...]:
    """The cheapest terms that have finite values on all rows, the constant first.

    Args:
        symbols: The variables ``[r]``.
        z: Their values ``[n, r]``.
        most: How many terms to make.
        level: 0 for powers only, 1 for the common functions too, 2 for all of them, also beside
            powers of their own variable.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> [term.expr for term in dictionary([x], np.array([[-1.0], [2.0]]), most=4)]
        [1, x, 1/x, x**2]
    """
    choices = [factors(symbol, z[:, i], level, len(symbols)) for i, symbol in enumerate(symbols)]
    return tuple(cheapest(choices, len(z), most))


def factors(symbol: sp.Symbol, values: Vector, level: int, r: int) -> list[Term]:
    """What one of `r` variables may contribute, cheapest first; nothing at all is the first."""
    forms = [*_POWERS, *((), _COMMON, (*_COMMON, *_RARER))[level]]
    if level == 2:
        functions, powers = [*_COMMON, *_RARER], _POWERS[: _BESIDE // r]
        forms += [(p * f, a + b + _BOTH) for p, a in powers for f, b in functions]
    made = [_made(expr, price, symbol, values) for expr, price in forms]
    found = [Term(expr=sp.S.One, price=0.0, values=np.ones(len(values)))]
    return sorted([*found, *(t for t in made if t is not None)], key=lambda term: term.price)


def _made(expr: sp.Expr, price: float, symbol: sp.Symbol, values: Vector) -> Term | None:
    found = tape(expr, (_Z,)).values([values], len(values))
    if not np.isfinite(found).all() or np.abs(found).max() > 1e12 * np.abs(found).mean():
        return None
    return Term(expr=expr.xreplace({_Z: symbol}), price=price, values=found)


def cheapest(choices: Sequence[list[Term]], n: int, most: int) -> list[Term]:
    """Products of one factor for each variable, in the order of their prices.

    Args:
        choices: The factors of each variable, cheapest first.
        n: Number of rows.
        most: How many products to make.
    """
    order = count()
    first = (0,) * len(choices)
    heap = [(0.0, next(order), first)]
    seen = {first}
    made: list[Term] = []
    while heap and len(made) < most:
        total, _, at = heapq.heappop(heap)
        parts = [f[i] for f, i in zip(choices, at, strict=True)]
        values = np.prod([p.values for p in parts], axis=0) if parts else np.ones(n)
        if np.isfinite(values).all() and np.abs(values).max() > 0:
            made.append(Term(expr=sp.Mul(*(p.expr for p in parts)), price=total, values=values))
        for k in range(len(at)):
            after = (*at[:k], at[k] + 1, *at[k + 1 :])
            if after[k] < len(choices[k]) and after not in seen:
                seen.add(after)
                cost = sum(f[i].price for f, i in zip(choices, after, strict=True))
                heapq.heappush(heap, (cost, next(order), after))
    return made
