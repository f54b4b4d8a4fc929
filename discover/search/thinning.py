"""Networks without the edges that are not needed: cut, refitted, compared at equal cost."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from discover.attribution import attribute, connected
from discover.config import KanConfig
from discover.kan import Kan, regrid, stacked
from discover.training import Data, Fitted, Rows, Schedule, Trainer

# What an edge must gain: it becomes about five nodes of a law, each worth 2 % of squared error.
EDGE_PRICE = 0.1
# Errors below this share of the target's spread are equal.
FLOOR = 1e-9
# An edge with less than this share of the output is cut (each value makes its own candidate).
CUTS = (0.003, 0.01, 0.05)
# How many pruned candidates are refitted to the end, after a short heat of all.
FINALISTS = 8
# Weight of the entropy where one network of a given shape is made sparse. Of 0, 0.5 and 2 (pykan's
# default), tried on three problems and three seeds, 2 left the fewest edges, at about the same
# error or a smaller one: always 3, not up to 9, for [2,5,1] on exp(sin(pi x) + y^2); 6 or 7, not 9,
# for [5,4,1] on a noisy product. In the search for columns it has no place: of the seventeen of the
# knots it left two, where three are needed.
_ENTROPY = 2.0
HEAT = Schedule(steps=6, regrid=(0, 3))
SHORT = Schedule(steps=20, regrid=(1, 4, 9))


def criterion(validation: Tensor, edges: Tensor) -> Tensor:
    """What the search minimises: log squared error on validation rows, and a price for edges."""
    return 2 * validation.clamp_min(FLOOR).log() + EDGE_PRICE * edges


def pruned(kan: Kan, x: Tensor) -> tuple[Kan, Tensor]:
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


def refitted(
    kan: Kan, penalty: Tensor, rows: Rows | Data, unseen: Rows | Data, trainer: Trainer
) -> tuple[Fitted, Tensor]:
    """Sparse networks without their weak edges, trained on without penalty.

    Args:
        kan: A population that was trained sparsely.
        penalty: The penalty of each member ``[pop]``.
        rows: Training rows.
        unseen: Validation rows, on which candidates are compared.
        trainer: How the candidates are trained.

    Returns:
        The best few of all candidates, and the penalty that made each ``[pop]``.
    """
    few = rows.sample()[0] if isinstance(rows, Data) else rows[0]
    candidates, origin = pruned(kan, few)
    heat = trainer.fit(candidates, rows, HEAT, validation=unseen)
    score = criterion(heat.validation, heat.kan.edges)
    best = score.argsort(stable=True)[:FINALISTS]
    final = trainer.fit(heat.kan.members(best), rows, SHORT, validation=unseen)
    return final, penalty[origin[best]]


def sparsified(
    kan: Kan, rows: Rows | Data, unseen: Rows | Data, *, steps: int, trainer: Trainer
) -> Kan:
    """The network that is left when a population is trained sparsely and pruned.

    Candidates with few and with many edges are compared at about equal numbers of coefficients,
    the smaller ones on finer grids: on one grid the larger network is nearly always better, if
    only because it mimics a finer grid.

    Args:
        kan: Fresh networks; each is trained with every penalty of the default path.
        rows: Training rows.
        unseen: Validation rows.
        steps: Most steps of the sparse training.
        trainer: How to train.

    Returns:
        One network on its first grid, without the edges that are not needed.
    """
    penalties = KanConfig().penalties
    members = [i for i in range(kan.population) for _ in penalties]
    penalty = kan.layers[0].coef.new_tensor(penalties).repeat(kan.population)
    schedule = Schedule(steps=steps)
    sparse = trainer.fit(
        kan.members(members), rows, schedule, penalty=penalty, entropy=_ENTROPY
    ).kan
    few = rows.sample()[0] if isinstance(rows, Data) else rows[0]
    candidates, _ = pruned(sparse, few)
    heat = trainer.fit(candidates, rows, HEAT, validation=unseen)
    edges = heat.kan.edges
    sizes = sorted({int(size) for size in edges})[:FINALISTS]
    firsts = []
    for size in sizes:
        of_size = (edges == size).nonzero()[:, 0]
        firsts.append(of_size[heat.validation[of_size].argsort(stable=True)[:1]])
    trained = trainer.fit(heat.kan.members(torch.cat(firsts)), rows, SHORT, validation=unseen).kan
    chosen = [trained.members([i]) for i in range(trained.population)]
    chosen += _thinned(chosen[0], rows, unseen, trainer)
    most = sizes[-1] * kan.functions
    return chosen[int(np.argmin(_grown(chosen, rows, unseen, most, trainer)))]


def _thinned(kan: Kan, rows: Rows | Data, unseen: Rows | Data, trainer: Trainer) -> list[Kan]:
    """Ever smaller networks: each the one before without the edge that is missed least."""
    found: list[Kan] = []
    while not trainer.late:
        masks = [layer.mask[0] for layer in kan.layers]
        alive = [(at, *place) for at, m in enumerate(masks) for place in m.nonzero().tolist()]
        without = [m.repeat(len(alive), 1, 1) for m in masks]
        for member, (at, out, into) in enumerate(alive):
            without[at][member, out, into] = 0
        trials = connected(kan.members([0] * len(alive)).with_masks(without))
        trials = trials.members(trials.edges.nonzero()[:, 0])
        if trials.population == 0:
            break
        fitted = trainer.fit(trials, rows, SHORT, validation=unseen)
        kan = fitted.kan.members([int(fitted.validation.argmin())])
        found.append(kan)
    return found


def _grown(
    networks: Sequence[Kan],
    rows: Rows | Data,
    unseen: Rows | Data,
    most: int,
    trainer: Trainer,
) -> list[float]:
    """The criterion of networks, each on the grid that gives it about so many coefficients.

    They are grown together, from grid to twice the grid, as long as they are on the same one.
    """
    few = rows.sample()[0] if isinstance(rows, Data) else rows[0]
    fair = [k.grid + max(0, most // int(k.edges[0]) - k.functions) for k in networks]
    scores = [np.inf] * len(networks)
    start = trainer.fit(stacked(networks), rows, HEAT, validation=unseen)
    waiting = [(start, list(range(len(networks))))]
    while waiting:
        fitted, numbers = waiting.pop()
        grid, score = fitted.kan.grid, criterion(fitted.validation, fitted.kan.edges)
        finer: dict[int, list[int]] = {}
        for member, number in enumerate(numbers):
            scores[number] = float(score[member])
            if fair[number] > grid:
                finer.setdefault(min(2 * grid, fair[number]), []).append(member)
        for following, members in finer.items():
            part = regrid(fitted.kan.members(members), few, following)
            again = trainer.fit(part, rows, HEAT, validation=unseen)
            waiting.append((again, [numbers[member] for member in members]))
    return scores
