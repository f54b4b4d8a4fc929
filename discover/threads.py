"""How many threads work while laws are searched: one, unless somebody asks for more.

The matrices here are small. A second thread of linear algebra gains next to nothing, waits in a
busy loop for the first, and where another program wants that core a search takes many times as
long. So linear algebra has one thread always; where more are asked for, whole portions of work are
dealt to them. What they answer is put together in the order of the portions, so that the same seed
gives the same digits with any number of threads.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from typing import TypeVar

import torch
from threadpoolctl import threadpool_limits

_Item = TypeVar("_Item")
_Answer = TypeVar("_Answer")

_pool: ContextVar[Executor | None] = ContextVar("pool", default=None)


@contextmanager
def limited(count: int = 1) -> Iterator[None]:
    """Let torch, numpy and scipy use one thread, and :func:`dealt` so many; as before afterwards.

    Args:
        count: Number of threads, at least 1.

    Example:
        >>> with limited():
        ...     torch.get_num_threads()
        1
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with (
            threadpool_limits(limits=1),
            _threads(count) if count > 1 else nullcontext() as pool,
        ):
            token = _pool.set(pool)
            try:
                yield
            finally:
                _pool.reset(token)
    finally:
        torch.set_num_threads(before)


def _threads(count: int) -> ThreadPoolExecutor:
    # What torch is told holds for the thread that tells it.
    return ThreadPoolExecutor(count, initializer=torch.set_num_threads, initargs=(1,))


def dealt(job: Callable[[_Item], _Answer], items: Iterable[_Item]) -> Iterator[_Answer]:
    """The answers of a job to all items, in their order, from as many threads as are allowed.

    Args:
        job: What to do with an item; it must leave alone what other items need.
        items: What there is to do.

    Example:
        >>> with limited(2):
        ...     list(dealt(lambda x: x * x, [1, 2, 3]))
        [1, 4, 9]
    """
    pool = _pool.get()
    return map(job, items) if pool is None else pool.map(job, items)
