"""Charts: free coordinates for the admissible ``(a, b)`` of an atom.

Arguments are scaled to ``z`` in [-1, 1] (see `rows`), so that ``u = alpha z + beta`` with the same
few starts serves every edge. A chart maps coordinates ``theta`` to ``(alpha, beta)``:

- :class:`Ends` takes ``u`` at both ends of the data as coordinates, each through a map from the
  whole line onto the atom's domain. A domain is an interval and ``u`` is linear, so no step of any
  size can leave it, on any row.
- :class:`Shift` and :class:`Scale` hold only the coordinate that the linear pair ``(c, d)`` cannot
  replace (see :attr:`discover.functions.Atom.freedom`), so that no Jacobian is singular.
- :class:`Through` fixes ``b`` in the edge's own units and leaves ``a``; :class:`Fixed` fixes both.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch

from discover.functions import Atom

Tensor = torch.Tensor


class Line(NamedTuple):
    """``u = alpha v + beta`` of many problems, and how it moves.

    Attributes:
        alpha: Scales ``[P]``.
        beta: Shifts ``[P]``.
        turn: Derivatives ``[P, j, 2]`` of beta and of alpha by ``theta_j``.
    """

    alpha: Tensor
    beta: Tensor
    turn: Tensor

    def __call__(self, v: Tensor) -> Tensor:
        """The arguments ``u [P, n]`` of the functions at `v` ``[P, n]``."""
        return torch.addcmul(self.beta[:, None], self.alpha[:, None], v)


class Chart(Protocol):
    """Coordinates ``theta [P, 2]`` for the lines of P problems."""

    @property
    def free(self) -> int:
        """How many of the two coordinates may move."""

    @property
    def reach(self) -> float:
        """Longest step of a coordinate."""

    @property
    def centred(self) -> bool:
        """Whether the lines take ``z``, the scaled argument, or ``v = x / half``.

        The latter keeps the small x of a wide column apart, which are all -1 in ``z``.
        """

    def line(self, theta: Tensor) -> Line:
        """The lines of `theta`."""


def _line(alpha: Tensor, beta: Tensor, moves: tuple[Tensor, Tensor, Tensor, Tensor]) -> Line:
    return Line(alpha, beta, torch.stack(moves, dim=-1).reshape(*alpha.shape, 2, 2))


@dataclass(frozen=True)
class Ends:
    """Both coordinates free: where the ends of the data fall in `domain`."""

    domain: tuple[float, float]
    centred: bool = True
    free: int = 2

    @property
    def reach(self) -> float:
        """A coordinate of a bounded side is a logarithm."""
        return _reach(self.domain)

    def line(self, theta: Tensor) -> Line:
        """The line through both ends."""
        end, move = _onto(theta, self.domain)
        left, right = (move / 2).unbind(dim=-1)
        alpha = (end[..., 1] - end[..., 0]) / 2
        return _line(alpha, end.mean(dim=-1), (left, -left, right, right))


@dataclass(frozen=True)
class Shift:
    """``alpha = +-1``, the second coordinate, stays; the first is the shift.

    On a half line it is the logarithm of the distance of the nearest row from its end.
    """

    domain: tuple[float, float]
    centred: bool = True
    free: int = 1

    @property
    def reach(self) -> float:
        """A coordinate of a bounded side is a logarithm."""
        return _reach(self.domain)

    def line(self, theta: Tensor) -> Line:
        """The line at this distance."""
        shift, sign = theta.unbind(dim=-1)
        beta, move = _onto(shift, self.domain)
        beta = beta + (math.isfinite(self.domain[0]) - math.isfinite(self.domain[1]))
        none = torch.zeros_like(beta)
        return _line(sign, beta, (move, none, none, none))


@dataclass(frozen=True)
class Scale:
    """``beta = 0``; the first coordinate is the scale."""

    centred: bool = True
    free: int = 1
    reach: float = math.inf

    def line(self, theta: Tensor) -> Line:
        """The line of this scale."""
        none = torch.zeros_like(theta[..., 0])
        return _line(theta[..., 0], none, (none, none + 1, none, none))


@dataclass(frozen=True)
class Through:
    """``b = rest``; the first coordinate is the scale, ``a half``."""

    rest: float
    centred: bool = False
    free: int = 1
    reach: float = math.inf

    def line(self, theta: Tensor) -> Line:
        """The line of this scale."""
        none = torch.zeros_like(theta[..., 0])
        return _line(theta[..., 0], none + self.rest, (none, none + 1, none, none))


@dataclass(frozen=True)
class Fixed:
    """``b = rest`` and the first coordinate, ``a half``, stays."""

    rest: float
    centred: bool = False
    free: int = 0
    reach: float = 0.0

    def line(self, theta: Tensor) -> Line:
        """The line of this scale."""
        none = torch.zeros_like(theta[..., 0])
        return _line(theta[..., 0], none + self.rest, (none, none, none, none))


def _reach(domain: tuple[float, float]) -> float:
    return math.inf if domain == (-math.inf, math.inf) else 2.0


def _onto(theta: Tensor, domain: tuple[float, float]) -> tuple[Tensor, Tensor]:
    """A smooth map from the whole line onto `domain`, and its slope."""
    low, high = domain
    if math.isinf(low) and math.isinf(high):
        return theta, torch.ones_like(theta)
    if math.isinf(high):
        grown = theta.exp()
        return low + grown, grown
    if math.isinf(low):
        grown = theta.exp()
        return high - grown, -grown
    part = torch.sigmoid(theta)
    return low + (high - low) * part, (high - low) * part * (1 - part)


def free_chart(atom: Atom) -> Ends | Shift | Scale | None:
    """The chart of all coordinates that the linear pair cannot replace; ``None`` for a line."""
    if atom.freedom == "both":
        return Ends(atom.domain)
    if atom.freedom == "shift":
        return Shift(atom.domain)
    return Scale() if atom.freedom == "scale" else None
