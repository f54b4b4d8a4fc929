r"""Fit a population sparsely by Levenberg-Marquardt.

A KAN is linear in its coefficients edge by edge, so its Jacobian is an outer product of
sensitivities and basis functions, and a damped Gauss-Newton step costs one matrix product,
accumulated over chunks of rows. The objective of each member is

    1/2 mean((f(x) - y)^2) + penalty * sum over edges of  s_oi / s_o,

the second term being the penalty of `sparsity`, majorised by a quadratic at each step.

Members have their own damping, acceptance and end. A step that is not finite is rejected; a member
that never had a finite loss is reported as retired. Nothing here chooses shapes or prunes.

Source: K. Levenberg (1944), D. Marquardt (1963).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from discover.derivatives import jacobian, partial_jacobian, trace
from discover.kan import Kan, Layer, regrid
from discover.sparsity import activity, majorised

# Rows go through in chunks whose Jacobian holds about this many numbers (128 MiB).
_CHUNK = 1 << 24


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long and how to train.

    Attributes:
        steps: Most Levenberg-Marquardt steps.
        regrid: Steps before which hidden ranges are taken from the data again.
        tolerance: A member is done when three steps in a row lower its objective by less than
            this share.
        damping: Damping at the start, relative to the diagonal of the normal matrix.
    """

    steps: int = 60
    regrid: tuple[int, ...] = (1, 2, 4, 7, 11, 16, 22, 30, 40)
    tolerance: float = 1e-5
    damping: float = 1e-2


@dataclass(frozen=True, kw_only=True, eq=False)
class Fitted:
    """A trained population.

    Attributes:
        kan: The networks.
        train: Root mean squared error on the training rows ``[pop]``, in units of `y`.
        validation: The same on the validation rows, infinite where none were given.
        retired: Members that never had a finite loss ``[pop]``.
        history: Objective after each step, averaged over the living members.
    """

    kan: Kan
    train: Tensor
    validation: Tensor
    retired: Tensor
    history: tuple[float, ...]


Rows = tuple[Tensor, Tensor]
Watch = Callable[[int, float], None]


@dataclass(frozen=True, eq=False)
class _Data:
    """Rows as training reads them: lifted once where that fits in memory.

    Attributes:
        x: Features ``[1 or pop, n, d]``.
        y: Targets ``[1 or pop, n]``.
        lifted: The first layer's functions ``[1 or pop, n, d, basis]``, or ``None``.
    """

    x: Tensor
    y: Tensor
    lifted: Tensor | None

    @classmethod
    def of(cls, kan: Kan, x: Tensor, y: Tensor) -> "_Data":
        x = x if x.dim() == 3 else x[None]
        y = y if y.dim() == 2 else y[None]
        if x.shape[1] != y.shape[1] or x.shape[2] != kan.shape.inputs:
            raise ValueError(f"rows {tuple(x.shape)} and targets {tuple(y.shape)} do not fit")
        small = x.numel() * kan.functions <= _CHUNK
        return cls(x, y, kan.lift(x) if small else None)

    @property
    def n(self) -> int:
        return self.y.shape[1]

    def members(self, index: Tensor) -> "_Data":
        def pick(a: Tensor) -> Tensor:
            return a if a.shape[0] == 1 else a[index]

        lifted = None if self.lifted is None else pick(self.lifted)
        return _Data(pick(self.x), pick(self.y), lifted)

    def chunks(self, kan: Kan) -> Iterator[tuple[Tensor, Tensor]]:
        """Lifted rows and targets, a chunk at a time."""
        width = kan.population * kan.shape.edges * kan.functions
        size = max(64, min(self.n, _CHUNK // width))
        for a in range(0, self.n, size):
            part = slice(a, a + size)
            yield self.lift(kan, part), self.y[:, part]

    def lift(self, kan: Kan, part: slice) -> Tensor:
        """Lifted rows of one slice."""
        return kan.lift(self.x[:, part]) if self.lifted is None else self.lifted[:, part]

    def sample(self, kan: Kan) -> Tensor:
        """About `_SAMPLE` lifted rows, evenly taken, to know spreads by."""
        return self.lift(kan, slice(None, None, max(1, self.n // _SAMPLE)))


def _errors(kan: Kan, data: _Data) -> Tensor:
    total = data.y.new_zeros(kan.population)
    for lifted, y in data.chunks(kan):
        total = total + ((kan.forward(lifted)[..., 0] - y) ** 2).sum(1)
    return (total / data.n).sqrt()


def errors(kan: Kan, x: Tensor, y: Tensor) -> Tensor:
    """Root mean squared error of every member ``[pop]``, over chunks of rows.

    Args:
        kan: Networks with one output.
        x: Rows ``[n, d]`` or ``[pop, n, d]``.
        y: Targets ``[n]`` or ``[pop, n]``.
    """
    return _errors(kan, _Data.of(kan, x, y))


@dataclass(frozen=True, eq=False)
class _Model:
    """The quadratic model of every member's objective, on its living edges."""

    normal: Tensor
    gradient: Tensor
    edges: Tensor


def _model(kan: Kan, data: _Data, penalty: Tensor) -> _Model:
    """Normal matrix and gradient on the living edges, accumulated over chunks of rows."""
    pop, n, m = kan.population, data.n, kan.functions
    alive = torch.cat([layer.mask.flatten(1) for layer in kan.layers], 1).bool()
    count = int(alive.sum(1).max())
    # Living edges first; members with fewer are padded with dead ones, which are held at zero.
    edges = alive.to(torch.int8).argsort(dim=1, descending=True, stable=True)[:, :count]
    whole = count == alive.shape[1]
    normal = data.y.new_zeros(pop, count * m, count * m)
    gradient = data.y.new_zeros(pop, count * m)
    for lifted, y in data.chunks(kan):
        seen = trace(kan, lifted)
        columns = jacobian(kan, seen) if whole else partial_jacobian(kan, seen, edges)
        residual = seen.output[..., 0] - y
        normal.baddbmm_(columns.mT, columns, alpha=1 / n)
        gradient += (columns.mT @ residual[..., None])[..., 0] / n
    by_edge = gradient.view(pop, count, m)
    blocks = normal.view(pop, count, m, count, m).diagonal(dim1=1, dim2=3)
    if bool((penalty > 0).any()):
        slope, curvature = majorised(kan, trace(kan, data.sample(kan)))
        index = edges[..., None].expand(-1, -1, m)
        by_edge += penalty[:, None, None] * slope.gather(1, index)
        chosen = curvature.gather(1, index[..., None].expand(-1, -1, -1, m))
        blocks += (penalty[:, None, None, None] * chosen).permute(0, 2, 3, 1)
    dead = ~alive.gather(1, edges)
    by_edge.masked_fill_(dead[..., None], 0.0)
    normal.diagonal(dim1=1, dim2=2).view(pop, count, m)[dead] = 1.0
    return _Model(normal, gradient, edges)


# Rejected steps are tried again with ten times the damping, at most so often before the next model.
_TRIES = 4
# Spreads of edges are averages; this many rows are enough to know them.
_SAMPLE = 2000


def _objective(kan: Kan, data: _Data, penalty: Tensor) -> Tensor:
    loss = 0.5 * _errors(kan, data) ** 2
    if bool((penalty > 0).any()):
        loss = loss + penalty * activity(kan, trace(kan, data.sample(kan)))
    return torch.where(loss.isfinite(), loss, torch.inf)


def _moved(kan: Kan, edges: Tensor, step: Tensor) -> Kan:
    """The networks after adding `step` ``[pop, count * basis]`` to the edges at `edges`."""
    flat = torch.cat([layer.coef.flatten(1, 2) for layer in kan.layers], 1)
    index = edges[..., None].expand(-1, -1, kan.functions)
    flat = flat.scatter_add(1, index, step.view(*index.shape))
    parts = torch.split(flat, [layer.mask[0].numel() for layer in kan.layers], dim=1)
    return kan.with_coef([c.view_as(la.coef) for c, la in zip(parts, kan.layers, strict=True)])


def _chosen(which: Tensor, new: Kan, old: Kan) -> Kan:
    """Member by member the new network where `which` holds, else the old one."""
    layers = []
    for a, b in zip(new.layers, old.layers, strict=True):
        keep = which[:, None, None]

        def pick(p: Tensor, q: Tensor) -> Tensor:
            return p if p.shape[0] == 1 else torch.where(keep[:, 0], p, q)  # noqa: B023

        coef = torch.where(keep[..., None], a.coef, b.coef)
        low, high = pick(a.low, b.low), pick(a.high, b.high)
        layers.append(Layer(coef, low, high, torch.where(keep, a.mask, b.mask)))
    return replace(new, layers=tuple(layers))


def _put(kan: Kan, index: Tensor, part: Kan) -> Kan:
    """The population with the members at `index` replaced."""
    layers = []
    for whole, new in zip(kan.layers, part.layers, strict=True):
        values = []
        for a, b in (
            (whole.coef, new.coef),
            (whole.low, new.low),
            (whole.high, new.high),
            (whole.mask, new.mask),
        ):
            if a.shape[0] == kan.population:
                a = a.index_copy(0, index, b)
            values.append(a)
        layers.append(Layer(*values))
    return replace(kan, layers=tuple(layers))


def _step(
    kan: Kan, data: _Data, penalty: Tensor, damping: Tensor, old: Tensor
) -> tuple[Kan, Tensor, Tensor]:
    """One damped step of every member; rejected ones are tried again with more damping.

    Returns:
        Networks, objectives ``[pop]`` and damping ``[pop]`` after the step.
    """
    model = _model(kan, data, penalty)
    scale = model.normal.diagonal(dim1=1, dim2=2)
    floor = 1e-12 * scale.amax(1, keepdim=True).clamp_min(1e-30)
    objective = old.clone()
    todo = torch.arange(kan.population, device=old.device)
    for _ in range(_TRIES):
        shift = damping[todo, None] * scale[todo] + floor[todo]
        damped = model.normal[todo] + torch.diag_embed(shift)
        factor, failed = torch.linalg.cholesky_ex(damped)
        step = torch.cholesky_solve(-model.gradient[todo][..., None], factor)[..., 0]
        finite = (failed == 0) & step.isfinite().all(1)
        step = torch.where(finite[:, None], step, 0.0)
        trial = _moved(kan.members(todo), model.edges[todo], step)
        value = _objective(trial, data.members(todo), penalty[todo])
        better = finite & (value < objective[todo])
        if bool(better.any()):
            kan = _put(kan, todo[better], trial.members(better.nonzero()[:, 0]))
        objective[todo] = torch.where(better, value, objective[todo])
        eased, raised = (damping[todo] / 4).clamp_min(1e-12), damping[todo] * 10
        damping[todo] = torch.where(better, eased, raised)
        todo = todo[~better & (damping[todo] < 1e8)]
        if len(todo) == 0:
            break
    return kan, objective, damping


def fit(
    kan: Kan,
    rows: Rows,
    *,
    penalty: Tensor | float = 0.0,
    schedule: Schedule | None = None,
    validation: Rows | None = None,
    watch: Watch | None = None,
) -> Fitted:
    """Train every member of a population on its rows.

    Args:
        kan: Where to start from.
        rows: Features ``[n, d]`` and targets ``[n]`` (or ``[pop, n]``: each member its own),
            scaled to spread about one.
        penalty: Weight of the sparsity penalty, one for all or ``[pop]``.
        schedule: How long to train; the default is right for most tables.
        validation: Rows of the same kind; where given, each member ends with the networks it had
            when its validation error was lowest (early stopping).
        watch: Called after each step with its number and the lowest training error so far.

    Returns:
        The trained population; no coefficient in it is NaN.

    Example:
        >>> from discover.basis import basis
        >>> from discover.kan import Shape, create
        >>> x = torch.linspace(-1, 1, 200, dtype=torch.float64)[:, None]
        >>> kan = create(Shape.of([1, 1]), basis(), 8, seeds=[0], low=x[0], high=x[-1])
        >>> bool(fit(kan, (x, (3 * x[:, 0]).sin())).train < 1e-3)
        True
    """
    schedule = schedule or Schedule()
    data = _Data.of(kan, *rows)
    unseen = None if validation is None else _Data.of(kan, *validation)
    pop, y = kan.population, data.y
    weights = torch.as_tensor(penalty, dtype=y.dtype, device=y.device).expand(pop)
    damping = torch.full((pop,), schedule.damping, dtype=y.dtype, device=y.device)
    calm = torch.zeros(pop, dtype=torch.int64, device=y.device)
    active = torch.arange(pop, device=y.device)
    best, lowest = kan, torch.full((pop,), torch.inf, dtype=y.dtype, device=y.device)
    history: list[float] = []
    objective = _objective(kan, data, weights)
    retired = ~objective.isfinite()
    active = active[~retired]
    deep = len(kan.layers) > 1
    for number in range(schedule.steps):
        if len(active) == 0:
            break
        part, mine = kan.members(active), data.members(active)
        old = objective[active]
        if deep and number in schedule.regrid:
            moved = regrid(part, mine.x[:, :: max(1, data.n // _SAMPLE)])
            value = _objective(moved, mine, weights[active])
            part, old = (
                _chosen(value.isfinite(), moved, part),
                torch.where(value.isfinite(), value, old),
            )
        part, value, damping[active] = _step(part, mine, weights[active], damping[active], old)
        kan, objective[active] = _put(kan, active, part), value
        if unseen is not None:
            score = torch.full_like(lowest, torch.inf)
            score[active] = _errors(part, unseen.members(active))
            better = score < lowest
            best = _chosen(better, kan, best)
            lowest = torch.where(better, score, lowest)
        history.append(float(value.mean()))
        gain = (old - value) / old.clamp_min(1e-300)
        calm[active] = torch.where(gain < schedule.tolerance, calm[active] + 1, 0)
        if watch is not None:
            watch(number + 1, float((2 * value.min()).sqrt()))
        settled = (calm[active] >= 3) & (not deep or number > max(schedule.regrid, default=0))
        active = active[~(settled | (damping[active] >= 1e8) | (value < 1e-31))]
    final = kan if unseen is None else best
    return Fitted(
        kan=final,
        train=_errors(final, data),
        validation=lowest,
        retired=retired,
        history=tuple(history),
    )
