"""Combine parts of a formula in sympy, safely.

Sympy works out numbers exactly and at once: ``9**9**9`` would fill the memory, ``log(0)`` become
an infinity that swallows the rest, ``sqrt(-2)`` leave the real line. Every part that contains no
name is therefore computed in floats first, and must be finite and real; the exponents of the
other parts are bounded.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sympy as sp

from discover.formula.vocabulary import power

MAX_EXPONENT = 1000
_UNDEFINED = (sp.nan, sp.zoo, sp.oo, -sp.oo)


class NoValueError(ValueError):
    """A part of a formula has no finite real value.

    Attributes:
        found: What is wrong with it.
        expected: What it should be.
    """

    def __init__(self, found: str, expected: str = "a finite real number"):
        super().__init__(found)
        self.found = found
        self.expected = expected


@dataclass(frozen=True)
class Value:
    """A part of a formula.

    Attributes:
        expr: The part in sympy.
        number: Its value, where it contains no name.
    """

    expr: sp.Expr
    number: float | None = None


def number(text: str) -> Value:
    """An unsigned number: exact where it is an integer, else a float.

    Raises:
        NoValueError: If no 64-bit float comes near it.

    Example:
        >>> number("3").expr, number("1e-3").number
        (3, 0.001)
    """
    value = float(text)
    if math.isinf(value) or (value == 0 and any(digit in "123456789" for digit in _mantissa(text))):
        raise NoValueError(f"the number {_short(text)}", "at most 1.8e308 and at least 5e-324")
    return Value(sp.Integer(int(text)) if text.isdecimal() else sp.Float(value), value)


def _mantissa(text: str) -> str:
    return text.lower().split("e")[0]


def _short(text: str) -> str:
    return text if len(text) <= 24 else f"{text[:20]}..."


def negative(part: Value) -> Value:
    """``-part``; a sum keeps its parentheses."""
    return Value(
        _scaled(sp.S.NegativeOne, part.expr), None if part.number is None else -part.number
    )


def total(parts: Sequence[Value]) -> Value:
    """The sum of all `parts`."""
    return combined(parts, sp.Add, lambda *values: math.fsum(values))


def product(parts: Sequence[Value]) -> Value:
    """The product of all `parts`; a number in front of a sum stays there."""
    return combined(parts, _product, lambda *values: math.prod(values))


def inverse(part: Value) -> Value:
    """``1/part``."""
    return combined([part], lambda x: sp.Pow(x, -1), lambda x: 1 / x)


def raised(base: Value, exponent: Value) -> Value:
    """``base ** exponent``."""
    _bound_exponent(exponent.expr)
    return combined([base, exponent], sp.Pow, power)


def exponential(exponent: Value) -> Value:
    """``exp(exponent)``."""
    if exponent.number is None:
        _bound_exponent(exponent.expr)
    return combined([exponent], sp.exp, math.exp)


def combined(
    parts: Sequence[Value], build: Callable[..., sp.Expr], value: Callable[..., float]
) -> Value:
    """Combine `parts` by a function, in floats where all of them are numbers, and in sympy.

    Raises:
        NoValueError: If the result is not a finite real number, or no longer fits a float.
    """
    result = None
    numbers = [part.number for part in parts if part.number is not None]
    if len(numbers) == len(parts):
        try:
            result = float(value(*numbers))
        except ZeroDivisionError:
            raise NoValueError("a division by zero", "a divisor that is not zero") from None
        except OverflowError:
            result = math.inf
        except ValueError:
            raise NoValueError("a value that is not real (or infinite)") from None
        if not math.isfinite(result):
            raise NoValueError("a value beyond 1.8e308")
    expr = build(*(part.expr for part in parts))
    _check(expr)
    if expr.is_Number:  # exact where floats are not: sin(pi) is 0
        result = float(expr)
    return Value(expr, result)


def _check(expr: sp.Expr) -> None:
    for leaf in expr.atoms():
        if leaf in _UNDEFINED:
            raise NoValueError("a division by zero, or a value that is infinite")
        if leaf is sp.I:
            raise NoValueError("a value that is not real", "a real number")
        if leaf.is_Number and not _fits(leaf):
            raise NoValueError("a number that no 64-bit float holds", "1e-307 to 1.8e308 in size")
    for base, exponent in (part.args for part in expr.atoms(sp.Pow)):
        _bound_exponent(exponent)
        # Sympy takes the sign out of a root: of cbrt(-exp(x)) it makes cbrt(-1)*exp(x/3).
        if base.is_Number and base < 0 and exponent.is_Rational and exponent.q != 1:
            raise NoValueError("a value that is not real", "a real number")


def _fits(value: sp.Number) -> bool:
    if isinstance(value, sp.Rational):
        return bool(max(abs(value.p), value.q).bit_length() < 1024)
    try:
        return bool(math.isfinite(float(value)) and sp.Float(float(value)) == value)
    except OverflowError:
        return False


def _bound_exponent(exponent: sp.Expr) -> None:
    for term in sp.Add.make_args(exponent):
        if term.free_symbols:
            continue
        factor, _ = term.as_coeff_Mul()
        if abs(factor) > MAX_EXPONENT:
            raise NoValueError(
                f"the exponent {_short(f'{float(factor):g}')}",
                f"exponents from -{MAX_EXPONENT} to {MAX_EXPONENT}",
            )


def _product(*factors: sp.Expr) -> sp.Expr:
    factor = sp.Mul(*(f for f in factors if f.is_Number))
    rest = sp.Mul(*(f for f in factors if not f.is_Number))
    return _scaled(factor, rest)


def _scaled(factor: sp.Number, expr: sp.Expr) -> sp.Expr:
    # Sympy multiplies a number into a sum; laws are published as 2*(x + y).
    if expr.is_Add and factor is not sp.S.One and factor is not sp.S.Zero:
        return sp.Mul(factor, expr, evaluate=False)
    return sp.Mul(factor, expr)
