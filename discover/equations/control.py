"""The null control of an equation: the same search where the tie of both sides is cut."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from discover.config import Recipe
from discover.dataset import Part
from discover.equations.balance import Rows
from discover.equations.subsets import greedy
from discover.equations.terms import Term
from discover.law import Law
from discover.record import Null

Array = NDArray[np.float64]


def control(
    law: Law, columns: Mapping[Part, Array], left: Term, rows: Mapping[Part, Rows], recipe: Recipe
) -> Null:
    """The search for as many terms on left-hand sides that were shifted in time and space.

    A shift keeps how smooth the left-hand side is, and cuts its tie with the right.

    Args:
        law: The recommended law.
        columns: The library on training and test rows ``[n, k]``.
        left: The left-hand side.
        rows: Training and test rows.
        recipe: Says how often, and with which seed.
    """
    rng = np.random.default_rng(recipe.seed)
    train, test = rows["train"], rows["test"]
    size = max(1, len(law.constants))
    reached = []
    for _ in range(recipe.validation.null):
        share = rng.uniform(0.125, 0.875, size=len(train.field.axes))
        flipped = bool(rng.integers(2))
        y = _shifted(train.values(left), train, share, flipped)
        subset = list(greedy(columns["train"], y, size))
        a = columns["train"][:, subset]
        scale = np.linalg.norm(a, axis=0)
        fitted = np.linalg.lstsq(a / scale, y, rcond=1e-10)[0] / scale
        unseen = _shifted(test.values(left), test, share, flipped)
        left_over = unseen - columns["test"][:, subset] @ fitted
        reached.append(1 - float(np.mean(left_over**2)) / max(float(np.var(unseen)), 1e-300))
    observed = law.accuracy["test"].r2
    beaten = sum(value >= observed for value in reached)
    return Null(
        repeats=len(reached),
        r2=tuple(reached),
        observed=observed,
        p_value=(1 + beaten) / (1 + len(reached)),
    )


def _shifted(y: Array, rows: Rows, share: Array, flipped: bool) -> Array:
    shape = rows.probe.shape
    grid = y.reshape(rows.field.trajectories, *shape)
    for axis, (n, part) in enumerate(zip(shape, share, strict=True), start=1):
        grid = np.roll(grid, max(1, round(float(part) * n)), axis=axis)
    if flipped:
        grid = np.flip(grid, axis=1)
    if rows.field.trajectories > 1:
        grid = np.roll(grid, 1, axis=0)
    return grid.reshape(-1)
