"""Charts: free coordinates for the admissible ``(a, b)`` of an atom, and where to start.

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
        alpha: Scales ``[E, S]``.
        beta: Shifts ``[E, S]``.
        turn: Derivatives ``[E, S, j, 2]`` of beta and of alpha by ``theta_j``.
    """

    alpha: Tensor
    beta: Tensor
    turn: Tensor

    def __call__(self, v: Tensor) -> Tensor:
        """The arguments ``u [E, S, n]`` of the atom at `v` ``[E, n]``."""
        return self.alpha[..., None] * v[:, None] + self.beta[..., None]


class Chart(Protocol):
    """Coordinates ``theta [E, S, 2]`` for the lines of E edges and S starts."""

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


def starts(atom: Atom) -> Tensor:
    """Coarse grid of coordinates for :func:`free_chart`, ``[groups, M, 2]``.

    A descent starts from the best of each of the best groups, so that starts are not neighbours.
    """
    if atom.freedom == "scale":
        sizes = torch.logspace(-1.3, 1.7, 12, dtype=torch.float64)
        grid = torch.stack([sizes, -sizes], dim=1)
        return torch.stack([grid, torch.zeros_like(grid)], dim=-1)
    if atom.freedom == "shift":
        return _shifts(atom)
    if atom.domain == (-math.inf, math.inf):
        return _centres_and_widths(atom) if atom.period is None else _waves(atom.period)
    return _pairs_of_ends(atom)


def _signs(atom: Atom) -> list[float]:
    return [1.0] if atom.parity else [1.0, -1.0]


def _shifts(atom: Atom) -> Tensor:
    if atom.domain == (-math.inf, math.inf):
        inner = torch.linspace(-1, 1, 31, dtype=torch.float64)  # a kink must be met closely
        outer = torch.tensor([1.2, 1.6, 2.5, 5.0, 15.0], dtype=torch.float64)
        shifts = torch.cat([-outer.flip(0), inner, outer])
    else:
        shifts = torch.linspace(-8, 5, 21, dtype=torch.float64)
    signs = torch.tensor(_signs(atom), dtype=torch.float64)
    return torch.cartesian_prod(shifts, signs).reshape(len(shifts), len(signs), 2)


def _centres_and_widths(atom: Atom) -> Tensor:
    """The feature of a function lies near its zero and has a width of about one."""
    centres = torch.tensor([-3.0, -1.6, -1.0, -0.6, -0.3, 0.0, 0.3, 0.6, 1.0, 1.6, 3.0])
    widths = torch.tensor([0.3, 0.6, 1.1, 2.0, 4.0, 8.0, 16.0])
    alpha = torch.cat([sign * widths for sign in _signs(atom)]).double()[:, None]
    beta = -alpha * centres.double()
    return torch.stack([beta - alpha, beta + alpha], dim=-1)


def _waves(period: float) -> Tensor:
    """From a quarter of a period to twenty periods on the data, in steps below a basin's width."""
    slow = torch.tensor([0.3, 0.6, 1.0, 1.5, 2.0, 2.5, 3.0], dtype=torch.float64)
    fast = torch.arange(4.0, 64.0, 1.0, dtype=torch.float64)
    alpha = (torch.cat([slow, fast]) * period / (2 * math.pi))[:, None]
    beta = torch.arange(4, dtype=torch.float64) * period / 8
    return torch.stack([beta - alpha, beta + alpha], dim=-1)


def _pairs_of_ends(atom: Atom) -> Tensor:
    bounded = all(math.isfinite(end) for end in atom.domain)
    values = [-7.0, -4.0, -2.5, -1.2, 0.0, 1.2, 2.5, 4.0, 7.0] if bounded else [
        -5.0, -3.5, -2.3, -1.2, -0.4, 0.4, 1.2, 2.3, 3.5, 5.0]  # fmt: skip
    ends = torch.tensor(values, dtype=torch.float64)
    rows = []
    for step in range(1, len(ends)):  # pairs of one distance make a group
        left, right = ends[:-step], ends[step:]
        pairs = torch.stack([left, right], dim=-1)
        if not atom.parity:
            pairs = torch.cat([pairs, pairs.flip(-1)])
        missing = len(_signs(atom)) * (len(ends) - 1) - len(pairs)
        rows.append(torch.cat([pairs, pairs[-1:].expand(missing, 2)]))
    return torch.stack(rows)
