"""Least squares of a tape: Levenberg-Marquardt, and how sure each parameter is.

Parameters in which the tape is affine are solved for in closed form at every step, so that only the
others are searched. Steps are measured in units of what they change, so parameters of 1e-34 and of
1e30 are alike; a step to where the tape has no value is refused. Of laws this file knows nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from discover.tape.running import Tape

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Problem:
    """Residuals of a tape as a function of its first symbols, in units of the target's size.

    Attributes:
        tape: The function; its first `count` symbols are the parameters.
        inputs: Values of its other symbols, each ``[n]``.
        y: What it should be ``[n]``.
        scale: Largest size of `y`.
        count: Number of parameters.
        linear: Positions of parameters in which the tape is affine, all together.
        root: Factor of every residual ``[n]``, the root of its weight, of mean square 1; or 1.
    """

    tape: Tape
    inputs: tuple[Vector, ...]
    y: Vector
    scale: float
    count: int
    linear: tuple[int, ...]
    root: Vector | float = 1.0

    @classmethod
    def of(
        cls,
        tape: Tape,
        count: int,
        inputs: Sequence[Vector],
        y: Vector,
        weights: Vector | None = None,
    ) -> "Problem":
        """The problem of fitting `tape` to `y` ``[n]`` by its first `count` symbols.

        Squares count by `weights` ``[n]``, up to a common factor; all alike by default.
        """
        linear: list[int] = []
        for i in range(count):
            if tape.affine_in([*linear, i]):
                linear.append(i)
        scale = float(np.abs(y).max(initial=0.0)) or 1.0
        root = 1.0 if weights is None else np.sqrt(weights / weights.mean())
        return cls(tape, tuple(inputs), y, scale, count, tuple(linear), root)

    @property
    def floor(self) -> float:
        """The cost that rounding alone leaves."""
        return len(self.y) * (4 * _EPS) ** 2

    def residuals(self, c: Vector) -> Vector:
        """What the tape misses ``[n]``, in units of `scale`, for parameters `c`."""
        values = self.tape.values([*c, *self.inputs], len(self.y))
        with np.errstate(all="ignore"):
            return np.asarray((values - self.y) / self.scale * self.root)

    def slopes(self, c: Vector, wrt: tuple[int, ...]) -> tuple[Vector, Matrix]:
        """Residuals ``[n]`` and their derivatives ``[n, k]`` by the parameters at `wrt`."""
        values, jacobian = self.tape.slopes([*c, *self.inputs], len(self.y), wrt)
        with np.errstate(all="ignore"):
            jacobian = jacobian / self.scale * np.reshape(self.root, (-1, 1))
            # A row with an infinite slope (the square root at zero) does not steer.
            jacobian[~np.isfinite(jacobian)] = 0.0
            return (values - self.y) / self.scale * self.root, jacobian

    def cost(self, c: Vector) -> float:
        """Sum of the squared residuals; infinite where the tape has no value on some row."""
        return _square(self.residuals(c))

    def settle(self, c: Vector) -> tuple[Vector, float]:
        """The best linear parameters for the other ones of `c`, and the cost."""
        if not self.linear:
            return c, self.cost(c)
        residuals, slopes = self.slopes(c, self.linear)
        before = _square(residuals)
        if not np.isfinite(residuals).all():
            # The linear parameters may be what is too large: look again from zero.
            c = c.copy()
            c[list(self.linear)] = 0.0
            residuals, slopes = self.slopes(c, self.linear)
            if not np.isfinite(residuals).all():
                return c, np.inf
        length = _lengths(slopes)
        settled = c.copy()
        with np.errstate(all="ignore"):  # what overflows costs infinitely much, and is left
            step = np.linalg.lstsq(slopes / length, -residuals, rcond=1e-13)[0] / length
            settled[list(self.linear)] += step
        cost = self.cost(settled)
        return (settled, cost) if cost < before else (c, min(before, cost))

    def draw(self, rng: np.random.Generator) -> Vector:
        """A start of random signs around the magnitude at which each parameter matters."""
        size = np.ones(self.count)
        for _ in range(2):  # the size of one parameter may depend on that of another
            size = self.tape.magnitudes(size, self.inputs, len(self.y))
        start = size * np.exp(rng.normal(0.0, 1.5, self.count))
        return np.asarray(start * rng.choice([1.0, 1.0, -1.0], self.count))


def _square(residuals: Vector) -> float:
    with np.errstate(all="ignore"):
        cost = float(residuals @ residuals)
    return cost if np.isfinite(cost) else np.inf


def _lengths(matrix: Matrix) -> Vector:
    """Length of each column, never zero; safe from overflow."""
    with np.errstate(all="ignore"):
        square = np.einsum("ij,ij->j", matrix, matrix)
        if np.all((square > 1e-280) & (square < np.inf)):
            return np.asarray(np.sqrt(square))
        largest = np.abs(matrix).max(axis=0, initial=0.0)
        largest = np.where(largest > 0, largest, 1.0)
        length = largest * np.maximum(np.linalg.norm(matrix / largest, axis=0), _EPS)
    return np.asarray(np.minimum(length, np.finfo(np.float64).max))


def descend(problem: Problem, start: Vector, steps: int) -> tuple[Vector, float]:
    """Levenberg-Marquardt from `start`: the lowest point met, and its cost.

    The linear parameters follow the others: the slopes are those of the residuals that are left
    when the linear parameters are solved for, which to first order is a projection. So a valley in
    which two linear parameters grow against each other does not hold up the search.

    Args:
        problem: What is to be small.
        start: First values of the parameters ``[count]``.
        steps: Most steps.

    Source: Marquardt, J. SIAM 11 (1963) 431; the projection after Kaufman, BIT 15 (1975) 49.
    """
    c, cost = problem.settle(start)
    others = [i for i in range(problem.count) if i not in problem.linear]
    if not others:
        return problem.settle(c)  # once more: iterative refinement
    damping = 1e-3
    for _ in range(steps):
        if not problem.floor < cost < np.inf:
            break
        residuals, slopes = problem.slopes(c, tuple(range(problem.count)))
        slopes, length = _projected(slopes, others, list(problem.linear))
        # One decomposition serves every damping that is tried from here.
        q, r = np.linalg.qr(slopes)
        u, s, v = np.linalg.svd(r, full_matrices=False)
        along = u.T @ (q.T @ residuals)
        before = cost
        while damping < 1e10:
            trial = c.copy()
            with np.errstate(over="ignore"):
                trial[others] -= v.T @ (s / (s**2 + damping) * along) / length
            trial, new = problem.settle(trial)
            if new < cost:
                c, cost, damping = trial, new, max(damping / 8, 1e-15)
                break
            damping *= 8
        else:
            break
        if before - cost < 1e-10 * before and damping < 1e-2:
            break
    return c, cost


def _projected(slopes: Matrix, others: list[int], linear: list[int]) -> tuple[Matrix, Vector]:
    """Slopes by the other parameters, less what the linear ones make up for, at unit length."""
    free = slopes[:, others]
    size = _lengths(free)
    free = free / size
    if linear:
        basis = slopes[:, linear]
        q = np.linalg.qr(basis / _lengths(basis))[0]
        free = free - q @ (q.T @ free)
    length = np.maximum(_lengths(free), 1e-13)
    return free / length, size * length


def standard_errors(problem: Problem, c: Vector) -> tuple[Vector, int]:
    """Standard errors ``[k]`` (NaN: not determined) and the degrees of freedom."""
    residuals, slopes = problem.slopes(c, tuple(range(problem.count)))
    n = len(residuals)
    length = _lengths(slopes)
    if not np.isfinite(residuals).all():
        return np.full(problem.count, np.nan), 0
    _, s, v = np.linalg.svd(np.linalg.qr(slopes / length)[1])
    s = np.concatenate([s, np.zeros(problem.count - len(s))])
    good = s > 50 * n * _EPS * max(s[0], _EPS)
    freedom = n - int(good.sum())
    if freedom <= 0:
        return np.full(problem.count, np.nan), 0
    variance = _square(residuals) / freedom
    with np.errstate(all="ignore"):
        spread = np.sqrt(variance * ((v[good].T / s[good]) ** 2).sum(axis=1)) / length
    free = np.abs(v[~good]).max(axis=0, initial=0.0) > 1e-6
    dead = np.abs(slopes).max(axis=0) == 0
    return np.where(free | dead, np.nan, spread), freedom
