"""The constants of a law on data, and how sure each constant is.

A law that claims a value is fitted by least squares, one that claims a boundary by the likelihood
of the classes on its two sides. Constants of any size, from given or from many drawn starts. The
form of the law stays as it is: other forms are the job of `simplify`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from discover.dataset import Dataset, Part
from discover.law import Law
from discover.tape import Tape, likelihood, tape
from discover.tape.least_squares import Problem, descend, standard_errors

Vector = NDArray[np.float64]
_STEPS = 100


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """Rows to fit to or to judge by.

    Attributes:
        columns: Columns by name, each ``[n]``.
        y: The target ``[n]``.
        weights: How much the square of each row's error counts ``[n]``, up to a common factor;
            ``None`` where all count alike.
    """

    columns: Mapping[str, Vector]
    y: Vector
    weights: Vector | None = None

    @classmethod
    def of(cls, dataset: Dataset, part: Part) -> "Sample":
        """One part of a dataset."""
        return cls(
            columns=dataset.columns(part),
            y=dataset.part(part)[1],
            weights=dataset.weighted(part),
        )

    def rows(self, rows: NDArray[np.int64]) -> "Sample":
        """The rows of these numbers."""
        return Sample(
            columns={name: np.asarray(column)[rows] for name, column in self.columns.items()},
            y=self.y[rows],
            weights=None if self.weights is None else self.weights[rows],
        )

    def mean(self, values: Vector) -> float:
        """Mean of `values` ``[n]``, by the weights of the rows."""
        return float(np.average(values, weights=self.weights))

    def thin(self, limit: int) -> "Sample":
        """At most `limit` of the rows, always the same ones."""
        n = len(self.y)
        if n <= limit:
            return self
        rows = np.sort(np.random.default_rng(0).permutation(n)[:limit])
        return self.rows(rows)


def refit(law: Law, rows: Sample, *, starts: int = 1, seed: int = 0, steps: int = _STEPS) -> Law:
    """The same form with the constants that fit best.

    Args:
        law: The law; its constants are the first start.
        rows: Training rows.
        starts: Number of starts; those after the first are drawn around the magnitudes at which
            each constant matters.
        seed: Seed of those draws.
        steps: Most steps from each start.

    Returns:
        The law with new constants and without accuracies; never worse on these rows than `law`.
        A boundary is turned so that it is positive on the side of the larger class.

    Example:
        >>> import sympy as sp
        >>> from discover.dataset import Variable
        >>> a = Variable(name="a")
        >>> start = Law.of(1.0 * a.sympy**1.0, [a], Variable(name="T"), "graph")
        >>> x = np.linspace(0.4, 30, 50)
        >>> rows = Sample(columns={"a": x}, y=2 * x**1.5)
        >>> [round(v, 12) for v in refit(start, rows).values]
        [2.0, 1.5]
    """
    if law.claim == "zero":
        return _parted(law, rows, starts=starts, seed=seed, steps=steps)
    if not law.constants:
        return law.with_values(())
    problem = _problem(law, rows)
    start = np.array(law.values)
    best, least = start, problem.cost(start)
    rng = np.random.default_rng(seed)
    for attempt in range(starts):
        if attempt > 0:
            start = problem.draw(rng)
        found, cost = descend(problem, start, steps)
        if cost < least:
            best, least = found, cost
        if least <= problem.floor:
            break
    return law.with_values(best)


def intervals(law: Law, rows: Sample, level: float) -> Law:
    """The same law with a confidence interval for each constant.

    The law is taken as linear around its fitted constants, with errors whose variance is that of
    the residuals, over the weight of the row where rows have weights; for a boundary, with the
    curvature of the likelihood. A constant that the rows do not determine (another one can make up
    for any change of it) gets no interval.

    Args:
        law: A refitted law.
        rows: The rows of the fit.
        level: Confidence level, such as 0.95.

    Source: Seber & Wild, Nonlinear Regression (1989), section 5.1.
    """
    if not law.constants:
        return law
    if law.claim == "zero":
        errors, freedom = uncertainties(law, rows), len(rows.y)
    else:
        problem = _problem(law, rows)
        errors, freedom = standard_errors(problem, np.array(law.values))
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


def uncertainties(law: Law, rows: Sample) -> Vector:
    """Standard error of each constant of a refitted law; NaN where it is not determined."""
    if law.claim == "zero":
        sides = _sides(law, rows)
        theta, _ = likelihood.climb(sides, law.values, 0)
        return likelihood.standard_errors(sides, theta)
    return standard_errors(_problem(law, rows), np.array(law.values))[0]


def unlikeliness(law: Law, rows: Sample) -> float:
    """Mean negative log-likelihood of the classes for a boundary whose constants stay as they are.

    Args:
        law: A boundary.
        rows: The rows, their classes as target.
    """
    fixed = tape(law.expr, tuple(variable.sympy for variable in law.variables))
    return likelihood.climb(_sides(law, rows, fixed), (), _STEPS)[1]


def _problem(law: Law, rows: Sample) -> Problem:
    inputs, n = law.inputs(rows.columns)
    if n != len(rows.y):
        raise ValueError(f"{n} rows of columns and {len(rows.y)} of the target")
    return Problem.of(law.tape, len(law.constants), inputs, rows.y, rows.weights)


def _parted(law: Law, rows: Sample, *, starts: int, seed: int, steps: int) -> Law:
    """A boundary with the most likely constants, positive on the side of the larger class."""
    sides = _sides(law, rows)
    rng = np.random.default_rng(seed)
    best, least = likelihood.climb(sides, law.values, steps)
    draws = _problem(law, rows) if law.constants and starts > 1 else None
    for _ in range(starts - 1 if draws is not None else 0):
        assert draws is not None
        found, loss = likelihood.climb(sides, draws.draw(rng).tolist(), steps)
        if loss < least:
            best, least = found, loss
    fitted = law.with_values(best[1:])
    if best[0] > 0:
        return fitted
    turned = Law.of(-fitted.expr, law.variables, law.target, law.origin, "zero")
    if len(turned.constants) == len(law.constants):  # else a constant that occurs twice was split
        return turned
    return fitted.restated(-law.form, {c.sympy: c.value for c in fitted.constants})


def _sides(law: Law, rows: Sample, fixed: Tape | None = None) -> likelihood.Sides:
    """The two sides of a law, or of `fixed`, its form with the constants as numbers."""
    inputs, n = law.inputs(rows.columns)
    if n != len(rows.y):
        raise ValueError(f"{n} rows of columns and {len(rows.y)} of the target")
    spreads = [float(values.std()) or 1.0 for values in inputs]
    y = rows.y
    second = (y > (y.min() + y.max()) / 2).astype(np.float64)
    laid, count = (law.tape, len(law.constants)) if fixed is None else (fixed, 0)
    return likelihood.Sides.of(laid, count, inputs, spreads, second)
