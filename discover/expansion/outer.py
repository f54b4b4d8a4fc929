"""Simple functions that a law may be inside: ``y = back(sum of terms)``."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from discover.tape import tape

Vector = NDArray[np.float64]
_TURN = np.pi


@dataclass(frozen=True, kw_only=True)
class Outer:
    """A change of the target.

    Attributes:
        name: In words.
        price: Nodes that the way back adds to a law.
        forward: The target on which a law is a sum of terms.
        slope: Its derivative.
        back: The way back, in numbers and in symbols.
        holds: Whether a target allows it.
        ratio: Whether a ratio of two sums is tried too.
    """

    name: str
    price: float
    forward: Callable[[Vector], Vector]
    slope: Callable[[Vector], Vector]
    back: Callable[[sp.Expr], sp.Expr]
    holds: Callable[[Vector], bool]
    ratio: bool = False

    def value(self, inner: Vector) -> Vector:
        """The way back in numbers."""
        return tape(self.back(_S), (_S,)).values([inner], len(inner))


_S = sp.Symbol("s", real=True)


def _any(y: Vector) -> bool:
    return True


def _nonzero(y: Vector) -> bool:
    return bool(np.all(y != 0))


def _positive(y: Vector) -> bool:
    return bool(np.all(y > 0))


def _small(y: Vector) -> bool:
    return bool(np.abs(y).max() < 8 and np.ptp(y) > 0.1)


def _angle(y: Vector) -> bool:
    return bool(y.min() >= 0 and y.max() <= _TURN and np.ptp(y) > 0.3)


def _quarter(y: Vector) -> bool:
    return bool(np.abs(y).max() <= _TURN / 2 and np.ptp(y) > 0.3)


OUTER = (
    Outer(
        name="identity",
        price=0,
        forward=lambda y: y,
        slope=np.ones_like,
        back=lambda s: s,
        holds=_any,
        ratio=True,
    ),
    Outer(
        name="inverse",
        price=2,
        forward=lambda y: 1 / y,
        slope=lambda y: y**-2.0,
        back=lambda s: 1 / s,
        holds=_nonzero,
    ),
    Outer(
        name="square",
        price=2,
        forward=lambda y: y**2,
        slope=lambda y: 2 * y,
        back=sp.sqrt,
        holds=_positive,
        ratio=True,
    ),
    Outer(
        name="inverse square",
        price=2,
        forward=lambda y: y**-2.0,
        slope=lambda y: 2 * y**-3.0,
        back=lambda s: 1 / sp.sqrt(s),
        holds=_positive,
    ),
    Outer(
        name="root",
        price=2,
        forward=np.sqrt,
        slope=lambda y: 0.5 / np.sqrt(y),
        back=lambda s: s**2,
        holds=_positive,
    ),
    Outer(
        name="inverse root",
        price=2,
        forward=lambda y: 1 / np.sqrt(y),
        slope=lambda y: 0.5 * y**-1.5,
        back=lambda s: s**-2,
        holds=_positive,
    ),
    Outer(
        name="logarithm",
        price=1,
        forward=np.log,
        slope=lambda y: 1 / y,
        back=sp.exp,
        holds=_positive,
    ),
    Outer(name="exponential", price=1, forward=np.exp, slope=np.exp, back=sp.log, holds=_small),
    Outer(
        name="cosine", price=1, forward=np.cos, slope=np.sin, back=sp.acos, holds=_angle, ratio=True
    ),
    Outer(name="sine", price=1, forward=np.sin, slope=np.cos, back=sp.asin, holds=_quarter),
    Outer(
        name="tangent",
        price=1,
        forward=np.tan,
        slope=lambda y: 1 + np.tan(y) ** 2,
        back=sp.atan,
        holds=_quarter,
    ),
)
"""The changes that are tried, the plain target first."""
