"""The constants of a law on data: least squares, and how sure each constant is.

Levenberg-Marquardt on the law itself. Constants in which the law is linear are solved for in
closed form at every step, so that only the others are searched. Steps are measured in units of what
they change in the law, so constants of 1e-34 and of 1e30 are alike; a step to where the law has no
value is refused. The form of the law stays as it is: other forms are the job of `simplify`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from discover.dataset import Dataset, Part
from discover.law import Law
from discover.tape import Tape

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
_STEPS = 100
_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """Rows to fit to or to judge by: columns by name and the target, each ``[n]``."""

    columns: Mapping[str, Vector]
    y: Vector

    @classmethod
    def of(cls, dataset: Dataset, part: Part) -> "Sample":
        """One part of a dataset."""
        return cls(columns=dataset.columns(part), y=dataset.part(part)[1])

    def thin(self, limit: int) -> "Sample":
        """At most `limit` of the rows, always the same ones."""
        n = len(self.y)
        if n <= limit:
            return self
        rows = np.sort(np.random.default_rng(0).permutation(n)[:limit])
        columns = {name: np.asarray(column)[rows] for name, column in self.columns.items()}
        return Sample(columns=columns, y=self.y[rows])


def refit(
    law: Law,
    columns: Mapping[str, Vector],
    y: Vector,
    *,
    starts: int = 1,
    seed: int = 0,
    steps: int = _STEPS,
) -> Law:
    """The same form with the constants that fit best.

    Args:
        law: The law; its constants are the first start.
        columns: Training rows, each ``[n]``.
        y: The target on them ``[n]``.
        starts: Number of starts; those after the first are drawn around the magnitudes at which
            each constant matters.
        seed: Seed of those draws.
        steps: Most steps from each start.

    Returns:
        The law with new constants and without accuracies; never worse on these rows than `law`.

    Source: Marquardt, J. SIAM 11 (1963) 431; the linear constants after Golub & Pereyra, SIAM J.
        Numer. Anal. 10 (1973) 413, in the variant that re-solves them after each full step.

    Example:
        >>> import sympy as sp
        >>> from discover.dataset import Variable
        >>> a = Variable(name="a")
        >>> start = Law.of(1.0 * a.sympy**1.0, [a], Variable(name="T"), "graph")
        >>> x = np.linspace(0.4, 30, 50)
        >>> [round(v, 12) for v in refit(start, {"a": x}, 2 * x**1.5).values]
        [2.0, 1.5]
    """
    if not law.constants:
        return law.with_values(())
    problem = _Problem.of(law, columns, y)
    start = np.array(law.values)
    best, least = start, problem.cost(start)
    rng = np.random.default_rng(seed)
    for attempt in range(starts):
        if attempt > 0:
            start = problem.draw(rng)
        found, cost = _descend(problem, start, steps)
        if cost < least:
            best, least = found, cost
        if least <= problem.floor:
            break
    return law.with_values(best)


def intervals(law: Law, columns: Mapping[str, Vector], y: Vector, level: float) -> Law:
    """The same law with a confidence interval for each constant.

    The law is taken as linear around its fitted constants, with errors of equal variance, that of
    the residuals. A constant that the rows do not determine (another one can make up for any
    change of it) gets no interval.

    Args:
        law: A refitted law.
        columns: The rows of the fit, each ``[n]``.
        y: The target on them ``[n]``.
        level: Confidence level, such as 0.95.

    Source: Seber & Wild, Nonlinear Regression (1989), section 5.1.
    """
    if not law.constants:
        return law
    problem = _Problem.of(law, columns, y)
    errors, freedom = _standard_errors(problem, np.array(law.values))
    quantile = float(stats.t.ppf(0.5 + level / 2, freedom)) if freedom > 0 else np.nan
    constants = []
    for constant, error in zip(law.constants, errors, strict=True):
        half = quantile * float(error)
        known = bool(np.isfinite(half))
        constants.append(
            replace(
                constant,
                low=constant.value - half if known else None,
                high=constant.value + half if known else None,
                level=level if known else None,
            )
        )
    return replace(law, constants=tuple(constants))


def standard_errors(law: Law, columns: Mapping[str, Vector], y: Vector) -> Vector:
    """Standard error of each constant of a refitted law; NaN where it is not determined."""
    return _standard_errors(_Problem.of(law, columns, y), np.array(law.values))[0]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Problem:
    """Residuals of a law as a function of its constants, in units of the target's size."""

    tape: Tape
    inputs: list[Vector]
    y: Vector
    scale: float
    count: int
    linear: tuple[int, ...]

    @classmethod
    def of(cls, law: Law, columns: Mapping[str, Vector], y: Vector) -> "_Problem":
        inputs, n = law.inputs(columns)
        if n != len(y):
            raise ValueError(f"{n} rows of columns and {len(y)} of the target")
        linear: list[int] = []
        for i in range(len(law.constants)):
            if law.tape.affine_in([*linear, i]):
                linear.append(i)
        return cls(
            tape=law.tape,
            inputs=inputs,
            y=y,
            scale=float(np.abs(y).max()) or 1.0,
            count=len(law.constants),
            linear=tuple(linear),
        )

    @property
    def floor(self) -> float:
        """The cost that rounding alone leaves."""
        return len(self.y) * (4 * _EPS) ** 2

    def residuals(self, c: Vector) -> Vector:
        values = self.tape.values([*c, *self.inputs], len(self.y))
        with np.errstate(all="ignore"):
            return np.asarray((values - self.y) / self.scale)

    def slopes(self, c: Vector, wrt: tuple[int, ...]) -> tuple[Vector, Matrix]:
        """Residuals ``[n]`` and their derivatives ``[n, k]`` by the constants at `wrt`."""
        values, jacobian = self.tape.slopes([*c, *self.inputs], len(self.y), wrt)
        with np.errstate(all="ignore"):
            jacobian = jacobian / self.scale
            # A row with an infinite slope (the square root at zero) does not steer.
            jacobian[~np.isfinite(jacobian)] = 0.0
            return (values - self.y) / self.scale, jacobian

    def cost(self, c: Vector) -> float:
        return _square(self.residuals(c))

    def settle(self, c: Vector) -> tuple[Vector, float]:
        """The best linear constants for the other ones of `c`, and the cost."""
        if not self.linear:
            return c, self.cost(c)
        residuals, slopes = self.slopes(c, self.linear)
        before = _square(residuals)
        if not np.isfinite(residuals).all():
            # The linear constants may be what is too large: look again from zero.
            c = c.copy()
            c[list(self.linear)] = 0.0
            residuals, slopes = self.slopes(c, self.linear)
            if not np.isfinite(residuals).all():
                return c, np.inf
        length = _lengths(slopes)
        step = np.linalg.lstsq(slopes / length, -residuals, rcond=1e-13)[0] / length
        settled = c.copy()
        settled[list(self.linear)] += step
        cost = self.cost(settled)
        return (settled, cost) if cost < before else (c, min(before, cost))

    def draw(self, rng: np.random.Generator) -> Vector:
        """A start of random signs around the magnitude at which each constant matters."""
        size = np.ones(self.count)
        for _ in range(2):  # the size of one constant may depend on that of another
            size = self.tape.magnitudes(size, self.inputs, len(self.y))
        start = size * np.exp(rng.normal(0.0, 1.0, self.count))
        return np.asarray(start * rng.choice([1.0, 1.0, -1.0], self.count))


def _square(residuals: Vector) -> float:
    with np.errstate(all="ignore"):
        cost = float(residuals @ residuals)
    return cost if np.isfinite(cost) else np.inf


def _lengths(matrix: Matrix) -> Vector:
    """Length of each column, never zero; safe from overflow."""
    largest = np.abs(matrix).max(axis=0, initial=0.0)
    largest = np.where(largest > 0, largest, 1.0)
    return np.asarray(largest * np.maximum(np.linalg.norm(matrix / largest, axis=0), _EPS))


def _descend(problem: _Problem, start: Vector, steps: int) -> tuple[Vector, float]:
    """Levenberg-Marquardt from `start`: constants and cost of the lowest point met."""
    c, cost = problem.settle(start)
    everything = tuple(range(problem.count))
    if len(problem.linear) == problem.count:
        return problem.settle(c)  # once more: iterative refinement
    damping = 1e-3
    for _ in range(steps):
        if not problem.floor < cost < np.inf:
            break
        residuals, slopes = problem.slopes(c, everything)
        length = _lengths(slopes)
        # One decomposition serves every damping that is tried from here.
        q, r = np.linalg.qr(slopes / length)
        u, s, v = np.linalg.svd(r)
        along = u.T @ (q.T @ residuals)
        before = cost
        while damping < 1e10:
            step = v.T @ (s / (s**2 + damping) * along) / length
            trial, new = problem.settle(c - step)
            if new < cost:
                c, cost, damping = trial, new, max(damping / 8, 1e-15)
                break
            damping *= 8
        else:
            break
        if before - cost < 1e-10 * before and damping < 1e-2:
            break
    return c, cost


def _standard_errors(problem: _Problem, c: Vector) -> tuple[Vector, int]:
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
