"""Columns of both signs in which the target is odd or even: there sizes say all, or all but a sign.

A product of columns of both signs is smooth in none of their logarithms, and over some decades in
none of the columns either. But where its sign is the product of their signs, nothing is lost by
folding all of them to one side, where a product of powers is a straight line again. Whether a law
that is found there holds on the other sides is seen on the rows as they are. Likewise where the
target has one sign and may not care for the signs of the columns at all.

Source: ours; parity as a symmetry of data in Udrescu and Tegmark, Science Advances 6 (2020)
eaay2631.
"""

from dataclasses import replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from discover.structure.reduction import Rows
from discover.structure.seeing import MINORITY

# Choices of columns grow as powers of two.
_MOST = 10


def odd(rows: Rows) -> tuple[int, ...]:
    """Columns whose signs make up the sign of the target, but for rows that noise may have moved.

    Args:
        rows: Rows with features ``[n, d]`` and target ``[n]``.

    Returns:
        Numbers of the columns, the fewest that do; none where the target has one sign, or where
        its sign is no product of those of columns.

    Example:
        >>> import sympy as sp
        >>> x = np.random.default_rng(0).normal(size=(50, 3))
        >>> odd(Rows(x=x, y=x[:, 0] ** 3 / x[:, 2], symbols=sp.symbols("a b c", real=True)))
        (0, 2)
    """
    signs, target = np.sign(rows.x), np.sign(rows.y)
    if _agreement(target) >= 1 - MINORITY:
        return ()
    both = [i for i in range(signs.shape[1]) if _agreement(signs[:, i]) < 1]
    if len(both) > _MOST:
        return ()
    for count in range(1, len(both) + 1):
        found = max(
            combinations(both, count),
            key=lambda chosen: _agreement(target * signs[:, list(chosen)].prod(1)),
        )
        if _agreement(target * signs[:, list(found)].prod(1)) >= 1 - MINORITY:
            return found
    return ()


def folded(rows: Rows, columns: tuple[int, ...]) -> Rows:
    """The rows with these columns without their signs, which the target takes over.

    Args:
        rows: Rows with features ``[n, d]`` and target ``[n]``.
        columns: Numbers of the columns.
    """
    x = rows.x.copy()
    at = list(columns)
    x[:, at] = np.abs(x[:, at])
    return Rows(x=x, y=rows.y * np.sign(rows.x[:, at]).prod(1), symbols=rows.symbols)


def sizes(rows: Rows) -> Rows | None:
    """The rows with the sizes of all columns of both signs, if a target of one sign allows it.

    Args:
        rows: Rows with features ``[n, d]`` and target ``[n]``.

    Returns:
        ``None`` where there are no such columns, where one has no sign on some row, or where the
        target has both signs.

    Example:
        >>> import sympy as sp
        >>> x = np.array([[-1.0, 2.0], [3.0, 4.0]])
        >>> rows = Rows(x=x, y=np.ones(2), symbols=sp.symbols("a b", real=True))
        >>> sizes(rows).x.tolist()
        [[1.0, 2.0], [3.0, 4.0]]
    """
    signs = np.sign(rows.x)
    if _agreement(np.sign(rows.y)) < 1 - MINORITY or not signs.all() or not np.ptp(signs, 0).any():
        return None
    return replace(rows, x=np.abs(rows.x))


def _agreement(signs: NDArray[np.float64]) -> float:
    """Share of the rows with a sign that have the commoner one."""
    known = signs[signs != 0]
    return float(max(np.mean(known > 0), np.mean(known < 0))) if len(known) else 1.0
