r"""Fit a population sparsely by Levenberg-Marquardt.

A KAN is linear in its coefficients edge by edge, so its Jacobian is an outer product of
sensitivities and basis functions, and a damped Gauss-Newton step costs one matrix product,
accumulated over chunks of rows. The objective of each member is

    1/2 mean((f(x) - y)^2) + penalty * sum over edges of  s_oi / s_o,

where ``s_oi`` is the standard deviation of an edge's output and ``s_o`` that of the (sub-)node it
enters (1 for the output layer, since targets are scaled). The ratio makes the penalty blind to the
scale of hidden nodes, which a network could otherwise shrink at no cost. The group penalty is
majorised by a quadratic at each step (iteratively reweighted least squares).

Members have their own damping, acceptance and end. A step that is not finite is rejected; a member
that never had a finite loss is reported as retired. Nothing here chooses shapes or prunes.

Source: K. Levenberg (1944), D. Marquardt (1963); group penalty as in arXiv 2404.19756, equation
2.17, in the normalised form stated above (ours).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from discover.kan import Kan, Layer, Trace, jacobian, regrid, trace

# Rows go through in chunks whose Jacobian holds about this many numbers (128 MiB).
_CHUNK = 1 << 24
# Spread of an edge below which the penalty is smooth; far below any edge worth keeping.
_SMOOTH = 1e-3


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


def _as_population(x: Tensor, y: Tensor, kan: Kan) -> Rows:
    """Rows as ``[1 or pop, n, d]`` and targets as ``[1 or pop, n]``."""
    x = x if x.dim() == 3 else x[None]
    y = y if y.dim() == 2 else y[None]
    if x.shape[1] != y.shape[1] or x.shape[2] != kan.shape.inputs:
        raise ValueError(f"rows {tuple(x.shape)} and targets {tuple(y.shape)} do not fit")
    return x, y


def _take(a: Tensor, index: Tensor) -> Tensor:
    return a if a.shape[0] == 1 else a[index]


def _chunks(kan: Kan, n: int) -> int:
    width = sum(out * size for out, size in kan.shape.sizes) * kan.functions
    return max(64, min(n, _CHUNK // max(1, kan.population * width)))


def errors(kan: Kan, x: Tensor, y: Tensor) -> Tensor:
    """Root mean squared error of every member ``[pop]``, over chunks of rows.

    Args:
        kan: Networks with one output.
        x: Rows ``[n, d]`` or ``[pop, n, d]``.
        y: Targets ``[n]`` or ``[pop, n]``.
    """
    x, y = _as_population(x, y, kan)
    n, size = y.shape[1], _chunks(kan, y.shape[1])
    total = sum(
        ((kan(x[:, a : a + size])[..., 0] - y[:, a : a + size]) ** 2).sum(1)
        for a in range(0, n, size)
    )
    return torch.as_tensor(total / n).sqrt().expand(kan.population)


@dataclass(frozen=True, kw_only=True, eq=False)
class Spreads:
    """Standard deviations over rows: of every edge's output, and of every sub-node.

    Attributes:
        edges: One ``[pop, out, in]`` for each layer.
        subnodes: One ``[pop, out]`` for each layer.
    """

    edges: tuple[Tensor, ...]
    subnodes: tuple[Tensor, ...]


def spreads(kan: Kan, seen: Trace) -> Spreads:
    """How much every edge and every sub-node varies over the traced rows."""
    edges, subnodes = [], []
    for layer, functions, sums in zip(kan.layers, seen.functions, seen.subnodes, strict=True):
        gram = _covariance(functions)
        c = layer.effective
        pull = torch.einsum("pikl,poil->poik", gram.expand(c.shape[0], -1, -1, -1), c)
        variance = (pull * c).sum(-1)
        edges.append(variance.clamp_min(0).sqrt())
        subnodes.append(sums.std(1, correction=0))
    return Spreads(edges=tuple(edges), subnodes=tuple(subnodes))


def _covariance(functions: Tensor) -> Tensor:
    """Covariance of the basis functions of each input ``[pop or 1, in, basis, basis]``."""
    centred = (functions - functions.mean(1, keepdim=True)).transpose(1, 2)
    return centred.mT @ centred / functions.shape[1]


def _penalty(kan: Kan, seen: Trace) -> Tensor:
    """Sum of the normalised spreads of all edges ``[pop]``."""
    size = spreads(kan, seen)
    total = seen.output.new_zeros(kan.population)
    last = len(kan.layers) - 1
    for at, (edges, nodes) in enumerate(zip(size.edges, size.subnodes, strict=True)):
        smooth = (edges**2 + _SMOOTH**2).sqrt() * kan.layers[at].mask
        scale = torch.ones_like(nodes) if at == last else nodes.clamp_min(_SMOOTH)
        total = total + (smooth / scale[..., None]).sum((1, 2))
    return total


def _penalty_model(kan: Kan, seen: Trace) -> tuple[Tensor, Tensor]:
    """Gradient ``[pop, edges, basis]`` and curvature ``[pop, edges, basis, basis]`` by edge."""
    gradient, curvature = [], []
    last = len(kan.layers) - 1
    for at, (layer, functions) in enumerate(zip(kan.layers, seen.functions, strict=True)):
        gram = _covariance(functions).expand(kan.population, -1, -1, -1)
        c = layer.effective
        pull = torch.einsum("pikl,poil->poik", gram, c)
        edge = ((pull * c).sum(-1).clamp_min(0) + _SMOOTH**2).sqrt()
        sums = seen.subnodes[at]
        node = torch.ones_like(sums[:, 0]) if at == last else sums.std(1, correction=0)
        node = node.clamp_min(_SMOOTH)
        weight = layer.mask / (edge * node[..., None])
        slope = weight[..., None] * pull
        if at != last:
            # The node's own spread grows with the edge too; its share of the gradient.
            centred = (sums - sums.mean(1, keepdim=True)).mT / sums.shape[1]
            flat = functions.expand(kan.population, -1, -1, -1).flatten(2)
            share = (centred @ flat).view_as(slope)
            total = (edge * layer.mask).sum(-1) / node**3
            slope = slope - (total[..., None] * layer.mask)[..., None] * share
        gradient.append(slope.flatten(1, 2))
        curvature.append((weight[..., None, None] * gram[:, None]).flatten(1, 2))
    return torch.cat(gradient, 1), torch.cat(curvature, 1)


@dataclass(frozen=True, eq=False)
class _Model:
    """The quadratic model of every member's objective, on its living edges."""

    normal: Tensor
    gradient: Tensor
    edges: Tensor


def _model(kan: Kan, x: Tensor, y: Tensor, penalty: Tensor) -> _Model:
    """Normal matrix and gradient on the living edges, accumulated over chunks of rows."""
    pop, n, m = kan.population, y.shape[1], kan.functions
    alive = torch.cat([layer.mask.flatten(1) for layer in kan.layers], 1).bool()
    count = int(alive.sum(1).max())
    # Living edges first; members with fewer are padded with dead ones, which are held at zero.
    edges = alive.to(torch.int8).argsort(dim=1, descending=True, stable=True)[:, :count]
    whole = count == alive.shape[1]
    normal = y.new_zeros(pop, count * m, count * m)
    gradient = y.new_zeros(pop, count * m)
    size = _chunks(kan, n)
    for a in range(0, n, size):
        seen = trace(kan, x[:, a : a + size])
        columns = jacobian(kan, seen)
        if not whole:
            rows = columns.shape[1]
            at = edges[:, None, :, None].expand(-1, rows, -1, m)
            columns = columns.view(pop, rows, -1, m).gather(2, at).flatten(2)
        residual = seen.output[..., 0] - y[:, a : a + size]
        normal.baddbmm_(columns.mT, columns, alpha=1 / n)
        gradient += (columns.mT @ residual[..., None])[..., 0] / n
    by_edge = gradient.view(pop, count, m)
    blocks = normal.view(pop, count, m, count, m).diagonal(dim1=1, dim2=3)
    if bool((penalty > 0).any()):
        slope, curvature = _penalty_model(kan, trace(kan, _sample(x)))
        index = edges[..., None].expand(-1, -1, m)
        by_edge += penalty[:, None, None] * slope.gather(1, index)
        chosen = curvature.gather(1, index[..., None].expand(-1, -1, -1, m))
        blocks += (penalty[:, None, None, None] * chosen).permute(0, 2, 3, 1)
    dead = ~alive.gather(1, edges)
    by_edge.masked_fill_(dead[..., None], 0.0)
    normal.diagonal(dim1=1, dim2=2).view(pop, count, m)[dead] = 1.0
    return _Model(normal, gradient, edges)


# Spreads of edges are averages; this many rows are enough to know them.
_SAMPLE = 2000


def _sample(x: Tensor) -> Tensor:
    """About `_SAMPLE` rows, evenly taken ``[pop or 1, m, d]``."""
    return x[:, :: max(1, x.shape[1] // _SAMPLE)]


def _objective(kan: Kan, x: Tensor, y: Tensor, penalty: Tensor) -> Tensor:
    loss = 0.5 * errors(kan, x, y) ** 2
    if bool((penalty > 0).any()):
        loss = loss + penalty * _penalty(kan, trace(kan, _sample(x)))
    return torch.where(loss.isfinite(), loss, torch.inf)


def _moved(kan: Kan, edges: Tensor, step: Tensor) -> Kan:
    """The networks after adding `step` ``[pop, count * basis]`` to the edges at `edges`."""
    flat = torch.cat([layer.coef.flatten(1, 2) for layer in kan.layers], 1)
    index = edges[..., None].expand(-1, -1, kan.functions)
    flat = flat.scatter_add(1, index, step.view(*index.shape))
    parts = flat.split([layer.mask[0].numel() for layer in kan.layers], dim=1)
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
    kan: Kan, x: Tensor, y: Tensor, penalty: Tensor, damping: Tensor, old: Tensor
) -> tuple[Kan, Tensor, Tensor]:
    """One damped step of every member; rejected ones are tried again with more damping.

    Returns:
        Networks, objectives ``[pop]`` and damping ``[pop]`` after the step.
    """
    model = _model(kan, x, y, penalty)
    scale = model.normal.diagonal(dim1=1, dim2=2)
    floor = 1e-12 * scale.amax(1, keepdim=True).clamp_min(1e-30)
    objective = old.clone()
    todo = torch.arange(kan.population, device=y.device)
    for _ in range(8):
        shift = damping[todo, None] * scale[todo] + floor[todo]
        damped = model.normal[todo] + torch.diag_embed(shift)
        factor, failed = torch.linalg.cholesky_ex(damped)
        step = torch.cholesky_solve(-model.gradient[todo][..., None], factor)[..., 0]
        finite = (failed == 0) & step.isfinite().all(1)
        step = torch.where(finite[:, None], step, 0.0)
        trial = _moved(kan.members(todo), model.edges[todo], step)
        value = _objective(trial, _take(x, todo), _take(y, todo), penalty[todo])
        better = finite & (value < objective[todo])
        if bool(better.any()):
            kan = _put(kan, todo[better], trial.members(better.nonzero()[:, 0]))
        objective[todo] = torch.where(better, value, objective[todo])
        damping[todo] = torch.where(better, (damping[todo] / 4).clamp_min(1e-12), damping[todo] * 5)
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
    x, y = _as_population(*rows, kan)
    pop = kan.population
    weights = torch.as_tensor(penalty, dtype=y.dtype, device=y.device).expand(pop)
    damping = torch.full((pop,), schedule.damping, dtype=y.dtype, device=y.device)
    calm = torch.zeros(pop, dtype=torch.int64, device=y.device)
    active = torch.arange(pop, device=y.device)
    best, lowest = kan, torch.full((pop,), torch.inf, dtype=y.dtype, device=y.device)
    history: list[float] = []
    retired = ~_objective(kan, x, y, weights).isfinite()
    active = active[~retired]
    for number in range(schedule.steps):
        if len(active) == 0:
            break
        part, px, py = kan.members(active), _take(x, active), _take(y, active)
        if number in schedule.regrid and len(kan.layers) > 1:
            moved = regrid(part, _sample(px))
            part = _chosen(_objective(moved, px, py, weights[active]).isfinite(), moved, part)
        old = _objective(part, px, py, weights[active])
        part, value, damping[active] = _step(
            part, px, py, weights[active], damping[active].clone(), old
        )
        kan = _put(kan, active, part)
        if validation is not None:
            score = torch.full_like(lowest, torch.inf)
            vx, vy = _as_population(*validation, kan)
            score[active] = errors(part, _take(vx, active), _take(vy, active))
            better = score < lowest
            best = _chosen(better, kan, best)
            lowest = torch.where(better, score, lowest)
        history.append(float(value.mean()))
        gain = (old - value) / old.clamp_min(1e-300)
        calm[active] = torch.where(gain < schedule.tolerance, calm[active] + 1, 0)
        if watch is not None:
            watch(number + 1, float((2 * value.min()).sqrt()))
        late = number > (schedule.regrid[-1] if schedule.regrid and len(kan.layers) > 1 else 0)
        stuck = damping[active] >= 1e8
        active = active[~((calm[active] >= 3) & (late | stuck) | (value < 1e-31))]
    final = kan if validation is None else best
    return Fitted(
        kan=final,
        train=errors(final, x, y),
        validation=lowest,
        retired=retired,
        history=tuple(history),
    )
