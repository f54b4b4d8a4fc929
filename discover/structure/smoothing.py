"""A smooth function through scattered rows, with exact slopes and a measured noise level.

A Gaussian process with a linear mean and one length scale for each of as many directions as there
are coordinates. In logarithmic coordinates its mean is a product of powers, which is what most of a
law of physics is; the rest is smooth. The directions are those in which the slopes vary: what
depends on a few products of columns is flat in all others, and is then known from far fewer rows.
The slopes of the posterior mean are exact, and the noise is fitted with everything else, so that
nobody has to say how noisy a table is.

Source: Rasmussen and Williams, *Gaussian Processes for Machine Learning* (2006), sections 2.7, 5.1
and 5.4.1; directions from the spread of slopes as in active subspaces (Constantine, Dow and Wang,
SIAM J. Sci. Comput. 36 (2014) A1500). To take them in turns with the lengths is ours.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.linalg import lapack
from scipy.optimize import minimize

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

# Prior variance of the slopes of the mean, in units of the spreads: as good as free.
_LINEAR = 30.0
# Least variance of the noise: below it the matrix is no longer positive definite in float64.
_FLOOR = 1e-9
# In lengths: squares of what is farther away have no value, and nothing is felt so far.
_FAR = 1e150
# Times that noise is made ten times as large before a matrix that cannot be factorised is given up.
_MORE = 12
_DEAF = 1e6  # times the noise of an average row
_STEPS = 60
# Directions are looked for on so many rows, so many times at most.
_FEW, _TURNS = 200, 3
_LIMITS = {"length": (-2.5, 6.0), "signal": (-8.0, 8.0), "noise": (-20.7, 2.0)}


@dataclass(frozen=True, kw_only=True, eq=False)
class Smooth:
    """A function fitted to rows; made by :func:`smooth`.

    Attributes:
        noise: Standard deviation of the fitted noise on each row ``[n]``, in units of the values.
        lengths: Length scale of each direction ``[d]``, in spreads; long for those that enter
            linearly or not at all.
    """

    noise: Vector
    lengths: Vector
    _parts: tuple[float, float]
    _x: Matrix
    _weights: Vector
    _signal: float
    _shift: Vector
    _turned: Matrix
    _level: float
    _size: float

    def __call__(self, x: Matrix) -> Vector:
        """Values ``[m]`` at coordinates ``[m, d]``."""
        z = (x - self._shift) @ self._turned
        linear = _LINEAR * (z @ (self._x.T @ self._weights) + self._weights.sum())
        curved = self._signal * _bell(z / self.lengths, self._x / self.lengths) @ self._weights
        return np.asarray(self._level + self._size * (linear + curved))

    def noise_at(self, relative: Vector) -> Vector:
        """Standard deviation of the noise ``[m]`` where it is so much larger than on average."""
        even, uneven = self._parts
        return np.asarray(self._size * np.sqrt(even + uneven * np.minimum(relative, _DEAF) ** 2))

    def slopes(self, x: Matrix) -> Matrix:
        """Derivatives ``[m, d]`` by the coordinates, exact."""
        z = (x - self._shift) @ self._turned
        bell = _bell(z / self.lengths, self._x / self.lengths) * self._weights
        curved = (bell @ self._x - z * bell.sum(1)[:, None]) / self.lengths**2
        linear = _LINEAR * (self._x.T @ self._weights)
        return np.asarray(self._size * (linear + self._signal * curved) @ self._turned.T)


def smooth(x: Matrix, y: Vector, relative: Vector | None = None) -> Smooth:
    """Fits a smooth function.

    Args:
        x: Coordinates ``[n, d]``; some hundred rows, since the cost grows with their cube.
        y: Values ``[n]``.
        relative: How much larger than that of an average row the noise of each row may be ``[n]``;
            a second noise of that shape is then fitted beside the even one.

    Example:
        >>> x = np.random.default_rng(0).uniform(1, 2, (80, 2))
        >>> found = smooth(x, np.sin(x[:, 0]) + 3 * x[:, 1])
        >>> bool(np.abs(found.slopes(x)[:, 0] - np.cos(x[:, 0])).max() < 1e-2)
        True
    """
    shift, spread = _placed(x)
    level, size = (float(number[0]) for number in _placed(y[:, None]))
    z, t = (x - shift) / spread, (y - level) / size
    # On a target of many decades some rows say nothing; their noise must stay a number.
    shape = np.zeros_like(t) if relative is None else np.minimum(relative, _DEAF) ** 2
    turn, theta = _directions(z, t, shape)
    z = z @ turn
    theta, _ = _likeliest(theta, z, t, shape)
    lengths, (signal, even, uneven) = np.split(np.exp(theta), [len(theta) - 3])
    noise = even + _FLOOR + uneven * shape
    kernel = signal * _bell(z / lengths, z / lengths) + _LINEAR * (z @ z.T + 1.0)
    return Smooth(
        noise=size * np.sqrt(noise),
        lengths=lengths,
        _parts=(float(even) + _FLOOR, float(uneven)),
        _x=z,
        _weights=_weights(kernel, noise, t),
        _signal=float(signal),
        _shift=shift,
        _turned=turn / spread[:, None],
        _level=level,
        _size=size,
    )


def _directions(z: Matrix, t: Vector, shape: Vector) -> tuple[Matrix, Vector]:
    """Directions ``[d, d]`` in which few lengths say most, and these with the noise, in logarithms.

    Some rows are enough to see them. They start as the coordinates, and are turned to where the
    slopes vary, as long as that makes the rows likelier.
    """
    d = z.shape[1]
    few = np.linspace(0, len(t) - 1, min(_FEW, len(t))).astype(int)
    z, t, shape = z[few], t[few], shape[few]
    turn = np.eye(d)
    start = np.concatenate([np.full(d, np.log(2.0 * np.sqrt(d))), [0.0, -7.0, -9.0]])
    theta, cost = _likeliest(start, z, t, shape)
    for _ in range(_TURNS if d > 1 else 0):
        slopes = _bends(theta, z @ turn, t, shape)
        _, _, rows = np.linalg.svd(slopes - slopes.mean(0), full_matrices=False)
        curvature = (rows**2) @ np.exp(-2 * theta[:d])
        lengths = np.clip(-0.5 * np.log(curvature), *_LIMITS["length"])
        after = turn @ rows.T
        found, new = _likeliest(np.concatenate([lengths, theta[d:]]), z @ after, t, shape)
        if not new < cost:
            break
        turn, theta, cost = after, found, new
    return turn, theta


def _bends(theta: Vector, z: Matrix, t: Vector, shape: Vector) -> Matrix:
    """Slopes ``[n, d]`` of the curved part of the function that these lengths and noises make."""
    d = z.shape[1]
    lengths, (signal, even, uneven) = np.exp(theta[:d]), np.exp(theta[d:])
    bell = signal * _bell(z / lengths, z / lengths)
    noise = even + _FLOOR + uneven * shape
    bell *= _weights(bell + _LINEAR * (z @ z.T + 1.0), noise, t)
    return np.asarray((bell @ z - z * bell.sum(1)[:, None]) / lengths**2)


def _likeliest(start: Vector, z: Matrix, t: Vector, shape: Vector) -> tuple[Vector, float]:
    """Logarithms of lengths, signal and noises of the greatest evidence, and its negative."""
    limits = [_LIMITS["length"]] * z.shape[1]
    limits += [_LIMITS["signal"], _LIMITS["noise"], _LIMITS["noise"]]
    found = minimize(
        _evidence,
        start,
        args=(z, _LINEAR * (z @ z.T + 1.0), t, shape),
        jac=True,
        method="L-BFGS-B",
        bounds=limits,
        options={"maxiter": _STEPS},
    )
    return np.asarray(found.x), float(found.fun)


def _placed(x: Matrix) -> tuple[Vector, Vector]:
    """Mean and spread of each column ``[d]``, whatever its size; no spread is zero."""
    size = np.abs(x).max(0)
    unit = x / np.where(size > 0, size, 1.0)
    spread = unit.std(0) * size
    return unit.mean(0) * size, np.where(spread > 0, spread, 1.0)


def _weights(kernel: Matrix, noise: Vector, t: Vector) -> Vector:
    """What each row counts; where rows nearly coincide, with more noise than was found."""
    for _ in range(_MORE):
        lower, failed = lapack.dpotrf(kernel + np.diag(noise), lower=True)
        if not failed:
            break
        noise = 10 * noise
    return np.asarray(lapack.dpotrs(lower, t, lower=True)[0])


def _bell(a: Matrix, b: Matrix) -> Matrix:
    a, b = np.clip(a, -_FAR, _FAR), np.clip(b, -_FAR, _FAR)
    # Minus half of the squared distances, in place.
    exponent = a @ b.T
    exponent -= 0.5 * (a**2).sum(1)[:, None]
    exponent -= 0.5 * (b**2).sum(1)
    np.minimum(exponent, 0.0, out=exponent)
    torch.from_numpy(exponent).exp_()  # several at a time, where numpy takes them one by one
    return np.asarray(exponent)


def _evidence(
    theta: Vector, z: Matrix, linear: Matrix, t: Vector, shape: Vector
) -> tuple[float, Vector]:
    """Negative log marginal likelihood of the rows, and its slope by the logarithms `theta`.

    Most of a search is spent here. Matrices are symmetric: they are passed to LAPACK as they lie,
    and of the inverse only the lower half is asked for.
    """
    d = z.shape[1]
    lengths, (signal, even, uneven) = np.exp(theta[:d]), np.exp(theta[d:])
    scaled = z / lengths
    bell = _bell(scaled, scaled)
    bell *= signal
    kernel = bell + linear
    kernel[np.diag_indices_from(kernel)] += even + _FLOOR + uneven * shape
    lower, failed = lapack.dpotrf(kernel.T, lower=True, overwrite_a=True)  # zero above
    if failed:
        return 1e10, np.zeros_like(theta)
    weights = lapack.dpotrs(lower, t, lower=True)[0]
    value = 0.5 * t @ weights + np.log(np.diag(lower)).sum()
    half = lapack.dpotri(lower, lower=True, overwrite_c=True)[0]
    tilt = weights**2 - np.diag(half)
    half[np.diag_indices_from(half)] *= 0.5
    half *= bell.T
    rows = weights * (bell @ weights) - half.sum(1) - half.sum(0)
    moved = weights[:, None] * (bell @ (weights[:, None] * scaled)) - half @ scaled
    moved -= half.T @ scaled
    by_length = rows @ scaled**2 - np.einsum("ij,ij->j", scaled, moved)
    slope = [*by_length, 0.5 * rows.sum(), 0.5 * even * tilt.sum(), 0.5 * uneven * tilt @ shape]
    return float(value), -np.array(slope)
