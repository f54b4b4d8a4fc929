"""How time is taken, the same for every engine."""

import statistics
import time
from collections.abc import Callable


def rate(step: Callable[[], object], seconds: float, *, blocks: int = 7) -> dict[str, float]:
    """Steps in a second, warm: the first calls (tracing, compiling) are not counted.

    Args:
        step: One step; it has to wait until its work is done.
        seconds: How long to measure in all.
        blocks: Into how many blocks that time is dealt.

    Returns:
        ``median`` and ``best`` rate over the blocks, and ``warm``: seconds before the first block.
    """
    start = time.perf_counter()
    for _ in range(5):
        step()
    warm = time.perf_counter() - start
    count, spent = 1, 0.0
    while spent < seconds / (4 * blocks):
        count *= 2
        # The lesser of two, so that one stall of the machine does not make the blocks too short.
        spent = min(_spent(step, count), _spent(step, count))
    count = max(1, round(count * seconds / blocks / spent))
    rates = [count / _spent(step, count) for _ in range(blocks)]
    return {"median": statistics.median(rates), "best": max(rates), "warm": warm}


def _spent(step: Callable[[], object], count: int) -> float:
    start = time.perf_counter()
    for _ in range(count):
        step()
    return time.perf_counter() - start


class Stopwatch:
    """Seconds since it was made, without those spent in looking at the test rows.

    Example:
        >>> watch = Stopwatch()
        >>> watch.note(lambda: 0.5)
        >>> [round(error, 1) for _, error in watch.trace]
        [0.5]
    """

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self.trace: list[tuple[float, float]] = []

    def note(self, error: Callable[[], float]) -> None:
        """Write down the time so far and the error on test rows, computed off the clock."""
        now = time.perf_counter()
        self.trace.append((now - self._start, error()))
        self._start += time.perf_counter() - now
