"""Laws that are sums of few products of functions of one variable each, named after the curves.

:func:`separate` draws curves without asking what they are. Of one variable they span a small space,
and the functions of a formula lie in it, however the curves are mixed. So each variable gets a
dictionary of the few simple functions nearest to its space, the numbers in them fitted, and the law
is looked for among their products: some hundred terms, where a dictionary made beforehand would
need millions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import sympy as sp
import torch
from numpy.typing import NDArray
from scipy.optimize import least_squares

from discover import edges
from discover.expansion.dictionary import Term, cheapest, factors
from discover.expansion.expanding import sums
from discover.expansion.reduced import Expansion, Reduced
from discover.expansion.separated import Separated, separate
from discover.functions import catalogue
from discover.tape import tape

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

_ROWS = 600
_PRODUCTS = 3  # at most
_GAIN = 0.7  # what another product must leave of the error, to be read
_TERMS = 5
_KEEP = 30
_DICTIONARY = 400
_NEARER = 0.25  # what a node must take from the logarithm of the squared distance from a curve
_FUNCTION, _NUMBER = 3.0, 4.0
_SPARE = 1  # functions of each variable beyond the number of its curves
_FITTED = 3  # functions with numbers in them that are tried for each curve
_ARGUMENTS = (1, 2, -1)  # powers of a variable that they are functions of
_MOVES = 40  # towards a space
_FEW = 150  # rows that their numbers are fitted to
_KNOWN = 3.0  # times the error of the curves, within which a space is explained
_EXACT = 1e-9


def named(symbols: Sequence[sp.Symbol], train: Reduced, unseen: Reduced) -> tuple[Expansion, ...]:
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
    rows = _Rows(symbols=symbols, z=z, factor=factor, unseen=len(unseen.y))
    terms = _read(rows, y, numbers=True)
    found = _best(sums(terms, train, unseen, terms=_TERMS, keep=_KEEP)) if terms else {}
    if not found or _exact(found):
        return tuple(found.values())
    # Small terms are seen when the large ones are known.
    for known in list(found.values())[:_PRODUCTS]:
        values = tape(known.expr, tuple(symbols)).values(list(z.T), len(y))
        more = _read(rows, y - factor * values, numbers=False)
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


@dataclass(frozen=True, kw_only=True, eq=False)
class _Rows:
    """Rows without their target: those of training, then so many unseen ones."""

    symbols: Sequence[sp.Symbol]
    z: Matrix
    factor: Vector
    unseen: int


def _read(rows: _Rows, y: Vector, *, numbers: bool) -> list[Term]:
    """Products of functions that the curves of a target are near to; none where it has none.

    Args:
        rows: The variables.
        y: The target ``[n]``.
        numbers: Whether functions may have numbers inside of them.
    """
    symbols, z = rows.symbols, rows.z
    best: Separated | None = None
    for fit in separate(z, rows.factor, y, unseen=rows.unseen, products=_PRODUCTS):
        if fit.error < _GAIN * (best.error if best else 1.0):
            best = fit
    if best is None:
        return []
    spaces = [_space(curves, best.error) for curves in best.curves]
    known = [factors(symbol, column, 2, 2) for symbol, column in zip(symbols, z.T, strict=True)]
    chosen = [_chosen(f, space, best.error) for f, space in zip(known, spaces, strict=True)]
    unknown = [
        k
        for k, curves in enumerate(best.curves)
        if numbers and _unexplained(curves, chosen[k]) > _KNOWN * best.error
    ]
    for k, made in zip(unknown, _fitted(symbols, z, spaces, unknown), strict=True):
        chosen[k] = _chosen([*known[k], *made], spaces[k], best.error)
    choices = [sorted(each, key=lambda term: term.price) for each in chosen]
    return cheapest(choices, len(z), _DICTIONARY)


def _space(curves: Matrix, error: float) -> Matrix:
    """An orthogonal basis ``[n, q]`` of what the curves of one variable span."""
    left, length, _ = np.linalg.svd(curves, full_matrices=False)
    return np.asarray(left[:, length >= min(max(error, _EXACT), 1.0) * length[0]])


def _chosen(terms: Sequence[Term], space: Matrix, error: float) -> list[Term]:
    """Terms by their distance from a space ``[n, q]`` and their price, no two of them alike."""
    terms = [term for term in terms if np.any(term.values)]
    values = np.column_stack([term.values for term in terms])
    values = values / np.linalg.norm(values, axis=0)
    away = np.sqrt(np.maximum(1 - ((space.T @ values) ** 2).sum(0), 0.0))
    prices = np.array([term.price for term in terms])
    order = np.argsort(2 * np.log(np.maximum(away, error)) + _NEARER * prices, kind="stable")
    chosen: list[int] = []
    directions = np.empty((len(values), 0))
    for i in order:
        rest = values[:, i] - directions @ (directions.T @ values[:, i])
        left = float(np.linalg.norm(rest))
        # What the curves cannot tell from the ones before is one of them, its numbers near ones.
        if left > _KNOWN * max(error, away[i]):
            chosen.append(int(i))
            directions = np.column_stack([directions, rest / left])
        if len(chosen) == space.shape[1] + _SPARE:
            break
    return [terms[i] for i in chosen or order[:1]]


def _unexplained(curves: Matrix, terms: Sequence[Term]) -> float:
    """The share of the curves that these terms do not make."""
    values = np.column_stack([term.values for term in terms])
    values = values / np.linalg.norm(values, axis=0)
    rest = curves - values @ np.linalg.lstsq(values, curves, rcond=1e-12)[0]
    return float(np.linalg.norm(rest) / np.linalg.norm(curves))


def _fitted(
    symbols: Sequence[sp.Symbol], z: Matrix, spaces: Sequence[Matrix], at: Sequence[int]
) -> list[list[Term]]:
    """For some variables, functions with numbers in them that directions of their space are."""
    if not at:
        return []
    few = np.random.default_rng(0).permutation(len(z))[:_FEW]
    tried, x, y = [], [], []
    for k, power in product(at, _ARGUMENTS):
        with np.errstate(all="ignore"):
            argument = z[few, k] ** float(power)
        if np.isfinite(argument).all():
            tried += [(k, power)] * spaces[k].shape[1]
            x += [argument] * spaces[k].shape[1]
            y += list(spaces[k][few].T * np.sqrt(len(z)))
    fits = edges.fit(
        torch.as_tensor(np.stack(x)), torch.as_tensor(np.stack(y)), catalogue(), keep=_FITTED
    )
    made: dict[int, dict[sp.Expr, Term]] = {k: {} for k in at}
    for (k, power), candidates in zip(tried, fits, strict=True):
        for each in candidates:
            expr = each.function.reduced().symbolic(symbols[k] ** power)
            expr = expr.as_independent(symbols[k], as_Add=True)[1].as_independent(symbols[k])[1]
            if expr.has(symbols[k]):
                nearer = _nearer(expr, symbols[k], z[:, k], spaces[k])
                terms = (_term(each, symbols[k], z[:, k]) for each in (expr, nearer))
                made[k] |= {term.expr: term for term in terms if term is not None}
    return [list(made[k].values()) for k in at]


def _nearer(expr: sp.Expr, symbol: sp.Symbol, column: Vector, space: Matrix) -> sp.Expr:
    """The function with the numbers that bring it nearest to a space ``[n, q]``, up to a constant.

    A direction of a space of several is a mixture of the functions that it is spanned by, so that
    what was fitted to it is none of them yet.
    """
    old = sorted(expr.atoms(sp.Float), key=str)
    if not old or space.shape[1] < 2:
        return expr
    names = [sp.Dummy(real=True) for _ in old]
    made = tape(expr.xreplace(dict(zip(old, names, strict=True))), (*names, symbol))
    basis = np.linalg.qr(np.column_stack([space, np.ones(len(space))]))[0]

    def away(numbers: Vector) -> Vector:
        with np.errstate(all="ignore"):
            values = made.values([*numbers, column], len(column))
            values = values - values.mean()
            values = values / np.linalg.norm(values)
        rest = values - basis @ (basis.T @ values)
        return np.where(np.isfinite(rest), rest, 1.0)

    found = least_squares(away, np.array(old, dtype=np.float64), x_scale="jac", max_nfev=_MOVES)
    new = (sp.Float(float(number)) for number in found.x)
    return expr.xreplace(dict(zip(old, new, strict=True)))


def _term(expr: sp.Expr, symbol: sp.Symbol, column: Vector) -> Term | None:
    """A function of one variable as a term, if it has a value on all rows."""
    values = tape(expr, (symbol,)).values([column], len(column))
    if not (np.isfinite(values).all() and np.ptp(values) > 0):
        return None
    numbers = sum(leaf.is_Float for leaf in expr.atoms())
    return Term(expr=expr, price=_FUNCTION + _NUMBER * numbers, values=values)
