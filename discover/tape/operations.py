"""The elementary steps of a tape: the value of each, its slopes, and the degree it makes.

The functions and their derivatives are sympy's own: each function class is turned into numpy once,
on fresh symbols, so no name of a column ever becomes code.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import sympy as sp

# A value on the tape: one number, or one number a row.
Value = Any


class Operation(Protocol):
    """A step: from the values of its arguments to its own."""

    def value(self, args: Sequence[Value]) -> Value:
        """The value of the step."""
        ...

    def slope(self, at: int, args: Sequence[Value], value: Value) -> Value:
        """The slope by the argument at position `at`, given the value of the step."""
        ...

    def degree(self, degrees: Sequence[float]) -> float:
        """The degree of the step in symbols in which its arguments have `degrees`."""
        ...


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


SUM, PRODUCT, _POWER = _Sum(), _Product(), _Power()
_ROOT = _Function(np.sqrt, (lambda u: 0.5 / np.sqrt(u),))


def operation(expr: sp.Expr) -> tuple[Operation, tuple[sp.Expr, ...]]:
    """The step that an expression ends with, and its arguments.

    Raises:
        ValueError: If it is no function of real numbers.
    """
    if isinstance(expr, sp.Add):
        return SUM, expr.args
    if isinstance(expr, sp.Mul):
        return PRODUCT, expr.args
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
