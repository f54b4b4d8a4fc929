"""Every column explained by the others: sparse networks of all columns as one population.

Each network has one column as its target and is offered the others, or a random part of them: a
column that two others explain equally well is then explained once by each. The least useful columns
are taken away one by one, all networks at once, until what is left is needed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from discover.attribution import attribute, connected
from discover.basis import Basis, basis
from discover.config import KanConfig
from discover.dataset import Dataset
from discover.kan import Kan, Shape, create
from discover.progress import Event, Listener, silent
from discover.search.thinning import criterion
from discover.training import Schedule, fit

LEAST = 0.5
"""Less than half of a column's variance is a correlation, and no relation."""

_ROWS = 1500
_FEWER_ROWS = 1000  # of shuffled columns: there is nothing to learn
_SPARSE = Schedule(steps=25)
_SHORT = Schedule(steps=8, regrid=(1, 3))
# An edge with less than this share of the output is cut at once.
_CUT = 0.01
# Share of the columns that a network does not see, all but the first of each target.
_UNSEEN = 1 / 3
# Entries of the normal matrices that are held at once.
_BUDGET = 2e7


@dataclass(frozen=True, kw_only=True)
class Tie:
    """Columns that are tied together.

    Attributes:
        target: The column that the others explain.
        columns: The others.
        r2: Share of its variance that a network explains, on validation rows.
    """

    target: str
    columns: tuple[str, ...]
    r2: float

    @property
    def together(self) -> frozenset[str]:
        """All of the columns."""
        return frozenset((self.target, *self.columns))


@dataclass(frozen=True, eq=False)
class _Rows:
    """All columns of some rows, scaled to mean 0 and spread 1, and which of them vary."""

    names: tuple[str, ...]
    train: Tensor
    unseen: Tensor
    varying: tuple[int, ...]

    @classmethod
    def of(cls, dataset: Dataset, limit: int) -> "_Rows":
        parts = []
        for part in ("train", "validation"):
            x, y = dataset.part(part)
            rows = np.column_stack([x, y])
            parts.append(rows[:: -(-len(rows) // limit)])
        spread = parts[0].std(axis=0)
        shift, scale = parts[0].mean(axis=0), np.where(spread > 0, spread, 1.0)
        varying = [j for j in range(len(scale)) if all(float(np.ptp(p[:, j])) > 0 for p in parts)]
        train, unseen = (torch.as_tensor((part - shift) / scale) for part in parts)
        return cls((*dataset.names, dataset.target.name), train, unseen, tuple(varying))

    def shuffled(self, rng: np.random.Generator) -> "_Rows":
        """Every column in an order of its own."""

        def apart(rows: Tensor) -> Tensor:
            return torch.as_tensor(rng.permuted(rows.numpy(), axis=0))

        return replace(self, train=apart(self.train), unseen=apart(self.unseen))


@dataclass(frozen=True, eq=False)
class _States:
    """Networks on their way to fewer columns.

    Attributes:
        kan: One member for each.
        targets: The column that each explains.
        value: What the search minimises for each ``[pop]``.
        error: Root mean squared error on unseen rows, in spreads on training rows ``[pop]``.
    """

    kan: Kan
    targets: tuple[int, ...]
    value: Tensor
    error: Tensor

    @classmethod
    def of(cls, kan: Kan, targets: Sequence[int], rows: _Rows, schedule: Schedule) -> "_States":
        """Networks trained on without a penalty."""
        at = list(targets)
        seen, unseen = (rows.train, rows.train.T[at]), (rows.unseen, rows.unseen.T[at])
        fitted = fit(kan, seen, schedule=schedule, validation=unseen)
        value = criterion(fitted.validation, fitted.kan.edges)
        return cls(fitted.kan, tuple(at), value, fitted.validation)

    def pick(self, index: Sequence[int]) -> "_States":
        """Some of them."""
        at = list(index)
        kept = tuple(self.targets[i] for i in at)
        return _States(self.kan.members(at), kept, self.value[at], self.error[at])

    def put(self, index: Sequence[int], others: "_States") -> "_States":
        """The same with `others` in some places."""
        at = torch.tensor(list(index))
        value, error = self.value.clone(), self.error.clone()
        value[at], error[at] = others.value, others.error
        return _States(self.kan.joined(at, others.kan), self.targets, value, error)

    def columns(self, member: int) -> tuple[int, ...]:
        """The columns that a network reads."""
        return tuple(self.kan.layers[0].mask[member].amax(0).nonzero()[:, 0].tolist())


def ties(
    dataset: Dataset, config: KanConfig, *, seed: int, listen: Listener = silent
) -> tuple[Tie, ...]:
    """The sets of columns that are tied together, the closest first.

    Args:
        dataset: The table; its target is a column like the others.
        config: For each target there are as many views of the others as `seeds`, each trained with
            every one of the `penalties`; the first view is of all other columns.
        seed: Seed of the networks and of their views.
        listen: Where progress goes.
    """
    rows = _Rows.of(dataset, _ROWS)
    size = (len(rows.names) + 1) * _family(config).size(min(config.grids))
    block = max(1, int(_BUDGET / size**2 / (config.seeds * len(config.penalties))))
    found: dict[frozenset[str], Tie] = {}
    for start in range(0, len(rows.varying), block):
        listen(Event(stage="train", done=start, total=len(rows.varying), message="every column"))
        states = _pruned(rows, rows.varying[start : start + block], config, seed)
        for tie in () if states is None else _read(_fewest(states, rows), rows):
            if tie.together not in found or found[tie.together].r2 < tie.r2:
                found[tie.together] = tie
    return tuple(sorted(found.values(), key=lambda tie: (-tie.r2, tie.target)))


def accidental(
    dataset: Dataset, config: KanConfig, *, repeats: int, seed: int
) -> tuple[float, ...]:
    """Share of the variance that networks explain where all columns were shuffled apart.

    Args:
        dataset: The table.
        config: As for :func:`ties`; of its penalties the middle one is taken.
        repeats: Number of shuffles.
        seed: Seed of the shuffles and of the networks.

    Returns:
        For each shuffle the largest share over all columns as targets, on validation rows.
    """
    rows = _Rows.of(dataset, _FEWER_ROWS)
    rng = np.random.default_rng(seed)
    penalty = sorted(config.penalties)[len(config.penalties) // 2]
    one = config.model_copy(update={"penalties": (penalty,), "seeds": 1})
    return tuple(
        float(_shares(_sparse(apart, rows.varying, one, seed + 1 + repeat, _SHORT), apart).max())
        for repeat, apart in enumerate(rows.shuffled(rng) for _ in range(repeats))
    )


def _family(config: KanConfig) -> Basis:
    return basis(config.basis, config.order, config.base)


def _shares(states: _States, rows: _Rows) -> Tensor:
    """Share of the variance that each network explains on unseen rows ``[pop]``."""
    spread = rows.unseen.T[list(states.targets)].std(1, correction=0)
    return 1 - (states.error / spread) ** 2


def _sparse(
    rows: _Rows, targets: Sequence[int], config: KanConfig, seed: int, schedule: Schedule
) -> _States:
    """Targets x views x penalties, trained with the penalty."""
    d, rng = len(rows.names), np.random.default_rng(seed)
    offered = []
    for target in targets:
        for view in range(config.seeds):
            seen = np.zeros(d)
            seen[list(rows.varying)] = 1.0
            if view:
                seen[rng.permutation(d)[: int(d * _UNSEEN)]] = 0.0
            seen[target] = 0.0
            offered += [seen] * len(config.penalties)
    each = config.seeds * len(config.penalties)
    at = [target for target in targets for _ in range(each)]
    kan = create(
        Shape.of([d, 1, 1]),
        _family(config),
        min(config.grids),
        seeds=[seed * 100_000 + i for i in range(len(at))],
        low=rows.train.amin(0),
        high=rows.train.amax(0),
    )
    masks = [layer.mask.clone() for layer in kan.layers]
    masks[0] *= torch.as_tensor(np.stack(offered))[:, None, :]
    penalty = rows.train.new_tensor(config.penalties).repeat(len(at) // len(config.penalties))
    fitted = fit(
        connected(kan.with_masks(masks)),
        (rows.train, rows.train.T[at]),
        penalty=penalty,
        schedule=schedule,
        validation=(rows.unseen, rows.unseen.T[at]),
    )
    value = criterion(fitted.validation, fitted.kan.edges)
    return _States(fitted.kan, tuple(at), value, fitted.validation)


def _pruned(rows: _Rows, targets: Sequence[int], config: KanConfig, seed: int) -> _States | None:
    """The best network of each target and view that explains it, without its weak edges."""
    states = _sparse(rows, targets, config, seed, _SPARSE)
    each = len(config.penalties)
    best = [
        i + int(states.error[i : i + each].argmin()) for i in range(0, len(states.targets), each)
    ]
    share = _shares(states, rows)
    good = [i for i in best if share[i] > LEAST]
    if not good:
        return None
    kept = states.pick(good)
    scores = attribute(kept.kan, rows.train).edges
    masks = [(s > _CUT).to(s) * la.mask for s, la in zip(scores, kept.kan.layers, strict=True)]
    return _States.of(connected(kept.kan.with_masks(masks)), kept.targets, rows, _SHORT)


def _fewest(states: _States, rows: _Rows) -> _States:
    """The networks without the columns that they can spare, taken away one at a time."""
    moving = list(range(len(states.targets)))
    while moving:
        trials = [(i, column) for i in moving for column in states.columns(i)]
        trials = [(i, column) for i, column in trials if len(states.columns(i)) > 1]
        if not trials:
            break
        from_ = states.pick([i for i, _ in trials])
        masks = [layer.mask.clone() for layer in from_.kan.layers]
        for row, (_, column) in enumerate(trials):
            masks[0][row, :, column] = 0
        smaller = _States.of(connected(from_.kan.with_masks(masks)), from_.targets, rows, _SHORT)
        best = {
            i: min((k for k, (j, _) in enumerate(trials) if j == i), key=lambda k: smaller.value[k])
            for i in {i for i, _ in trials}
        }
        moving = sorted(i for i, k in best.items() if smaller.value[k] < states.value[i])
        if moving:
            states = states.put(moving, smaller.pick([best[i] for i in moving]))
    return states


def _read(states: _States, rows: _Rows) -> Iterator[Tie]:
    share = _shares(states, rows).tolist()
    for member, (target, r2) in enumerate(zip(states.targets, share, strict=True)):
        columns = tuple(rows.names[i] for i in states.columns(member))
        if r2 > LEAST and columns:
            yield Tie(target=rows.names[target], columns=columns, r2=r2)
