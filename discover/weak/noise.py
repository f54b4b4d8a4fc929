"""How large the noise of a field is, and what it does to functions of the field."""

from collections.abc import Callable, Sequence
from math import comb

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_ORDER = 6


def noise_of(values: Array) -> float:
    """Standard deviation of white noise on one field, from its sixth differences in time.

    A smooth field has next to none; white noise keeps its variance, for the weights have norm one.

    Args:
        values: ``[trajectory, time, *space]``.

    Example:
        >>> t = np.linspace(0, 6, 4000)[None]
        >>> noise = np.random.default_rng(0).normal(0, 0.1, t.shape)
        >>> noise_of(np.sin(t)) < 1e-9, round(noise_of(np.sin(t) + noise), 2)
        (True, 0.1)
    """
    if values.shape[1] <= _ORDER:
        return 0.0
    norm = float(np.sqrt(sum(comb(_ORDER, i) ** 2 for i in range(_ORDER + 1))))
    differences = np.diff(values, _ORDER, axis=1)
    # The median: steep places of the field itself are few.
    return float(np.median(np.abs(differences))) / 0.674489750196082 / norm


def debiased(
    function: Callable[..., Array], values: Sequence[Array], noise: Sequence[float]
) -> Array:
    """``function(values)``, its mean not moved by the noise of `values`.

    The mean of ``u^2`` over noise of spread s is ``u^2 + s^2``. That surplus is computed for any
    function by three-point Gauss-Hermite quadrature and taken off, field by field; what is left
    is of fourth order in the noise (and zero up to cubics).

    Args:
        function: Of as many arrays as there are fields.
        values: The noisy fields.
        noise: Standard deviation of the noise of each.

    Example:
        >>> float(debiased(np.square, [np.array([3.0])], [0.5])[0])
        8.75
    """
    at = function(*values)
    surplus = np.zeros_like(at)
    for index, spread in enumerate(noise):
        if spread > 0:
            shift = np.sqrt(3) * spread
            up = function(*values[:index], values[index] + shift, *values[index + 1 :])
            down = function(*values[:index], values[index] - shift, *values[index + 1 :])
            surplus += (up + down - 2 * at) / 6
    return at - surplus
