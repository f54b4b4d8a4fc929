"""A target as a sum of few products of functions of one variable each, whatever the functions are.

``y = factor * sum_r prod_k g_rk(z_k)`` with free curves: no dictionary has to hold them, and the
number of rows that it takes grows with the number of variables and not as a power of it, so that a
law of many variables and both signs is seen where no smooth function of all of them is. The curves
say which functions of each variable a dictionary is to be made of.

Source: Beylkin, Garcke and Mohlenkamp, *Multivariate regression and machine learning with sums of
separable functions*, SIAM J. Sci. Comput. 31 (2009) 1840. The bases and the steps, alternating ones
first and then damped Gauss-Newton ones, are ours.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.polynomial import legendre
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

_POWERS = (-4.0, -3.0, -2.0, -1.0, -0.5, 0.5, 1.0, 2.0, 3.0, 4.0)
# Functions that a curve is made of: where variables are few, waves may be followed.
_FEWEST, _MOST, _IN_ALL = 12, 24, 48
_THIN = 1e-7  # a direction shorter than this, of the longest, is rounding
_SWEEPS, _STEPS = 4, 60
# So many steps in a row that leave more than this share of the cost are enough.
_SLOW, _PATIENCE = 0.99, 5
_ROWS_EACH = 2  # at least so many for each coefficient
_STARTS = 6  # drawn for each further product, the best of which is taken
_RIDGE = 1e-13
_STIFF = (1e-2, 1e-4, 1e-6, 1e-9)
_LOOSE = 1e-6  # a stiffness that lets details through


@dataclass(frozen=True, kw_only=True, eq=False)
class Separated:
    """Curves that were fitted.

    Attributes:
        curves: Values of the factors of each product, a matrix ``[n, products]`` for each variable;
            their products add up to the target over `factor` and over its root mean square.
        error: Error on unseen rows, over the target's size.
    """

    curves: tuple[Matrix, ...]
    error: float


@dataclass(frozen=True, kw_only=True, eq=False)
class _Basis:
    """Orthogonal functions of a variable.

    Attributes:
        values: Their values ``[n, p]``.
        roughness: What the square of each coefficient costs ``[p]``: those that say little of the
            usual functions cost most.
    """

    values: Matrix
    roughness: Vector


def separate(
    z: Matrix, factor: Vector, y: Vector, *, unseen: int, products: int, held: int = 0
) -> Iterator[Separated]:
    """Fits one product of curves, then sums of more and more of them, as far as the rows allow.

    There are none where a variable has no value.

    Args:
        z: Variables ``[n, r]``.
        factor: What multiplies the sum ``[n]``.
        y: Target ``[n]``.
        unseen: How many of the rows, the last ones, are not fitted to, but choose among the fits.
        products: How many products at most.
        held: How many rows after these do neither; the curves have values there, too.

    Example:
        >>> z = np.random.default_rng(0).uniform(1, 3, (200, 2))
        >>> y = z[:, 0] ** 2 - np.sin(z[:, 1]) * z[:, 0]
        >>> [fit.error < 1e-4 for fit in separate(z, np.ones(200), y, unseen=50, products=2)]
        [False, True]
    """
    if not (np.isfinite(z).all() and np.isfinite(factor).all()):
        return
    n = len(y) - unseen - held
    chosen = slice(n, n + unseen)
    most = min(_MOST, max(_FEWEST, _IN_ALL // z.shape[1]))
    bases = [_basis(column, n, most) for column in z.T]
    size = float(np.sqrt(np.mean(y[:n] ** 2))) or 1.0
    seen = [replace(basis, values=basis.values[:n]) for basis in bases]
    rng = np.random.default_rng(0)
    known = [np.empty((len(basis.roughness), 0)) for basis in bases]
    products = min(products, n // (_ROWS_EACH * sum(len(basis.roughness) for basis in bases)))
    for count in range(1, products + 1):
        best = Separated(curves=(), error=np.inf)
        for attempt in range(_STARTS):
            # Half of the starts go on from what fewer products had found.
            old = known if attempt % 2 else [c[:, :0] for c in known]
            start = [
                np.column_stack([c, _drawn(basis, count - c.shape[1], rng)])
                for c, basis in zip(old, bases, strict=True)
            ]
            for found in _fitted(start, seen, factor[:n], y[:n] / size):
                curves = tuple(b.values @ c for b, c in zip(bases, found, strict=True))
                error = _error([g[chosen] for g in curves], factor[chosen], y[chosen] / size)
                if error < best.error or not best.curves:
                    best, after = Separated(curves=curves, error=error), found
        known = after
        yield best


def _error(curves: Sequence[Matrix], factor: Vector, y: Vector) -> float:
    rest = factor * _product(curves, len(y), curves[0].shape[1]).sum(1) - y
    return float(np.sqrt(np.mean(rest**2) / np.mean(y**2)))


def _drawn(basis: _Basis, count: int, rng: np.random.Generator) -> Matrix:
    return rng.normal(size=(len(basis.roughness), count)) / np.sqrt(basis.roughness)[:, None]


def _basis(column: Vector, n: int, most: int) -> _Basis:
    """Functions of a variable, the commonest first.

    They are the main directions of polynomials and, where the variable has one sign, of powers: a
    power of it is then no harder to make than a straight line, over however many decades.
    """
    low, high = column.min(), column.max()
    t = (2 * column - low - high) / max(high - low, 1e-300)
    made = [legendre.legvander(t, 2 * most // 3)]
    if low > 0 or high < 0:
        scaled = np.abs(column) / np.exp(np.mean(np.log(np.abs(column))))
        with np.errstate(all="ignore"):
            made.append(scaled[:, None] ** np.array(_POWERS))
    with np.errstate(all="ignore"):
        functions = np.column_stack(made)
        functions = functions / np.linalg.norm(functions[:n], axis=0)
    # Powers of a column over hundreds of decades have no value.
    functions = functions[:, np.isfinite(functions).all(axis=0)]
    _, length, vectors = np.linalg.svd(functions[:n], full_matrices=False)
    kept = np.flatnonzero(length > _THIN * length[0])[:most]
    values = functions @ (vectors[kept].T / length[kept]) * np.sqrt(n)
    return _Basis(values=values, roughness=(length[0] / length[kept]) ** 2)


def _fitted(
    start: list[Matrix], bases: Sequence[_Basis], factor: Vector, y: Vector
) -> Iterator[list[Matrix]]:
    """Coefficients after alternating steps and Gauss-Newton steps, smoother curves first.

    Rough curves are dear at first and cheap at last: the smooth part of a target is found before
    its details, which few rows would otherwise mistake for one another.
    """
    found = start
    for stiff in _STIFF:
        for _ in range(_SWEEPS):
            for k in range(len(found)):
                found = _alternated(found, k, bases, factor, (y, stiff))
        if stiff <= _LOOSE:
            found = _descended(found, bases, factor, (y, stiff))
            yield found


def _descended(
    found: list[Matrix], bases: Sequence[_Basis], factor: Vector, goal: tuple[Vector, float]
) -> list[Matrix]:
    """Damped Gauss-Newton steps in all coefficients."""
    y, stiff = goal
    rough = [np.repeat(b.roughness, c.shape[1]) for b, c in zip(bases, found, strict=True)]
    prior = np.concatenate(rough) * stiff * len(y)

    def cost_of(rest: Vector, at: list[Matrix]) -> float:
        return float(rest @ rest + prior @ _flat(at) ** 2)

    rest, damping, slow = _rest(found, bases, factor, y), 1e-3, 0
    cost = cost_of(rest, found)
    for _ in range(_STEPS):
        slopes = np.column_stack([_design(found, k, bases, factor) for k in range(len(found))])
        gram = slopes.T @ slopes + np.diag(prior)
        right = slopes.T @ rest + prior * _flat(found)
        scale = np.diag(gram) + _RIDGE * np.trace(gram)
        new, trial = np.inf, found
        while damping < 1e8:
            solved = np.linalg.solve(gram + damping * np.diag(scale), -right)
            step = np.asarray(solved, dtype=np.float64)
            trial = _moved(found, step)
            new = cost_of(_rest(trial, bases, factor, y), trial)
            if new < cost:
                break
            damping *= 8
        if not new < cost:
            break
        slow = slow + 1 if new > _SLOW * cost else 0
        found, cost, damping = trial, new, damping / 8
        rest = _rest(found, bases, factor, y)
        if slow == _PATIENCE:
            break
    return found


def _design(found: list[Matrix], k: int, bases: Sequence[_Basis], factor: Vector) -> Matrix:
    """What the coefficients of the curves of one variable multiply ``[n, p * products]``."""
    others = [b.values @ c for j, (b, c) in enumerate(zip(bases, found, strict=True)) if j != k]
    beside = factor[:, None] * _product(others, len(factor), found[k].shape[1])
    wide = bases[k].values[:, :, None] * beside[:, None, :]
    return wide.reshape(len(factor), -1)


def _product(values: Sequence[Matrix], n: int, products: int) -> Matrix:
    out = np.ones((n, products))
    for each in values:
        out = out * each
    return out


def _rest(found: list[Matrix], bases: Sequence[_Basis], factor: Vector, y: Vector) -> Vector:
    values = [b.values @ c for b, c in zip(bases, found, strict=True)]
    return np.asarray(factor * _product(values, len(y), found[0].shape[1]).sum(1) - y)


def _alternated(
    found: list[Matrix],
    k: int,
    bases: Sequence[_Basis],
    factor: Vector,
    goal: tuple[Vector, float],
) -> list[Matrix]:
    """The best curves of one variable beside the others as they are; then all of equal size."""
    y, stiff = goal
    design = _design(found, k, bases, factor)
    gram = design.T @ design
    rough = np.repeat(bases[k].roughness, found[k].shape[1])
    gram[np.diag_indices_from(gram)] += stiff * len(y) * rough + _RIDGE * np.trace(gram) + 1e-300
    best = np.linalg.solve(gram, design.T @ y).reshape(found[k].shape)
    after = [*found[:k], best, *found[k + 1 :]]
    length = np.array([np.maximum(np.linalg.norm(c, axis=0), 1e-300) for c in after])
    even = np.exp(np.log(length).mean(0))
    return [c / own * even for c, own in zip(after, length, strict=True)]


def _flat(found: list[Matrix]) -> Vector:
    return np.concatenate([c.ravel() for c in found])


def _moved(found: list[Matrix], step: Vector) -> list[Matrix]:
    ends = np.cumsum([c.size for c in found])[:-1]
    return [c + s.reshape(c.shape) for c, s in zip(found, np.split(step, ends), strict=True)]
