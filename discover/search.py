"""Simplest first: which columns matter, and which small network explains the target with them.

Two searches, each a few populations:

1. *Columns.* A population of networks with all columns, from strong to weak sparsity penalty, is
   pruned and refitted; from the best, columns are taken away one at a time as long as the
   validation error does not notice.
2. *Shapes.* On the columns that are left, a ladder of shapes is climbed from a sum of one-variable
   functions to two hidden layers; each rung is a population of seeds and penalties, pruned,
   refitted and refined from coarse grids to fine ones.

Everything is judged by one criterion on validation rows: the logarithm of the mean squared error
plus a price for each edge, so that an edge stays only if it lowers the squared error by about a
tenth. Test rows are never seen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from discover.attribution import attribute, connected, effects
from discover.basis import basis
from discover.config import KanConfig
from discover.dataset import Dataset, Scaling
from discover.kan import Kan, Shape, create, regrid
from discover.progress import Event, Listener, silent
from discover.training import Data, Fitted, Rows, Schedule, fit

# What an edge must gain: it becomes about five nodes of a law, each worth 2 % of squared error.
EDGE_PRICE = 0.1
# Errors below this share of the target's spread are equal.
FLOOR = 1e-9
# Networks that are this exact are equal as starting points of a law, and the smallest comes first:
# what is left is the resolution of their grids, not of the law behind them.
ENOUGH = 1e-3
# Rows used while exploring; the chosen networks are trained on all rows at the end.
EXPLORE = 3000
# An edge with less than this share of the output is cut (each value makes its own candidate).
CUTS = (0.003, 0.01, 0.05)
# How many pruned candidates are refitted to the end, after a short heat of all.
FINALISTS = 8
# Shapes between the columns and the output, simplest first.
LADDER: tuple[tuple[int | tuple[int, int], ...], ...] = (
    (),
    (1,),
    ((0, 1),),
    (2,),
    ((1, 1),),
    (2, 1),
    ((1, 1), (0, 1)),
    (4, 2),
)


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One step of the search over shapes, grids and penalties.

    Attributes:
        shape: The widths, such as ``[17, 1, 1]``.
        grid: Grid intervals of each edge.
        penalty: Weight of the sparsity penalty.
        columns: Names of the columns it used.
        edges: Active edges.
        train: Root mean squared error on training rows, in spreads of the target.
        validation: The same on validation rows.
        note: Why it was kept or left, in words; may be empty.
    """

    shape: str
    grid: int
    penalty: float
    columns: tuple[str, ...]
    edges: int
    train: float
    validation: float
    note: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Network:
    """One trained network and the columns it reads.

    Attributes:
        kan: A population of one, without dead edges.
        columns: Names of its inputs.
        scaling: How its rows were scaled.
        train: Root mean squared error on training rows, in spreads of the target.
        validation: The same on validation rows.
    """

    kan: Kan
    columns: tuple[str, ...]
    scaling: Scaling
    train: float
    validation: float

    @property
    def edges(self) -> int:
        """Living edges."""
        return int(self.kan.edges[0])

    @property
    def criterion(self) -> float:
        """What the search minimises; see the module."""
        return float(_criterion(torch.tensor(self.validation), torch.tensor(self.edges)))

    @property
    def merit(self) -> float:
        """The criterion, with errors below :data:`ENOUGH` taken as equal."""
        error = torch.tensor(max(self.validation, ENOUGH))
        return float(_criterion(error, torch.tensor(self.edges)))


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """What the search found.

    Attributes:
        networks: The best networks of different shapes, the most promising for a law first;
            never empty.
        attribution: Share of the effects on the output that each column has, in the best network
            that was offered all of them; sums to 1.
        kept: Columns that survived, in the order of the table.
        rungs: All that was tried.
        diagnosis: What the training found out about itself, in sentences.
    """

    networks: tuple[Network, ...]
    attribution: Mapping[str, float]
    kept: tuple[str, ...]
    rungs: tuple[Rung, ...]
    diagnosis: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Table:
    """Scaled tensors of the rows that the search may see."""

    names: tuple[str, ...]
    scaling: Scaling
    train: Rows
    validation: Rows

    @classmethod
    def of(cls, dataset: Dataset, device: str) -> "_Table":
        x, y = dataset.part("train")
        scaling = Scaling.of(x, y)

        def scaled(part: tuple[np.ndarray, np.ndarray]) -> Rows:
            a = (part[0] - scaling.x_shift) / scaling.x_scale
            b = (part[1] - scaling.y_shift) / scaling.y_scale
            return torch.as_tensor(a, device=device), torch.as_tensor(b, device=device)

        return cls(
            names=dataset.names,
            scaling=scaling,
            train=scaled((x, y)),
            validation=scaled(dataset.part("validation")),
        )

    def few(self) -> tuple[Rows, Rows]:
        """At most `EXPLORE` rows of each part, evenly taken."""

        def thin(rows: Rows) -> Rows:
            every = -(-len(rows[1]) // EXPLORE)
            return rows[0][::every], rows[1][::every]

        return thin(self.train), thin(self.validation)


def _criterion(validation: Tensor, edges: Tensor) -> Tensor:
    return 2 * validation.clamp_min(FLOOR).log() + EDGE_PRICE * edges


def explore(dataset: Dataset, config: KanConfig, *, seed: int, listen: Listener = silent) -> Found:
    """Find the columns that matter and the best small networks on them.

    Args:
        dataset: The table; only its training and validation rows are read.
        config: Shapes, grids, penalties and seeds to try.
        seed: Seed of all initial networks.
        listen: Where progress goes.
    """
    rungs: list[Rung] = []
    ladder = LADDER if config.hidden == "auto" else config.hidden
    total = len(ladder) + 1
    listen(Event(stage="train", done=0, total=total, message="which columns matter"))
    kept, attribution = _columns(dataset, config, seed, rungs)
    narrowed = dataset.select(kept)
    table = _Table.of(narrowed, config.device)
    networks: list[Network] = []
    idle = 0
    for number, hidden in enumerate(ladder):
        best = min((n.validation for n in networks), default=None)
        shape = Shape.of([len(kept), *(list(w) if isinstance(w, tuple) else w for w in hidden), 1])
        listen(Event(stage="train", done=number + 1, total=total, message=str(shape), error=best))
        if networks and not _affordable(shape, config, len(table.train[1])):
            continue
        before = min((n.criterion for n in networks), default=np.inf)
        networks.append(_rung(table, shape, config, seed, rungs))
        idle = 0 if networks[-1].criterion < before - 1e-6 else idle + 1
        if min(n.validation for n in networks) < 10 * FLOOR or (number >= 3 and idle >= 2):
            break
    listen(Event(stage="train", done=total, total=total, error=min(n.validation for n in networks)))
    ranked = sorted(networks, key=lambda n: (n.merit, n.criterion))[: config.keep]
    return Found(
        networks=tuple(ranked),
        attribution=attribution,
        kept=kept,
        rungs=tuple(rungs),
        diagnosis=_diagnosis(ranked[0], networks, kept, dataset.names),
    )


def _affordable(shape: Shape, config: KanConfig, rows: int) -> bool:
    """Whether the rows determine a network of this shape at its coarsest grid."""
    family = basis(config.basis, config.order, config.base)
    return shape.edges * family.size(min(config.grids)) <= rows


def _fresh(table: _Table, shape: Shape, config: KanConfig, seed: int) -> tuple[Kan, Tensor]:
    """A population of seeds x penalties, and the penalty of each member."""
    x = table.train[0]
    seeds = [seed * 1000 + s for s in range(config.seeds) for _ in config.penalties]
    kan = create(
        shape,
        basis(config.basis, config.order, config.base),
        min(config.grids),
        seeds=seeds,
        low=x.amin(0),
        high=x.amax(0),
    )
    return kan, x.new_tensor(config.penalties).repeat(config.seeds)


def _pruned(kan: Kan, x: Tensor) -> tuple[Kan, Tensor]:
    """Candidates without weak edges, each once, and the member each came from."""
    scores = attribute(kan, x).edges
    masks, origin = [], []
    seen: set[tuple[object, ...]] = set()
    for cut in CUTS:
        alive = kan.with_masks(
            [(s > cut).to(x) * la.mask for s, la in zip(scores, kan.layers, strict=True)]
        )
        alive = connected(alive)
        for member in range(kan.population):
            mask = [la.mask[member] for la in alive.layers]
            key = (member, *(tuple(m.flatten().int().tolist()) for m in mask))
            if key not in seen and all(bool(m.any()) for m in mask):
                seen.add(key)
                masks.append(mask)
                origin.append(member)
    if not origin:
        return kan, torch.arange(kan.population)
    stacked = [torch.stack(layer) for layer in zip(*masks, strict=True)]
    return kan.members(origin).with_masks(stacked), torch.tensor(origin)


def _refitted(
    kan: Kan, penalty: Tensor, rows: Rows | Data, unseen: Rows | Data
) -> tuple[Fitted, Tensor]:
    """Sparse networks without their weak edges, trained on without penalty.

    Returns:
        The best few of all candidates, and the penalty that made each ``[pop]``.
    """
    few = rows.sample()[0] if isinstance(rows, Data) else rows[0]
    candidates, origin = _pruned(kan, few)
    heat = fit(candidates, rows, schedule=_HEAT, validation=unseen)
    score = _criterion(heat.validation, heat.kan.edges)
    best = score.argsort(stable=True)[:FINALISTS]
    final = fit(heat.kan.members(best), rows, schedule=_SHORT, validation=unseen)
    return final, penalty[origin[best]]


def sparsified(kan: Kan, rows: Rows | Data, unseen: Rows | Data, *, steps: int) -> Kan:
    """The network that is left when a population is trained sparsely and pruned.

    Candidates with few and with many edges are compared at about equal numbers of coefficients,
    the smaller ones on finer grids: on one grid the larger network is nearly always better, if
    only because it mimics a finer grid.

    Args:
        kan: Fresh networks; each is trained with every penalty of the default path.
        rows: Training rows.
        unseen: Validation rows.
        steps: Most steps of the sparse training.

    Returns:
        One network on its first grid, without the edges that are not needed.
    """
    penalties = KanConfig().penalties
    members = [i for i in range(kan.population) for _ in penalties]
    penalty = kan.layers[0].coef.new_tensor(penalties).repeat(kan.population)
    sparse = fit(kan.members(members), rows, penalty=penalty, schedule=Schedule(steps=steps)).kan
    few = rows.sample()[0] if isinstance(rows, Data) else rows[0]
    candidates, _ = _pruned(sparse, few)
    heat = fit(candidates, rows, schedule=_HEAT, validation=unseen)
    edges = heat.kan.edges
    sizes = sorted({int(size) for size in edges})[:FINALISTS]
    chosen = []
    for size in sizes:
        of_size = (edges == size).nonzero()[:, 0]
        order = of_size[heat.validation[of_size].argsort(stable=True)[:1]]
        chosen.append(fit(heat.kan.members(order), rows, schedule=_SHORT, validation=unseen).kan)
    chosen += _thinned(chosen[0], rows, unseen)
    most = sizes[-1] * kan.functions
    grown = [_grown(one, rows, unseen, most) for one in chosen]
    return chosen[int(np.argmin([_criterion(f.validation, f.kan.edges).min() for f in grown]))]


def _thinned(kan: Kan, rows: Rows | Data, unseen: Rows | Data) -> list[Kan]:
    """Ever smaller networks: each the one before without the edge that is missed least."""
    found: list[Kan] = []
    while True:
        masks = [layer.mask[0] for layer in kan.layers]
        alive = [(at, *place) for at, m in enumerate(masks) for place in m.nonzero().tolist()]
        without = [m.repeat(len(alive), 1, 1) for m in masks]
        for member, (at, out, into) in enumerate(alive):
            without[at][member, out, into] = 0
        trials = connected(kan.members([0] * len(alive)).with_masks(without))
        trials = trials.members(trials.edges.nonzero()[:, 0])
        if trials.population == 0:
            return found
        fitted = fit(trials, rows, schedule=_SHORT, validation=unseen)
        kan = fitted.kan.members([int(fitted.validation.argmin())])
        found.append(kan)


def _grown(kan: Kan, rows: Rows | Data, unseen: Rows | Data, most: int) -> Fitted:
    """A network on the grid that gives it about so many coefficients."""
    few = rows.sample()[0] if isinstance(rows, Data) else rows[0]
    fair = kan.grid + max(0, most // int(kan.edges[0]) - kan.functions)
    fitted = fit(kan, rows, schedule=_SHORT, validation=unseen)
    for grid in _doublings(kan.grid, fair):
        fitted = fit(regrid(fitted.kan, few, grid), rows, schedule=_HEAT, validation=unseen)
    return fitted


def _doublings(first: int, last: int) -> list[int]:
    grids = [first]
    while grids[-1] < last:
        grids.append(min(2 * grids[-1], last))
    return grids[1:]


def _columns(
    dataset: Dataset, config: KanConfig, seed: int, rungs: list[Rung]
) -> tuple[tuple[str, ...], dict[str, float]]:
    """The columns that matter and everybody's attribution."""
    table = _Table.of(dataset, config.device)
    rows, unseen = table.few()
    d = len(table.names)
    shapes = [Shape.of([d, 2, 1]), Shape.of([d, 1, 1]), Shape.of([d, 1])]
    shape = next((s for s in shapes if _affordable(s, config, len(rows[1]))), shapes[-1])
    kan, penalty = _fresh(table, shape, config, seed)
    sparse = fit(kan, rows, penalty=penalty, schedule=Schedule(steps=2 * config.steps // 3)).kan
    fitted, strength = _refitted(sparse, penalty, rows, unseen)
    score = _criterion(fitted.validation, fitted.kan.edges)
    best = int(score.argmin())
    rungs.append(_told(fitted, best, table, strength[best], "all columns"))
    weight = effects(fitted.kan.members([best]), rows[0], seed)[0]
    weight = weight / weight.sum().clamp_min(1e-300)
    attribution = dict(zip(table.names, weight.tolist(), strict=True))
    current, value = fitted.kan.members([best]), score[best]
    while True:
        used = current.layers[0].mask[0].amax(0).nonzero()[:, 0].tolist()
        if len(used) < 2:
            break
        masks = [la.mask.repeat(len(used), 1, 1) for la in current.layers]
        for row, column in enumerate(used):
            masks[0][row, :, column] = 0
        smaller = connected(current.members([0] * len(used)).with_masks(masks))
        fitted = fit(smaller, rows, schedule=_SHORT, validation=unseen)
        score = _criterion(fitted.validation, fitted.kan.edges)
        best = int(score.argmin())
        if not score[best] < value:
            break
        current, value = fitted.kan.members([best]), score[best]
        rungs.append(_told(fitted, best, table, 0.0, f"without {table.names[used[best]]}"))
    alive = current.layers[0].mask[0].amax(0) > 0
    kept = tuple(n for n, on in zip(table.names, alive.tolist(), strict=True) if on)
    return kept or table.names, attribution


_HEAT = Schedule(steps=6, regrid=(0, 3))
_SHORT = Schedule(steps=20, regrid=(1, 4, 9))


def _rung(table: _Table, shape: Shape, config: KanConfig, seed: int, rungs: list[Rung]) -> Network:
    """The best network of one shape, on the grid that its validation error asks for."""
    rows, unseen = table.few()
    kan, penalty = _fresh(table, shape, config, seed)
    sparse = fit(kan, rows, penalty=penalty, schedule=Schedule(steps=config.steps)).kan
    fitted, strength = _refitted(sparse, penalty, rows, unseen)
    score = _criterion(fitted.validation, fitted.kan.edges)
    best = int(score.argmin())
    rungs.append(_told(fitted, best, table, strength[best], ""))
    top = score.argsort(stable=True)[:3]
    current = fitted.kan.members(top)
    lowest = fitted.validation[top].min()
    for grid in sorted(config.grids)[1:]:
        if _too_many(current, grid, len(rows[1])):
            break
        fitted = fit(regrid(current, rows[0], grid), rows, schedule=_SHORT, validation=unseen)
        # Twice as many parameters must pay as an edge does.
        if not bool(fitted.validation.min() < lowest * np.exp(-EDGE_PRICE / 2)):
            break
        current, lowest = fitted.kan, fitted.validation.min()
        score = _criterion(fitted.validation, fitted.kan.edges)
        best = int(score.argmin())
        rungs.append(_told(fitted, best, table, 0.0, "finer grid"))
    final = fit(current, table.train, schedule=_SHORT, validation=table.validation)
    best = int(_criterion(final.validation, final.kan.edges).argmin())
    return Network(
        kan=final.kan.members([best]),
        columns=table.names,
        scaling=table.scaling,
        train=float(final.train[best]),
        validation=float(final.validation[best]),
    )


def _too_many(kan: Kan, grid: int, rows: int) -> bool:
    return int(kan.edges.max()) * kan.basis.size(grid) > rows // 2


def _told(fitted: Fitted, best: int, table: _Table, penalty: Tensor | float, note: str) -> Rung:
    """The best member of a population as a line of the report."""
    kan = fitted.kan
    used = kan.layers[0].mask[best].amax(0) > 0
    return Rung(
        shape=str(kan.shape),
        grid=kan.grid,
        penalty=float(penalty),
        columns=tuple(n for n, on in zip(table.names, used.tolist(), strict=True) if on),
        edges=int(kan.edges[best]),
        train=float(fitted.train[best]),
        validation=float(fitted.validation[best]),
        note=note,
    )


def _diagnosis(
    best: Network, networks: Sequence[Network], kept: Sequence[str], names: Sequence[str]
) -> tuple[str, ...]:
    """Over- and underfit in words."""
    said = [f"{len(kept)} of {len(names)} columns carry the target: {', '.join(kept)}."]
    if best.validation > 2 * best.train + FLOOR:
        said.append(
            f"Overfit: the validation error ({best.validation:.3g} spreads) is "
            f"{best.validation / max(best.train, FLOOR):.1f} times the training error; "
            "more rows, a coarser grid or a stronger penalty would help."
        )
    elif best.validation > 0.5:
        said.append(
            f"Underfit: {100 * best.validation**2:.0f} % of the variance stays unexplained by "
            "every shape that was tried; noise, a missing column or a larger shape may be why."
        )
    simpler = [n for n in networks if n.edges < best.edges and n.validation < 1.1 * best.validation]
    if simpler:
        said.append(f"A network of {min(n.edges for n in simpler)} edges is almost as good.")
    return tuple(said)
