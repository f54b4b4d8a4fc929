"""How an expression is written in each language: one printer, one table of words a language."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import sympy as sp

_SUM, _PRODUCT, _POWER, _ATOM = 1, 2, 3, 4
# Written through their partners, which every language has.
_RECIPROCAL = {sp.sec: sp.cos, sp.csc: sp.sin, sp.cot: sp.tan}


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """The words of one language.

    Attributes:
        functions: For each sympy function a template with ``{}`` for its argument (two of them
            for functions of two), such as ``np.sin({})``.
        pi: The number pi.
        power: Template of a power, of base and exponent; a word with parentheses or an operator.
        power_is_call: Whether `power` is a call, so that its arguments need no parentheses.
        ratio: Template of an exact ratio of two whole numbers.
        float: How a float is written.
        whole: How a whole number is written.
    """

    functions: Mapping[type[sp.Function], str]
    pi: str
    power: str
    power_is_call: bool = False
    ratio: str = "({}/{})"
    float: Callable[[float], str] = repr
    whole: Callable[[int], str] = str


def write(
    expr: sp.Expr,
    dialect: Dialect,
    names: Mapping[sp.Symbol, str],
    constants: Collection[sp.Symbol] = (),
) -> str:
    """`expr` in the words of `dialect`, its symbols called by `names`.

    Args:
        expr: What is to be written.
        dialect: The language.
        names: An identifier for each symbol.
        constants: Symbols that stand before the others in a product.

    Raises:
        ValueError: If the language has no word for some part of `expr`.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> write(x**2 / 2 + sp.sqrt(x), PYTHON, {x: "x"})
        'math.sqrt(x) + x**2/2'
    """
    return _Writer(dialect, names, frozenset(constants)).text(expr)[0]


@dataclass(frozen=True)
class _Writer:
    dialect: Dialect
    names: Mapping[sp.Symbol, str]
    constants: frozenset[sp.Symbol]

    def text(self, expr: sp.Expr) -> tuple[str, int]:
        """The text and how tightly it binds."""
        if isinstance(expr, sp.Symbol):
            return self.names[expr], _ATOM
        if expr.is_Number or expr.is_NumberSymbol:
            return self.number(expr)
        if isinstance(expr, sp.Add):
            return self.sum(expr), _SUM
        if isinstance(expr, sp.Mul):
            return self.product(expr), _PRODUCT
        if isinstance(expr, sp.Pow):
            return self.power(expr)
        return self.function(expr)

    def inside(self, expr: sp.Expr, binding: int) -> str:
        """The text, in parentheses if it binds less tightly than `binding`."""
        text, own = self.text(expr)
        return f"({text})" if own < binding or (text.startswith("-") and binding > _SUM) else text

    def number(self, expr: sp.Expr) -> tuple[str, int]:
        if expr is sp.pi:
            return self.dialect.pi, _ATOM
        if expr is sp.E:
            return self.function(sp.exp(sp.S.One, evaluate=False))
        if isinstance(expr, sp.Integer):
            return self.dialect.whole(int(expr)), _ATOM
        if isinstance(expr, sp.Rational):
            whole = self.dialect.whole
            return self.dialect.ratio.format(whole(expr.p), whole(expr.q)), _ATOM
        if isinstance(expr, sp.Float):
            return self.dialect.float(float(expr)), _ATOM
        raise ValueError(f"no way to write {expr}")

    def sum(self, expr: sp.Expr) -> str:
        parts: list[str] = []
        for term in expr.as_ordered_terms():
            negative = bool(term.as_coeff_Mul()[0].is_negative)
            text = self.inside(-term if negative else term, _PRODUCT)
            sign = ("- " if negative else "+ ") if parts else ("-" if negative else "")
            parts.append(sign + text)
        return " ".join(parts)

    def product(self, expr: sp.Expr) -> str:
        coefficient, rest = expr.as_coeff_Mul()
        if coefficient.is_negative:
            return "-" + self.inside(-expr, _PRODUCT)
        top: list[sp.Expr] = []
        bottom: list[sp.Expr] = []
        if isinstance(coefficient, sp.Rational):
            top += [sp.Integer(coefficient.p)] if coefficient.p != 1 else []
            bottom += [sp.Integer(coefficient.q)] if coefficient.q != 1 else []
        else:
            top.append(coefficient)
        factors = rest.as_ordered_factors()
        for factor in sorted(factors, key=lambda f: f not in self.constants):
            below = isinstance(factor, sp.Pow) and factor.exp.as_coeff_Mul()[0].is_negative
            (bottom if below else top).append(1 / factor if below else factor)
        text = "*".join(self.inside(factor, _PRODUCT) for factor in top) or self.dialect.whole(1)
        if not bottom:
            return text
        below_text = "*".join(self.inside(factor, _PRODUCT) for factor in bottom)
        if len(bottom) > 1:
            return f"{text}/({below_text})"
        return f"{text}/{self.inside(bottom[0], _POWER)}"

    def power(self, expr: sp.Expr) -> tuple[str, int]:
        base, exponent = expr.args
        if exponent == sp.S.Half:
            return self.call(sp.sqrt, base)
        if exponent.as_coeff_Mul()[0].is_negative:
            return f"{self.dialect.whole(1)}/{self.inside(1 / expr, _POWER)}", _PRODUCT
        if self.dialect.power_is_call:
            return self.called_power(base, exponent), _ATOM
        under, over = self.inside(base, _ATOM), self.inside(exponent, _ATOM)
        return self.dialect.power.format(under, over), _POWER

    def called_power(self, base: sp.Expr, exponent: sp.Expr) -> str:
        """A power as a call; a small whole one of a name multiplied out, which is faster."""
        if base.is_Symbol and isinstance(exponent, sp.Integer) and 2 <= int(exponent) <= 4:
            return "(" + "*".join([self.names[base]] * int(exponent)) + ")"
        return self.dialect.power.format(self.text(base)[0], self.text(exponent)[0])

    def function(self, expr: sp.Expr) -> tuple[str, int]:
        if expr.func in _RECIPROCAL:
            text, _ = self.call(_RECIPROCAL[expr.func], expr.args[0])
            return f"{self.dialect.whole(1)}/{text}", _PRODUCT
        if isinstance(expr, sp.Max | sp.Min):
            first, *others = expr.args
            text = self.text(first)[0]
            for other in others:
                text = self.dialect.functions[expr.func].format(text, self.text(other)[0])
            return text, _ATOM
        return self.call(expr.func, *expr.args)

    def call(self, function: type[sp.Function], *args: sp.Expr) -> tuple[str, int]:
        if function not in self.dialect.functions:
            raise ValueError(f"no way to write {function.__name__} in this language")
        texts = [self.text(arg)[0] for arg in args]
        return self.dialect.functions[function].format(*texts), _ATOM


_SAME = (sp.sin, sp.cos, sp.tan, sp.sinh, sp.cosh, sp.tanh, sp.exp, sp.log, sp.sqrt)
_INVERSE = (sp.asin, sp.acos, sp.atan, sp.asinh, sp.acosh, sp.atanh)


def _words(prefix: str, **others: str) -> dict[type[sp.Function], str]:
    """Templates for functions that are called as in C; `others` by sympy's name."""
    words = {function: f"{prefix}{function.__name__}({{}})" for function in (*_SAME, *_INVERSE)}
    words |= {sp.atan2: f"{prefix}atan2({{}}, {{}})", sp.erf: f"{prefix}erf({{}})"}
    return words | {getattr(sp, name): template for name, template in others.items()}


_SIGN = "(({0} > 0) - ({0} < 0))"

PYTHON = Dialect(
    functions=_words(
        "math.", Abs="abs({})", sign=_SIGN, Max="max({}, {})", Min="min({}, {})"
    ),
    pi="math.pi",
    power="{}**{}",
)  # fmt: skip
_ARRAY_INVERSE = {"asin": "arcsin", "acos": "arccos", "atan": "arctan"}
_ARRAY_INVERSE |= {"asinh": "arcsinh", "acosh": "arccosh", "atanh": "arctanh"}
NUMPY = Dialect(
    functions=_words(
        "np.",
        Abs="np.abs({})",
        sign="np.sign({})",
        Max="np.maximum({}, {})",
        Min="np.minimum({}, {})",
        atan2="np.arctan2({}, {})",
        erf="np.vectorize(math.erf)({})",
        **{name: f"np.{word}({{}})" for name, word in _ARRAY_INVERSE.items()},
    ),
    pi="np.pi",
    power="{}**{}",
)
_TENSORS = "torch.{}(torch.as_tensor({{}}), torch.as_tensor({{}}))"
TORCH = Dialect(
    functions=_words(
        "torch.",
        Abs="torch.abs({})",
        sign="torch.sign({})",
        Max=_TENSORS.format("maximum"),
        Min=_TENSORS.format("minimum"),
        atan2=_TENSORS.format("atan2"),
    ),
    pi="math.pi",
    power="{}**{}",
)
C = Dialect(
    functions=_words(
        "", Abs="fabs({})", sign=_SIGN, Max="fmax({}, {})", Min="fmin({}, {})"
    ),
    pi="3.141592653589793",
    power="pow({}, {})",
    power_is_call=True,
    whole=lambda n: f"{n}.0",
)  # fmt: skip
JULIA = Dialect(
    functions=_words(
        "", Abs="abs({})", sign="sign({})", Max="max({}, {})", Min="min({}, {})",
        atan2="atan({}, {})", erf="SpecialFunctions.erf({})",
    ),
    pi="pi",
    power="{}^{}",
)  # fmt: skip


def _mathematica_float(value: float) -> str:
    # Mathematica reads 1e-3 as 1*e - 3.
    mantissa, _, exponent = repr(value).partition("e")
    return f"{mantissa}*^{int(exponent)}" if exponent else mantissa


MATHEMATICA = Dialect(
    functions={
        **{f: f"{f.__name__.capitalize()}[{{}}]" for f in _SAME},
        **{f: f"Arc{f.__name__[1:].capitalize()}[{{}}]" for f in _INVERSE},
        sp.Abs: "Abs[{}]", sp.sign: "Sign[{}]", sp.erf: "Erf[{}]",
        sp.Max: "Max[{}, {}]", sp.Min: "Min[{}, {}]",
        sp.atan2: "ArcTan[{1}, {0}]",  # Mathematica takes x before y
    },
    pi="Pi",
    power="{}^{}",
    float=_mathematica_float,
)  # fmt: skip
SYMPY = Dialect(
    functions=_words("sp.", Abs="sp.Abs({})", sign="sp.sign({})", Max="sp.Max({}, {})",
                     Min="sp.Min({}, {})"),
    pi="sp.pi",
    power="{}**{}",
    ratio="sp.Rational({}, {})",
)  # fmt: skip
