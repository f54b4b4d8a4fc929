"""From an expression to its tape."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

import numpy as np
import sympy as sp

from discover.tape.operations import Operation, Value, number, operation
from discover.tape.running import Tape, Vector


class _Layout:
    """An expression on its way to becoming a tape."""

    def __init__(self, symbols: Sequence[sp.Symbol], floats: int):
        self.symbols = tuple(symbols)
        self.place: dict[sp.Expr, int] = {s: floats + i for i, s in enumerate(symbols)}
        self.numbers: list[tuple[int, np.float64]] = []
        self.steps: list[tuple[int, Operation, tuple[int, ...]]] = []
        self.length = floats + len(self.symbols)

    def lay(self, node: sp.Expr) -> int:
        """The position of `node`, after those of its parts."""
        if node not in self.place:
            if not node.free_symbols:
                self.numbers.append((self.next(), np.float64(number(node))))
                self.place[node] = self.length - 1
            elif node.is_Symbol:
                raise ValueError(f"no values for {node.name!r}")
            else:
                step, args = operation(node)
                self.place[node] = self.step(step, tuple(self.lay(arg) for arg in args))
        return self.place[node]

    def lay_open(self, node: sp.Expr, floats: Iterator[int]) -> int:
        """The same where each float is a symbol of its own, at the next of `floats`."""
        if isinstance(node, sp.Float):
            return next(floats)
        if not node.has(sp.Float):
            return self.lay(node)
        step, args = operation(node)
        return self.step(step, tuple(self.lay_open(arg, floats) for arg in args))

    def step(self, operation: Operation, args: tuple[int, ...]) -> int:
        at = self.next()
        self.steps.append((at, operation, args))
        return at

    def next(self) -> int:
        self.length += 1
        return self.length - 1

    def tape(self, result: int, symbols: Sequence[sp.Symbol]) -> Tape:
        return Tape(tuple(symbols), tuple(self.numbers), tuple(self.steps), self.length, result)


@lru_cache(maxsize=4096)
def tape(expr: sp.Expr, symbols: tuple[sp.Symbol, ...]) -> Tape:
    """Lays `expr` out for numpy.

    Args:
        expr: Any sympy expression of sums, products, powers and functions.
        symbols: At least its free symbols; values are handed over in this order.

    Returns:
        The tape; made once for the same expression.

    Raises:
        ValueError: If the expression holds a symbol not in `symbols`, or something that is no
            function of real numbers.

    Source: reverse accumulation, Linnainmaa, BIT 16 (1976) 146.
    """
    layout = _Layout(symbols, floats=0)
    return layout.tape(layout.lay(expr), symbols)


def open_tape(expr: sp.Expr, symbols: tuple[sp.Symbol, ...]) -> tuple[Tape, tuple[float, ...]]:
    """Lays `expr` out with each of its floats as a symbol of its own, before `symbols`.

    Cheaper than naming the floats in sympy first; for looking at very many expressions.

    Returns:
        The tape and the values of the floats, in the order of a walk through the arguments.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> laid, floats = open_tape(2.5 * x + 1.5, (x,))
        >>> floats, laid.values([2.0, 1.0, np.array([1.0, 2.0])], 2)
        ((1.5, 2.5), array([3., 4.]))
    """
    floats = tuple(float(node) for node in _floats(expr))
    names = [sp.Dummy(real=True) for _ in floats]
    layout = _Layout(symbols, floats=len(floats))
    result = layout.lay_open(expr, iter(range(len(floats))))
    return layout.tape(result, [*names, *symbols]), floats


def parts(
    expr: sp.Expr, symbols: tuple[sp.Symbol, ...], inputs: Sequence[Vector]
) -> dict[sp.Expr, Value]:
    """The values of every part of `expr`, each one number or an array ``[n]``.

    Args:
        expr: An expression in `symbols`.
        symbols: What it depends on.
        inputs: Values of each of them ``[n]``.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> parts(x**2 + 1, (x,), [np.array([1.0, 2.0])])[x**2]
        array([1., 4.])
    """
    layout = _Layout(symbols, floats=0)
    laid = layout.tape(layout.lay(expr), symbols)
    with np.errstate(all="ignore"):
        memory = laid.run(inputs)
    return {node: memory[at] for node, at in layout.place.items()}


def _floats(node: sp.Expr) -> Iterator[sp.Float]:
    if isinstance(node, sp.Float):
        yield node
    for arg in node.args:
        yield from _floats(arg)
