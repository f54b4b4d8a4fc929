"""All atoms on their edges: from a coarse grid to the fits that are worth ranking.

Beside the fit with all coordinates free, the simpler ones are tried in their own right: ``b`` at
rest, ``a = 1``, ``d = 0``. Which of them is worth its error is decided by the ranking, not here.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch

from discover.edges.batch import Batch
from discover.edges.charts import Chart, Fixed, Through, free_chart
from discover.edges.descent import descend, project
from discover.edges.rows import Rows
from discover.edges.starts import Sums, starts
from discover.functions import Atom

Tensor = torch.Tensor


class Fits(NamedTuple):
    """F fits, each of one atom to one edge, in the edge's own units.

    Attributes:
        edge: Number of the edge ``[F]``.
        atom: Number of the atom ``[F]``.
        free: Number of fitted constants ``[F]``.
        cost: Mean squared residual over the spread squared ``[F]``; infinite: no fit.
        a: Scale ``[F]``.
        b: Shift ``[F]``.
        c: Slope ``[F]``.
        d: Offset ``[F]``.
    """

    edge: Tensor
    atom: Tensor
    free: Tensor
    cost: Tensor
    a: Tensor
    b: Tensor
    c: Tensor
    d: Tensor


def explore(atoms: Sequence[Atom], rows: Rows, steps: int) -> tuple[Tensor, Tensor]:
    """The best free coordinates of each atom for each edge, by grid and descent.

    Returns:
        The coordinates ``[A, E, 2]``, and the least cost ``[A, E]`` of them and of the fits that
        have no coordinates.
    """
    every, sums = torch.arange(len(rows.z)), Sums.of(rows)
    theta = rows.z.new_zeros(len(atoms), len(every), 2)
    costs = theta.new_full((len(atoms), len(every)), torch.inf)
    charts = [free_chart(atom) for atom in atoms]
    for chart in dict.fromkeys(charts):
        if chart is None:
            continue
        numbers = [number for number, other in enumerate(charts) if other == chart]
        points = [starts(atoms[number], sums).flatten(0, 1) for number in numbers]
        count = len(points[0]) // len(every)
        edges = [every.repeat_interleave(count)] * len(numbers)
        batch = Batch.of(atoms, numbers, edges, rows)
        found, cost = descend(batch, chart, torch.cat(points), steps)
        cost, best = cost.view(len(numbers), -1, count).min(dim=2)
        found = found.view(len(numbers), -1, count, 2)
        costs[numbers] = cost
        theta[numbers] = found.gather(2, best[..., None, None].expand(-1, -1, 1, 2))[:, :, 0]
    for simple, batch, at in _variants(atoms, rows, [every] * len(atoms), theta):
        if not simple.free:
            _, cost = descend(batch, simple, at, 0)
            place = batch.which * len(every) + batch.edges
            costs.view(-1).scatter_reduce_(0, place, cost, "amin")
    return theta, costs


def settle(
    atoms: Sequence[Atom], rows: Rows, chosen: Sequence[Tensor], theta: Tensor, steps: int
) -> Fits:
    """All fits of each atom to its edges.

    Args:
        atoms: The functions.
        rows: The rows of all edges.
        chosen: Numbers of the edges that each atom is fitted to.
        theta: Free coordinates to start from ``[A, E, 2]``.
        steps: Most steps of a descent.
    """
    found = []
    for chart, batch, at in _variants(atoms, rows, chosen, theta):
        at = descend(batch, chart, at, steps)[0] if chart.free else at
        for block in batch.blocks():
            found += _measured(chart, batch.part(block), at[block])
    return Fits(*(torch.cat(parts) for parts in zip(*found, strict=True)))


def _variants(
    atoms: Sequence[Atom], rows: Rows, chosen: Sequence[Tensor], theta: Tensor
) -> Iterator[tuple[Chart, Batch, Tensor]]:
    """Each chart to settle in, what is to settle there, and from where ``[P, 2]``."""
    plan: dict[Chart, list[tuple[int, Tensor, Tensor]]] = {}
    for number, (atom, edges) in enumerate(zip(atoms, chosen, strict=True)):
        for chart, start in _of_atom(atom, rows.half[edges], theta[number, edges]):
            each = edges.repeat_interleave(start.shape[1])
            plan.setdefault(chart, []).append((number, each, start.flatten(0, 1)))
    for chart, parts in plan.items():
        numbers, problems = [part[0] for part in parts], [part[1] for part in parts]
        at = torch.cat([part[2] for part in parts])
        yield chart, Batch.of(atoms, numbers, problems, rows), at


def _of_atom(atom: Atom, half: Tensor, theta: Tensor) -> list[tuple[Chart, Tensor]]:
    """Charts to settle in, and their starts ``[E, S, 2]``."""
    chart = free_chart(atom)
    signs = torch.tensor([1.0] if atom.parity else [1.0, -1.0], dtype=torch.float64)
    # Where the size of a is free to choose, a unit that does not overflow; else a = 1.
    size = signs if atom.freedom in ("none", "shift") else signs * half
    still = torch.stack([size, size], dim=-1).expand(len(half), -1, -1)
    if chart is None:
        return [(Fixed(0.0), still)]
    if atom.freedom != "both":
        return [(chart, theta[:, None]), (Fixed(0.0), still)]
    alpha = chart.line(theta).alpha[:, None]
    start = torch.stack([alpha, alpha], dim=-1)
    found: list[tuple[Chart, Tensor]] = [(chart, theta[:, None])]
    for rest in map(float, atom.rests):
        found += [(Through(rest), start), (Fixed(rest), still)]
    return found


def _measured(chart: Chart, batch: Batch, theta: Tensor) -> list[Fits]:
    """The functions at these coordinates, with an offset and without."""
    rows, line = batch.rows.select(batch.edges), chart.line(theta)
    values = batch.values(line(rows.z if chart.centred else rows.v))
    half, mid = rows.half[:, 0], rows.mid[:, 0]
    # What is meant to be 1 is exactly 1.
    a = torch.where(line.alpha.abs() == half, line.alpha.sign(), line.alpha / half)
    b = line.beta - a * mid if chart.centred else line.beta
    free = torch.full_like(batch.which, chart.free)
    return [
        Fits(batch.edges, batch.which, free + 2, *_with_offset(values, rows, a, b)),
        Fits(batch.edges, batch.which, free + 1, *_without_offset(values, rows, a, b)),
    ]


def _with_offset(values: Tensor, rows: Rows, a: Tensor, b: Tensor) -> tuple[Tensor, ...]:
    cost, c, mean = project(values, rows)
    level = (rows.root**2 * rows.y).sum(dim=-1)
    c = rows.spread[:, 0] * c
    return cost, a, b, c, rows.level[:, 0] + rows.spread[:, 0] * level - c * mean


def _without_offset(values: Tensor, rows: Rows, a: Tensor, b: Tensor) -> tuple[Tensor, ...]:
    f = values * rows.root
    y = (rows.y + rows.level / rows.spread) * rows.root
    c = (f * y).sum(dim=-1) / (f * f).sum(dim=-1)
    cost = (y - c[:, None] * f).square().sum(dim=-1)
    c = rows.spread[:, 0] * c
    usable = cost.isfinite() & c.isfinite()
    return cost.where(usable, torch.inf), a, b, c, torch.zeros_like(c)
