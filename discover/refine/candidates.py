"""From an engine's raw formulas to candidate laws: tidied, checked, each form once.

Engines carry more numbers than a form needs: a factor in front of every variable, a scale and an
offset around every formula. What is certainly redundant goes here, because it blurs which forms
are the same. Real simplification, and the fit of the numbers that stay, happen in other rooms.
"""

from collections.abc import Iterable, Sequence
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
# An offset within three standard errors of zero is no offset.
_SIGNIFICANT = 3.0


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A formula of the scaled columns and how well it fits.

    Attributes:
        expr: The formula, in the sample's `inputs`.
        law: The same in the columns' own symbols and units.
        size: Complexity of `law`.
        error: Mean squared error over the target's variance, on the sample.
    """

    expr: sp.Expr
    law: sp.Expr
    size: int
    error: float


def candidate(expr: sp.Expr, sample: Sample) -> Candidate | None:
    """A raw formula made ready, or ``None`` where it is no law on every row of the sample.

    Args:
        expr: A formula in the sample's `inputs`.
        sample: The rows it was found on.
    """
    expr = grouped(expr)
    if not _real(expr, sample.inputs):
        return None
    offset, rest = expr.as_coeff_Add()
    residuals = _residuals(expr, sample)
    spread = float(sample.y.std())
    if not np.isfinite(residuals).all():
        return None
    noise = float(residuals.std()) / np.sqrt(len(residuals)) + _PRECISION * spread
    if offset.is_Float and abs(float(offset)) < _SIGNIFICANT * noise and rest.free_symbols:
        expr, residuals = rest, residuals - float(offset)
    law = grouped(sample.restored(expr))
    if not _real(law, sample.columns):
        return None
    error = float(np.mean((residuals / spread) ** 2))
    return Candidate(expr=expr, law=law, size=complexity(law), error=error)


def front(found: Iterable[Candidate], max_complexity: int) -> tuple[sp.Expr, ...]:
    """The laws worth a closer look, simplest first.

    Of several laws of one form the best is kept; a law stays if no simpler one is clearly better.

    Args:
        found: Candidates from the same sample, from however many restarts.
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
        if each.error <= _TOLERANCE * max(best, _PRECISION**2):
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
    if expr.is_Mul and (one := expr.args[0]).is_Float and float(one) == 1.0:
        expr = sp.Mul(*expr.args[1:])
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


def _scaled(ratio: sp.Float, rest: sp.Expr) -> sp.Expr:
    # Sympy tells the float 1.0 from the integer 1, and would keep it as a factor.
    return rest if float(ratio) == 1.0 else ratio * rest


def _residuals(expr: sp.Expr, sample: Sample) -> Vector:
    columns = list(sample.x.T)
    return tape(expr, sample.inputs).values(columns, len(sample.y)) - sample.y


def _real(expr: sp.Expr, symbols: Sequence[sp.Symbol]) -> bool:
    """Whether a formula holds only these symbols, and numbers that fit 64-bit floats."""
    return all(
        leaf in symbols if leaf.is_Symbol else bool(leaf.is_real) and _fits(leaf)
        for leaf in expr.atoms()
    )


def _fits(number: sp.Expr) -> bool:
    return bool(number.is_zero) or bool(1e-307 < abs(number) < 1.7e308)
