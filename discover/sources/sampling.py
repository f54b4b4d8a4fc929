"""Tables drawn from a function that is known: values over ranges, and noise on the target."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from discover.errors import InputError

Vector = NDArray[np.float64]
Ranges = Mapping[str, tuple[float, float]]


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """How a table is drawn.

    Attributes:
        target: Name of the column of values.
        rows: Number of rows.
        noise: Standard deviation of the normal noise on the values, as a share of their spread.
        seed: Seed of columns and noise.
    """

    target: str = "f"
    rows: int = 1000
    noise: float = 0.0
    seed: int = 0


def drawn(
    function: Callable[[Mapping[str, Vector]], Vector],
    ranges: Ranges,
    drawing: Drawing,
    *,
    where: str,
) -> dict[str, Vector]:
    """A table of a function.

    Args:
        function: Values ``[n]`` from columns by name.
        ranges: From where to where each column is drawn evenly.
        drawing: Rows, noise, seed and the name of the target.
        where: What complaints begin with.

    Returns:
        The columns in the order of `ranges`, then the target.

    Raises:
        InputError: If the function has no finite value on some row.

    Example:
        >>> table = drawn(lambda c: c["x"] ** 2, {"x": (1.0, 2.0)}, Drawing(), where="here")
        >>> bool((table["f"] == table["x"] ** 2).all())
        True
    """
    rows, seed = drawing.rows, drawing.seed
    rng = np.random.default_rng([seed, 0])
    columns = {name: rng.uniform(low, high, rows) for name, (low, high) in ranges.items()}
    with np.errstate(all="ignore"):
        values = np.asarray(function(columns), dtype=np.float64) + np.zeros(rows)
    if missing := int((~np.isfinite(values)).sum()):
        raise InputError.one(
            where=where,
            found=f"no finite value on {missing} of {rows} rows",
            expected="a function with a value everywhere in its ranges",
            advice="Look at divisions, logarithms, roots and powers, and narrow the ranges.",
        )
    error = np.random.default_rng([seed, 1]).normal(size=rows)
    return columns | {drawing.target: values + drawing.noise * float(values.std()) * error}
