"""A part of an expression with other arguments, evaluated only where that changes something.

Sympy asks much before it builds a product or a power: whether an exponent is zero, a base positive,
how often a root turns round in the complex plane. Of long expressions the answers take milliseconds
and are mostly that nothing is known. Where they could not matter they are not asked for.
"""

from collections.abc import Sequence
from functools import cmp_to_key

import sympy as sp

_place = cmp_to_key(sp.Basic.compare)


def rebuilt(node: sp.Expr, args: Sequence[sp.Expr]) -> sp.Expr:
    """`node` with other arguments: what sympy would build, often sooner.

    Example:
        >>> x, y = sp.symbols("x y", real=True)
        >>> rebuilt(2.0 * x * y, [sp.Float(3.0), x, sp.exp(y**2)])
        3.0*x*exp(y**2)
        >>> rebuilt(2.0 * x * y, [sp.Float(3.0), x, x])
        3.0*x**2
    """
    if isinstance(node, sp.Mul) and _apart(args):
        numbers = [arg for arg in args if arg.is_Number]
        others = sorted((arg for arg in args if not arg.is_Number), key=_place)
        return sp.Mul(*numbers, *others, evaluate=False)
    if isinstance(node, sp.Pow) and _turning(*args):
        return sp.Pow(*args, evaluate=False)
    return node.func(*args)


def _apart(factors: Sequence[sp.Expr]) -> bool:
    """Whether no two factors can be put together: one number at most, and powers of other bases."""
    others = [factor for factor in factors if not factor.is_Number]
    numbers = [factor for factor in factors if factor.is_Number]
    if len(numbers) > 1 or len(factors) < 2:
        return False
    # A number times a sum is a sum.
    if numbers and (not _plain(numbers[0]) or (len(others) == 1 and others[0].is_Add)):
        return False
    bases = [factor.as_base_exp()[0] for factor in others]
    if any(isinstance(factor, sp.Mul) for factor in others):
        return False
    unlike = len(set(bases)) == len(bases)
    return unlike and all(base.free_symbols or base in (sp.pi, sp.E) for base in bases)


def _plain(number: sp.Expr) -> bool:
    return bool(number.is_finite and not number.is_zero and number is not sp.S.One)


def _turning(base: sp.Expr, power: sp.Expr) -> bool:
    """Whether this is a root of one over a sum of unknown sign, which stays as it is."""
    return (
        isinstance(base, sp.Pow)
        and isinstance(base.base, sp.Add)
        and base.exp == -1
        and bool(power.is_Number)
        and not power.is_integer
        and base.base.is_extended_nonnegative is None
    )
