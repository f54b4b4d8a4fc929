"""A table of a formula that the user states: to see whether it is found again."""

from collections.abc import Mapping

import sympy as sp

from discover.errors import InputError
from discover.formula import parse
from discover.sources.sampling import Drawing, Ranges, Vector, drawn


def sample(expression: str, ranges: Ranges, drawing: Drawing) -> dict[str, Vector]:
    """A table of a formula; see :func:`sampling.drawn`.

    Args:
        expression: A formula of the grammar; every name in it must have a range.
        ranges: From where to where each column is drawn evenly.
        drawing: Rows, noise, seed and the name of the target.

    Raises:
        InputError: If the text is no formula, names something without a range, or has no value.

    Example:
        >>> table = sample("exp(sin(pi*x) + y**2)", {"x": (-1, 1), "y": (-1, 1)}, Drawing())
        >>> list(table), len(table["f"])
        (['x', 'y', 'f'], 1000)
    """
    where = "data.formula"
    read = parse(expression, set(ranges), where=f"{where}.expression")
    if read.constants:
        raise InputError.one(
            where=f"{where}.expression",
            found=f"{', '.join(read.constants)} without a range",
            expected=f"only names of {where}.ranges: {', '.join(ranges)}",
            advice="Write constants as numbers.",
        )
    symbols = [sp.Symbol(name, real=True) for name in ranges]
    numeric = sp.lambdify(symbols, read.expr, modules=["scipy", "numpy"])

    def function(columns: Mapping[str, Vector]) -> Vector:
        values: Vector = numeric(*columns.values())
        return values

    return drawn(function, ranges, drawing, where=where)
