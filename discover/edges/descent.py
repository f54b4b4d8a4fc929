"""Variable projection: the linear pair in closed form, the rest by damped Gauss-Newton steps.

For fixed ``u = alpha v + beta`` the best ``c f(u) + d`` is a linear fit, so only the residual
``r = y - d - c f(u)`` after that fit is left to minimise, as a function of ``theta`` alone. With
``F = f(u)``, centred, and ``G_j = c dF/dtheta_j``, centred and freed from its part along F, the
Jacobian of r is ``-G`` (Kaufman's simplification, exact where r = 0), hence the damped step
``(G^T G + lambda diag) step = G^T r``.

All problems of one atom are advanced together: E edges, S starts each.

Source: Golub and Pereyra (1973), SIAM J. Numer. Anal. 10, 413; Kaufman (1975), BIT 15, 49;
Marquardt (1963), J. SIAM 11, 431.
"""

from typing import NamedTuple

import torch

from discover.edges.charts import Chart
from discover.edges.rows import Rows
from discover.functions import Atom

Tensor = torch.Tensor

# A function whose spread on the rows drowns in the rounding of its values fits nothing.
_FLAT = 1e-10
# Where c f(u) and d cancel to this share, f only lends the first terms of its Taylor series: a tanh
# of tiny a and huge c is a straight line, a cosine a parabola. Such a fit is no finding.
_CANCEL = 1e4
_EXACT = 1e-28
_GAIN = 1e-7  # of the cost; ranking notices nothing below


class Projection(NamedTuple):
    """The linear fit of a function's values to the rows.

    Attributes:
        cost: Mean squared residual in units of the spread squared ``[E, S]``; infinite where the
            function is not finite, flat, or cancelled by its own offset.
        c: Slope of the fit ``[E, S]``.
        mean: Mean of the function ``[E, S]``; ``d = -c mean``.
    """

    cost: Tensor
    c: Tensor
    mean: Tensor


def project(values: Tensor, rows: Rows) -> Projection:
    """Fit ``c values + d`` to the rows; `values` ``[E, S, n]``."""
    root = rows.root[:, None]
    share = root**2
    mean = (values * share).sum(dim=-1)
    f = (values - mean[..., None]) * root
    y = _centred(rows)[:, None]
    size = (f * f).sum(dim=-1)
    c = (f * y).sum(dim=-1) / size
    cost = ((y - c[..., None] * f) ** 2).sum(dim=-1)
    return Projection(_admit(cost, size, c, mean, rows), c, mean)


def _centred(rows: Rows) -> Tensor:
    level = (rows.root**2 * rows.y).sum(dim=-1, keepdim=True)
    return rows.root * (rows.y - level)


def _admit(cost: Tensor, size: Tensor, c: Tensor, mean: Tensor, rows: Rows) -> Tensor:
    most = _CANCEL * (1 + (rows.level / rows.spread).abs())
    usable = (size > (_FLAT * mean) ** 2) & ((c * mean).abs() < most) & (cost < torch.inf)
    return cost.where(usable, torch.inf)


def descend(
    atom: Atom, chart: Chart, theta: Tensor, rows: Rows, steps: int
) -> tuple[Tensor, Tensor]:
    """Minimise the projected residual from `theta` ``[E, S, 2]``.

    Args:
        atom: The function.
        chart: What the coordinates mean.
        theta: Starts; those of infinite cost stay where they are.
        rows: The data.
        steps: Most evaluations of the Jacobian.

    Returns:
        The coordinates reached, and their cost ``[E, S]``.
    """
    y = _centred(rows)[:, None]
    cost = torch.full(theta.shape[:2], torch.inf, dtype=theta.dtype)
    damping = torch.full_like(cost, 1e-2)
    v = rows.z if chart.centred else rows.v
    trial = theta
    best = _Normal.empty(theta)
    done = torch.zeros_like(cost, dtype=torch.bool)
    for _ in range(steps + 1):
        line = chart.line(trial)
        found = _normal(atom, line(v), v, y, rows)
        better = (found.cost < cost) & ~done
        theta = torch.where(better[..., None], trial, theta)
        damping = torch.where(better, damping / 8, damping * 8).clamp_min(1e-12)
        best = best.updated(found, line.turn, better)
        cost = best.cost
        step = best.step(damping).clamp(-chart.reach, chart.reach)
        promised = (step * best.pull).sum(dim=-1)
        # A problem that has settled stays as it is, whatever the others need: E edges at once
        # come out as each of them alone.
        done |= (promised < _GAIN * cost) | (cost < _EXACT) | cost.isinf()
        if done.all():
            break
        trial = theta + step
    return theta, cost


class _Normal(NamedTuple):
    """The normal equations of the projected problem, in the chart's coordinates."""

    cost: Tensor  # [E, S]
    matrix: Tensor  # [E, S, 2, 2]
    pull: Tensor  # [E, S, 2]

    @classmethod
    def empty(cls, theta: Tensor) -> "_Normal":
        cost = torch.full(theta.shape[:2], torch.inf, dtype=theta.dtype)
        return cls(cost, theta.new_zeros(*theta.shape, 2), torch.zeros_like(theta))

    def updated(self, new: "_Normal", turn: Tensor, where: Tensor) -> "_Normal":
        matrix = turn @ new.matrix @ turn.mT
        pull = (turn @ new.pull[..., None])[..., 0]
        return _Normal(
            torch.where(where, new.cost, self.cost),
            torch.where(where[..., None, None], matrix, self.matrix),
            torch.where(where[..., None], pull, self.pull),
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


def _normal(atom: Atom, u: Tensor, v: Tensor, y: Tensor, rows: Rows) -> _Normal:
    """Normal equations for moves of ``(beta, alpha)``; y is centred and weighted."""
    root = rows.root[:, None]
    value, slope = atom.torch(u), atom.torch_slope(u)
    mean = (value * root**2).sum(dim=-1)
    f = (value - mean[..., None]) * root
    size = (f * f).sum(dim=-1)
    c = (f * y).sum(dim=-1) / size
    residual = y - c[..., None] * f
    cost = _admit((residual * residual).sum(dim=-1), size, c, mean, rows)
    slope = slope.where(slope.isfinite(), 0.0) * root * c[..., None]  # the end of a domain
    moves = torch.stack([slope, slope * v[:, None], f, residual, root.expand_as(f)], dim=-2)
    gram = moves[..., :2, :] @ moves.mT  # [E, S, 2, 5]
    along, across, flat = gram[..., 2], gram[..., 3], gram[..., 4]
    matrix = gram[..., :2] - flat[..., :, None] * flat[..., None, :]
    matrix = matrix - along[..., :, None] * along[..., None, :] / size[..., None, None]
    good = cost.isfinite() & matrix.isfinite().flatten(-2).all(dim=-1)
    return _Normal(cost.where(good, torch.inf), matrix, across)
