"""The road from a coarse grid to a fine one, with fewer members at every step."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from torch import Tensor

from discover.fitting.continuation import continued
from discover.fitting.given import FINEST
from discover.fitting.options import Training
from discover.fitting.table import Parts
from discover.kan import Kan, regrid
from discover.search import sparsified
from discover.training import Rows, Schedule, Stream, Trainer, errors

# A finer grid, or the one after it, has to lower the validation error to this share of what it was.
_GAIN = 0.7
# Below this share of the target's spread there is nothing left to gain.
_EXACT = 1e-12
_FINER = Schedule(steps=60, regrid=(1, 4, 9))
# A grid that has paid is left once it is calm: what a long polish still gains is less than the next
# grid gains in one step, and the last grid is polished anyway. One that has not paid gets its time.
_CALM = replace(_FINER, tolerance=1e-3)
_POLISH = Schedule(steps=8, regrid=())


@dataclass(frozen=True, kw_only=True)
class Level:
    """One grid of the road from coarse to fine.

    Attributes:
        grid: Grid intervals of every edge.
        members: Members of the population that were still in the race.
        parameters: Coefficients of the best of them.
        train: Its error on training rows: root mean squared, in the target's unit, or the mean
            loss where that is not squared.
        validation: The same on validation rows.
    """

    grid: int
    members: int
    parameters: int
    train: float
    validation: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Refined:
    """A network at the end of the road.

    Attributes:
        kan: The best member.
        history: The grids, from coarse to fine.
        notes: Why the road ended, in words; empty where it was walked to its end.
    """

    kan: Kan
    history: tuple[Level, ...]
    notes: tuple[str, ...]


def doubled(first: int, last: int | None = None) -> tuple[int, ...]:
    """Grids from coarse to fine, each twice the one before; the last one as asked for."""
    grids = [first] if last is None or first < last else [last]
    while 2 * grids[-1] < (FINEST if last is None else last):
        grids.append(2 * grids[-1])
    if last is not None and grids[-1] != last:
        grids.append(last)
    return tuple(grids)


def refine(
    kan: Kan,
    parts: Parts,
    grids: Sequence[int],
    *,
    free: bool,
    training: Training,
    trainer: Trainer,
) -> Refined:
    """The best member, trained grid by grid, and how it went.

    Args:
        kan: The population at the first grid, trained or not.
        parts: The rows.
        grids: From coarse to fine.
        free: Whether a grid may be left out because it does not pay.
        training: How long to train, and whether sparsely.
        trainer: How a step is made, and until when.
    """
    history: list[Level] = []
    best, lowest, note, kept = kan, np.inf, "", -1
    if kan.follow:
        kan = regrid(kan, parts.few)
    if training.sparse:
        kan = sparsified(
            kan, parts.data(kan), parts.unseen(kan), steps=training.steps, trainer=trainer
        )
    for number, grid in enumerate(grids):
        if number:
            if trainer.late:
                note = f"The time was up before grid {grid}: the best network until then was taken."
                break
            if free and 2 * int(kan.parameters.max()) / kan.grid * grid > parts.n:
                break
            kan = regrid(kan, parts.few, grid)
        fresh = number == 0 and not training.sparse
        schedule = Schedule(steps=training.steps, tolerance=_CALM.tolerance) if fresh else _CALM
        fitted = trainer.fit(kan, parts.data(kan), schedule, validation=parts.unseen(kan))
        calm = len(fitted.history) < _CALM.steps
        if number and calm and not float(fitted.validation.min()) < _GAIN * lowest:
            fitted = trainer.fit(kan, parts.data(kan), _FINER, validation=parts.unseen(kan))
        order = fitted.validation.argsort(stable=True)
        top = int(order[0])
        score = float(fitted.validation[top])
        history.append(
            Level(
                grid=grid,
                members=kan.population,
                parameters=int(kan.parameters[top]),
                train=float(fitted.train[top]) * parts.scale,
                validation=score * parts.scale,
            )
        )
        pays = not (free and number) or score < _GAIN * lowest
        # A grid that gains a little is a landing: only the next one tells whether finer grids pay.
        if not pays and (number > kept + 1 or not score < lowest):
            note = _told(history[kept], history[-1])
            break
        if pays:
            best, lowest, kept = fitted.kan.members(order[:1]), score, number
        kan = _ahead(fitted.kan, fitted.validation)
        if free and score < _EXACT:
            break
    kan = _polished(best, parts, trainer)
    return Refined(kan=kan, history=tuple(history), notes=(note,) if note else ())


def _told(coarse: Level, fine: Level) -> str:
    """Why the coarser grid was kept."""
    errors = f"validation error {coarse.validation:.2g} -> {fine.validation:.2g}"
    if fine.train < coarse.train and fine.validation > coarse.validation:
        errors = f"training error {coarse.train:.2g} -> {fine.train:.2g}, {errors}"
        return f"Overfit on grid {fine.grid}: {errors}; grid {coarse.grid} was kept."
    return f"Grid {fine.grid} does not pay: {errors}; grid {coarse.grid} was kept."


def _ahead(kan: Kan, validation: Tensor) -> Kan:
    """The better half of the population, without members far behind the best."""
    half = -(-kan.population // 2)
    order = validation.argsort(stable=True)[:half]
    near = validation[order] <= 3 * validation[order[0]]
    near[0] = True
    return kan.members(order[near])


def _polished(kan: Kan, parts: Parts, trainer: Trainer) -> Kan:
    """The network with smooth continuations, and refitted to all rows where that is safe.

    Early stopping may have caught a network before it met the rows at the ends, so it goes on to
    the end. What is safe is what overfits no more than before: the larger of the errors on
    training and validation rows does not rise. Rows of a file and rows with weights are many
    or special enough to leave it at the training.
    """
    if (
        isinstance(parts.train, Stream)
        or isinstance(parts.both, Stream)
        or parts.weight is not None
    ):
        return kan
    train, both = parts.train, parts.both

    def worse(k: Kan) -> float:
        return max(float(errors(k, *rows, trainer.loss)[0]) for rows in (train, parts.validation))

    def trained(k: Kan, rows: Rows) -> Kan:
        return trainer.fit(continued(k, rows[0]), rows, _POLISH).kan

    fitted = trained(kan, train)
    if worse(fitted) <= 1.1 * worse(kan):
        again = trained(fitted, both)
        smooth = continued(again, both[0])
        error = [float(errors(k, *both, trainer.loss)[0]) for k in (smooth, again)]
        return smooth if error[0] <= 2 * error[1] else again
    smooth = continued(kan, train[0])
    return smooth if worse(smooth) <= 1.1 * worse(kan) else kan
