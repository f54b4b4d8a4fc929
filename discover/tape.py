"""A sympy expression as numpy arithmetic: its values, and its exact derivatives.

The expression is laid out once as a tape of elementary steps, shared sub-expressions once. Values
run down the tape, derivatives by all wanted symbols run back up it (reverse accumulation, row by
row), so that no large symbolic derivative is ever formed. That makes a tape cheap enough to judge
hundreds of candidate laws a second.

The functions and their derivatives are sympy's own: each function class is turned into numpy once,
on fresh symbols. No name of a column ever becomes code. Nothing here fits or simplifies.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import sympy as sp
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
# A value on the tape: one number, or one number a row.
Value = Any
_CHUNK = 1 << 15


class _Operation(Protocol):
    def value(self, args: Sequence[Value]) -> Value: ...

    def slope(self, at: int, args: Sequence[Value], value: Value) -> Value: ...

    def degree(self, degrees: Sequence[float]) -> float: ...


class _Sum:
    def value(self, args: Sequence[Value]) -> Value:
        return sum(args[1:], start=args[0])

    def slope(self, at: int, args: Sequence[Value], value: Value) -> Value:
        return 1.0

    def degree(self, degrees: Sequence[float]) -> float:
        return max(degrees)


class _Product:
    def value(self, args: Sequence[Value]) -> Value:
        result = args[0]
        for factor in args[1:]:
            result = result * factor
        return result

    def slope(self, at: int, args: Sequence[Value], value: Value) -> Value:
        # The other factors multiplied, not value / factor: a factor may be zero.
        return self.value([np.float64(1.0), *args[:at], *args[at + 1 :]])

    def degree(self, degrees: Sequence[float]) -> float:
        return sum(degrees)


class _Power:
    def value(self, args: Sequence[Value]) -> Value:
        return np.power(args[0], args[1])

    def slope(self, at: int, args: Sequence[Value], value: Value) -> Value:
        base, exponent = args
        if at == 0:
            return exponent * np.power(base, exponent - 1.0)
        # 0^e log 0 is 0 for e > 0, in the limit.
        return np.where(base == 0.0, 0.0, value * np.log(np.where(base == 0.0, 1.0, base)))

    def degree(self, degrees: Sequence[float]) -> float:
        return np.inf if any(degrees) else 0.0


@dataclass(frozen=True)
class _Whole:
    """A whole power: multiplied out, which is faster than a general power and as exact."""

    exponent: int

    def value(self, args: Sequence[Value]) -> Value:
        return _whole(args[0], self.exponent)

    def slope(self, at: int, args: Sequence[Value], value: Value) -> Value:
        return self.exponent * _whole(args[0], self.exponent - 1)

    def degree(self, degrees: Sequence[float]) -> float:
        return np.inf if degrees[0] else 0.0


@dataclass(frozen=True)
class _Function:
    function: Callable[..., Value]
    slopes: tuple[Callable[..., Value], ...]

    def value(self, args: Sequence[Value]) -> Value:
        return _real(self.function(*args))

    def slope(self, at: int, args: Sequence[Value], value: Value) -> Value:
        return _real(self.slopes[at](*args))

    def degree(self, degrees: Sequence[float]) -> float:
        return np.inf if any(degrees) else 0.0


def _whole(base: Value, exponent: int) -> Value:
    if exponent < 0:
        return 1.0 / _whole(base, -exponent)
    result, square = np.float64(1.0), base
    while exponent:
        if exponent & 1:
            result = result * square
        exponent >>= 1
        if exponent:
            square = square * square
    return result


def _real(value: Value) -> Value:
    """What is not real has no value in a law."""
    if np.iscomplexobj(value):
        return np.where(np.imag(value) == 0, np.real(value), np.nan)
    return value


@lru_cache(maxsize=256)
def _function(function: type[sp.Function], arity: int) -> _Function:
    dummies = [sp.Dummy(real=True) for _ in range(arity)]
    expr = function(*dummies)
    modules = ["scipy", "numpy"]
    slopes = []
    for dummy in dummies:
        slope = sp.diff(expr, dummy).replace(sp.DiracDelta, lambda *_: sp.S.Zero)
        if slope.has(sp.Derivative):  # steps such as floor: flat wherever they are smooth
            slope = sp.S.Zero
        slopes.append(sp.lambdify(dummies, slope, modules=modules))
    return _Function(sp.lambdify(dummies, expr, modules=modules), tuple(slopes))


_SUM, _PRODUCT, _POWER = _Sum(), _Product(), _Power()
_ROOT = _Function(np.sqrt, (lambda u: 0.5 / np.sqrt(u),))


def _operation(expr: sp.Expr) -> tuple[_Operation, tuple[sp.Expr, ...]]:
    if isinstance(expr, sp.Add):
        return _SUM, expr.args
    if isinstance(expr, sp.Mul):
        return _PRODUCT, expr.args
    if isinstance(expr, sp.Pow):
        base, exponent = expr.args
        if isinstance(exponent, sp.Integer) and abs(int(exponent)) <= 64:
            return _Whole(int(exponent)), (base,)
        if exponent == sp.S.Half:
            return _ROOT, (base,)
        return _POWER, (base, exponent)
    if isinstance(expr, sp.Function | sp.Max | sp.Min) and all(
        isinstance(a, sp.Expr) for a in expr.args
    ):
        return _function(expr.func, len(expr.args)), expr.args
    raise ValueError(f"{type(expr).__name__} has no numpy arithmetic")


def number(expr: sp.Expr) -> float:
    """The value of an expression without symbols; NaN where it is not real.

    Example:
        >>> number(sp.sqrt(sp.pi)), number(sp.sqrt(-2))
        (1.772453850905516, nan)
    """
    if isinstance(expr, sp.Float | sp.Rational):
        return float(expr)
    value = expr.evalf(20)
    return float(value) if value.is_extended_real else float("nan")


@dataclass(frozen=True, eq=False)
class Tape:
    """An expression laid out for numpy; made by :func:`tape`.

    Attributes:
        symbols: What the expression depends on, in the order in which values are handed over.
        numbers: Position on the tape and value of each exact number.
        steps: Position, operation and positions of its arguments, in order of evaluation.
        length: Number of positions; the symbols are the first, the result is the last step.
        result: Position of the expression itself.
    """

    symbols: tuple[sp.Symbol, ...]
    numbers: tuple[tuple[int, np.float64], ...]
    steps: tuple[tuple[int, _Operation, tuple[int, ...]], ...]
    length: int
    result: int

    @property
    def shape(self) -> tuple[Any, ...]:
        """What makes two tapes compute the same from the same values; hashable."""
        return self.numbers, self.steps, self.result

    def _run(self, inputs: Sequence[Value]) -> list[Value]:
        memory: list[Value] = [*inputs, *([None] * (self.length - len(inputs)))]
        for at, value in self.numbers:
            memory[at] = value
        for at, operation, args in self.steps:
            memory[at] = operation.value([memory[i] for i in args])
        return memory

    def values(self, inputs: Sequence[Value], n: int) -> Vector:
        """The expression on `n` rows.

        Args:
            inputs: For each symbol its value, one number or an array ``[n]``.
            n: Number of rows.

        Returns:
            Values ``[n]``; not finite where the expression has no real value.

        Example:
            >>> x = sp.Symbol("x", real=True)
            >>> tape(1 / x, (x,)).values([np.array([2.0, 0.0])], 2)
            array([0.5, inf])
        """
        out = np.empty(n)
        with np.errstate(all="ignore"):
            for rows, part in _chunks(inputs, n):
                out[rows] = self._run(part)[self.result]
        return out

    def slopes(self, inputs: Sequence[Value], n: int, wrt: Sequence[int]) -> tuple[Vector, Matrix]:
        """The expression and its partial derivatives on `n` rows.

        Args:
            inputs: For each symbol its value, one number or an array ``[n]``.
            n: Number of rows.
            wrt: Positions (in `symbols`) of the symbols to differentiate by, k of them.

        Returns:
            Values ``[n]`` and derivatives ``[n, k]``.

        Example:
            >>> x, c = sp.symbols("x c", real=True)
            >>> tape(x**c, (x, c)).slopes([np.array([1.0, 2.0]), 3.0], 2, [0])[1].ravel()
            array([ 3., 12.])
        """
        out, jacobian = np.empty(n), np.zeros((n, len(wrt)), order="F")
        live = self._reaches(wrt)
        with np.errstate(all="ignore"):
            for rows, part in _chunks(inputs, n):
                memory = self._run(part)
                out[rows] = memory[self.result]
                adjoint: dict[int, Value] = {self.result: np.float64(1.0)}
                for at, operation, args in reversed(self.steps):
                    if not live[at] or at not in adjoint:
                        continue
                    values = [memory[i] for i in args]
                    for k, i in enumerate(args):
                        if live[i]:
                            term = adjoint[at] * operation.slope(k, values, memory[at])
                            adjoint[i] = adjoint[i] + term if i in adjoint else term
                for column, i in enumerate(wrt):
                    if i in adjoint:
                        jacobian[rows, column] = adjoint[i]
        return out, jacobian

    def affine_in(self, wrt: Iterable[int]) -> bool:
        """Whether the expression is, as it is written, affine in these symbols together.

        Example:
            >>> a, b, x = sp.symbols("a b x", real=True)
            >>> line = tape(a * x + b, (a, b, x))
            >>> line.affine_in([0, 1]), line.affine_in([0, 2])
            (True, False)
        """
        degrees = [0.0] * self.length
        for i in wrt:
            degrees[i] = 1.0
        for at, operation, args in self.steps:
            degrees[at] = operation.degree([degrees[i] for i in args])
        return degrees[self.result] <= 1.0

    def magnitudes(self, sizes: Vector, inputs: Sequence[Value], n: int) -> Vector:
        """For each of the first k symbols, the size at which it changes what it stands in.

        A factor ``c * u`` inside a function matters at ``1 / |u|``, a summand ``c + u`` at
        ``|u|``. Found by walking up from the symbol until the first sum or function.

        Args:
            sizes: Values of the first k symbols ``[k]`` at which the partners are measured.
            inputs: Values of the other symbols.
            n: Number of rows; at most some thousand of them are looked at.
        """
        with np.errstate(all="ignore"):
            _, part = next(iter(_chunks([*sizes, *inputs], min(n, 4096))))
            memory = self._run(part)
            return np.array([self._magnitude(i, memory) for i in range(len(sizes))])

    def _magnitude(self, at: int, memory: list[Value]) -> float:
        slope = 1.0
        for position, operation, args in self.steps:
            if at not in args:
                continue
            others = [memory[i] for i in args if i != at]
            if isinstance(operation, _Product):
                slope *= _typical(operation.value([np.float64(1.0), *others]))
                at = position
            elif isinstance(operation, _Sum):
                return _typical(operation.value([np.float64(0.0), *others])) / slope
            else:
                break
        return 1.0 / slope

    def _reaches(self, wrt: Sequence[int]) -> list[bool]:
        live = [False] * self.length
        for i in wrt:
            live[i] = True
        for at, _, args in self.steps:
            live[at] = any(live[i] for i in args)
        return live


def _typical(values: Value) -> float:
    """Median size of the finite values; 1 where there is none."""
    sizes = np.abs(np.atleast_1d(values))
    sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
    return float(np.median(sizes)) if sizes.size else 1.0


def _chunks(inputs: Sequence[Value], n: int) -> Iterable[tuple[slice, list[Value]]]:
    """Blocks of rows: the tape keeps every step in memory, so it sees few rows at a time."""
    inputs = [np.float64(v) if np.ndim(v) == 0 else v for v in inputs]
    for start in range(0, n, _CHUNK):
        rows = slice(start, min(n, start + _CHUNK))
        yield rows, [v[rows] if v.ndim else v for v in inputs]


class _Layout:
    """An expression on its way to becoming a tape."""

    def __init__(self, symbols: Sequence[sp.Symbol], floats: int):
        self.symbols = tuple(symbols)
        self.place: dict[sp.Expr, int] = {s: floats + i for i, s in enumerate(symbols)}
        self.numbers: list[tuple[int, np.float64]] = []
        self.steps: list[tuple[int, _Operation, tuple[int, ...]]] = []
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
                operation, args = _operation(node)
                self.place[node] = self.step(operation, tuple(self.lay(arg) for arg in args))
        return self.place[node]

    def lay_open(self, node: sp.Expr, floats: Iterator[int]) -> int:
        """The same where each float is a symbol of its own, at the next of `floats`."""
        if isinstance(node, sp.Float):
            return next(floats)
        if not node.has(sp.Float):
            return self.lay(node)
        operation, args = _operation(node)
        return self.step(operation, tuple(self.lay_open(arg, floats) for arg in args))

    def step(self, operation: _Operation, args: tuple[int, ...]) -> int:
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

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> parts(x**2 + 1, (x,), [np.array([1.0, 2.0])])[x**2]
        array([1., 4.])
    """
    layout = _Layout(symbols, floats=0)
    laid = layout.tape(layout.lay(expr), symbols)
    with np.errstate(all="ignore"):
        memory = laid._run(inputs)
    return {node: memory[at] for node, at in layout.place.items()}


def _floats(node: sp.Expr) -> Iterator[sp.Float]:
    if isinstance(node, sp.Float):
        yield node
    for arg in node.args:
        yield from _floats(arg)
