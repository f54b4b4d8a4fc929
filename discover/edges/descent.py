"""Variable projection: the linear pair in closed form, the rest by damped Gauss-Newton steps.

For fixed ``u = alpha v + beta`` the best ``c f(u) + d`` is a linear fit, so only the residual
``r = y - d - c f(u)`` after that fit is left to minimise, as a function of ``theta`` alone. With
``F = f(u)``, centred, and ``G_j = c dF/dtheta_j``, centred and freed from its part along F, the
Jacobian of r is ``-G`` (Kaufman's simplification, exact where r = 0), hence the damped step
``(G^T G + lambda diag) step = G^T r``.

All problems of one chart are advanced together; those that have settled are taken out.

Source: Golub and Pereyra (1973), SIAM J. Numer. Anal. 10, 413; Kaufman (1975), BIT 15, 49;
Marquardt (1963), J. SIAM 11, 431.
"""

from typing import NamedTuple

import torch

from discover.edges.batch import Batch
from discover.edges.charts import Chart, Line
from discover.edges.rows import Rows

Tensor = torch.Tensor

# A function whose spread on the rows drowns in the rounding of its values fits nothing.
_FLAT = 1e-10
# Where c f(u) and d cancel to this share, f only lends the first terms of its Taylor series: a tanh
# of tiny a and huge c is a straight line, a cosine a parabola. Such a fit is no finding.
_CANCEL = 1e4
_EXACT = 1e-28
_GAIN = 1e-7  # of the cost; ranking notices nothing below
_SETTLED = 0.2  # share of a block that has to be done before the others go on without it


class Projection(NamedTuple):
    """The linear fit of a function's values to the rows.

    Attributes:
        cost: Mean squared residual in units of the spread squared ``[P]``; infinite where the
            function is not finite, flat, or cancelled by its own offset.
        c: Slope of the fit ``[P]``.
        mean: Mean of the function ``[P]``; ``d = -c mean``.
    """

    cost: Tensor
    c: Tensor
    mean: Tensor


def project(values: Tensor, rows: Rows) -> Projection:
    """Fit ``c values + d`` to the rows; `values` ``[P, n]``."""
    mean = (values * rows.root**2).sum(dim=-1)
    f = (values - mean[..., None]) * rows.root
    y = centred(rows)
    size = (f * f).sum(dim=-1)
    c = (f * y).sum(dim=-1) / size
    cost = (y - c[..., None] * f).square().sum(dim=-1)
    return Projection(admitted(cost, size, c, mean, most(rows)), c, mean)


def centred(rows: Rows) -> Tensor:
    """The values less their mean, times the roots of the weights ``[P, n]``."""
    level = (rows.root**2 * rows.y).sum(dim=-1, keepdim=True)
    return rows.root * (rows.y - level)


def most(rows: Rows) -> Tensor:
    """Largest size of ``c mean`` that is no cancellation ``[P]``."""
    return (_CANCEL * (1 + (rows.level / rows.spread).abs()))[:, 0]


def admitted(cost: Tensor, size: Tensor, c: Tensor, mean: Tensor, limit: Tensor) -> Tensor:
    """`cost` where the fit is one; infinite where the function is flat or cancelled."""
    usable = (size > (_FLAT * mean) ** 2) & ((c * mean).abs() < limit) & (cost < torch.inf)
    return cost.where(usable, torch.inf)


def descend(batch: Batch, chart: Chart, theta: Tensor, steps: int) -> tuple[Tensor, Tensor]:
    """Minimise the projected residual from `theta` ``[P, 2]``.

    Args:
        batch: The problems.
        chart: What the coordinates mean.
        theta: Starts; those of infinite cost stay where they are.
        steps: Most evaluations of the Jacobian.

    Returns:
        The coordinates reached, and their cost ``[P]``.
    """
    found = [_descended(batch.part(block), chart, theta[block], steps) for block in batch.blocks()]
    if not found:
        return theta, theta.new_zeros(0)
    return torch.cat([reached for reached, _ in found]), torch.cat([cost for _, cost in found])


def _descended(batch: Batch, chart: Chart, theta: Tensor, steps: int) -> tuple[Tensor, Tensor]:
    reached, least = theta.clone(), torch.full_like(theta[:, 0], torch.inf)
    live = torch.arange(len(batch))
    rows = _Weighed.of(batch, chart)
    best = _Normal.empty(theta)
    damping = torch.full_like(least, 1e-2)
    done = torch.zeros_like(least, dtype=torch.bool)
    trial = theta
    for _ in range(steps + 1):
        line = chart.line(trial)
        found = _normal(batch, line, rows)
        # A problem that has settled stays as it is, whatever the others need: E edges at once come
        # out as each of them alone.
        better = (found.cost < best.cost) & ~done
        theta = torch.where(better[:, None], trial, theta)
        damping = torch.where(better, damping / 8, damping * 8).clamp_min(1e-12)
        best = best.updated(found, line, better)
        step = best.step(damping).clamp(-chart.reach, chart.reach)
        promised = (step * best.pull).sum(dim=-1)
        cost = best.cost
        done |= (promised < _GAIN * cost) | (cost < _EXACT) | cost.isinf()
        count = int(done.sum())
        if count == len(done):
            break
        if count > _SETTLED * len(done):
            reached[live], least[live] = theta, cost
            going = (~done).nonzero()[:, 0]
            live, batch, rows = live[going], batch.part(going), rows.part(going)
            best, damping = best.part(going), damping[going]
            theta, step, done = theta[going], step[going], done[going]
        trial = theta + step
    reached[live], least[live] = theta, best.cost
    return reached, least


class _Weighed(NamedTuple):
    """What a step needs of the rows of its problems."""

    v: Tensor  # [P, n], as the chart's lines take it
    y: Tensor  # [P, n], centred and weighted
    root: Tensor  # [P, n]
    share: Tensor  # [P, n], its square
    limit: Tensor  # [P]

    @classmethod
    def of(cls, batch: Batch, chart: Chart) -> "_Weighed":
        rows = batch.rows
        v = rows.z if chart.centred else rows.v
        return cls(v, centred(rows), rows.root, rows.root**2, most(rows)).part(batch.edges)

    def part(self, some: Tensor) -> "_Weighed":
        return _Weighed(*(values[some] for values in self))


class _Normal(NamedTuple):
    """The normal equations of the projected problem, in the chart's coordinates."""

    cost: Tensor  # [P]
    matrix: Tensor  # [P, 2, 2]
    pull: Tensor  # [P, 2]

    @classmethod
    def empty(cls, theta: Tensor) -> "_Normal":
        cost = torch.full_like(theta[:, 0], torch.inf)
        return cls(cost, theta.new_zeros(*theta.shape, 2), torch.zeros_like(theta))

    def part(self, some: Tensor) -> "_Normal":
        return _Normal(self.cost[some], self.matrix[some], self.pull[some])

    def updated(self, new: "_Normal", line: Line, where: Tensor) -> "_Normal":
        matrix = line.turn @ new.matrix @ line.turn.mT
        pull = (line.turn @ new.pull[..., None])[..., 0]
        return _Normal(
            torch.where(where, new.cost, self.cost),
            torch.where(where[:, None, None], matrix, self.matrix),
            torch.where(where[:, None], pull, self.pull),
        )

    def step(self, damping: Tensor) -> Tensor:
        """The damped step, by Cramer's rule on the matrix scaled to a diagonal of ones."""
        size = self.matrix.diagonal(dim1=-2, dim2=-1).clamp_min(0).sqrt()
        moves = size > 0
        size = size.where(moves, 1.0)
        first, second = (self.pull / size).unbind(dim=-1)
        cosine = self.matrix[..., 0, 1] / size.prod(dim=-1)
        stiff = 1 + damping
        scale = (stiff - cosine) * (stiff + cosine)
        step = torch.stack([stiff * first - cosine * second, stiff * second - cosine * first], -1)
        step = step / scale.clamp_min(1e-14)[..., None] / size
        return step.where(moves & step.isfinite(), 0.0)


def _normal(batch: Batch, line: Line, rows: _Weighed) -> _Normal:
    """Normal equations for moves of ``(beta, alpha)``."""
    value, slope = batch.jets(line(rows.v))
    # The moves, the function, the residual and the constant: their products are all that is needed.
    parts = value.new_empty(len(value), 5, value.shape[1])
    along, across, f, residual, flat = parts.unbind(dim=1)
    flat.copy_(rows.root)
    mean = (value * rows.share).sum(dim=-1)
    torch.mul(value.sub_(mean[:, None]), rows.root, out=f)
    size = (f * f).sum(dim=-1)
    c = (f * rows.y).sum(dim=-1) / size
    torch.addcmul(rows.y, f, c[:, None], value=-1, out=residual)
    cost = admitted(residual.square().sum(dim=-1), size, c, mean, rows.limit)
    slope = slope.nan_to_num_(0.0, 0.0, 0.0)  # the end of a domain
    torch.mul(slope.mul_(c[:, None]), rows.root, out=along)
    torch.mul(along, rows.v, out=across)
    gram = parts[:, :2] @ parts.mT
    matrix, with_f = gram[..., :2], gram[..., 2]
    pull, with_one = gram[..., 3], gram[..., 4]
    matrix = matrix - with_one[:, :, None] * with_one[:, None, :]
    matrix = matrix - with_f[:, :, None] * with_f[:, None, :] / size[:, None, None]
    good = cost.isfinite() & matrix.isfinite().flatten(-2).all(dim=-1)
    return _Normal(cost.where(good, torch.inf), matrix, pull)
