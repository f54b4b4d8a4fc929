"""What may be left out of an expression: one part at a time, replaced by something simpler."""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import sympy as sp

from discover.simplify.rebuilding import rebuilt


def variants(expr: sp.Expr, values: Mapping[sp.Expr, Any]) -> Iterator[sp.Expr]:
    """`expr` with one of its parts left out or made simpler.

    A sum without one term, a product without one factor, ``u**p`` and ``f(u)`` as u or as a line
    in u, a power with a whole exponent next to its fitted one, any part as a constant.

    Args:
        expr: An expression in columns and numbers.
        values: The values of each part of `expr` on some rows, each one number or ``[n]``.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> values = {x: np.array([0.0, 1.0]), sp.sin(x): np.array([0.0, 0.75])}
        >>> list(variants(sp.sin(x), values))
        [0.375000000000000, x, 0.75*x, 0.479425538604203]
    """
    if not expr.free_symbols:
        return
    yield from _instead(expr, values)
    for i, arg in enumerate(expr.args):
        for other in variants(arg, values):
            made = rebuilt(expr, [*expr.args[:i], other, *expr.args[i + 1 :]])
            if _held(made):
                yield made


def with_floats(expr: sp.Expr, values: Iterable[float]) -> sp.Expr:
    """`expr` with other floats, in the order of a walk through the arguments.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> with_floats(2.5 * x + 1.5, [3.0, 4.0])
        4.0*x + 3.0
    """
    remaining = iter(values)

    def swap(node: sp.Expr) -> sp.Expr:
        if isinstance(node, sp.Float):
            return sp.Float(float(next(remaining)))
        return rebuilt(node, [swap(arg) for arg in node.args]) if node.has(sp.Float) else node

    return swap(expr)


def _held(expr: sp.Expr) -> bool:
    """Whether an expression is no number, or one that a float can hold.

    Of larger ones sympy would go on to take exponentials, whose digits fill the memory.
    """
    if expr.free_symbols:
        return True
    try:
        return math.isfinite(float(expr))
    except (TypeError, OverflowError):  # complex, or too large
        return False


def _instead(node: sp.Expr, values: Mapping[sp.Expr, Any]) -> Iterator[sp.Expr]:
    yield _middle(values[node])
    if isinstance(node, sp.Add | sp.Mul):
        for i in range(len(node.args)):
            yield node.func(*node.args[:i], *node.args[i + 1 :])
    elif isinstance(node, sp.Pow):
        yield node.base
        yield from _powers(node)
        yield _line(node.base, values[node.base], values[node])
    elif len(node.args) == 1:
        yield node.args[0]
        yield _line(node.args[0], values[node.args[0]], values[node])


def _powers(node: sp.Pow) -> Iterator[sp.Expr]:
    """The same base to the whole powers next to a fitted exponent."""
    if isinstance(node.exp, sp.Float) and abs(float(node.exp)) < 10:
        power = float(node.exp)
        for whole in sorted({math.floor(power), math.ceil(power)} - {0}):
            yield node.base ** sp.Integer(whole)


def _middle(values: Any) -> sp.Float:
    finite = np.atleast_1d(values)
    finite = finite[np.isfinite(finite)]
    return sp.Float(float(np.median(finite)) if finite.size else 1.0)


def _line(inside: sp.Expr, u: Any, v: Any) -> sp.Expr:
    """The line in `inside`, of values `u`, that is nearest to `v`."""
    u, v = np.broadcast_arrays(np.atleast_1d(u), np.atleast_1d(v))
    good = np.isfinite(u) & np.isfinite(v)
    with np.errstate(all="ignore"):
        u, v = u[good], v[good]
        slope = np.mean((u - u.mean()) * (v - v.mean())) / np.var(u) if u.size else np.nan
        shift = v.mean() - slope * u.mean() if u.size else np.nan
    if not (np.isfinite(slope) and np.isfinite(shift)):
        return inside
    return sp.Float(float(slope)) * inside + sp.Float(float(shift))
