"""Functions written for the compiler: compiled at the first call, kept on disk where allowed."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from typing import Any


def compiled(**options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Compile a function of numbers and numpy arrays with numba when it is first called.

    Numbers are those of IEEE 754: what has no value is NaN or infinite, and nothing is raised.

    Args:
        options: More options of ``numba.njit``.

    Example:
        >>> @compiled()
        ... def total(values):
        ...     found = 0.0
        ...     for value in values:
        ...         found += value
        ...     return found
        >>> import numpy as np
        >>> total(np.array([1.0, 2.0]))
        3.0
    """

    def prepare(function: Callable[..., Any]) -> Callable[..., Any]:
        @cache
        def kernel() -> Callable[..., Any]:
            import numba  # takes its time, and most commands do without

            usual: dict[str, Any] = {"nogil": True, "error_model": "numpy", **options}
            try:
                return numba.njit(function, cache=True, **usual)  # type: ignore[no-any-return]
            except RuntimeError:  # no folder for it can be written to
                return numba.njit(function, **usual)  # type: ignore[no-any-return]

        started = False

        @wraps(function)
        def called(*args: Any) -> Any:
            nonlocal started
            if started:
                return kernel()(*args)
            started = True
            with _uncollected():
                return kernel()(*args)

        return called

    return prepare


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without garbage collection.

    Numba makes many objects as it starts and throws none away. Looking through them, and all that
    torch and sympy made, again and again is two thirds of the time that it takes.
    """
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()
