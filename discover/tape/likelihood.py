"""The parameters of a tape by logistic regression: which side of its zero set is which class.

The value g of the tape over the length of its gradient is, near the zero set, the distance d of a
row from it, whatever positive function g is multiplied with. The odds of the second class are
taken as ``log(q / (1 - q)) = steepness * d``, and one row in a hundred as lying on the wrong side
for reasons that no boundary knows, ``p = FLIPPED + (1 - 2 FLIPPED) q``, so that such rows do not
pull. Steepness and parameters maximise the likelihood of what was observed. Of laws this file
knows nothing.

Sources: J. Berkson, J. Am. Stat. Assoc. 39 (1944) 357, for the odds; J. B. Copas, J. R. Stat. Soc.
B 50 (1988) 225, for the flipped rows; D. Marquardt, J. SIAM 11 (1963) 431, for the damping; that
the odds go with the distance is ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

FLIPPED = 0.01
"""Share of rows whose class says nothing about where the boundary is."""

# With the classes apart the steepness would grow for ever: the loss has no lower end to reach.
_STEEPEST = 1e4
# The gradient changes with the parameters: the distances are taken again so often.
_ROUNDS = 3


def probability(odds: Vector) -> Vector:
    """Probability ``[n]`` for the logarithm of the odds ``[n]``."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * odds)))


def log_loss(odds: Vector, second: Vector) -> float:
    """Mean negative logarithm of the likelihood.

    Args:
        odds: Logarithm of the odds that a row is on the side of the second class ``[n]``.
        second: 1 where that class was observed, 0 where the first was ``[n]``.

    Returns:
        In nats a row; infinite where the odds are no number on some row.

    Example:
        >>> round(log_loss(np.array([0.0, 0.0]), np.array([0.0, 1.0])), 6)  # a coin: log 2
        0.693147
    """
    p = FLIPPED + (1 - 2 * FLIPPED) * probability(odds)
    loss = -float(np.mean(np.log(np.where(second > 0.5, p, 1 - p))))
    return loss if np.isfinite(loss) else np.inf


class Function(Protocol):
    """Something with a value and slopes on rows, such as a tape."""

    def values(self, inputs: Sequence[Any], n: int) -> Vector:
        """Values ``[n]`` for the parameters and columns in `inputs`."""
        ...

    def slopes(self, inputs: Sequence[Any], n: int, wrt: Sequence[int]) -> tuple[Vector, Matrix]:
        """Values ``[n]`` and derivatives ``[n, len(wrt)]`` by some of the inputs."""
        ...


@dataclass(frozen=True, eq=False)
class Sides:
    """The likelihood of two classes as a function of steepness and parameters.

    Attributes:
        tape: The function; its first `count` inputs are the parameters, the others the columns.
        inputs: Values of the columns, each ``[n]``.
        spreads: What counts as one unit of distance along each column.
        second: 1 for rows of the second class, 0 for the first ``[n]``.
        count: Number of parameters.
        weight: Inverse length of the gradient on each row ``[n]``.
    """

    tape: Function
    inputs: tuple[Vector, ...]
    spreads: tuple[float, ...]
    second: Vector
    count: int
    weight: Vector

    @classmethod
    def of(
        cls,
        tape: Function,
        count: int,
        inputs: Sequence[Vector],
        spreads: Sequence[float],
        y: Vector,
    ) -> "Sides":
        """The problem of parting the classes `y` ``[n]`` (1 and 0) by the zero set of `tape`."""
        return cls(tape, tuple(inputs), tuple(spreads), y, count, np.ones(len(y)))

    def at(self, parameters: Vector) -> "Sides":
        """The same problem, distances taken with the gradient at these parameters."""
        wrt = range(self.count, self.count + len(self.inputs))
        _, slopes = self.tape.slopes([*parameters, *self.inputs], len(self.second), tuple(wrt))
        with np.errstate(all="ignore"):
            length = np.sqrt(((slopes * np.array(self.spreads)) ** 2).sum(axis=1))
        usual = np.median(length[np.isfinite(length)]) if np.isfinite(length).any() else 1.0
        # Where g is level its zero set is far: a bound on the weight is all that is needed.
        floor = 1e-3 * float(usual) or 1.0
        length = np.where(np.isfinite(length), np.maximum(length, floor), floor)
        return replace(self, weight=1 / length)

    def values(self, parameters: Vector) -> Vector:
        """The tape ``[n]``."""
        return self.tape.values([*parameters, *self.inputs], len(self.second))

    def loss(self, theta: Vector) -> float:
        """Mean loss; `theta` is the steepness, then the parameters."""
        with np.errstate(all="ignore"):
            return log_loss(theta[0] * self.weight * self.values(theta[1:]), self.second)

    def slopes(self, theta: Vector) -> tuple[Vector, Matrix]:
        """Log-odds ``[n]`` and their derivatives ``[n, 1 + count]``, distances held fixed."""
        wrt = tuple(range(self.count))
        values, by_parameter = self.tape.slopes([*theta[1:], *self.inputs], len(self.second), wrt)
        with np.errstate(all="ignore"):
            jacobian = np.column_stack([values, theta[0] * by_parameter]) * self.weight[:, None]
            jacobian[~np.isfinite(jacobian)] = 0.0
            return theta[0] * self.weight * values, jacobian

    def curvature(self, theta: Vector) -> tuple[Vector, Matrix]:
        """Gradient ``[1 + count]`` of the summed loss and its expected curvature (Fisher)."""
        odds, jacobian = self.slopes(theta)
        q = probability(odds)
        p = FLIPPED + (1 - 2 * FLIPPED) * q
        slope = (1 - 2 * FLIPPED) * q * (1 - q)
        variance = p * (1 - p)
        gradient = jacobian.T @ (slope * (p - self.second) / variance)
        return gradient, (jacobian * (slope**2 / variance)[:, None]).T @ jacobian


def climb(problem: Sides, parameters: Sequence[float], steps: int) -> tuple[Vector, float]:
    """The most likely steepness and parameters near a start, and the mean loss there.

    Args:
        problem: What is to be parted.
        parameters: Where to start from; the steepness is found, and its sign says on which side
            the second class is.
        steps: Most steps for each set of distances.
    """
    theta = _start(problem.at(np.array(parameters)), np.array(parameters, dtype=np.float64))
    loss = np.inf
    for _ in range(_ROUNDS if problem.count else 1):
        fixed = problem.at(theta[1:])
        theta, loss = _scored(fixed, theta, steps)
    return theta, loss


def _start(problem: Sides, parameters: Vector) -> Vector:
    """The parameters with the most likely of some steepnesses, in units of the distances."""
    distance = np.abs(problem.weight * problem.values(parameters))
    usual = float(np.median(distance)) if np.isfinite(distance).all() else 1.0
    trials = [
        np.array([sign * scale / max(usual, 1e-12), *parameters])
        for scale in (3.0, 30.0)
        for sign in (1.0, -1.0)
    ]
    return min(trials, key=problem.loss)


def _scored(problem: Sides, theta: Vector, steps: int) -> tuple[Vector, float]:
    """Damped scoring steps, each in units of what it changes; only better ones are taken."""
    loss, damping, first = problem.loss(theta), 1e-3, abs(theta[0])
    for _ in range(steps):
        if not np.isfinite(loss) or abs(theta[0]) > _STEEPEST * first:
            break
        gradient, curvature = problem.curvature(theta)
        size = np.sqrt(np.maximum(np.diag(curvature), 1e-12 * curvature.max(initial=1e-300)))
        scaled, along = curvature / np.outer(size, size), gradient / size
        before = loss
        while damping < 1e10:
            trial = theta - np.linalg.solve(scaled + damping * np.eye(len(size)), along) / size
            new = problem.loss(trial)
            if new < loss:
                theta, loss, damping = trial, new, max(damping / 8, 1e-12)
                break
            damping *= 8
        else:
            break
        if before - loss < 1e-7 * before:
            break
    return theta, loss


def standard_errors(problem: Sides, theta: Vector) -> Vector:
    """Standard errors of the parameters ``[count]``; NaN where they are not determined."""
    _, information = problem.at(theta[1:]).curvature(theta)
    size = np.sqrt(np.maximum(np.diag(information), 1e-300))
    curvature, vectors = np.linalg.eigh(information / np.outer(size, size))
    good = curvature > 1e-10 * max(float(curvature[-1]), 1e-300)
    with np.errstate(all="ignore"):
        spread = np.sqrt(((vectors[:, good] ** 2) / curvature[good]).sum(axis=1)) / size
    free = np.abs(vectors[:, ~good]).max(axis=1, initial=0.0) > 1e-6
    return np.asarray(np.where(free, np.nan, spread)[1:])
