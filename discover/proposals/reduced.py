"""Laws in the variables that a reduction leaves, written in the columns again."""

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import sympy as sp

from discover.dataset import Dataset, Vector
from discover.expansion import Expansion, Reduced, expand, named, single, stepped
from discover.front import price
from discover.law import Law, complexity
from discover.refit import Sample, refit
from discover.structure import Reduction, Rows, alternatives, denoised, longer, unreduced

# Bases of the reduced variables that are tried with each dictionary.
_BASES = (3, 3, 2)
_WAYS = 2  # of them that are tried with curves
_LONGER = 6  # and longer ones, with the common functions
_KEEP = 16
_SHORT = 30  # nodes
# Of an exact law so many forms are kept, and so many laws with them.
_FORMS, _BESIDE = 3, 8
# A smooth function with a larger error than this is worth more than the target's own noise.
_NOISY = 3e-3
EXACT = 1e-9


def _reduces(reduction: Reduction) -> bool:
    """Whether there are fewer variables than columns, or a factor."""
    return len(reduction.groups) < len(reduction.base) or any(reduction.factor)


def origin(reduction: Reduction) -> str:
    """Who found laws in the variables of this reduction."""
    return "structure" if _reduces(reduction) else "expansion"


def described(error: float, nodes: int, rows: int) -> float:
    """About the description length of a law with this error, over the target's size.

    Example:
        >>> described(0.01, 5, 100) < described(0.01, 6, 100) < described(0.02, 5, 100)
        True
    """
    return 2 * math.log(max(error, EXACT)) + price(rows) * nodes


def expanded(reduction: Reduction, train: Rows, unseen: Rows) -> list[Expansion]:
    """Expansions in the columns' symbols, the shortest description first."""
    if not reduction.groups:
        return [_monomial(reduction, train)]
    clean = denoised(reduction, train, unseen) if reduction.error > _NOISY else train.y
    found: list[Expansion] = []
    for level, most in enumerate(_BASES):
        for basis in alternatives(reduction, train, most):
            found = _distinct([*found, *_expanded(basis, level, train, unseen, clean)])
            # Noise may hide the better form in a larger dictionary, so only exact laws end it, and
            # of these the short ones: a function that is in no small dictionary may be a ratio.
            if _exact(found) and complexity(found[0].expr) <= _SHORT:
                return _few(found)
    return _few(found) if _exact(found) else found


def rewritten(reduction: Reduction, train: Rows, unseen: Rows) -> list[Expansion]:
    """Exact expansions in longer variables, products of those that are left.

    Only exact ones: among so many terms noise finds stand-ins that are shorter than the law.
    """
    if len(reduction.groups) < 2:
        return []
    for basis in longer(reduction, train, _LONGER):
        found = _distinct(list(_expanded(basis, 1, train, unseen, train.y)))
        if _exact(found):
            return _few(found)
    return []


def _exact(found: list[Expansion]) -> bool:
    return bool(found) and found[0].error < EXACT


def _few(found: list[Expansion]) -> list[Expansion]:
    """Some forms of an exact law, and some laws beside it."""
    return [*found[:_FORMS], *(e for e in found[_FORMS:] if e.error > EXACT)][:_BESIDE]


def _expanded(
    basis: Reduction, level: int, train: Rows, unseen: Rows, clean: Vector
) -> Iterator[Expansion]:
    symbols = [sp.Dummy(f"z{i}", real=True) for i in range(len(basis.groups))]
    groups = dict(zip(symbols, basis.group_exprs(), strict=True))
    here, there = _values(basis, train, clean), _values(basis, unseen, unseen.y)
    for each in expand(symbols, here, there, level=level, keep=_KEEP):
        yield replace(each, expr=basis.factor_expr() * each.expr.xreplace(groups))


def single_variable(
    reduction: Reduction, train: Rows, unseen: Rows, dataset: Dataset
) -> list[Expansion]:
    """Laws of the one variable that is left, in the columns' symbols."""
    symbol = sp.Dummy("z", real=True)
    here = _values(reduction, train, train.y), _values(reduction, unseen, unseen.y)
    (group,), factor = reduction.group_exprs(), reduction.factor_expr()
    found = [
        replace(each, expr=factor * each.expr.xreplace({symbol: group}))
        for each in single(symbol, *here)
    ]
    if not any(each.error < EXACT for each in found):
        for each in stepped(symbol, *here):
            expr = factor * each.expr.xreplace({symbol: group})
            found.append(_refitted(replace(each, expr=expr), train, unseen, dataset))
    return _distinct(found)[:_BESIDE]


def curved(reduction: Reduction, train: Rows, unseen: Rows, dataset: Dataset) -> list[Expansion]:
    """Sums of products of curves, of the columns and of what they reduce to."""
    less = reduction.groups and _reduces(reduction)
    ways = alternatives(reduction, train, _WAYS) if less else ()
    found: list[Expansion] = []
    for way in (unreduced(train.symbols), *ways):
        symbols = [sp.Dummy(f"z{i}", real=True) for i in range(len(way.groups))]
        groups = dict(zip(symbols, way.group_exprs(), strict=True))
        here, there = _values(way, train, train.y), _values(way, unseen, unseen.y)
        for each in named(symbols, here, there):
            expr = way.factor_expr() * each.expr.xreplace(groups)
            found.append(_refitted(replace(each, expr=expr), train, unseen, dataset))
        if any(each.error < EXACT for each in found):
            break
    return _distinct(found)[:_BESIDE]


def _refitted(each: Expansion, train: Rows, unseen: Rows, dataset: Dataset) -> Expansion:
    """The same form with all its numbers fitted to the rows, those inside of functions, too."""
    law = Law.of(each.expr, dataset.features, dataset.target, "structure")
    names = [symbol.name for symbol in train.symbols]
    law = refit(law, Sample(columns=dict(zip(names, train.x.T, strict=True)), y=train.y))
    predicted = law.predict(dict(zip(names, unseen.x.T, strict=True)))
    error = float(np.sqrt(np.mean((predicted - unseen.y) ** 2) / np.mean(unseen.y**2)))
    if not np.isfinite(error):
        return replace(each, length=math.inf)
    nodes = law.complexity + 2 * len(law.constants)
    length = described(error, nodes, len(train.y) + len(unseen.y))
    return replace(each, expr=law.expr, error=error, length=length)


def _distinct(found: list[Expansion]) -> list[Expansion]:
    """The shortest descriptions, one for each function: equal functions have equal errors.

    Then the most accurate of each size. Lengths are told from some of the rows, and by factors
    that are not settled yet: the right form need not be among the shortest.
    """
    kept: dict[str, Expansion] = {}
    for each in sorted(found, key=lambda each: each.length):
        kept.setdefault(f"{each.error:.9e}" if each.error > EXACT else str(each.expr), each)
    short, least = list(kept.values())[:_KEEP], math.inf
    for each in sorted(kept.values(), key=lambda each: (each.size, each.error)):
        if each.error < least:
            least = each.error
            short += [each] if each not in short else []
    return short


def _values(basis: Reduction, rows: Rows, clean: Vector) -> Reduced:
    factor, z = basis.values(rows.x, rows.symbols)
    return Reduced(z=z, factor=factor, y=rows.y, clean=clean)


def _monomial(reduction: Reduction, train: Rows) -> Expansion:
    """A number times the factor, which is the whole law."""
    factor, _ = reduction.values(train.x, train.symbols)
    number = float(factor @ train.y) / float(factor @ factor)
    expr = sp.Float(number) * reduction.factor_expr()
    return Expansion(expr=expr, error=reduction.error, length=0.0, size=1)
