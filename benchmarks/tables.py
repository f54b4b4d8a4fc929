"""Markdown tables, and the few statistics that stand in them."""

import math
import statistics
from collections.abc import Iterable, Sequence
from itertools import accumulate

import numpy as np

Trace = Sequence[Sequence[float]]
NOTHING = "–"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A markdown table; columns of text to the left, columns with numbers to the right.

    Example:
        >>> print(table(["engine", "steps/s"], [["ours", 1234.5], ["peer", None]]))
        | engine | steps/s |
        |---|---:|
        | ours | 1230 |
        | peer | – |
    """
    body = [list(row) for row in rows]
    words = [all(isinstance(row[i], str) for row in body) for i in range(len(head))]
    lines = [list(head), *[[_cell(value) for value in row] for row in body]]
    text = ["| " + " | ".join(line) + " |" for line in lines]
    rule = "|" + "".join("---|" if word else "---:|" for word in words)
    return "\n".join([text[0], rule, *text[1:]])


def _cell(value: object) -> str:
    return value if isinstance(value, str) else number(value)  # type: ignore[arg-type]


def number(value: float | None, digits: int = 3) -> str:
    """A number with so many significant digits, as one writes it.

    Example:
        >>> number(0.000123456), number(1234.5), number(2.5), number(None), number(7)
        ('1.23e-04', '1230', '2.5', '–', '7')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    if isinstance(value, int):
        return str(value)
    if value and not 1e-2 <= abs(value) < 1e6:
        return f"{value:.{digits - 1}e}"
    rounded = float(f"{value:.{digits}g}")
    return f"{rounded:.0f}" if abs(rounded) >= 10 ** (digits - 1) else f"{rounded:g}"


def median(values: Iterable[float]) -> float | None:
    """The median, or nothing of nothing."""
    known = [value for value in values if math.isfinite(value)]
    return statistics.median(known) if known else None


def slope(x: Sequence[float], y: Sequence[float], *, floor: float = 0.0) -> float | None:
    """Slope of ``y`` over ``x`` in double logarithms, by least squares.

    Args:
        x: Such as grids.
        y: Such as errors.
        floor: Points from the first at or below this one on are left out: there the error is
            that of rounding, or of something else than the grid.

    Example:
        >>> round(slope([5, 10, 20], [1e-2, 1e-2 / 16, 1e-2 / 256]), 6)
        -4.0
    """
    points = []
    for a, b in zip(x, y, strict=True):
        points.append((math.log(a), math.log(b)))
        if b <= floor:
            break
    if len(points) < 2:
        return None
    return float(np.polyfit(*np.array(points).T, 1)[0])


def lowest(trace: Trace) -> list[tuple[float, float]]:
    """The same trace with the lowest error so far.

    Example:
        >>> lowest([(1, 0.5), (2, 0.7), (3, 0.1)])
        [(1, 0.5), (2, 0.5), (3, 0.1)]
    """
    errors = accumulate((error for _, error in trace), min)
    return [(seconds, error) for (seconds, _), error in zip(trace, errors, strict=True)]


def time_to(trace: Trace, error: float) -> float | None:
    """Seconds until an error was reached, or nothing if it never was.

    Args:
        trace: Pairs of seconds and error.
        error: What to reach.
    """
    times = [seconds for seconds, value in trace if value <= error]
    return min(times) if times else None
