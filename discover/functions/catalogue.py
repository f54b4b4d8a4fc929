"""The functions that an edge may be by default, and those that a user adds.

To add one, add a line to `_ATOMS`. Three normal forms make whole families reachable, because every
member is ``c f(a x + b) + d`` of one of them: ``x^3``, ``x^3+x`` and ``x^3-x`` are all cubics;
``x^2`` is all parabolas; ``1/x`` is all ratios of two linear functions, and ``1/x``, ``x+1/x``
and ``x-1/x`` are all ratios of a quadratic and a linear one.
"""

import difflib
import math
from collections.abc import Iterable, Mapping
from functools import partial
from types import MappingProxyType

import sympy as sp

from discover.errors import Finding, InputError
from discover.formula import parse
from discover.functions.atom import Atom, X

_oo = math.inf
_POSITIVE = (0.0, _oo)
_UNIT = (-1.0, 1.0)


def _power(name: str, exponent: sp.Rational) -> Atom:
    return Atom(name=name, expr=X**exponent, domain=_POSITIVE)


def _atom(name: str, expr: sp.Expr, domain: tuple[float, float] = (-_oo, _oo)) -> Atom:
    return Atom(name=name, expr=expr, domain=domain)


_half = sp.Rational(1, 2)
_ATOMS = (
    _atom("x", X),
    _atom("x^2", X**2),
    _atom("x^3", X**3),
    _atom("x^4", X**4),
    _atom("x^5", X**5),
    _power("1/x", sp.Integer(-1)),
    _power("1/x^2", sp.Integer(-2)),
    _power("1/x^3", sp.Integer(-3)),
    _power("1/x^4", sp.Integer(-4)),
    _power("sqrt", _half),
    _power("x^(3/2)", 3 * _half),
    _power("x^(5/2)", 5 * _half),
    _power("1/sqrt(x)", -_half),
    _power("1/x^(3/2)", -3 * _half),
    _power("cbrt", sp.Rational(1, 3)),
    _power("x^(2/3)", sp.Rational(2, 3)),
    _atom("x^3+x", X**3 + X),
    _atom("x^3-x", X**3 - X),
    _atom("x+1/x", X + 1 / X, _POSITIVE),
    _atom("x-1/x", X - 1 / X, _POSITIVE),
    _atom("exp", sp.exp(X)),
    _atom("log", sp.log(X), _POSITIVE),
    Atom(name="sin", expr=sp.sin(X), rests=(sp.Integer(0), sp.pi / 2)),
    _atom("cos", sp.cos(X)),
    _atom("tan", sp.tan(X), (-math.pi / 2, math.pi / 2)),
    _atom("asin", sp.asin(X), _UNIT),
    _atom("acos", sp.acos(X), _UNIT),
    _atom("atan", sp.atan(X)),
    _atom("sinh", sp.sinh(X)),
    _atom("cosh", sp.cosh(X)),
    _atom("tanh", sp.tanh(X)),
    _atom("atanh", sp.atanh(X), _UNIT),
    _atom("sigmoid", 1 / (1 + sp.exp(-X))),
    _atom("gaussian", sp.exp(-(X**2))),
    _atom("abs", sp.Abs(X)),
    _atom("lorentz", 1 / (1 + X**2)),
    _atom("dispersion", X / (1 + X**2)),
    _atom("hypot", sp.sqrt(1 + X**2)),
    _atom("1/hypot", 1 / sp.sqrt(1 + X**2)),
    _atom("hyperbola", sp.sqrt(X**2 - 1), (1.0, _oo)),
    _atom("circle", sp.sqrt(1 - X**2), _UNIT),
    _atom("gamma", 1 / sp.sqrt(1 - X**2), _UNIT),
    _atom("bose", 1 / (sp.exp(X) - 1), _POSITIVE),
)

Wanted = Iterable[str | Mapping[str, str]] | Mapping[str, str] | str
"""Functions as a recipe names them; see :func:`catalogue`."""

LIBRARY: Mapping[str, Atom] = MappingProxyType({atom.name: atom for atom in _ATOMS})
"""Every shipped atom by its name."""

# cos(x) = sin(x + pi/2) and acos(x) = pi/2 - asin(x): a fit that tried both would find each twice.
_SAME_AS_ANOTHER = ("cos", "acos")
DEFAULT: tuple[str, ...] = tuple(name for name in LIBRARY if name not in _SAME_AS_ANOTHER)
"""The names that ``default`` stands for: no two are the same function in another place."""


def catalogue(wanted: Wanted = "default") -> tuple[Atom, ...]:
    """The functions that a recipe asks for, without repetition.

    Args:
        wanted: ``default``; or names of the :data:`LIBRARY` (``x**2`` is read as ``x^2``), among
            which own functions may stand as ``{name: formula in x}``; or such a mapping alone,
            which adds to the default ones.

    Raises:
        InputError: If there are unknown names, own ones that are taken, or formulas that are none;
            one finding for each.

    Example:
        >>> [atom.name for atom in catalogue(["exp", "x**2", {"mine": "x/(1+x**2)"}])]
        ['exp', 'x^2', 'mine']
    """
    if isinstance(wanted, Mapping):
        wanted = [*DEFAULT, wanted]
    elif isinstance(wanted, str):
        wanted = DEFAULT if wanted == "default" else (wanted,)
    atoms: dict[str, Atom] = {}
    findings: list[Finding] = []
    for each in wanted:
        own = each.items() if isinstance(each, Mapping) else ()
        asked = [partial(named, each, LIBRARY)] if isinstance(each, str) else []
        for make in [*asked, *(partial(_own, name, text) for name, text in own)]:
            try:
                atom = make()
            except InputError as error:
                findings.extend(error.findings)
            else:
                atoms[atom.name] = atom
    if findings:
        raise InputError(findings)
    return tuple(atoms.values())


def _own(name: str, text: str) -> Atom:
    """A user's function under a name that the library has not given away."""
    if name.replace(" ", "").replace("**", "^") in LIBRARY:
        raise InputError.one(
            where=f"functions.{name}",
            found="the name of a function of the library",
            expected="a name of your own",
            advice=f"Write {name} without a formula, or choose another name.",
        )
    return atom_from_text(name, text)


def named(name: str, atoms: Mapping[str, Atom]) -> Atom:
    """The atom of this name.

    Raises:
        InputError: If `atoms` has none.
    """
    plain = name.replace(" ", "").replace("**", "^")
    if plain in atoms:
        return atoms[plain]
    close = difflib.get_close_matches(plain, atoms, n=1)
    raise InputError.one(
        where="functions",
        found=repr(name),
        expected="the name of a function: " + ", ".join(atoms),
        advice=f"Did you mean {close[0]!r}?" if close else "",
    )


def atom_from_text(name: str, text: str) -> Atom:
    """A user's own atom.

    Args:
        name: What to call it.
        text: A formula in ``x``, such as ``x/(1+x**2)``; its numbers are fixed.

    Returns:
        The atom; its domain is the widest interval on which sympy finds it continuous, of several
        the one that begins at the largest number that is not above 0 (for ``1/x``: ``x > 0``).

    Raises:
        InputError: If the text is no formula, holds other names than ``x``, or does not hold ``x``.

    Example:
        >>> atom = atom_from_text("mine", "log(1 + x)")
        >>> atom.expr, atom.domain
        (log(x + 1), (-1.0, inf))
    """
    where = f"functions.{name}"
    formula = parse(text, {str(X)}, where=where)
    expected = "a formula in x alone, such as x/(1+x**2)"
    if formula.constants:
        strangers = ", ".join(repr(constant) for constant in formula.constants)
        advice = "Scales and shifts are fitted anyway; write other constants as numbers."
        raise InputError.one(where=where, found=strangers, expected=expected, advice=advice)
    if X not in formula.expr.free_symbols:
        raise InputError.one(where=where, found=f"the constant {text}", expected=expected)
    return Atom(name=name, expr=formula.expr, domain=_domain(formula.expr))


def _domain(expr: sp.Expr) -> tuple[float, float]:
    """The interval of :data:`X` on which `expr` is continuous, of several the one around 0+."""
    from sympy.calculus.util import continuous_domain

    try:
        found = continuous_domain(expr, X, sp.S.Reals)
    except (NotImplementedError, ValueError, TypeError):
        return (-_oo, _oo)  # where it is not finite is seen on the rows
    parts = found.args if isinstance(found, sp.Union) else (found,)
    ends = [(float(p.inf), float(p.sup)) for p in parts if isinstance(p, sp.Interval)]
    ends = [(low, high) for low, high in ends if high > low]
    if not ends:
        return (-_oo, _oo)
    return max(ends, key=lambda pair: (pair[0] <= 0 < pair[1], pair[1] - pair[0]))
