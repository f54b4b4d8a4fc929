"""Where a descent begins: the best points of a coarse grid, for all edges at once.

Every edge's argument runs from -1 to 1, so the functions of the grid are computed once, at common
nodes, and kept. A sum over the rows of an edge is read off there: each row deals its weight to the
two nodes beside it, which is the sum of what is interpolated linearly between nodes. The nodes are
those of Chebyshev, close together towards the ends, where functions with a pole change fast.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import torch

from discover.edges.charts import free_chart
from discover.edges.descent import admitted, centred, most
from discover.edges.rows import Rows
from discover.functions import Atom

Tensor = torch.Tensor

_NODES = 161
_STARTS = 4


@dataclass(frozen=True, kw_only=True, eq=False)
class Sums:
    """The rows of E edges, dealt to K nodes.

    Attributes:
        weight: Weight at each node ``[E, K]``.
        value: Weight times value, the mean of an edge taken off ``[E, K]``.
        most: Largest size of ``c mean`` that is no cancellation ``[E]``.
    """

    weight: Tensor
    value: Tensor
    most: Tensor

    @classmethod
    def of(cls, rows: Rows) -> "Sums":
        """The rows dealt to the nodes."""
        at = _nodes()
        above = torch.searchsorted(at, rows.z.contiguous()).clamp(1, _NODES - 1)
        share = ((rows.z - at[above - 1]) / (at[above] - at[above - 1])).clamp(0, 1)

        def dealt(what: Tensor) -> Tensor:
            empty = what.new_zeros(len(what), _NODES)
            return empty.scatter_add(1, above, what * share).scatter_add(
                1, above - 1, what * (1 - share)
            )

        return cls(
            weight=dealt(rows.root**2),
            value=dealt(centred(rows) * rows.root),
            most=most(rows),
        )


def starts(atom: Atom, sums: Sums) -> Tensor:
    """The best point of each of the best groups of the grid ``[E, S, 2]``.

    One of each group, so that starts are no neighbours.
    """
    points, level, values = _functions(atom)
    groups, members = points.shape[:2]
    mean = sums.weight @ values
    size = sums.weight @ values**2 - mean**2
    along = sums.value @ values
    c = along / size
    cost = (1 - c * along).clamp_min(0)
    cost = admitted(cost, size, c, mean + level, sums.most[:, None])
    best, member = cost.view(-1, groups, members).min(dim=2)
    group = best.topk(min(_STARTS, groups), dim=1, largest=False).indices
    return points[group, member.gather(1, group)]


@lru_cache(maxsize=64)
def _functions(atom: Atom) -> tuple[Tensor, Tensor, Tensor]:
    """The grid, its functions' mean over the nodes ``[M]``, and the rest ``[K, M]``."""
    chart, points = free_chart(atom), grid(atom)
    if chart is None:
        raise ValueError(f"{atom.name} has no coordinates")
    line = chart.line(points.flatten(0, 1))
    values, _ = atom.torch_jet(line(_nodes().expand(len(line.alpha), -1)))
    level = values.mean(dim=1)
    return points, level, (values - level[:, None]).T.contiguous()


@lru_cache(maxsize=1)
def _nodes() -> Tensor:
    turns = torch.linspace(0, math.pi, _NODES, dtype=torch.float64)
    nodes = -turns.cos()
    nodes[0], nodes[-1] = -1.0, 1.0
    return nodes


def grid(atom: Atom) -> Tensor:
    """Coarse grid of coordinates for :func:`free_chart`, ``[groups, members, 2]``."""
    if atom.freedom == "scale":
        sizes = torch.logspace(-1.3, 1.7, 12, dtype=torch.float64)
        both = torch.stack([sizes, -sizes], dim=1)
        return torch.stack([both, torch.zeros_like(both)], dim=-1)
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
