"""Charts: free coordinates for the admissible ``(a, b)`` of an atom, and where to start.

Rows are scaled to ``x`` in [-1, 1] (see `rows`), so that ``u = alpha x + beta`` with the same few
starts serves every edge. A chart maps coordinates ``theta`` to ``(alpha, beta)``:

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
    """``u = alpha x + beta`` of many problems, and how it moves.

    Attributes:
        alpha: Scales ``[..., 1]``.
        beta: Shifts ``[..., 1]``.
        turn: ``turn[..., j, 0] = d beta / d theta_j`` and ``turn[..., j, 1] = d alpha / d theta_j``.
    """

    alpha: Tensor
    beta: Tensor
    turn: Tensor


class Chart(Protocol):
    """Coordinates ``theta [E, S, 2]`` for the lines of E edges and S starts.

    `at` is the place of the scaled zero, ``mid / half [E, 1]`` of each edge: ``x = half (z + at)``.
    """

    reach: float

    def line(self, theta: Tensor, at: Tensor) -> Line:
        """The lines of `theta`."""

    def place(self, theta: Tensor, mid: Tensor, half: Tensor) -> tuple[Tensor, Tensor]:
        """The ``(a, b) [E, S]`` of `theta` in the edges' own units."""


def _line(alpha: Tensor, beta: Tensor, moves: tuple[Tensor, Tensor, Tensor, Tensor]) -> Line:
    turn = torch.stack(moves, dim=-1).unflatten(-1, (2, 2))
    return Line(alpha[..., None], beta[..., None], turn)


def _own_units(line: Line, mid: Tensor, half: Tensor) -> tuple[Tensor, Tensor]:
    a = line.alpha[..., 0] / half
    return a, line.beta[..., 0] - a * mid


@dataclass(frozen=True)
class Ends:
    """Both coordinates free, inside `domain`."""

    domain: tuple[float, float]

    @property
    def reach(self) -> float:
        """Longest step: a coordinate of a bounded side is a logarithm."""
        return math.inf if self.domain == (-math.inf, math.inf) else 2.0

    def line(self, theta: Tensor, at: Tensor) -> Line:
        end, move = _onto(theta, self.domain)
        zero = end.mean(dim=-1)
        left, right = move[..., 0] / 2, move[..., 1] / 2
        return _line((end[..., 1] - end[..., 0]) / 2, zero, (left, -left, right, right))

    def place(self, theta: Tensor, mid: Tensor, half: Tensor) -> tuple[Tensor, Tensor]:
        return _own_units(self.line(theta, mid / half), mid, half)


@dataclass(frozen=True)
class Shift:
    """``alpha = +-1``, the second coordinate; the first is the shift.

    On a half line the shift is the logarithm of the distance of the nearest row from its end.
    """

    domain: tuple[float, float]

    @property
    def reach(self) -> float:
        """Longest step."""
        return math.inf if self.domain == (-math.inf, math.inf) else 2.0

    def line(self, theta: Tensor, at: Tensor) -> Line:
        shift, sign = theta.unbind(dim=-1)
        beta, move = _onto(shift, self.domain)
        if math.isfinite(self.domain[0]):
            beta = beta + 1
        elif math.isfinite(self.domain[1]):
            beta = beta - 1
        none = torch.zeros_like(beta)
        return _line(sign, beta, (move, none, none, none))

    def place(self, theta: Tensor, mid: Tensor, half: Tensor) -> tuple[Tensor, Tensor]:
        return _own_units(self.line(theta, mid / half), mid, half)


@dataclass(frozen=True)
class Scale:
    """``beta = 0``; the first coordinate is the scale."""

    reach: float = math.inf

    def line(self, theta: Tensor, at: Tensor) -> Line:
        alpha = theta[..., 0]
        none = torch.zeros_like(alpha)
        return _line(alpha, none, (none, none + 1, none, none))

    def place(self, theta: Tensor, mid: Tensor, half: Tensor) -> tuple[Tensor, Tensor]:
        return _own_units(self.line(theta, mid / half), mid, half)


@dataclass(frozen=True)
class Through:
    """``b`` is `rest` in the edge's own units; the first coordinate is the scale."""

    rest: float
    reach: float = math.inf

    def line(self, theta: Tensor, at: Tensor) -> Line:
        alpha = theta[..., 0]
        none = torch.zeros_like(alpha)
        return _line(alpha, at * alpha + self.rest, (at + none, none + 1, none, none))

    def place(self, theta: Tensor, mid: Tensor, half: Tensor) -> tuple[Tensor, Tensor]:
        a = theta[..., 0] / half
        return a, torch.full_like(a, self.rest)


@dataclass(frozen=True)
class Fixed:
    """Nothing to fit: the first coordinate is ``alpha``, the second ``a`` itself; ``b = rest``."""

    rest: float
    reach: float = 0.0

    def line(self, theta: Tensor, at: Tensor) -> Line:
        alpha = theta[..., 0]
        none = torch.zeros_like(alpha)
        return _line(alpha, at * alpha + self.rest, (none, none, none, none))

    def place(self, theta: Tensor, mid: Tensor, half: Tensor) -> tuple[Tensor, Tensor]:
        a = theta[..., 1]
        return a, torch.full_like(a, self.rest)


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
        inner = torch.linspace(-2, 2, 21, dtype=torch.float64)
        outer = torch.tensor([2.5, 3.5, 5.0, 10.0, 30.0], dtype=torch.float64)
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
