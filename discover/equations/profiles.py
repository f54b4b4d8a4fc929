"""Unknown functions of a field: which derivatives act on one, what it looks like, what it may be.

``u_t = sum over p of D^p phi_p(u)`` is a Kolmogorov-Arnold edge for each derivative: a spline in
the field, linear in its coefficients, so that every choice of edges is one least-squares problem in
the weak form. A curve that validation rows keep is then compared with the function library, and
what comes out is an equation like any other.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product

import numpy as np
import sympy as sp
import torch
from numpy.typing import NDArray

from discover.basis import BSpline, projection
from discover.edges import PRICE, fit
from discover.equations.balance import Balance, Rows, Table, Within, constants
from discover.equations.terms import Term
from discover.functions import Affine, Atom, X, nodes
from discover.weak import debiased

Array = NDArray[np.float64]

_SPLINE = BSpline(4)
_FINE, _FINE_GRID = BSpline(6), 48
_GRIDS = (3, 6, 12)
_MOST = 3  # edges in one equation
_PRICE = 0.2  # what an edge must lower the logarithm of the squared error by
_POINTS = 400
_CANDIDATES = 4
_FITTED = 6
_SHORTENED = 4
_EXACT = 1e-9
_RANK = 1e-10
_ERRORS = 3.0  # a constant this many standard errors from 0 or 1 may be that


@dataclass(frozen=True, kw_only=True)
class Edge:
    """A place for an unknown function: which field it is of, and which derivative acts on it."""

    field: int
    orders: tuple[int, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Profile:
    """An unknown function as a curve.

    Attributes:
        edge: Its place in the equation.
        x: Values of the field, ascending, as often as they occur ``[n]``.
        y: The function there ``[n]``; up to a constant where a derivative acts on it.
        weights: How well the rows determine it there, at most 1 ``[n]``.
    """

    edge: Edge
    x: Array
    y: Array
    weights: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Profiles:
    """The curves of one equation, and the error they leave on validation rows.

    Attributes:
        curves: One for each edge.
        grid: Intervals of the splines.
        error: Root mean square of what is left, over that of the left-hand side.
    """

    curves: tuple[Profile, ...]
    grid: int
    error: float


def profiles(
    target: Term, train: Rows, validation: Rows, *, highest: int, resolution: float
) -> Profiles:
    """The fewest curves that explain one equation, fitted on training rows.

    Every set of up to three edges and every grid is one linear least-squares problem; the set is
    chosen on validation rows.

    Args:
        target: The left-hand side.
        train: Rows to fit to.
        validation: Rows to choose by.
        highest: Highest order of a derivative in space; each along one axis at a time.
        resolution: Relative errors below are not told apart.
    """
    y, unseen = train.values(target), validation.values(target)
    size = float(np.sqrt(np.mean(unseen**2))) or 1.0
    edges = _edges(len(train.field.variables), len(train.field.space), highest)
    best, least = Profiles(curves=(), grid=0, error=1.0), 0.0
    for grid in _GRIDS:
        splines = [_columns(train, edge, train, _SPLINE, grid) for edge in edges]
        tested = [_columns(train, edge, validation, _SPLINE, grid) for edge in edges]
        for subset in _subsets(len(edges)):
            a = np.concatenate([splines[i] for i in subset], axis=1)
            if a.shape[0] < 2 * a.shape[1]:
                continue
            coefficients = _solved(a, y)
            b = np.concatenate([tested[i] for i in subset], axis=1)
            error = float(np.sqrt(np.mean((b @ coefficients - unseen) ** 2))) / size
            length = math.log(error**2 + resolution**2) + _PRICE * len(subset)
            if length < least - _PRICE * (grid > best.grid > 0):
                curves = _curves(train, [edges[i] for i in subset], a, coefficients, grid)
                best, least = Profiles(curves=curves, grid=grid, error=error), length
    return best


def named(found: Profiles, target: Term, rows: Rows, atoms: Sequence[Atom]) -> tuple[Balance, ...]:
    """What the curves may be: the best combinations of functions, fitted.

    Args:
        found: The curves of one equation.
        target: Its left-hand side.
        rows: Training rows.
        atoms: The functions that an edge may be.
    """
    if not found.curves:
        return ()
    smooth = [atom for atom in atoms if not atom.expr.has(sp.Abs)]  # derivatives act on them
    choices = []
    for curve in found.curves:
        x, values, weights = (
            torch.from_numpy(each)[None] for each in (curve.x, curve.y, curve.weights)
        )
        candidates = fit(x, values, smooth, weights=weights, keep=_CANDIDATES)[0]
        choices.append([candidate.function for candidate in candidates])
    every = [
        _balance(found, chosen, target, rows)
        for chosen in product(*choices)
        if not all(function.atom.expr.is_polynomial() for function in chosen)  # in the library
    ]
    y = rows.values(target)
    tables = tuple(_table(curve.edge, rows) for curve in found.curves)
    rows = replace(rows, tables=tables)
    every.sort(key=lambda balance: _length(balance, _scaled(balance, rows, y), y))
    fitted = [balance.fitted(rows, steps=10) for balance in every[:_FITTED]]
    fitted.sort(key=lambda balance: _length(balance, balance.predicted(rows), y))
    return tuple(simpler for balance in fitted[:_SHORTENED] for simpler in _simpler(balance, rows))


def _table(edge: Edge, rows: Rows) -> Table:
    """One edge as a matrix: functions are seen through fine splines of high degree."""
    points, matrix = projection(_FINE, _FINE_GRID)
    low, high = _range(rows, edge)
    return Table(
        symbol=rows.field.variables[edge.field].sympy,
        orders=edge.orders,
        points=low + (points.numpy() + 1) / 2 * (high - low),
        matrix=_columns(rows, edge, rows, _FINE, _FINE_GRID) @ matrix.numpy(),
    )


def _length(balance: Balance, predicted: Array, y: Array) -> float:
    """The logarithm of the squared error, and a price for every node of the functions."""
    error = float(np.linalg.norm(predicted - y) / np.linalg.norm(y))
    if not math.isfinite(error):
        return math.inf
    size = sum(nodes(term.body) for term in balance.terms)
    return math.log(error**2 + _EXACT**2) + max(math.log(len(y)) / len(y), PRICE) * size


def _scaled(balance: Balance, rows: Rows, y: Array) -> Array:
    """The right-hand side with nothing fitted but a factor of each term."""
    columns = [rows.values(term, balance.values) for term in balance.terms]
    if not columns or not np.isfinite(columns).all():
        return np.full_like(y, np.nan)
    a = np.stack(columns, axis=1)
    return np.asarray(a @ _solved(a, y))


def _edges(fields: int, axes: int, highest: int) -> list[Edge]:
    flat = (0,) * (axes + 1)
    orders = [flat]
    for axis in range(1, axes + 1):
        orders += [(*flat[:axis], order, *flat[axis + 1 :]) for order in range(1, highest + 1)]
    return [Edge(field=f, orders=o) for f in range(fields) for o in orders]


def _subsets(edges: int) -> Iterator[tuple[int, ...]]:
    for size in range(1, min(_MOST, edges) + 1):
        yield from combinations(range(edges), size)


def _range(rows: Rows, edge: Edge) -> tuple[float, float]:
    values = rows.field.values[edge.field]
    return float(values.min()), float(values.max())


def _columns(train: Rows, edge: Edge, rows: Rows, family: BSpline, grid: int) -> Array:
    """The splines of one edge for every test function ``[n, size]``; their range is training's."""
    low, high = _range(train, edge)
    width = (high - low) or 1.0

    def splines(values: Array) -> Array:
        t = torch.from_numpy((2 * values - low - high) / width)
        return np.moveaxis(family(t, grid)[0].numpy(), -1, 0)

    field = rows.field.values[edge.field]
    every = debiased(splines, [field], [rows.noise[edge.field]])
    return np.stack([rows.probe.project(values, edge.orders) for values in every], axis=1)


def _solved(a: Array, y: Array) -> Array:
    # Splines add up to a constant, on which a derivative does nothing: the shortest solution.
    scale = _lengths(a)
    return np.asarray(np.linalg.lstsq(a / scale, y, rcond=_RANK)[0] / scale)


def _lengths(a: Array) -> Array:
    length = np.linalg.norm(a, axis=0)
    return np.where(length > 0, length, 1.0)


def _curves(
    train: Rows, edges: Sequence[Edge], a: Array, coefficients: Array, grid: int
) -> tuple[Profile, ...]:
    """The curves of chosen edges; where rows say little, as at the ends, they weigh little."""
    scale = _lengths(a)
    _, singular, directions = np.linalg.svd(a / scale, full_matrices=False)
    known = singular > _RANK * singular[0]
    root = (directions[known] / singular[known, None]) / scale  # root @ root.T: the covariance
    found = []
    size = len(coefficients) // len(edges)
    for place, edge in enumerate(edges):
        own = slice(place * size, (place + 1) * size)
        low, high = _range(train, edge)
        values = np.sort(train.field.values[edge.field], axis=None)
        x = values[np.linspace(0, len(values) - 1, _POINTS).round().astype(int)]
        t = torch.from_numpy((2 * x - low - high) / ((high - low) or 1.0))
        splines = _SPLINE(t, grid)[0].numpy()
        variance = np.square(root[:, own] @ splines.T).sum(axis=0)
        weights = np.median(variance) / np.maximum(variance, np.median(variance))
        found.append(Profile(edge=edge, x=x, y=splines @ coefficients[own], weights=weights))
    return tuple(found)


def _simpler(balance: Balance, rows: Rows) -> Iterator[Balance]:
    """The equation, and again and again with one constant less: 0 or 1 where that fits as well."""
    balance = balance.fitted(rows)
    yield balance
    while balance.values:
        errors = balance.judged(rows).errors
        tries = [
            (abs(value - exact) / max(errors[symbol], 1e-300), symbol, exact)
            for symbol, value in balance.values.items()
            for exact in (0, 1, -1)
        ]
        away, symbol, exact = min(tries, key=lambda each: (each[0], str(each[1])))
        if not away <= _ERRORS or not np.isfinite(list(errors.values())).all():
            return
        balance = balance.fixed(symbol, exact).fitted(rows)
        yield balance


def _balance(found: Profiles, chosen: Sequence[Affine], target: Term, rows: Rows) -> Balance:
    fresh = constants([*rows.field.names, *(axis.name for axis in rows.field.axes)])
    values: dict[sp.Symbol, float] = {}

    def constant(value: float) -> sp.Expr:
        if abs(value) == 1:
            return sp.Integer(int(value))
        symbol = next(fresh)
        values[symbol] = value
        return symbol

    terms, within, offset = [], [], 0.0
    for curve, function in zip(found.curves, chosen, strict=True):
        if not any(curve.edge.orders):  # else a derivative takes the constant away
            offset += function.d
        if function.c == 0:
            continue
        argument = constant(function.a) * rows.field.variables[curve.edge.field].sympy
        rest = next((r for r in function.atom.rests if float(r) == function.b), None)
        argument += constant(function.b) if rest is None else rest
        low, high = function.atom.domain
        within.append(Within(argument=argument, low=low, high=high))
        body = constant(function.c) * function.atom.expr.xreplace({X: argument})
        terms.append(Term(orders=curve.edge.orders, body=body))
    if offset:  # one for all curves: no data could tell two apart
        terms.append(Term(orders=(0,) * len(target.orders), body=constant(offset)))
    return Balance(
        target=target, terms=tuple(terms), values=values, within=tuple(within), origin="curves"
    )
