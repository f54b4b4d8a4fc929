"""Sympy trees as JSON and back, node by node.

Text would be shorter, but reading it evaluates: ``2*(x + 1)`` comes back as ``2*x + 2``, and a
resumed run would differ from an uninterrupted one. Nothing here reads text as a formula; a node
is built only if its head is on the list below.
"""

from collections.abc import Callable
from typing import Any

import sympy as sp

_OPERATIONS: dict[str, Callable[..., sp.Expr]] = {"Add": sp.Add, "Mul": sp.Mul, "Pow": sp.Pow}
_NUMBERS: dict[str, sp.Expr] = {
    type(number).__name__: number
    for number in (
        sp.pi, sp.E, sp.EulerGamma, sp.GoldenRatio, sp.Catalan, sp.I,
        sp.oo, -sp.oo, sp.zoo, sp.nan,
    )
}  # fmt: skip


def encode(expr: sp.Basic) -> list[Any]:
    """The tree of `expr` as nested lists ``[head, argument, ...]``.

    Raises:
        TypeError: If a node could not be read back.

    Example:
        >>> encode(sp.Symbol("a", real=True) / 2)
        ['Mul', ['#rational', 1, 2], ['#symbol', 'a']]
    """
    name = type(expr).__name__
    if type(expr) is sp.Symbol:
        return _encode_symbol(expr)
    if isinstance(expr, sp.Float):
        return ["#float", *(int(part) for part in expr._mpf_), int(expr._prec)]
    if isinstance(expr, sp.Rational):
        return ["#rational", int(expr.p), int(expr.q)]
    if _NUMBERS.get(name) == expr:
        return ["#number", name]
    if _head(name) is expr.func:
        return [name, *(encode(argument) for argument in expr.args)]
    raise TypeError(f"a {name} cannot be stored: no sympy operation, function or number")


def decode(node: list[Any]) -> sp.Expr:
    """The tree that :func:`encode` wrote, structurally equal to the original.

    Raises:
        TypeError: If a head is not on the list.

    Example:
        >>> decode(["Mul", ["#rational", 2, 1], ["Add", ["#symbol", "x"], ["#rational", 1, 1]]])
        2*(x + 1)
    """
    head, *rest = node
    if head == "#symbol":
        name, *assumptions = rest
        return sp.Symbol(str(name), **(assumptions[0] if assumptions else {"real": True}))
    if head == "#float":
        *parts, precision = (int(part) for part in rest)
        # Sympy makes an exact 0 of a zero in parts.
        return sp.Float(tuple(parts) if any(parts) else 0.0, precision=precision)
    if head == "#rational":
        return sp.Rational(int(rest[0]), int(rest[1]))
    if head == "#number":
        return _NUMBERS[rest[0]]
    build = _head(head)
    if build is None:
        raise TypeError(f"no head {head!r} among sympy's operations and functions")
    return build(*(decode(argument) for argument in rest), evaluate=False)


def _encode_symbol(symbol: sp.Symbol) -> list[Any]:
    if symbol == sp.Symbol(symbol.name, real=True):
        return ["#symbol", symbol.name]
    known = {key: value for key, value in symbol.assumptions0.items() if value is not None}
    return ["#symbol", symbol.name, known]


def _head(name: str) -> Callable[..., sp.Expr] | None:
    """The operation or function of sympy itself with this name."""
    if name in _OPERATIONS:
        return _OPERATIONS[name]
    head = getattr(sp.functions, name, None)
    known = isinstance(head, type) and issubclass(head, sp.Function | sp.Max | sp.Min)
    return head if known else None
