"""How long a law is: one measure for every law and every engine."""

from functools import lru_cache

import sympy as sp


@lru_cache(maxsize=65536)
def complexity(expr: sp.Expr) -> int:
    """The number of nodes of the sympy tree, constants included.

    This is the one measure of size, the same for every law and every engine.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> complexity(x), complexity(2.5 * x**2)
        (1, 5)
    """
    # As many as sympy's preorder_traversal meets; kept, because laws share their parts.
    return 1 + sum(complexity(arg) for arg in expr.args)
