"""From an engine's raw formulas to candidate laws: tidied, checked, each form once.

Engines carry more numbers than a form needs: a factor in front of every variable, a scale and an
offset around every formula. What is certainly redundant goes here, because it blurs which forms
are the same. Real simplification, and the fit of the numbers that stay, happen in other rooms.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import sympy as sp

from discover.dataset import Vector
from discover.law import complexity
from discover.refine.sample import Sample
from discover.tape import tape

#: Sizes before simplification may exceed what is wanted at the end by this factor.
SLACK = 1.5
# A larger candidate must halve the mean squared error of the smaller ones, or nearly reach it:
# one that is only as good may still be the better form once its numbers are refitted.
_TOLERANCE = 2.0
# Engines end at single precision; errors below it say nothing about the form.
_PRECISION = 1e-7
_ROUNDING = 1e-6
# Rows with noise leave exponents a few hundredths from the true ones.
_NEAR = 0.05
# An offset within three standard errors of zero is no offset.
_SIGNIFICANT = 3.0


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A law and how well it fits the sample.

    Attributes:
        law: The formula in the columns' own symbols and units.
        size: Complexity of `law`.
        error: Mean squared error over the target's variance, on the sample.
    """

    law: sp.Expr
    size: int
    error: float


def candidates(expr: sp.Expr, sample: Sample) -> Iterator[Candidate]:
    """A raw formula made ready; also with its fitted exponents rounded, where they are near.

    Args:
        expr: A formula in the sample's `inputs`.
        sample: The rows it was found on.

    Yields:
        None, one or two candidates: a formula that has no finite value on some row is no law.
    """
    yield from _candidate(grouped(expr), sample)
    whole = rounded(expr)
    if whole != expr and _real(whole, sample.inputs):
        values = _values(whole, sample)
        size = float(values @ values)
        if np.isfinite(size) and size > 0:
            scale = sp.Float(float(values @ sample.y) / size)
            yield from _candidate(grouped(scale * whole), sample)


def _candidate(expr: sp.Expr, sample: Sample) -> Iterator[Candidate]:
    if not _real(expr, sample.inputs):
        return
    residuals = _values(expr, sample) - sample.y
    if not np.isfinite(residuals).all():
        return
    spread = float(sample.y.std())
    offset, rest = expr.as_coeff_Add()
    noise = float(residuals.std()) / np.sqrt(len(residuals)) + _PRECISION * spread
    if offset.is_Float and abs(float(offset)) < _SIGNIFICANT * noise and rest.free_symbols:
        expr, residuals = rest, residuals - float(offset)
    law = grouped(sample.restored(expr))
    if _real(law, sample.columns):
        error = float(np.mean((residuals / spread) ** 2))
        yield Candidate(law=law, size=complexity(law), error=error)


def front(found: Iterable[Candidate], sample: Sample, max_complexity: int) -> tuple[sp.Expr, ...]:
    """The laws worth a closer look, simplest first.

    Of several laws of one form the best is kept; a law stays if no simpler one is clearly better
    and it has values in the columns' own units too, in which squares may overflow or vanish.

    Args:
        found: Candidates from the sample, from however many restarts.
        sample: The rows they were found on.
        max_complexity: Size of the largest law wanted, before :data:`SLACK`.
    """
    forms: dict[str, Candidate] = {}
    for each in found:
        form = skeleton(each.law)
        if each.size <= SLACK * max_complexity and (
            form not in forms or each.error < forms[form].error
        ):
            forms[form] = each
    kept, best = [], np.inf
    for each in sorted(forms.values(), key=lambda c: (c.size, c.error)):
        good = each.error <= _TOLERANCE * max(best, _PRECISION**2)
        if good and np.isfinite(_unscaled(each.law, sample)).all():
            kept.append(each.law)
            best = min(best, each.error)
    return tuple(kept)


def skeleton(expr: sp.Expr) -> str:
    """The form of a law: equal for two laws that differ in their fitted numbers only.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> skeleton(2.5 * x**2) == skeleton(-0.1 * x**2), skeleton(2.5 * x) == skeleton(x)
        (True, False)
    """
    if expr.is_Float:
        return "#"
    if not expr.args:
        return str(sp.srepr(expr))
    parts = [skeleton(arg) for arg in expr.args]
    if expr.is_Add or expr.is_Mul:
        parts.sort()
    return f"{expr.func.__name__}({', '.join(parts)})"


def rounded(expr: sp.Expr) -> sp.Expr:
    """The same formula with exponents at halves and wholes, where fitted ones are near them.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> rounded(3.0 * x**1.998), rounded(x**0.51 + x**0.3)
        (3.0*x**2, x**0.3 + sqrt(x))
    """
    if not expr.args:
        return expr
    expr = expr.func(*(rounded(arg) for arg in expr.args))
    if expr.is_Pow and expr.exp.is_Float:
        nearest = sp.Rational(round(2 * float(expr.exp)), 2)
        if abs(expr.exp - nearest) < _NEAR:
            return expr.base**nearest
    return expr


def grouped(expr: sp.Expr) -> sp.Expr:
    """The same formula without the numbers that only rescale one another.

    A sum inside a product or a power gives its first factor away, and the exponential of a sum its
    constant: ``3/(2x + 4y)`` has three fitted numbers, ``1.5/(x + 2y)`` two.

    Example:
        >>> x, y = sp.symbols("x y", real=True)
        >>> grouped(3.0 / (2.0 * x + 4.0 * y)), grouped(sp.exp(x - 0.0))
        (1.5/(x + 2.0*y), exp(x))
    """
    if not expr.args:
        return expr
    expr = expr.func(*(grouped(arg) for arg in expr.args))
    if expr.is_Mul:
        expr = _scaled(*expr.as_coeff_Mul())
    if expr.is_Add and expr.has(sp.log):
        expr = _without_units(expr)
    if expr.is_Pow and expr.base.is_Add and expr.exp.is_Number:
        factor, rest = _factor(expr.base, signed=bool(expr.exp.is_Integer))
        return sp.Mul(factor**expr.exp, rest**expr.exp)
    if expr.is_Mul and any(arg.is_Add for arg in expr.args):
        parts = [_factor(arg, signed=True) if arg.is_Add else (sp.S.One, arg) for arg in expr.args]
        return sp.Mul(sp.Mul(*(f for f, _ in parts)), *(rest for _, rest in parts))
    if isinstance(expr, sp.exp) and expr.args[0].is_Add:
        constant, rest = expr.args[0].as_coeff_Add()
        if constant.is_Float:
            return sp.Mul(sp.exp(constant), sp.exp(rest))
    return expr


def _without_units(total: sp.Add) -> sp.Expr:
    # w log(cx) + k is w log(x) + (w log(c) + k): one number less; and in log(cx) - log(cy) both c
    # go. What single precision leaves of them is dropped.
    terms, constant, size = [], 0.0, 0.0
    for term in total.args:
        factor, rest = term.as_coeff_Mul()
        scale, inner = rest.args[0].as_coeff_Mul() if isinstance(rest, sp.log) else (sp.S.One, rest)
        if scale.is_Float and scale > 0:
            moved = float(factor) * float(sp.log(scale))
            constant, size = constant + moved, max(size, abs(moved))
            term = factor * sp.log(inner)
        terms.append(term)
    if abs(constant) > _ROUNDING * size:
        terms.append(sp.Float(constant))
    return sp.Add(*terms)


def _factor(total: sp.Add, *, signed: bool) -> tuple[sp.Expr, sp.Expr]:
    # A number disappears only where every term has a fitted one.
    terms = sorted(
        (term.as_coeff_Mul() for term in total.args), key=lambda term: sp.default_sort_key(term[1])
    )
    leading = next((c for c, rest in terms if rest.free_symbols), sp.S.Zero)
    if not leading.is_Float or not all(c.is_Float for c, _ in terms):
        return sp.S.One, total
    factor = leading if signed else abs(leading)
    return factor, sp.Add(*(_scaled(c / factor, rest) for c, rest in terms))


def _scaled(ratio: sp.Expr, rest: sp.Expr) -> sp.Expr:
    # Sympy tells the float 1.0 from the integer 1, and would keep it as a factor.
    return sp.Integer(int(ratio)) * rest if abs(float(ratio)) == 1.0 else ratio * rest


def _values(expr: sp.Expr, sample: Sample) -> Vector:
    return tape(expr, sample.inputs).values(list(sample.x.T), len(sample.y))


def _unscaled(law: sp.Expr, sample: Sample) -> Vector:
    columns = sample.x * sample.x_scale
    return tape(law, sample.columns).values(list(columns.T), len(columns))


def _real(expr: sp.Expr, symbols: Sequence[sp.Symbol]) -> bool:
    """Whether a formula holds only these symbols, and numbers that fit 64-bit floats."""
    return all(
        leaf in symbols if leaf.is_Symbol else bool(leaf.is_real) and _fits(leaf)
        for leaf in expr.atoms()
    )


def _fits(number: sp.Expr) -> bool:
    return bool(number.is_zero) or bool(1e-307 < abs(number) < 1.7e308)
