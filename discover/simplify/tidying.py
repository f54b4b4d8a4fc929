"""Another form of the same value: constants merged, sums expanded or factored where shorter.

Floats are merged by rules of our own, since sympy's polynomial routines are at a loss with them;
for those routines each float stands as a positive symbol. Every result is compared with the
original on points of the data's range before it is believed.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from discover.law import complexity
from discover.simplify.merging import Rule, merge
from discover.tape import tape

Vector = NDArray[np.float64]
_POINTS = 128
_ROUNDS = 4
_LARGEST = 80  # nodes: what is larger is only merged
_TERMS = 60  # of the expanded form: above it polynomial routines become slow
_SYMBOLS = 10
# Their time grows steeply with what the polynomials are of, and with the terms of an exponent.
_GENERATORS, _EXPONENT = 16, 8
# Factors are looked for at random points: of more, an unlucky point costs minutes.
_FACTORED = 12
_WAVES = 4  # in what is rewritten by trigonometry, and terms of what they are waves of
_TOLERANCE = 1e-9
_DIGITS = 12  # two fits of one number agree to as many


def tidy(expr: sp.Expr, columns: Mapping[str, Vector] | None = None) -> sp.Expr:
    """The shortest form of `expr` that is found in bounded work.

    Args:
        expr: An expression in real symbols and numbers.
        columns: Values of the symbols by name, each ``[n]``; the result is equal to `expr` on
            (and between) them. Without them it is compared on a fixed set of points.

    Returns:
        A form of the same value and of at most the same complexity.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> tidy(2.5 * sp.exp(2 * x + 0.5) / sp.exp(0.5))
        2.5*exp(2*x)
        >>> tidy(x**2 + 2 * x + 1)
        (x + 1)**2
    """
    points = _points(expr, columns)
    reference = _values(expr, points)

    def equal(candidate: sp.Expr) -> bool:
        return _same(_values(candidate, points), reference)

    merged = merge(expr)
    best = merged if equal(merged) else expr
    for _ in range(_ROUNDS):
        # The shortest first, since to be compared on numbers costs more.
        shorter = (new for new in _ordered(_candidates(best)) if _precedes(new, best))
        found = next(filter(equal, shorter), None)
        if found is None:
            break
        best = found
    return best


def _candidates(expr: sp.Expr) -> Iterator[sp.Expr]:
    if complexity(expr) > _LARGEST or len(expr.free_symbols) > _SYMBOLS:
        return
    yield from _signed(expr)
    hidden, floats = _hide(expr)
    for form in _forms(hidden):
        yield merge(form.xreplace(floats))


@lru_cache(maxsize=4096)
def _forms(hidden: sp.Expr) -> tuple[sp.Expr, ...]:
    """Other forms of an expression without floats; laws of one form meet here again and again."""
    found = {hidden: None}
    for rule in _GLOBAL:
        try:
            found[rule(hidden)] = None
        except (sp.PolynomialError, NotImplementedError, ZeroDivisionError):
            continue  # not the kind of expression that this routine knows
    return tuple(found)[1:]


def _ordered(exprs: Iterable[sp.Expr]) -> Iterator[sp.Expr]:
    """Fewest nodes first, then fewest floats, then the shortest text."""
    by_size: dict[tuple[int, int], list[sp.Expr]] = {}
    for expr in exprs:
        by_size.setdefault(_size(expr), []).append(expr)
    for size in sorted(by_size):
        same = by_size[size]
        yield from sorted(same, key=_text) if len(same) > 1 else same


def _precedes(expr: sp.Expr, other: sp.Expr) -> bool:
    """Whether `expr` comes before `other` in the order of :func:`_ordered`."""
    size, than = _size(expr), _size(other)
    return size < than or (size == than and _text(expr) < _text(other))


def _size(expr: sp.Expr) -> tuple[int, int]:
    floats = sum(1 for node in sp.preorder_traversal(expr) if isinstance(node, sp.Float))
    return complexity(expr), floats


def _text(expr: sp.Expr) -> tuple[int, str]:
    text = str(expr)
    return len(text), text


# --- sympy's routines, on floats that stand as symbols ------------------------------------------


def _hide(expr: sp.Expr) -> tuple[sp.Expr, dict[sp.Symbol, sp.Float]]:
    """`expr` with a positive symbol for each size of float, and what they stand for.

    Numbers that were fitted apart differ in their last digits where a law has one for all.
    """
    floats: dict[sp.Symbol, sp.Float] = {}
    by_size: dict[str, sp.Symbol] = {}

    def hide(node: sp.Expr) -> sp.Expr:
        if isinstance(node, sp.Float):
            size = abs(float(node))
            key = f"{size:.{_DIGITS}e}"
            if key not in by_size:
                by_size[key] = sp.Symbol(f" {len(by_size)}", positive=True)
                floats[by_size[key]] = sp.Float(size)
            return by_size[key] if node > 0 else -by_size[key]
        return node.func(*[hide(arg) for arg in node.args]) if node.args else node

    return hide(expr), floats


def _count(expr: sp.Expr) -> int:
    """Terms of the expanded form of `expr` over one denominator, those of both together."""
    return sum(_ratio(expr))


def _ratio(expr: sp.Expr) -> tuple[int, int]:
    """Terms of the numerator and of the denominator of `expr`, as many as they can be."""
    if isinstance(expr, sp.Add):
        parts = [_ratio(arg) for arg in expr.args]
        below = math.prod(d for _, d in parts)
        return sum(n * (below // d) for n, d in parts), below
    if isinstance(expr, sp.Mul):
        parts = [_ratio(arg) for arg in expr.args]
        return math.prod(n for n, _ in parts), math.prod(d for _, d in parts)
    if isinstance(expr, sp.Pow) and expr.exp.is_Integer:
        power = abs(int(expr.exp))
        above, below = (math.comb(n + power - 1, power) for n in _ratio(expr.base))
        return (above, below) if expr.exp > 0 else (below, above)
    return 1, 1


def _small(rule: Rule, generators: int = _GENERATORS) -> Rule:
    """`rule`, for expressions whose expanded form is small."""

    def bounded(expr: sp.Expr) -> sp.Expr:
        small = _count(expr) <= _TERMS and _degree(expr) <= 12
        small = small and len(_generators(expr)) <= generators
        # To them exp(a + b) is exp(a)*exp(b): an exponent is expanded, and each term a generator.
        small = small and all(_count(each.args[0]) <= _EXPONENT for each in expr.atoms(sp.exp))
        return rule(expr) if small else expr

    return bounded


def _generators(expr: sp.Expr) -> set[sp.Expr]:
    """What `expr` is a polynomial, or a ratio of polynomials, of: symbols, roots and functions."""
    if expr.is_number:
        return set()
    if isinstance(expr, sp.Add | sp.Mul):
        return set().union(*(_generators(arg) for arg in expr.args))
    if isinstance(expr, sp.Pow) and expr.exp.is_Integer:
        return _generators(expr.base)
    return {expr}


def _degree(expr: sp.Expr) -> int:
    """A bound on the degree of the polynomials that `expr` is made of."""
    if isinstance(expr, sp.Add):
        return sum(_degree(arg) for arg in expr.args if not arg.is_number and arg.has(sp.Pow)) or 1
    if isinstance(expr, sp.Mul):
        return sum(_degree(arg) for arg in expr.args if not arg.is_number)
    if isinstance(expr, sp.Pow) and expr.exp.is_Integer:
        return abs(int(expr.exp)) * _degree(expr.base)
    return 1


def _collect(expr: sp.Expr) -> sp.Expr:
    # What no sum holds twice cannot be collected.
    shared = set().union(*(_shared(each) for each in expr.atoms(sp.Add)))
    forms = [expr.func(*expr.args) if expr.args else expr]
    forms += [sp.collect(expr, symbol) for symbol in sorted(shared, key=lambda s: s.name)]
    return next(_ordered(dict.fromkeys(forms)))


def _shared(total: sp.Add) -> set[sp.Symbol]:
    """Symbols that more than one term holds."""
    held = Counter(symbol for term in total.args for symbol in term.free_symbols)
    return {symbol for symbol, terms in held.items() if terms > 1}


def _trigonometric(expr: sp.Expr) -> sp.Expr:
    pairs = ((sp.sin, sp.cos), (sp.sinh, sp.cosh), (sp.tan, sp.cos), (sp.tan, sp.sin))
    waves = expr.atoms(sp.sin, sp.cos, sp.tan, sp.sinh, sp.cosh)
    small = complexity(expr) <= _LARGEST // 3 and len(waves) <= _WAVES
    # A wave of a wave, or of a ratio of sums, keeps it busy for minutes and never becomes shorter.
    small = small and not any(_count(each.args[0]) > _WAVES or each.args[0].has(sp.sin, sp.cos)
                              for each in waves)  # fmt: skip
    if not small or not any(expr.has(a) and expr.has(b) for a, b in pairs):
        return expr
    return sp.trigsimp(expr)


def _factor(expr: sp.Expr) -> sp.Expr:
    return sp.factor(expr, deep=False)


def _inward(expr: sp.Expr) -> sp.Expr:
    """``a/(b*sqrt(c**2/b**2 + 1))`` as ``a/sqrt(c**2 + b**2)``: factors into the sum they stand by.

    Right where they are positive, which the proof on numbers sees.
    """
    if not expr.args:
        return expr
    expr = expr.func(*(_inward(arg) for arg in expr.args))
    factors = list(sp.Mul.make_args(expr))
    for at, factor in enumerate(factors):
        total, power = factor.as_base_exp()
        if not (isinstance(total, sp.Add) and power.is_Rational):
            continue
        others = [f for k, f in enumerate(factors) if k != at]
        moved = [f for f in others if f.free_symbols and total.has(f.as_base_exp()[0])]
        if not moved:
            continue
        inside = sp.Mul(*(_root(f, power) for f in moved))
        terms = sp.Add(*(sp.powdenest(term * inside, force=True) for term in total.args))
        rest = [f for f in others if f not in moved]
        shorter = sp.Mul(*rest, terms**power)
        if complexity(shorter) <= complexity(expr):
            return _inward(shorter)
    return expr


def _root(factor: sp.Expr, power: sp.Rational) -> sp.Expr:
    """What has to stand inside a sum to the power for `factor` to stand before it."""
    base, exponent = factor.as_base_exp()
    return base ** (exponent / power)


def _positive(expr: sp.Expr) -> sp.Expr:
    """Powers of powers as one, as if every symbol were positive.

    As sympy's own ``force`` has it, but with the same positive symbols each time, so that what
    sympy found out of them it still knows.
    """
    positive = {s: sp.Symbol(s.name, positive=True) for s in expr.free_symbols if not s.is_positive}
    back = {new: old for old, new in positive.items()}
    return sp.powdenest(expr.xreplace(positive)).xreplace(back)


def _signed(expr: sp.Expr) -> Iterator[sp.Expr]:
    """Without absolute values, for what is positive everywhere, or negative."""
    sizes = list(expr.atoms(sp.Abs))
    for sign in (1, -1):
        if sizes:
            yield expr.xreplace({size: sign * size.args[0] for size in sizes})


_GLOBAL: tuple[Rule, ...] = (
    sp.powsimp,
    _trigonometric,
    sp.factor_terms,
    _small(sp.expand),
    _small(_collect),
    _small(sp.together),
    _small(sp.cancel),
    _small(_factor, _FACTORED),
    _inward,
    _positive,
)


# --- the proof ----------------------------------------------------------------------------------


def _points(
    expr: sp.Expr, columns: Mapping[str, Vector] | None
) -> tuple[tuple[sp.Symbol, ...], list[Vector]]:
    """Rows of the data, and as many on which each column is dealt anew."""
    symbols = tuple(sorted(expr.free_symbols, key=lambda symbol: symbol.name))
    rng = np.random.default_rng(0)
    values = []
    for i, symbol in enumerate(symbols):
        if columns is None:
            sides = rng.choice([1.0, 1.0, 1.0, -1.0], _POINTS) if i else np.ones(_POINTS)
            values.append(sides * rng.uniform(0.3, 3.0, _POINTS))
        else:
            column = np.atleast_1d(np.asarray(columns[symbol.name], dtype=np.float64))
            rows = np.linspace(0, len(column) - 1, _POINTS).astype(int)
            values.append(np.concatenate([column[rows], rng.permutation(column[rows])]))
    return symbols, values


def _values(expr: sp.Expr, points: tuple[tuple[sp.Symbol, ...], list[Vector]]) -> Vector:
    symbols, values = points
    if expr.has(sp.nan, sp.zoo, sp.oo, -sp.oo) or not expr.free_symbols <= set(symbols):
        return np.full(1, np.nan)
    return tape(expr, symbols).values(values, len(values[0]) if values else 1)


def _same(new: Vector, reference: Vector) -> bool:
    """Whether `new` has the reference's values wherever that is finite."""
    finite = np.isfinite(reference)
    if len(new) != len(reference):
        return False
    size = np.abs(reference[finite])
    # The second part is for what nearly cancels, where rounding is all that is left.
    allowed = _TOLERANCE * size + 1e-3 * _TOLERANCE * size.max(initial=0.0)
    return bool(np.all(np.abs(new[finite] - reference[finite]) <= allowed))
