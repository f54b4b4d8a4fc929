"""Fewer minus signs: ``-(a - b)/(c - 2)`` is written as ``(b - a)/(c - 2)``."""

import sympy as sp


def turned(expr: sp.Expr) -> sp.Expr:
    """An equal expression with sums in products turned round where that saves a minus sign.

    Sums of nothing but negative terms are turned; then, where a minus sign stands before the
    product, a sum that has a negative term takes it. It is for reading: sympy counts ``b - a`` as
    longer than ``a - b``, so this is no simplification.

    Example:
        >>> a, b, c = sp.symbols("a b c", real=True)
        >>> turned(-3 * c * (a**2 - b)), turned((-2 * a - 3) / (a - 3)), turned(-a * (b + 1))
        (3*c*(-a**2 + b), (2*a + 3)/(3 - a), -a*(b + 1))
    """
    if not expr.args:
        return expr
    inside = expr.func(*map(turned, expr.args))
    return _product(inside) if isinstance(inside, sp.Mul) else inside


def _product(product: sp.Mul) -> sp.Expr:
    number, factors = product.as_coeff_mul()
    sign = -1 if number.is_negative else 1
    read: list[sp.Expr] = []
    for factor in factors:
        terms = _terms(factor)
        if terms and all(map(_negative, terms)):
            read.append(_opposite(factor))
            sign = -sign
        else:
            read.append(factor)
    mixed = [i for i, factor in enumerate(read) if any(map(_negative, _terms(factor)))]
    if sign < 0 and mixed:
        read[mixed[0]] = _opposite(read[mixed[0]])
        sign = 1
    # A number before a lone sum would be multiplied into it again.
    return sp.Mul(sign * abs(number), *read, evaluate=len(read) > 1)


def _terms(factor: sp.Expr) -> tuple[sp.Expr, ...]:
    """The terms of a sum, or of one under an odd power; of all else none."""
    base, exponent = factor.as_base_exp()
    odd = exponent.is_Integer and exponent.is_odd
    return base.args if odd and isinstance(base, sp.Add) else ()


def _negative(term: sp.Expr) -> bool:
    return bool(term.as_coeff_Mul()[0].is_negative)


def _opposite(factor: sp.Expr) -> sp.Expr:
    base, exponent = factor.as_base_exp()
    return sp.Pow(sp.Add(*(-term for term in base.args)), exponent)
