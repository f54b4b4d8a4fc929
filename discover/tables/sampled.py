"""Tables that a recipe asks to be drawn: from a formula it states, or from a special function."""

from discover.config import DataConfig, FormulaConfig
from discover.errors import InputError
from discover.sources import formula, special
from discover.sources.sampling import Drawing
from discover.tables.columns import Column

TARGET = "f"
"""Name of the column of values, unless the recipe gives another."""


def sampled(config: DataConfig) -> list[Column] | None:
    """The columns of a drawn table; ``None`` where the recipe names a file or a dataset.

    Raises:
        InputError: If the formula is none, or has no value somewhere in its ranges.
    """
    target = config.target or TARGET
    asked = config.formula or config.special
    if asked is None:
        return None
    if target in asked.ranges:
        raise InputError.one(
            where="data.target",
            found=f"{target!r}, which has a range",
            expected="another name for the column of values",
            advice="Say data.target: value, for instance.",
        )
    drawing = Drawing(target=target, rows=asked.rows, noise=asked.noise, seed=asked.seed)
    ranges = {str(name): ends for name, ends in asked.ranges.items()}
    if isinstance(asked, FormulaConfig):
        found = formula.sample(asked.expression, ranges, drawing)
    else:
        found = special.sample(asked.name, ranges, drawing)
    return [Column(name=n, header=n, unit="", values=values) for n, values in found.items()]
