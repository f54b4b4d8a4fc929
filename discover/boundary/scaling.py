"""The same boundary with one of its numbers divided out: only ratios of its numbers matter."""

from collections.abc import Iterator

import sympy as sp


def scalings(expr: sp.Expr) -> Iterator[sp.Expr]:
    """`expr` itself, and `expr` over the size of each of its coefficients.

    Example:
        >>> x, y = sp.symbols("x y", real=True)
        >>> list(scalings(2.0 * x - 4.0 * y + 1))
        [2.0*x - 4.0*y + 1, x - 2.0*y + 0.5, 0.5*x - y + 0.25]
        >>> list(scalings(1 - sp.Abs(2.0 * x * y - 2.0 * y)))[1]
        0.5 - Abs(x*y - y)
    """
    yield expr
    for number in sorted({float(abs(n)) for n in _coefficients(expr)}):
        if number not in (0.0, 1.0):
            yield sp.Add(*(_divided(term, number) for term in sp.Add.make_args(expr)))


def _coefficients(expr: sp.Expr) -> Iterator[sp.Expr]:
    for term in sp.Add.make_args(expr):
        number, rest = term.as_coeff_Mul()
        if isinstance(rest, sp.Abs):
            yield from _coefficients(rest.args[0])
        elif isinstance(number, sp.Float) and rest != 1:
            yield number


def _divided(term: sp.Expr, by: float) -> sp.Expr:
    number, rest = term.as_coeff_Mul()
    if isinstance(rest, sp.Abs):
        inner = sp.Add(*(_divided(each, by) for each in sp.Add.make_args(rest.args[0])))
        return number * sp.Abs(inner)
    ratio = float(number) / by
    return (sp.Integer(int(ratio)) if abs(ratio) == 1.0 else sp.Float(ratio)) * rest
