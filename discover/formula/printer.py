"""Write a formula so that `parse` gives it back."""

import sympy as sp
from sympy.printing.str import StrPrinter

from discover.formula.vocabulary import FUNCTIONS, NUMBERS, is_name

_KINDS = (sp.Add, sp.Mul, sp.Pow, sp.Symbol, sp.Rational, sp.Float, type(sp.pi), type(sp.E))
_APPLIED = tuple(
    {f.build for f in FUNCTIONS.values() if isinstance(f.build, type)} | {sp.Min, sp.Max}
)


def render(expr: sp.Expr) -> str:
    """Write `expr` as plain infix text, at full precision.

    Args:
        expr: An expression of the grammar's functions in real symbols.

    Returns:
        Text from which `parse` makes an equal expression, with bit-equal floats. Names that the
        grammar would not read as names stand between backticks. The same expression is written
        the same everywhere.

    Raises:
        ValueError: If `expr` holds something that the grammar cannot say.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> render(0.1 * sp.sqrt(x) + sp.Symbol("Z/2", real=True) ** 2)
        '`Z/2`**2 + 0.1*sqrt(x)'
    """
    for part in sp.preorder_traversal(expr):
        if not isinstance(part, _KINDS + _APPLIED):
            raise ValueError(f"the grammar has no word for {part.func.__name__}")
    return str(_Printer().doprint(expr))


class _Printer(StrPrinter):  # type: ignore[misc]
    def _as_ordered_terms(self, expr: sp.Expr, order: str | None = None) -> list[sp.Expr]:
        """The terms of a sum, a positive one first if there is any."""
        ordered = list(super()._as_ordered_terms(expr, order=order))
        first = next((i for i, t in enumerate(ordered) if not t.as_coeff_Mul()[0].is_negative), 0)
        return [ordered[first], *ordered[:first], *ordered[first + 1 :]]

    def _print_Float(self, expr: sp.Float) -> str:  # noqa: N802
        return repr(float(expr))

    def _print_Symbol(self, expr: sp.Symbol) -> str:  # noqa: N802
        name = str(expr.name)
        if not name:
            raise ValueError("a symbol needs a name")
        if is_name(name) and name not in FUNCTIONS and name not in NUMBERS:
            return name
        return "`" + name.replace("`", "``") + "`"

    def _print_Exp1(self, expr: sp.Expr) -> str:  # noqa: N802
        return "exp(1)"  # `E` is a column's name wherever a column has it
