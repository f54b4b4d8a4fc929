"""Whether the dimensions of a formula fit together.

Every part of the formula has a dimension: that of its columns, times powers of the unknown
dimensions of its free constants. Addition makes two such dimensions equal, the argument of a
sine makes one vanish: each is a linear equation in the unknown exponents, taken into a triangular
system as the walk meets it. The first equation that cannot hold is the inconsistency.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import sympy as sp

from discover.formula import render
from discover.units.dimension import NONE, Dimension, rational

_FRESH = "\U0010ffff"  # begins the names of our own unknowns, and sorts behind every other


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether a formula makes sense dimensionally.

    Attributes:
        consistent: Whether any choice of units for the free constants makes it fit.
        reason: In words: the first part that does not fit, or what the constants must carry.
        dimension: That of the whole; ``None`` if it is not determined, or not consistent.
        constants: The free constants whose dimension follows from the rest.
    """

    consistent: bool
    reason: str
    dimension: Dimension | None = None
    constants: Mapping[str, Dimension] = field(default_factory=dict)


def check(
    expr: sp.Expr, dimensions: Mapping[str, Dimension], *, target: Dimension | None = None
) -> Verdict:
    """Whether `expr` makes sense dimensionally.

    Args:
        expr: A formula in symbols. Numbers have no dimension.
        dimensions: Those of the columns; every other symbol is a constant that may carry any.
        target: What the whole should be, where that is known.

    Raises:
        ValueError: If `expr` holds something that the grammar of formulas cannot say.

    Example:
        >>> from discover.formula import parse
        >>> from discover.units import dimension
        >>> known = {"x": dimension("m", where=""), "t": dimension("s", where="")}
        >>> check(parse("x + t", known).expr, known).reason
        't (time) is added to x (length) in t + x'
        >>> verdict = check(parse("x + v*t", known).expr, known)
        >>> verdict.reason, str(verdict.constants["v"])
        ('constants carry units: v length/time', 'length/time')
    """
    walk = _Walk(dimensions)
    try:
        whole = walk.of(expr)
        if target is not None:
            walk.equal(whole, _Form(target), lambda it: f"the whole has {it}, not {target}")
    except _InconsistentError as error:
        return Verdict(consistent=False, reason=str(error))
    solved = {name: walk.reduced(_Form(NONE, {name: Fraction(1)})) for name in sorted(walk.names)}
    constants = {name: form.known for name, form in solved.items() if not form.unknown}
    carried = [f"{name} {d}" for name, d in constants.items() if d != NONE]
    carried += [f"{name} any" for name, form in solved.items() if form.unknown]
    whole = walk.reduced(whole)
    return Verdict(
        consistent=True,
        reason=f"constants carry units: {', '.join(carried)}" if carried else "all parts fit",
        dimension=None if whole.unknown else whole.known,
        constants=constants,
    )


class _InconsistentError(Exception):
    """The parts of a formula do not fit; the message says where."""


@dataclass(frozen=True)
class _Form:
    """A known dimension times powers of unknown ones."""

    known: Dimension
    unknown: Mapping[str, Fraction] = field(default_factory=dict)

    def __str__(self) -> str:
        names = [name for name in self.unknown if name < _FRESH]
        if not self.unknown:
            return str(self.known)
        return f"{self.known}, times what {' and '.join(names)} carry" if names else "any dimension"

    def times(self, other: "_Form", power: Fraction) -> "_Form":
        unknown = dict(self.unknown)
        for name, exponent in other.unknown.items():
            unknown[name] = unknown.get(name, Fraction(0)) + power * exponent
        left = {name: exponent for name, exponent in unknown.items() if exponent != 0}
        return _Form(self.known * other.known**power, left)


_NO_DIMENSION = _Form(NONE)


class _Walk:
    def __init__(self, dimensions: Mapping[str, Dimension]):
        self.dimensions = dimensions
        self.names: set[str] = set()  # the free constants that were met
        self.solved: dict[str, _Form] = {}
        self.fresh = 0

    def reduced(self, form: _Form) -> _Form:
        for name, exponent in form.unknown.items():
            if name in self.solved:
                form = form.times(_Form(NONE, {name: Fraction(1)}), -exponent)
                form = form.times(self.solved[name], exponent)
        return form

    def equal(self, left: _Form, right: _Form, complaint: Callable[[_Form], str]) -> None:
        """Demand that two dimensions are equal; `complaint` is told the left one."""
        rest = self.reduced(left.times(right, Fraction(-1)))
        if not rest.unknown:
            if rest.known != NONE:
                raise _InconsistentError(complaint(self.reduced(left)))
            return
        name = max(rest.unknown)  # our own unknowns first
        exponent = rest.unknown[name]
        without = rest.times(_Form(NONE, {name: Fraction(1)}), -exponent)
        solution = _NO_DIMENSION.times(without, -1 / exponent)
        self.solved[name] = solution
        self.solved = {other: self.reduced(form) for other, form in self.solved.items()}

    def of(self, expr: sp.Expr) -> _Form:
        if expr.is_number:
            return _NO_DIMENSION
        if expr.is_Symbol:
            return self.symbol(str(expr.name))
        if expr.is_Mul:
            form = _NO_DIMENSION
            for factor in expr.args:
                form = form.times(self.of(factor), Fraction(1))
            return form
        if expr.is_Pow:
            return self.power(expr)
        if isinstance(expr, sp.Abs):
            return self.of(expr.args[0])
        if isinstance(expr, sp.Add | sp.Min | sp.Max | sp.atan2):
            return self.alike(expr)
        return self.applied(expr)

    def symbol(self, name: str) -> _Form:
        if name in self.dimensions:
            return _Form(self.dimensions[name])
        self.names.add(name)
        return _Form(NONE, {name: Fraction(1)})

    def alike(self, expr: sp.Expr) -> _Form:
        """A sum, or another function whose arguments are of one kind."""
        verb = "added to" if expr.is_Add else "compared with"
        kinds = [part for part in expr.args if part is not sp.S.Zero]  # 0 m is 0 s
        first, *others = sorted(kinds, key=sp.default_sort_key, reverse=True)
        form = self.of(first)
        for other in others:
            its = self.of(other)

            def complaint(it: _Form, other: sp.Expr = other) -> str:
                what = f"{render(first)} ({self.reduced(form)}) in {render(expr)}"
                return f"{render(other)} ({it}) is {verb} {what}"

            self.equal(its, form, complaint)
        return _NO_DIMENSION if isinstance(expr, sp.atan2) else form

    def power(self, expr: sp.Expr) -> _Form:
        base = self.of(expr.base)
        exponent = rational(expr.exp)
        if exponent is not None:
            return _NO_DIMENSION.times(base, exponent)
        text = render(expr.exp)
        self.equal(
            self.of(expr.exp),
            _NO_DIMENSION,
            lambda it: f"the exponent {text} has {it} in {render(expr)}",
        )
        names = {str(symbol.name) for symbol in expr.exp.free_symbols}
        if names.isdisjoint(self.dimensions) and base != _NO_DIMENSION:
            # The power of a length to be fitted: whatever it is, a constant in front carries it.
            self.fresh += 1
            return _Form(NONE, {f"{_FRESH}{self.fresh}": Fraction(1)})
        whose = render(expr.base)
        self.equal(base, _NO_DIMENSION, lambda it: f"{whose} ({it}) is raised to {text}")
        return _NO_DIMENSION

    def applied(self, expr: sp.Expr) -> _Form:
        if isinstance(expr, sp.sign):
            self.of(expr.args[0])
            return _NO_DIMENSION
        for argument in expr.args:

            def complaint(it: _Form, argument: sp.Expr = argument) -> str:
                return f"{expr.func.__name__} is taken of {render(argument)}, which has {it}"

            self.equal(self.of(argument), _NO_DIMENSION, complaint)
        return _NO_DIMENSION
