"""The functions and numbers that a formula may name: each once, in sympy and in floats."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy as sp

NAME = r"[^\W\d][^\W²³¹⁰-₟]*"
"""How far a name without backticks goes, as a regular expression."""


def is_name(text: str) -> bool:
    """Whether `text` is read as a name where it stands without backticks.

    Example:
        >>> is_name("E_0"), is_name("x²"), is_name("Z/2")
        (True, False, False)
    """
    return re.fullmatch(NAME, text) is not None and text.isidentifier()


@dataclass(frozen=True, kw_only=True)
class Function:
    """A function of the grammar.

    Attributes:
        build: Makes the sympy form from sympy arguments.
        value: Computes it from floats; fails as `math` does outside its domain.
        arity: Number of arguments; ``None`` for one or more.
    """

    build: Callable[..., sp.Expr]
    value: Callable[..., float]
    arity: int | None = 1


def power(base: float, exponent: float) -> float:
    """``base ** exponent`` in real floats.

    Raises:
        ValueError: If the power is not real.

    Example:
        >>> power(2.0, -1.0)
        0.5
    """
    value: Any = base**exponent
    if isinstance(value, complex):
        raise ValueError("not a real number")
    return float(value)


def _sign(x: float) -> float:
    return float((x > 0) - (x < 0))


def _lattice(function: Any) -> Callable[..., sp.Expr]:
    # Sympy compares all arguments of Min and Max with each other to drop some, which can take
    # minutes. They are compared where they are all numbers, and else kept as they stand.
    def build(*args: sp.Expr) -> sp.Expr:
        return function(*args, evaluate=all(arg.is_Number for arg in args))

    return build


def _one(build: Callable[..., sp.Expr], value: Callable[..., float]) -> Function:
    return Function(build=build, value=value)


_MINIMUM = Function(build=_lattice(sp.Min), value=lambda *x: min(x), arity=None)
_MAXIMUM = Function(build=_lattice(sp.Max), value=lambda *x: max(x), arity=None)
_THIRD = sp.Rational(1, 3)

#: ``cbrt(x)`` is ``x**(1/3)``, as in sympy: real where x is not negative.
FUNCTIONS: dict[str, Function] = {
    "sin": _one(sp.sin, math.sin),
    "cos": _one(sp.cos, math.cos),
    "tan": _one(sp.tan, math.tan),
    "cot": _one(sp.cot, lambda x: 1 / math.tan(x)),
    "sec": _one(sp.sec, lambda x: 1 / math.cos(x)),
    "csc": _one(sp.csc, lambda x: 1 / math.sin(x)),
    "asin": _one(sp.asin, math.asin),
    "acos": _one(sp.acos, math.acos),
    "atan": _one(sp.atan, math.atan),
    "atan2": Function(build=sp.atan2, value=math.atan2, arity=2),
    "sinh": _one(sp.sinh, math.sinh),
    "cosh": _one(sp.cosh, math.cosh),
    "tanh": _one(sp.tanh, math.tanh),
    "asinh": _one(sp.asinh, math.asinh),
    "acosh": _one(sp.acosh, math.acosh),
    "atanh": _one(sp.atanh, math.atanh),
    "exp": _one(sp.exp, math.exp),
    "log": _one(sp.log, math.log),
    "ln": _one(sp.log, math.log),
    "erf": _one(sp.erf, math.erf),
    "sqrt": _one(sp.sqrt, math.sqrt),
    "cbrt": _one(lambda x: sp.Pow(x, _THIRD), lambda x: power(x, 1 / 3)),
    "sigmoid": _one(lambda x: 1 / (1 + sp.exp(-x)), lambda x: 1 / (1 + math.exp(-x))),
    "Abs": _one(sp.Abs, abs),
    "abs": _one(sp.Abs, abs),
    "sign": _one(sp.sign, _sign),
    "Min": _MINIMUM,
    "min": _MINIMUM,
    "Max": _MAXIMUM,
    "max": _MAXIMUM,
}

#: Numbers that have a name, unless a column bears it.
NUMBERS: dict[str, sp.Expr] = {"pi": sp.pi, "E": sp.E}
