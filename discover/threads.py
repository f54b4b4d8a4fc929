"""How many threads linear algebra takes while laws are searched.

One, unless somebody asks for more. The matrices here are small: a second thread gains next to
nothing, waits in a busy loop for the first, and where another program wants that core a search
takes several times as long. With one thread the same seed also gives the same digits on any number
of cores.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from threadpoolctl import threadpool_limits


@contextmanager
def limited(count: int = 1) -> Iterator[None]:
    """Let torch, numpy and scipy use so many threads, and as many as before afterwards.

    Args:
        count: Number of threads, at least 1.

    Example:
        >>> with limited(1):
        ...     torch.get_num_threads()
        1
    """
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        with threadpool_limits(limits=count):
            yield
    finally:
        torch.set_num_threads(before)
