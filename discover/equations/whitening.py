"""The constants of equations against the covariance of its own noise.

Test functions overlap, and a derivative makes the noise of some of them large: rows are neither
independent nor alike. White noise on the fields moves what an equation leaves by its slopes, which
are known, so that the covariance of all rows of all equations is known too. Weighted with its
inverse constants are two to ten times as sharp as by ordinary least squares, and their errors
follow without resampling.

Source: D. M. Bortz, D. A. Messenger and V. Dukic, Bull. Math. Biol. 85 (2023) 110 (WENDy); the
separable covariance and the refusal where noise is not what is left are ours.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations_with_replacement, product

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import block_diag, cholesky, solve_triangular

from discover.equations.balance import Balance, Rows
from discover.tape import tape
from discover.weak import overlap

Array = NDArray[np.float64]
Chunk = tuple[slice, ...]
Pulls = dict[tuple[int, ...], Array]

_ROUNDS = 2  # weights depend on the constants, and hardly change after the second
_LARGEST = 2000  # rows whose covariance is taken together: a matrix of 32 MB
# Share of the mean variance that every row has besides: sums of overlapping rows may see almost no
# noise, and there the step of the grid would speak.
_LEAST = 1e-6
# What is left may have this many times the variance that noise explains.
_NOISE = 2.0


def whitened(balances: Sequence[Balance], rows: Rows) -> tuple[Balance, ...] | None:
    """The same equations with their likeliest constants under white noise, and their errors.

    Equations of one system see the same noise: taken together, what one leaves says what noise the
    others saw. In ``theta_t = omega`` the angle measures the angular velocity once more.

    Args:
        balances: Equations that were fitted to these rows.
        rows: Training rows.

    Returns:
        Nothing where more is left than noise explains: the equations are not the whole truth, or
        the data have no noise.
    """
    found = tuple(balances)
    for _ in range(_ROUNDS):
        white = _white(found, rows)
        if white is None or white.shape[1] < 2:
            return None
        rest, slopes = white[:, 0], white[:, 1:]
        scale = np.linalg.norm(slopes, axis=0)
        if not scale.all():
            return None
        inverse = np.linalg.pinv(slopes / scale) / scale[:, None]
        step = -inverse @ rest
        found = _moved(found, step)
    left = float(np.mean((rest + slopes @ step) ** 2))
    if not left <= _NOISE:
        return None
    errors = iter(math.sqrt(left) * np.linalg.norm(inverse, axis=1))
    return tuple(
        replace(each, errors={name: float(next(errors)) for name in each.values}) for each in found
    )


def _moved(balances: Sequence[Balance], step: Array) -> tuple[Balance, ...]:
    steps = iter(step)
    return tuple(
        replace(each, values={name: v + float(next(steps)) for name, v in each.values.items()})
        for each in balances
    )


def _white(balances: Sequence[Balance], rows: Rows) -> Array | None:
    """What is left and its slopes ``[n, 1 + k]``, combined so that their noise is white.

    Nothing where there is no noise, or an equation has no value.
    """
    parts = [balance.linearised(rows) for balance in balances]
    if not any(rows.noise) or not all(np.isfinite(slopes).all() for _, slopes in parts):
        return None
    shape = rows.probe.shape
    grids = [np.column_stack(part).reshape(rows.field.trajectories, *shape, -1) for part in parts]
    pulls = [_pulls(balance, rows) for balance in balances]
    found = []
    chunks = _chunks(shape, _LARGEST // len(balances))
    for trajectory, at in product(range(rows.field.trajectories), chunks):
        covariance = _covariance(rows, pulls, trajectory, at)
        if covariance is None:
            return None
        own = [grid[trajectory][at].reshape(-1, grid.shape[-1]) for grid in grids]
        rest = np.concatenate([each[:, 0] for each in own])
        columns = np.column_stack([rest, block_diag(*(each[:, 1:] for each in own))])
        root = cholesky(covariance, lower=True, overwrite_a=True)
        found.append(solve_triangular(root, columns, lower=True))
    white = np.concatenate(found)
    return white if np.isfinite(white).all() else None


def _pulls(balance: Balance, rows: Rows) -> Pulls:
    """How noise at each point moves what is left, for every derivative that acts on it.

    Returns:
        Slopes by each field ``[field, trajectory, time, *space]`` of all that a derivative acts on.
    """
    values = rows.field.values
    symbols = (*balance.values, *(variable.sympy for variable in rows.field.variables))
    inputs = [*balance.values.values(), *(each.reshape(-1) for each in values)]
    wrt = range(len(balance.values), len(symbols))
    found: Pulls = {}
    for term, sign in ((balance.target, -1), *((term, 1) for term in balance.terms)):
        slopes = tape(term.body, symbols).slopes(inputs, values[0].size, list(wrt))[1]
        total = found.get(term.orders, 0.0) + sign * slopes.T.reshape(values.shape)
        found[term.orders] = np.asarray(total)
    return found


def _covariance(rows: Rows, pulls: Sequence[Pulls], trajectory: int, at: Chunk) -> Array | None:
    """Covariance of what all equations leave on some rows of one trajectory, equation by equation.

    Nothing where noise does not move an equation.
    """
    every: dict[tuple[int, int], Array] = {}
    for i, j in combinations_with_replacement(range(len(pulls)), 2):
        every[i, j] = _shared(rows, pulls[i], pulls[j], trajectory, at)
        every[j, i] = every[i, j].T
    for i in range(len(pulls)):
        diagonal = np.einsum("ii->i", every[i, i])
        variance = float(diagonal.mean())
        if not variance > 0:
            return None
        diagonal += _LEAST * variance
    span = range(len(pulls))
    return np.block([[every[i, j] for j in span] for i in span])


def _shared(rows: Rows, one: Pulls, other: Pulls, trajectory: int, at: Chunk) -> Array:
    """Covariance ``[n, n]`` of what two equations leave."""
    variance = np.square(rows.noise)
    total: Array = np.zeros(())
    for (d, pull), (e, rival) in product(one.items(), other.items()):
        weight = np.tensordot(variance, pull[:, trajectory] * rival[:, trajectory], axes=1)
        if weight.any():
            total = total + overlap(rows.probe, at, d, e, weight)
    size = math.prod(len(range(n)[part]) for n, part in zip(rows.probe.shape, at, strict=True))
    return np.array(np.broadcast_to(total, (size, size)))


def _chunks(shape: Sequence[int], most: int) -> list[Chunk]:
    """The centres along each axis, halved until few enough rows are taken together."""
    cuts = [1] * len(shape)

    def length(axis: int) -> int:
        return -(-shape[axis] // cuts[axis])

    while math.prod(map(length, range(len(shape)))) > most:
        cuts[max(range(len(shape)), key=length)] *= 2
    spans = (
        [slice(at, at + length(axis)) for at in range(0, shape[axis], length(axis))]
        for axis in range(len(shape))
    )
    return list(product(*spans))
