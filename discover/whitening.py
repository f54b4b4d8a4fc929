"""The constants of an equation against the covariance of its own noise.

Test functions overlap, and a derivative makes the noise of some of them large: rows are neither
independent nor alike. White noise on the fields moves what an equation leaves by its slopes, which
are known, so that the covariance of all rows is known too. Weighted with its inverse the constants
are two to four times as sharp as by ordinary least squares, and their errors follow without
resampling.

Source: D. M. Bortz, D. A. Messenger and V. Dukic, Bull. Math. Biol. 85 (2023) 110 (WENDy); the
separable covariance and the refusal where noise is not what is left are ours.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular

from discover.balance import Balance, Rows
from discover.tape import tape
from discover.weak import overlap

Array = NDArray[np.float64]
Chunk = tuple[slice, ...]

_ROUNDS = 2  # weights depend on the constants, and hardly change after the second
_LARGEST = 2000  # rows whose covariance is taken together: a matrix of 32 MB
# Share of the mean variance that every row has besides: sums of overlapping rows may see almost no
# noise, and there the step of the grid would speak.
_LEAST = 1e-6
# What is left may have this many times the variance that noise explains.
_NOISE = 2.0


def whitened(balance: Balance, rows: Rows) -> Balance:
    """The same equation with its likeliest constants under white noise, and their errors.

    Where more is left than noise explains, because the equation is not the whole truth or the data
    have no noise, constants stay as they are and errors are those of :meth:`Balance.judged`.

    Args:
        balance: An equation that was fitted to these rows.
        rows: Training rows.
    """
    found = balance
    for _ in range(_ROUNDS):
        rest, slopes = found.linearised(rows)
        if not (found.values and any(rows.noise) and np.isfinite(slopes).all()):
            return balance.judged(rows)
        white = _white(found, rows, np.column_stack([rest, slopes]))
        rest, slopes = white[:, 0], white[:, 1:]
        scale = np.linalg.norm(slopes, axis=0)
        if not (np.isfinite(white).all() and scale.all()):
            return balance.judged(rows)
        inverse = np.linalg.pinv(slopes / scale) / scale[:, None]
        step = -inverse @ rest
        moved = (value + float(by) for value, by in zip(found.values.values(), step, strict=True))
        found = replace(found, values=dict(zip(found.values, moved, strict=True)))
    left = float(np.mean((rest + slopes @ step) ** 2))
    if not left <= _NOISE:
        return balance.judged(rows)
    errors = math.sqrt(left) * np.linalg.norm(inverse, axis=1)
    return replace(found, errors=dict(zip(found.values, map(float, errors), strict=True)))


def _white(balance: Balance, rows: Rows, columns: Array) -> Array:
    """Columns ``[n, k]`` in combinations of rows whose noise is independent and of variance one."""
    shape = rows.probe.shape
    grid = columns.reshape(rows.field.trajectories, *shape, -1)
    pulls = _pulls(balance, rows)
    found = []
    for trajectory, at in product(range(len(grid)), _chunks(shape)):
        covariance = _covariance(rows, pulls, trajectory, at)
        variance = float(np.trace(covariance)) / len(covariance)
        if not variance > 0:
            return np.full_like(columns, np.nan)
        covariance[np.diag_indices_from(covariance)] += _LEAST * variance
        root = cholesky(covariance, lower=True, overwrite_a=True)
        part = grid[trajectory][at].reshape(len(covariance), -1)
        found.append(solve_triangular(root, part, lower=True))
    return np.concatenate(found)


def _pulls(balance: Balance, rows: Rows) -> dict[tuple[int, ...], Array]:
    """How noise at each point moves what is left, for every derivative that acts on it.

    Returns:
        Slopes by each field ``[field, trajectory, time, *space]`` of all that a derivative acts on.
    """
    values = rows.field.values
    symbols = (*balance.values, *(variable.sympy for variable in rows.field.variables))
    inputs = [*balance.values.values(), *(each.reshape(-1) for each in values)]
    wrt = range(len(balance.values), len(symbols))
    found: dict[tuple[int, ...], Array] = {}
    for term, sign in ((balance.target, -1), *((term, 1) for term in balance.terms)):
        slopes = tape(term.body, symbols).slopes(inputs, values[0].size, list(wrt))[1]
        total = found.get(term.orders, 0.0) + sign * slopes.T.reshape(values.shape)
        found[term.orders] = np.asarray(total)
    return found


def _covariance(
    rows: Rows, pulls: dict[tuple[int, ...], Array], trajectory: int, at: Chunk
) -> Array:
    """Covariance ``[n, n]`` of what is left on some rows of one trajectory."""
    variance = np.square(rows.noise)
    total: Array = np.zeros(())
    for i, (one, pull) in enumerate(pulls.items()):
        for j, (other, rival) in enumerate(pulls.items()):
            if j > i:
                continue
            weight = np.tensordot(variance, pull[:, trajectory] * rival[:, trajectory], axes=1)
            shared = overlap(rows.probe, at, one, other, weight)
            total = total + (shared if i == j else shared + shared.T)
    return np.asarray(total)


def _chunks(shape: Sequence[int]) -> Iterator[Chunk]:
    """The centres along each axis, halved until few enough rows are taken together."""
    cuts = [1] * len(shape)

    def length(axis: int) -> int:
        return -(-shape[axis] // cuts[axis])

    while math.prod(map(length, range(len(shape)))) > _LARGEST:
        cuts[max(range(len(shape)), key=length)] *= 2
    spans = (
        [slice(at, at + length(axis)) for at in range(0, shape[axis], length(axis))]
        for axis in range(len(shape))
    )
    return product(*spans)
