"""The two searches: for the columns that matter, and for the small networks on them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from discover.attribution import connected, effects
from discover.basis import basis
from discover.config import KanConfig
from discover.dataset import Dataset, Scaling
from discover.kan import Kan, Shape, create, regrid
from discover.progress import Event, Listener, silent
from discover.search.found import ENOUGH, Found, Network, Rung
from discover.search.thinning import EDGE_PRICE, FLOOR, SHORT, criterion, refitted
from discover.training import Fitted, Rows, Schedule, fit

# Rows used while exploring; the chosen networks are trained on all rows at the end.
EXPLORE = 3000
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
        # Larger shapes need an edge for every column and one more: they cannot be simpler.
        simplest = [n for n in networks if n.validation <= ENOUGH and n.edges <= len(kept) + 1]
        if len(simplest) >= config.keep:
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
    fitted, strength = refitted(sparse, penalty, rows, unseen)
    score = criterion(fitted.validation, fitted.kan.edges)
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
        fitted = fit(smaller, rows, schedule=SHORT, validation=unseen)
        score = criterion(fitted.validation, fitted.kan.edges)
        best = int(score.argmin())
        if not score[best] < value:
            break
        current, value = fitted.kan.members([best]), score[best]
        rungs.append(_told(fitted, best, table, 0.0, f"without {table.names[used[best]]}"))
    alive = current.layers[0].mask[0].amax(0) > 0
    kept = tuple(n for n, on in zip(table.names, alive.tolist(), strict=True) if on)
    return kept or table.names, attribution


def _rung(table: _Table, shape: Shape, config: KanConfig, seed: int, rungs: list[Rung]) -> Network:
    """The best network of one shape, on the grid that its validation error asks for."""
    rows, unseen = table.few()
    kan, penalty = _fresh(table, shape, config, seed)
    sparse = fit(kan, rows, penalty=penalty, schedule=Schedule(steps=config.steps)).kan
    fitted, strength = refitted(sparse, penalty, rows, unseen)
    score = criterion(fitted.validation, fitted.kan.edges)
    best = int(score.argmin())
    rungs.append(_told(fitted, best, table, strength[best], ""))
    top = score.argsort(stable=True)[:3]
    current = fitted.kan.members(top)
    lowest = fitted.validation[top].min()
    for grid in sorted(config.grids)[1:]:
        if _too_many(current, grid, len(rows[1])):
            break
        fitted = fit(regrid(current, rows[0], grid), rows, schedule=SHORT, validation=unseen)
        # Twice as many parameters must pay as an edge does.
        if not bool(fitted.validation.min() < lowest * np.exp(-EDGE_PRICE / 2)):
            break
        current, lowest = fitted.kan, fitted.validation.min()
        score = criterion(fitted.validation, fitted.kan.edges)
        best = int(score.argmin())
        rungs.append(_told(fitted, best, table, 0.0, "finer grid"))
    final = fit(current, table.train, schedule=SHORT, validation=table.validation)
    best = int(criterion(final.validation, final.kan.edges).argmin())
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
