"""Stages in a row: each result is kept under a hash of all that it depends on, and timed."""

import hashlib
import json
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from sympy.core.random import seed

from discover.progress import Event, Listener
from discover.store import Cache

T = TypeVar("T")


class Stages:
    """Runs stages through the cache; each key depends on all stages before.

    Attributes:
        durations: Seconds that each stage took, by its name.
    """

    def __init__(self, cache: Cache, listen: Listener, key: str):
        self._cache, self._listen, self._key = cache, listen, key
        self.durations: dict[str, float] = {}

    def result(self, name: str, kind: type[T], compute: Callable[[], T], settings: Any = ()) -> T:
        """The result of one stage, from the cache or computed.

        Args:
            name: What it is called in the run folder.
            kind: Type of its result.
            compute: Makes the result.
            settings: What it depends on besides the key and the stages before.
        """
        self._key = hashed(self._key, name, settings)
        start = time.perf_counter()
        result = self._cache.get(name, self._key, kind)
        if result is None:
            self._listen(Event(stage=name, done=0, total=1))
            # Sympy draws lots where an order does not matter: some cost several times as much as
            # others, and now and then what it knows of an expression depends on them.
            seed(0)
            result = compute()
            self._cache.put(name, self._key, result)
            self._listen(Event(stage=name, done=1, total=1))
        self.durations[name] = time.perf_counter() - start
        return result


def hashed(*parts: Any) -> str:
    """A hash of plain values, recipes and parts of recipes.

    Example:
        >>> hashed(1, "a") == hashed(1, "a"), hashed(1, "a") == hashed(1, "b")
        (True, False)
    """

    def plain(part: Any) -> Any:
        return part.model_dump(mode="json") if hasattr(part, "model_dump") else str(part)

    text = json.dumps(parts, default=plain, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def digest(arrays: Iterable[NDArray[Any]]) -> str:
    """A hash of the numbers of arrays.

    Example:
        >>> digest([np.arange(3)]) == digest([np.arange(4)])
        False
    """
    found = hashlib.sha256()
    for array in arrays:
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()
