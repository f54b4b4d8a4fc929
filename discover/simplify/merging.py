"""Floats merged, by fast local rules: each is tried at every part of an expression, once."""

import math
from collections.abc import Callable
from functools import lru_cache

import sympy as sp

from discover.law import complexity
from discover.simplify.rebuilding import rebuilt

Rule = Callable[[sp.Expr], sp.Expr]
# Numbers beyond this would leave float64 when they are multiplied with others.
_HUGE = 1e100


@lru_cache(maxsize=16384)
def merge(expr: sp.Expr) -> sp.Expr:
    """`expr` with its floats merged where that makes it shorter; fast, by local rules only.

    ``exp(a*x + b)`` becomes ``c*exp(a*x)``, ``c*(a*x + b*y)**p`` becomes ``c'*(x + b'*y)**p``.
    Equal to `expr` up to rounding wherever `expr` is real.

    Example:
        >>> x, y = sp.symbols("x y", real=True)
        >>> merge(3.0 * y / (2.0 * x + 4.0))
        1.5*y/(x + 2.0)
    """
    if not expr.args:
        return expr
    args = [merge(arg) for arg in expr.args]
    changed = any(new is not old for new, old in zip(args, expr.args, strict=True))
    node = rebuilt(expr, args) if changed else expr
    for rule in _LOCAL:
        shorter = rule(node)
        if shorter != node and complexity(shorter) <= complexity(node):
            node = shorter
    return node


def _plain(node: sp.Expr) -> sp.Expr:
    """Exact where the float is so and it shortens: ``1.0*x`` is x, ``x**0.5`` is sqrt(x)."""
    if isinstance(node, sp.Mul) and isinstance(node.args[0], sp.Float):
        number, rest = float(node.args[0]), node.args[1:]
        if abs(number) == 1.0:
            return sp.Mul(int(number), *rest)
    if isinstance(node, sp.Pow) and isinstance(node.exp, sp.Float):
        twice = 2 * float(node.exp)
        if twice.is_integer() and abs(twice) < 100:
            return sp.Pow(node.base, sp.Rational(int(twice), 2))
    return node


def _exponential(node: sp.Expr) -> sp.Expr:
    """``c*exp(u + b) = (c*e^b)*exp(u)`` for a float b; worth it where c is there already."""
    if not isinstance(node, sp.Mul | sp.exp):
        return node
    coefficient, factors = sp.S.One, []
    for factor in sp.Mul.make_args(node):
        if isinstance(factor, sp.exp) and isinstance(factor.args[0], sp.Add):
            shift, rest = factor.args[0].as_coeff_Add()
            if isinstance(shift, sp.Float) and abs(float(shift)) < math.log(_HUGE):
                coefficient *= sp.Float(math.exp(float(shift)))
                factor = sp.exp(rest)
        factors.append(factor)
    return node if coefficient is sp.S.One else sp.Mul(coefficient, *factors)


def _content(node: sp.Expr) -> sp.Expr:
    """``c*(a*u + b*v)**p = (c*a**p)*(u + (b/a)*v)**p``: one float less where c is there already."""
    factors = sp.Mul.make_args(node)
    outside = isinstance(factors[0], sp.Float)
    for i, factor in enumerate(factors):
        base, power = factor.as_base_exp()
        if not isinstance(base, sp.Add) or not power.is_number:
            continue
        scale = _commonest(base, signed=bool(power.is_Integer), least=1 if outside else 2)
        if scale is None or abs(float(power) * math.log(abs(scale))) > math.log(_HUGE):
            continue
        inside = _scaled(base, sp.Float(scale))
        shorter = sp.Mul(
            sp.Float(scale ** float(power)), *factors[:i], inside**power, *factors[i + 1 :]
        )
        if complexity(shorter) < complexity(node):
            return shorter
    return node


def _commonest(base: sp.Add, *, signed: bool, least: int) -> float | None:
    """The float that most terms of a sum have as a factor, if `least` of them do.

    Dividing by it saves a number for each of them, and costs one outside unless there is one.
    """
    found = [float(number) for number in _leading(base)]
    sizes = [abs(number) for number in found if number != 0]
    if not sizes or max(map(sizes.count, sizes)) < least:
        return None
    size = max(sizes, key=sizes.count)
    return next(number for number in found if abs(number) == size) if signed else size


def _scaled(base: sp.Add, scale: sp.Float) -> sp.Expr:
    """``base / scale``, with the terms whose factor becomes 1 without it."""
    return sp.Add(*[_plain(term / scale) for term in base.args])


def _leading(base: sp.Add) -> list[sp.Float]:
    """Float coefficients of the terms of a sum that hold symbols."""
    found = []
    for term in base.args:
        number, rest = term.as_coeff_Mul()
        if isinstance(number, sp.Float) and rest != 1:
            found.append(number)
    return found


def _logarithm(node: sp.Expr) -> sp.Expr:
    """``d + c*log(a*u) = (d + c*log(a)) + c*log(u)``: one float less where d is there already."""
    if not isinstance(node, sp.Add):
        return node
    terms = []
    for term in node.args:
        factor, rest = term.as_coeff_Mul()
        if isinstance(rest, sp.log):
            scale, inside = _scale_of(rest.args[0])
            if 0 < scale < _HUGE:
                terms += [factor * sp.Float(math.log(scale)), factor * sp.log(inside)]
                continue
        terms.append(term)
    return node if len(terms) == len(node.args) else sp.Add(*terms)


def _scale_of(inside: sp.Expr) -> tuple[float, sp.Expr]:
    number, rest = inside.as_coeff_Mul()
    if isinstance(number, sp.Float) and number > 0:
        return float(number), rest
    if isinstance(inside, sp.Add):
        for number in _leading(inside):
            if number > 0:
                return float(number), _scaled(inside, number)
    return 0.0, inside


def _phase(node: sp.Expr) -> sp.Expr:
    """``sin(u + b)`` with b brought to within half a turn."""
    if not isinstance(node, sp.sin | sp.cos) or not isinstance(node.args[0], sp.Add):
        return node
    shift, rest = node.args[0].as_coeff_Add()
    if not isinstance(shift, sp.Float) or abs(float(shift)) <= math.pi:
        return node
    return node.func(rest + sp.Float(math.remainder(float(shift), 2 * math.pi)))


_LOCAL: tuple[Rule, ...] = (_plain, _exponential, _content, _logarithm, _phase)
