"""Laws of one variable that are sums of a few functions with numbers inside of them.

Two peaks, two decays, a wave that dies away, a peak on a slope: none is a single function, and the
numbers inside of each are not known. So they are taken at steps, fine enough that the nearest one
is on the slope that leads to the true one, and sums of few of all these functions are compared at
once; whoever takes a sum refits its numbers. Of waves there would be too many: for each function
that may stand before a wave those frequencies are taken at which the target has its peaks.

Source: the periodogram by least squares is that of Lomb, Astrophys. Space Sci. 39 (1976) 447; with
functions before the waves, and in one dictionary with others, it is ours.
"""

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from discover.expansion.choosing import subsets
from discover.expansion.dictionary import Term, factors
from discover.expansion.reduced import Expansion, Reduced
from discover.law import complexity
from discover.tape import tape

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

_ROWS = 600
_TERMS = 3
_EACH, _COMPARED = 10, 300  # forms of each number of terms, and sums that they are taken from
_ANY = sp.Symbol("number", positive=True)
# How wide functions are, in half ranges of the variable, and how many widths lie side by side.
_WIDTHS = np.geomspace(0.08, 1.5, 8)
_CLOSE = 1.5
_FASTER = np.geomspace(0.2, 20.0, 14)
_RATES = np.concatenate([-_FASTER, _FASTER])
_BEYOND = np.geomspace(0.05, 4.0, 6)  # a pole lies so far outside the range
_TURNS = np.arange(0.25, 25.0, 0.25)  # of a wave over the range
_PEAKS, _WAVES = 2, 30  # frequencies for each function before them, and in all
_FUNCTION, _NUMBER, _PRICE = 2.0, 4.0, 0.05


def stepped(symbol: sp.Symbol, train: Reduced, unseen: Reduced) -> tuple[Expansion, ...]:
    """Sums of one, two and three functions that come near; their numbers are still to be refitted.

    Args:
        symbol: The variable.
        train: Rows that the terms are fitted to, with one variable.
        unseen: Rows that the proposals are ordered by.
    """
    train = train.take(_ROWS)
    column = np.concatenate([train.z[:, 0], unseen.z[:, 0]])
    if not (np.isfinite(column).all() and np.ptp(column) > 0):
        return ()
    known = factors(symbol, column, 1, 1)
    decays = _terms(_decays(symbol, column), symbol, column)
    terms = [*known, *decays, *_terms(_bends(symbol, column), symbol, column)]
    terms += _waves(symbol, column, [*known, *decays], train)
    return tuple(_sums(terms, train, unseen))


def _sums(terms: Sequence[Term], train: Reduced, unseen: Reduced) -> Iterator[Expansion]:
    """The best sum of each of a few forms, by number of terms.

    Steps are coarse, so the errors of near ones say little; that one form is better than another
    is seen when its numbers are refitted.
    """
    n = len(train.y)
    values = np.column_stack([term.values for term in terms])
    columns = values[:n] * train.factor[:, None]
    prices = _PRICE * np.array([term.price for term in terms])
    forms = [_form(term.expr) for term in terms]
    seen: dict[int, set[tuple[str, ...]]] = {}
    for chosen in subsets(columns, train.y, prices, terms=_TERMS, keep=_COMPARED):
        known = seen.setdefault(len(chosen), set())
        form = tuple(sorted(forms[i] for i in chosen))
        if form in known or len(known) == _EACH:
            continue
        known.add(form)
        at = list(chosen)
        numbers = np.linalg.lstsq(columns[:, at], train.y, rcond=1e-13)[0]
        expr = sp.Add(*(sp.Float(c) * terms[i].expr for c, i in zip(numbers, at, strict=True)))
        miss = values[n:, at] @ numbers * unseen.factor - unseen.y
        error = float(np.sqrt(np.mean(miss**2) / np.mean(unseen.y**2)))
        yield Expansion(expr=expr, error=error, length=math.inf, size=complexity(expr))


def _form(expr: sp.Expr) -> str:
    """A term without its numbers."""
    return str(expr.xreplace({leaf: _ANY for leaf in expr.atoms(sp.Float)}))


def _decays(symbol: sp.Symbol, column: Vector) -> Iterator[sp.Expr]:
    """Exponentials that fall or grow."""
    for rate in _RATES / (np.ptp(column) / 2):
        yield sp.exp(sp.Float(rate) * symbol)


def _bends(symbol: sp.Symbol, column: Vector) -> Iterator[sp.Expr]:
    """Peaks and steps of some widths, side by side; poles and logarithms outside the range."""
    low, high = float(column.min()), float(column.max())
    middle, half = (low + high) / 2, (high - low) / 2
    for width in _WIDTHS:
        places = np.linspace(-1.0, 1.0, 1 + 2 * math.ceil(_CLOSE / width))
        for at in places / width + middle / half / width:
            inner = sp.Float(1 / (half * width)) * symbol - sp.Float(at)
            yield from (sp.exp(-(inner**2)), 1 / (1 + inner**2), sp.tanh(inner))
    for beyond in half * _BEYOND:
        yield 1 / (symbol - sp.Float(low - beyond))
        yield 1 / (symbol - sp.Float(high + beyond))
        yield sp.log(symbol - sp.Float(low - beyond))


def _terms(exprs: Iterable[sp.Expr], symbol: sp.Symbol, column: Vector) -> list[Term]:
    """Those that have a value on all rows."""
    made = []
    for expr in exprs:
        values = tape(expr, (symbol,)).values([column], len(column))
        if np.isfinite(values).all() and np.abs(values).max() <= 1e12 * np.abs(values).mean():
            numbers = sum(leaf.is_Float for leaf in expr.atoms())
            made.append(Term(expr=expr, price=_FUNCTION + _NUMBER * numbers, values=values))
    return made


def _waves(symbol: sp.Symbol, column: Vector, before: list[Term], train: Reduced) -> list[Term]:
    """Waves of the variable and of its square that the target has, and what stands before them."""
    n = len(train.y)
    slope = np.polynomial.legendre.legvander(_unit(column[:n]), 3) * train.factor[:, None]
    goals = [train.y, train.y - slope @ np.linalg.lstsq(slope, train.y, rcond=1e-12)[0]]
    peaks: list[tuple[float, float, sp.Expr, Vector]] = []
    for argument in (symbol, symbol**2):
        inner = column if argument == symbol else column**2
        frequencies = 2 * np.pi * _TURNS / np.ptp(inner)
        phase = np.outer(inner, frequencies)
        cos, sin = np.cos(phase), np.sin(phase)
        for each in before:
            weight = each.values[:n] * train.factor
            for goal in goals:
                a, b, left = _both(weight[:, None] * cos[:n], weight[:, None] * sin[:n], goal)
                for k in _lowest(left):
                    angle = float(np.arctan2(a[k], b[k]))
                    wave = sp.sin(sp.Float(frequencies[k]) * argument + sp.Float(angle))
                    values = each.values * np.sin(phase[:, k] + angle)
                    share = float(left[k] / (goal @ goal))
                    peaks.append((share, each.price, each.expr * wave, values))
    peaks.sort(key=lambda peak: peak[:2])
    return [
        Term(expr=expr, price=price + _FUNCTION + 2 * _NUMBER, values=values)
        for _, price, expr, values in peaks[:_WAVES]
    ]


def _unit(column: Vector) -> Vector:
    low, high = column.min(), column.max()
    return np.asarray((2 * column - low - high) / (high - low))


def _both(one: Matrix, two: Matrix, goal: Vector) -> tuple[Vector, Vector, Vector]:
    """Factors ``[m]`` of both columns of each pair, and the squares that they leave ``[m]``."""
    with np.errstate(all="ignore"):
        aa, bb, ab = (one**2).sum(0), (two**2).sum(0), (one * two).sum(0)
        ay, by = one.T @ goal, two.T @ goal
        free = aa * bb - ab**2
        a, b = (ay * bb - by * ab) / free, (by * aa - ay * ab) / free
        left = goal @ goal - a * ay - b * by
    bad = ~np.isfinite(left) | (free < 1e-9 * aa * bb)
    return a, b, np.where(bad, np.inf, left)


def _lowest(left: Vector) -> NDArray[np.int64]:
    """Where a curve has its lowest valleys."""
    padded = np.concatenate([[np.inf], left, [np.inf]])
    valleys = np.flatnonzero((left < padded[:-2]) & (left <= padded[2:]))
    return valleys[np.argsort(left[valleys], kind="stable")[:_PEAKS]]
