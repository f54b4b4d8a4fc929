"""The road from a coarse grid to a fine one, with fewer members at every step."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from discover.dataset import Dataset, Scaling
from discover.fitting.continuation import continued
from discover.fitting.given import FINEST
from discover.kan import Kan, regrid
from discover.training import Rows, Schedule, errors, fit

# A finer grid has to lower the validation error to this share of what it was.
_GAIN = 0.7
# Below this share of the target's spread there is nothing left to gain.
_EXACT = 1e-12
_FINER = Schedule(steps=20, regrid=(1, 4, 9))
_POLISH = Schedule(steps=8, regrid=())


@dataclass(frozen=True, kw_only=True)
class Level:
    """One grid of the road from coarse to fine.

    Attributes:
        grid: Grid intervals of every edge.
        members: Members of the population that were still in the race.
        parameters: Coefficients of the best of them.
        train: Its root mean squared error on training rows, in the target's unit.
        validation: The same on validation rows.
    """

    grid: int
    members: int
    parameters: int
    train: float
    validation: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Parts:
    """Scaled rows: of training, of validation, and of both together.

    Attributes:
        train: Features and target to train on.
        validation: Those to judge by.
        both: All of them, in the order of the parts.
        scale: Spread of the target, in its unit.
    """

    train: Rows
    validation: Rows
    both: Rows
    scale: float

    @classmethod
    def of(cls, dataset: Dataset, scaling: Scaling, device: str) -> "Parts":
        """The rows of a dataset, on a device."""
        x = torch.as_tensor((dataset.x - scaling.x_shift) / scaling.x_scale, device=device)
        y = torch.as_tensor((dataset.y - scaling.y_shift) / scaling.y_scale, device=device)
        train, unseen = dataset.split.train, dataset.split.validation
        return cls(
            train=(x[train], y[train]),
            validation=(x[unseen], y[unseen]),
            both=(x, y),
            scale=scaling.y_scale,
        )


def doubled(first: int, last: int | None = None) -> tuple[int, ...]:
    """Grids from coarse to fine, each twice the one before; the last one as asked for."""
    grids = [first] if last is None or first < last else [last]
    while 2 * grids[-1] < (FINEST if last is None else last):
        grids.append(2 * grids[-1])
    if last is not None and grids[-1] != last:
        grids.append(last)
    return tuple(grids)


def refine(
    kan: Kan, parts: Parts, grids: Sequence[int], *, free: bool
) -> tuple[Kan, tuple[Level, ...]]:
    """The best member, trained grid by grid, and how it went.

    Args:
        kan: The population at the first grid, trained or not.
        parts: The rows.
        grids: From coarse to fine.
        free: Whether a grid may be left out because it does not pay.
    """
    history: list[Level] = []
    best, lowest = kan, np.inf
    for number, grid in enumerate(grids):
        if number:
            if free and 2 * int(kan.edges.max()) * kan.basis.size(grid) > len(parts.train[1]):
                break
            kan = regrid(kan, parts.train[0], grid)
        schedule = _FINER if number else Schedule()
        fitted = fit(kan, parts.train, schedule=schedule, validation=parts.validation)
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
        if free and number and not score < _GAIN * lowest:
            break
        best, lowest = fitted.kan.members(order[:1]), score
        kan = _ahead(fitted.kan, fitted.validation)
        if free and score < _EXACT:
            break
    return _polished(best, parts), tuple(history)


def _ahead(kan: Kan, validation: Tensor) -> Kan:
    """The better half of the population, without members far behind the best."""
    half = -(-kan.population // 2)
    order = validation.argsort(stable=True)[:half]
    near = validation[order] <= 3 * validation[order[0]]
    near[0] = True
    return kan.members(order[near])


def _polished(kan: Kan, parts: Parts) -> Kan:
    """The network with smooth continuations, and refitted to all rows where that is safe.

    Early stopping may have caught a network before it met the rows at the ends, so it goes on to
    the end. What is safe is what overfits no more than before: the larger of the errors on
    training and validation rows does not rise.
    """

    def worse(k: Kan) -> float:
        return max(float(errors(k, *rows)[0]) for rows in (parts.train, parts.validation))

    smooth = continued(kan, parts.train[0])
    fitted = fit(smooth, parts.train, schedule=_POLISH).kan
    if worse(fitted) <= 1.1 * worse(kan):
        return _refitted(fitted, parts.both)
    return smooth if worse(smooth) <= 1.1 * worse(kan) else kan


def _refitted(kan: Kan, rows: Rows) -> Kan:
    """Trained on these rows and continued smoothly, if that leaves their error as it is."""
    fitted = fit(continued(kan, rows[0]), rows, schedule=_POLISH).kan
    smooth = continued(fitted, rows[0])
    same = float(errors(smooth, *rows)[0]) <= 2 * float(errors(fitted, *rows)[0])
    return smooth if same else fitted
