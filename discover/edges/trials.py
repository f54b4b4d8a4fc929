"""One atom on many edges: from a coarse grid to the fits that are worth ranking.

Beside the fit with all coordinates free, the simpler ones are tried in their own right: ``b`` at
rest, ``a = 1``, ``d = 0``. Which of them is worth its error is decided by the ranking, not here.
"""

from dataclasses import dataclass

import torch

from discover.edges.charts import Chart, Fixed, Through, free_chart, starts
from discover.edges.descent import Projection, descend, project
from discover.edges.rows import Rows
from discover.functions import Atom

Tensor = torch.Tensor

_GRID_ROWS = 96  # enough to tell the basins of the coarse grid apart
_STARTS = 4
_ELEMENTS = 2_000_000  # largest tensor of the coarse grid, in numbers


@dataclass(frozen=True, kw_only=True, eq=False)
class Fits:
    """V fits of one atom to each of E edges, in the edges' own units.

    Attributes:
        a: Scales ``[E, V]``.
        b: Shifts ``[E, V]``.
        c: Slopes ``[E, V]``.
        d: Offsets ``[E, V]``.
        cost: Mean squared residual over the spread squared ``[E, V]``; infinite: no fit.
        free: Number of fitted constants ``[V]``.
    """

    a: Tensor
    b: Tensor
    c: Tensor
    d: Tensor
    cost: Tensor
    free: Tensor


def explore(atom: Atom, rows: Rows, steps: int) -> tuple[Tensor, Tensor]:
    """The best free coordinates of `atom` for each edge, by grid and descent.

    Returns:
        The coordinates ``[E, 1, 2]``, and the least cost ``[E]`` of them and of the fits that have
        no coordinates.
    """
    chart = free_chart(atom)
    theta = rows.z.new_zeros(len(rows.z), 1, 2)
    costs = []
    if chart is not None:
        many = _coarse(atom, chart, rows.thin(_GRID_ROWS))
        many, cost = descend(atom, chart, many, rows, steps)
        least, best = cost.min(dim=1)
        theta = many[torch.arange(len(many)), best][:, None]
        costs.append(least[:, None])
    for fixed, at, moves in _variants(atom, rows, theta):
        if not moves:
            costs.append(project(_values(atom, fixed, at, rows), rows).cost)
    return theta, torch.cat(costs, dim=1).min(dim=1).values


def _values(atom: Atom, chart: Chart, theta: Tensor, rows: Rows) -> Tensor:
    return atom.torch(chart.line(theta)(rows.z if chart.centred else rows.v))


def _coarse(atom: Atom, chart: Chart, rows: Rows) -> Tensor:
    """The best start of each of the best groups of the grid ``[E, starts, 2]``."""
    grid = starts(atom)
    groups, members = grid.shape[:2]
    flat = grid.reshape(1, groups * members, 2)
    block = max(1, _ELEMENTS // (flat.shape[1] * rows.z.shape[1]))
    cost = []
    for first in range(0, len(rows.z), block):
        part = rows.select(torch.arange(first, min(first + block, len(rows.z))))
        cost.append(project(_values(atom, chart, flat, part), part).cost)
    best, member = torch.cat(cost).reshape(-1, groups, members).min(dim=2)
    group = best.topk(min(_STARTS, groups), dim=1, largest=False).indices
    return grid[group, member.gather(1, group)]


def settle(atom: Atom, rows: Rows, theta: Tensor, steps: int) -> Fits:
    """All fits of `atom` that start from the free coordinates `theta` ``[E, 1, 2]``."""
    found = []
    for chart, at, moves in _variants(atom, rows, theta):
        if moves:
            at, _ = descend(atom, chart, at, rows, steps)
        values = _values(atom, chart, at, rows)
        a, b = _own_units(chart, at, rows)
        for fit, free in ((_with_offset(values, rows), 2), (_without_offset(values, rows), 1)):
            found.append((a, b, *fit, torch.full((a.shape[1],), free + moves)))
    parts = [torch.cat(part, dim=-1) for part in zip(*found, strict=True)]
    return Fits(**dict(zip(("a", "b", "c", "d", "cost", "free"), parts, strict=True)))


def _own_units(chart: Chart, theta: Tensor, rows: Rows) -> tuple[Tensor, Tensor]:
    """``a`` and ``b`` ``[E, S]``; those that are meant to be 1 are exactly 1."""
    line = chart.line(theta)
    unit = line.alpha.abs() == rows.half
    a = torch.where(unit, line.alpha.sign(), line.alpha / rows.half)
    return a, line.beta - a * rows.mid if chart.centred else line.beta


def _variants(atom: Atom, rows: Rows, theta: Tensor) -> list[tuple[Chart, Tensor, int]]:
    """Charts to settle in, their starts, and how many coordinates each fits."""
    chart = free_chart(atom)
    signs = torch.tensor([1.0] if atom.parity else [1.0, -1.0], dtype=torch.float64)
    signs = signs.expand(len(theta), -1)
    # Where the size of a is free to choose, a unit that does not overflow; else a = 1.
    size = signs if atom.freedom in ("none", "shift") else signs * rows.half
    still = torch.stack([size, size], dim=-1)
    if chart is None:
        return [(Fixed(0.0), still, 0)]
    if atom.freedom != "both":
        return [(chart, theta, 1), (Fixed(0.0), still, 0)]
    alpha = chart.line(theta).alpha
    start = torch.stack([alpha, alpha], dim=-1)
    variants: list[tuple[Chart, Tensor, int]] = [(chart, theta, 2)]
    for rest in map(float, atom.rests):
        variants += [(Through(rest), start, 1), (Fixed(rest), still, 0)]
    return variants


def _with_offset(values: Tensor, rows: Rows) -> tuple[Tensor, Tensor, Tensor]:
    fit: Projection = project(values, rows)
    level = (rows.root**2 * rows.y).sum(dim=-1, keepdim=True)
    d = rows.level + rows.spread * (level - fit.c * fit.mean)
    return rows.spread * fit.c, d, fit.cost


def _without_offset(values: Tensor, rows: Rows) -> tuple[Tensor, Tensor, Tensor]:
    root = rows.root[:, None]
    f = values * root
    y = (rows.y + rows.level / rows.spread)[:, None] * root
    c = (f * y).sum(dim=-1) / (f * f).sum(dim=-1)
    cost = ((y - c[..., None] * f) ** 2).sum(dim=-1)
    c = rows.spread * c
    usable = cost.isfinite() & c.isfinite()
    return c, torch.zeros_like(c), cost.where(usable, torch.inf)
