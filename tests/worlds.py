"""Small tables with a known truth, and settings that find it in seconds."""

from collections.abc import Callable

import numpy as np

from discover.config import Recipe
from discover.dataset import Dataset, Source, Split, Variable


def world(
    law: Callable[..., np.ndarray],
    columns: int,
    *,
    n: int = 300,
    noise: float = 0.0,
    seed: int = 0,
    low: float = 0.5,
    high: float = 2.5,
) -> Dataset:
    """A table of `columns` columns between `low` and `high`, all named ``v0``, ``v1``, ..."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(low, high, (n, columns))
    y = np.asarray(law(*x.T), dtype=np.float64)
    y = y + noise * y.std() * rng.standard_normal(n)
    rows = rng.permutation(n)
    a, b = int(0.6 * n), int(0.8 * n)
    return Dataset(
        name="world",
        features=tuple(Variable(name=f"v{i}") for i in range(columns)),
        target=Variable(name="y", unit="m"),
        x=x,
        y=y,
        split=Split(train=np.sort(rows[:a]), validation=np.sort(rows[a:b]), test=np.sort(rows[b:])),
        source=Source(path="world", rows=n),
    )


def recipe(**changes: object) -> Recipe:
    """Few seeds, shapes and grids; no engine, no control."""
    given: dict[str, object] = {
        "name": "world",
        "data": {"file": "world.csv", "target": "y"},
        "kan": {"seeds": 2, "grids": [3, 6], "hidden": [[], [1]], "penalties": [1e-2, 1e-3]},
        "law": {"refine": "none"},
        "validate": {"null": 0},
    }
    return Recipe.model_validate(given | changes)
