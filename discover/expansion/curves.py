"""Laws that are sums of few products of functions of one variable each, named after the curves.

:func:`separate` draws curves without asking what they are. Of one variable they span a small space,
and the functions of a formula lie in it, however the curves are mixed. So each variable gets a
dictionary of the few simple functions nearest to its space, the numbers in them fitted, and the law
is looked for among their products: some hundred terms, where a dictionary made beforehand would
need millions.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import sympy as sp
import torch
from numpy.typing import NDArray

from discover import edges
from discover.expansion.dictionary import Term, cheapest, factors
from discover.expansion.expanding import Expansion, Reduced, sums
from discover.expansion.separated import Separated, separate
from discover.functions import catalogue
from discover.tape import tape

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

_ROWS = 1000
_PRODUCTS = 3  # at most
_GAIN = 0.7  # what another product must leave of the error, to be read
_TERMS = 5
_KEEP = 30
_DICTIONARY = 400
_PRICE = 0.05
_NUMBER = 4.0
_SPARE = 1  # functions of each variable beyond the number of its curves
_FITTED = 4  # functions with numbers in them that are tried for each curve
_KNOWN = 3.0  # times the error of the curves, within which a space is explained
_EXACT = 1e-9


def named(
    symbols: Sequence[sp.Symbol], train: Reduced, unseen: Reduced
) -> tuple[Expansion, ...]:
    """Sums of products, one of each number of terms; the numbers inside of functions are near ones.

    Args:
        symbols: The variables of the unknown function ``[r]``.
        train: Rows that curves and terms are fitted to.
        unseen: Rows that the proposals are ordered by.
    """
    train = train.take(_ROWS)
    z = np.concatenate([train.z, unseen.z])
    factor = np.concatenate([train.factor, unseen.factor])
    y = np.concatenate([train.y, unseen.y])
    terms = _read(symbols, z, factor, y, len(unseen.y))
    found = _best(sums(terms, train, unseen, terms=_TERMS, keep=_KEEP)) if terms else {}
    if not found or _exact(found):
        return tuple(found.values())
    # Small terms are seen when the large ones are known.
    for known in list(found.values())[:_PRODUCTS]:
        values = tape(known.expr, tuple(symbols)).values(list(z.T), len(y))
        more = _read(symbols, z, factor, y - factor * values, len(unseen.y))
        terms = list({term.expr: term for term in [*terms, *more]}.values())
    for size, each in _best(sums(terms, train, unseen, terms=_TERMS, keep=_KEEP)).items():
        if size not in found or each.length < found[size].length:
            found[size] = each
    return tuple(sorted(found.values(), key=lambda each: each.length))


def _best(found: Sequence[Expansion]) -> dict[int, Expansion]:
    """The best sum of each number of terms, fewer terms first: inner numbers are not exact yet."""
    best: dict[int, Expansion] = {}
    for each in sorted(found, key=lambda each: each.length):
        best.setdefault(len(sp.Add.make_args(each.expr)), each)
    return dict(sorted(best.items()))


def _exact(found: Mapping[int, Expansion]) -> bool:
    return any(each.error < _EXACT for each in found.values())


def _read(
    symbols: Sequence[sp.Symbol], z: Matrix, factor: Vector, y: Vector, unseen: int
) -> list[Term]:
    """Products of functions that the curves of a target are near to; none where it has none."""
    best: Separated | None = None
    for fit in separate(z, factor, y, unseen=unseen, products=_PRODUCTS):
        if fit.error < _GAIN * (best.error if best else 1.0):
            best = fit
    if best is None:
        return []
    choices = [
        _nearest(symbol, column, curves, best.error)
        for symbol, column, curves in zip(symbols, z.T, best.curves, strict=True)
    ]
    return cheapest(choices, len(z), _DICTIONARY)


def _nearest(symbol: sp.Symbol, column: Vector, curves: Matrix, error: float) -> list[Term]:
    """The functions of one variable that lie nearest to the space of its curves, for their price."""
    left, length, _ = np.linalg.svd(curves, full_matrices=False)
    space = left[:, length >= min(max(error, _EXACT), 1.0) * length[0]]
    known = factors(symbol, column, 2, 2)
    chosen = _chosen(known, space, error)
    if _unexplained(space, chosen) > _KNOWN * error:
        chosen = _chosen([*known, *_fitted(symbol, column, space)], space, error)
    return sorted(chosen, key=lambda term: term.price)


def _chosen(terms: Sequence[Term], space: Matrix, error: float) -> list[Term]:
    """Terms by their distance from a space ``[n, q]`` and their price, no two of them alike."""
    terms = [term for term in terms if np.any(term.values)]
    values = np.column_stack([term.values for term in terms])
    values = values / np.linalg.norm(values, axis=0)
    away = np.sqrt(np.maximum(1 - ((space.T @ values) ** 2).sum(0), 0.0))
    prices = np.array([term.price for term in terms])
    order = np.argsort(2 * np.log(np.maximum(away, error)) + _PRICE * prices, kind="stable")
    chosen: list[int] = []
    directions = np.empty((len(values), 0))
    for i in order:
        rest = values[:, i] - directions @ (directions.T @ values[:, i])
        left = float(np.linalg.norm(rest))
        if left > _KNOWN * error:  # what the curves cannot tell from the ones before is one of them
            chosen.append(int(i))
            directions = np.column_stack([directions, rest / left])
        if len(chosen) == space.shape[1] + _SPARE:
            break
    return [terms[i] for i in chosen or order[:1]]


def _unexplained(space: Matrix, terms: Sequence[Term]) -> float:
    """The largest part of a direction of the space that these terms do not make."""
    values = np.column_stack([term.values for term in terms])
    values = values / np.linalg.norm(values, axis=0)
    rest = space - values @ np.linalg.lstsq(values, space, rcond=1e-12)[0]
    return float(np.linalg.norm(rest, axis=0).max())


def _fitted(symbol: sp.Symbol, column: Vector, space: Matrix) -> list[Term]:
    """Functions of the variable with numbers in them, fitted to each direction of the space."""
    y = torch.as_tensor(np.ascontiguousarray(space.T * np.sqrt(len(column))))
    x = torch.as_tensor(np.tile(column, (len(y), 1)))
    made: dict[sp.Expr, Term] = {}
    for candidates in edges.fit(x, y, catalogue(), keep=_FITTED):
        for each in candidates:
            expr = each.function.reduced().symbolic(symbol)
            expr = expr.as_independent(symbol, as_Add=True)[1].as_independent(symbol)[1]
            if not expr.has(symbol):
                continue
            values = tape(expr, (symbol,)).values([column], len(column))
            if np.isfinite(values).all() and np.ptp(values) > 0:
                numbers = sum(leaf.is_Float for leaf in expr.atoms())
                made[expr] = Term(expr=expr, price=3.0 + _NUMBER * numbers, values=values)
    return list(made.values())
