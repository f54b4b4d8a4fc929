"""A sympy expression as a box, the way a physicist would write it.

Total: an expression of any class gets some box, and none of sympy's own printers (which would let
a symbol's name through as LaTeX) is involved.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import sympy as sp

from discover.notation.boxes import (
    COMMA,
    DOT,
    MINUS,
    PLUS,
    THIN,
    Box,
    Fenced,
    Fraction,
    Leaf,
    Root,
    Row,
    Script,
    row,
    tall,
    width,
)
from discover.notation.numbers import number
from discover.notation.symbols import from_name

_NAMES = {
    "log": r"\ln", "asin": r"\arcsin", "acos": r"\arccos", "atan": r"\arctan",
    "sin": r"\sin", "cos": r"\cos", "tan": r"\tan", "sinh": r"\sinh", "cosh": r"\cosh",
    "tanh": r"\tanh", "exp": r"\exp", "Min": r"\min", "Max": r"\max",
}  # fmt: skip
_FENCES: dict[str, str] = {"Abs": "|", "floor": "⌊", "ceiling": "⌈"}
_POWERS_BEFORE_ARGUMENT = {"sin", "cos", "tan", "sinh", "cosh", "tanh"}
_WIDEST_EXPONENT = 8.0


def typeset(expr: sp.Expr, names: Mapping[sp.Symbol, Box]) -> Box:
    r"""The box of `expr`; each symbol is drawn as `names` says, or from its own name.

    Example:
        >>> from discover.notation.boxes import latex
        >>> x = sp.Symbol("x")
        >>> latex(typeset(3 * x**2 / 2 - sp.sin(x), {}))
        '\\frac{3\\,x^{2}}{2}-\\sin(x)'
    """
    return _Typesetter(names=names).box(expr)


def terms(expr: sp.Expr) -> list[sp.Expr]:
    """The summands of `expr` in the order in which they are set.

    Plain numbers stand last; but a positive term comes first, where there is one.

    Example:
        >>> x = sp.Symbol("x")
        >>> terms(1 + x), terms(1 - x)
        ([x, 1], [1, -x])
    """
    if not isinstance(expr, sp.Add):
        return [expr]
    ordered = list(expr.as_ordered_terms())
    ordered.sort(key=lambda term: term.free_symbols <= term.atoms(Quantity))
    first = next((i for i, term in enumerate(ordered) if not is_negative(term)), 0)
    return [ordered[first], *ordered[:first], *ordered[first + 1 :]]


def is_negative(expr: sp.Expr) -> bool:
    """Whether `expr` is set with a minus sign in front."""
    coefficient, _ = expr.as_coeff_Mul()
    return bool(coefficient.is_negative)


@dataclass(frozen=True, kw_only=True)
class _Typesetter:
    names: Mapping[sp.Symbol, Box]

    def box(self, expr: sp.Expr) -> Box:
        if isinstance(expr, sp.Symbol):
            return self.names[expr] if expr in self.names else from_name(expr.name)
        if expr.is_Number or expr.is_NumberSymbol:
            return _constant(expr)
        rules: tuple[tuple[type, Callable[[sp.Expr], Box]], ...] = (
            (sp.Add, self._sum),
            (sp.Mul, self._product),
            (sp.exp, self._exponential),
            (sp.Pow, self._power),
        )
        for kind, rule in rules:
            if isinstance(expr, kind):
                return rule(expr)
        return self._function(expr)

    def _sum(self, expr: sp.Expr) -> Box:
        parts: list[Box] = []
        for term in terms(expr):
            if is_negative(term):
                parts += [MINUS, self.box(-term)]
            else:
                parts += [PLUS, self.box(term)] if parts else [self.box(term)]
        return row(*parts)

    def _product(self, expr: sp.Expr) -> Box:
        if is_negative(expr):
            return row(MINUS, self._fenced_sum(-expr))
        top, bottom = sp.fraction(expr, exact=True)
        if bottom != 1:
            return Fraction(self.box(top), self.box(bottom))
        factors = list(expr.as_ordered_factors()) if isinstance(expr, sp.Mul) else [expr]
        boxes = [self._factor(factor) for factor in sorted(factors, key=_reading_order)]
        parts: list[Box] = [boxes[0]]
        for before, after in pairwise(boxes):
            parts += [_between(before, after), after]
        return row(*parts)

    def _fenced_sum(self, expr: sp.Expr) -> Box:
        inside = self.box(expr)
        return Fenced(inside=inside) if isinstance(expr, sp.Add) else inside

    def _factor(self, expr: sp.Expr) -> Box:
        inside = self.box(expr)
        return Fenced(inside=inside) if isinstance(expr, sp.Add) or is_negative(expr) else inside

    def _exponential(self, expr: sp.Expr) -> Box:
        (argument,) = expr.args
        exponent = self.box(argument)
        if tall(exponent) or width(exponent) > _WIDEST_EXPONENT:
            return row(_name("exp"), Fenced(inside=exponent))
        return Script(base=Leaf(tex="e", text="e", kind="upright"), sup=exponent)

    def _power(self, expr: sp.Expr) -> Box:
        base, exponent = expr.args
        if is_negative(exponent):
            one = Leaf(tex="1", text="1", kind="number")
            return Fraction(one, self.box(sp.Pow(base, -exponent)))
        if exponent.is_Rational and exponent.p == 1 and exponent.q <= 4:
            degree = None if exponent.q == 2 else self.box(sp.Integer(exponent.q))
            return Root(inside=self.box(base), index=degree)
        above = _slashed(exponent) or self.box(exponent)
        name = type(base).__name__
        if name in _POWERS_BEFORE_ARGUMENT and exponent.is_Integer:
            return row(Script(base=_name(name), sup=above), self._arguments(base))
        below = self._base(base)
        if isinstance(below, Script):
            return Script(base=below.base, sub=below.sub, sup=above)
        return Script(base=below, sup=above)

    def _base(self, base: sp.Expr) -> Box:
        inside = self.box(base)
        plain = isinstance(inside, Leaf) or (isinstance(inside, Script) and inside.sup is None)
        negative = base.is_Number and base.is_negative
        return inside if (plain and not negative) else Fenced(inside=inside)

    def _function(self, expr: sp.Expr) -> Box:
        name = type(expr).__name__
        if name in _FENCES and len(expr.args) == 1:
            return Fenced(inside=self.box(expr.args[0]), left=_FENCES[name])  # type: ignore[arg-type]
        return row(_name(name), self._arguments(expr))

    def _arguments(self, expr: sp.Expr) -> Box:
        parts: list[Box] = []
        for argument in expr.args:
            shown = self.box(argument) if isinstance(argument, sp.Expr) else _word(str(argument))
            parts += [COMMA, shown] if parts else [shown]
        return Fenced(inside=row(*parts) if parts else THIN)


def _constant(expr: sp.Expr) -> Box:
    if expr is sp.pi:
        return Leaf(tex=r"\pi", text="π", kind="identifier")
    if expr is sp.E:
        return Leaf(tex="e", text="e", kind="upright")
    if expr.is_Integer:
        digits = str(int(expr))
        return Leaf(tex=digits, text=digits.replace("-", "−"), kind="number")
    if expr.is_Rational:
        top = _constant(sp.Integer(abs(expr.p)))
        fraction = Fraction(top, _constant(sp.Integer(expr.q)))
        return row(MINUS, fraction) if expr.p < 0 else fraction
    value = float(expr)
    short = (d for d in range(1, 4) if float(f"{value:.{d - 1}e}") == value)
    return number(value, next(short, 4))


def _slashed(exponent: sp.Expr) -> Box | None:
    """A rational exponent on one line: 3/2, not a small stacked fraction."""
    if not exponent.is_Rational or exponent.is_Integer:
        return None
    text = f"{exponent.p}/{exponent.q}"
    return Leaf(tex=text, text=text.replace("-", "−"), kind="number")


def _reading_order(factor: sp.Expr) -> int:
    """Numbers, then symbols and their powers, then functions, then sums."""
    base = factor.base if isinstance(factor, sp.Pow) else factor
    if base.is_number or _is_fitted(base):
        return 0
    if base.is_Symbol:
        return 1
    return 3 if isinstance(base, sp.Add) else 2


def _is_fitted(base: sp.Expr) -> bool:
    return isinstance(base, Quantity)


class Quantity(sp.Dummy):  # type: ignore[misc]
    """A symbol that stands for a number, and is set before the columns in a product."""


def _between(before: Box, after: Box) -> Box:
    """A thin space between factors; a dot where a space would not separate them."""
    return DOT if _wordy(before) or _starts_with_digit(after) or _wordy(after) else THIN


def _wordy(box: Box) -> bool:
    return isinstance(box, Leaf) and box.kind == "text"


def _starts_with_digit(box: Box) -> bool:
    match box:
        case Leaf(kind="number"):
            return True
        case Row(parts=parts):
            return _starts_with_digit(parts[0])
        case Script(base=base):
            return _starts_with_digit(base)
        case Fraction(top=top, bottom=bottom):
            return _starts_with_digit(top) and isinstance(bottom, Leaf)
        case _:
            return False


def _name(name: str) -> Leaf:
    if name in _NAMES:
        tex = _NAMES[name]
        return Leaf(tex=tex, text=tex[1:], kind="upright")
    return _word(name)


def _word(name: str) -> Leaf:
    safe = "".join(sign for sign in name if sign.isascii() and sign.isalnum())
    return Leaf(tex=rf"\mathrm{{{safe}}}", text=safe, kind="upright")
