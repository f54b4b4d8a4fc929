"""The roads of linear algebra in a row, and when they end."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from discover.dataset import Dataset, Part, Variable
from discover.expansion import Expansion, separate
from discover.front import CLOSE, DIGITS, price
from discover.law import complexity
from discover.progress import Event, Listener, silent
from discover.proposals.reduced import (
    EXACT,
    curved,
    described,
    expanded,
    origin,
    rewritten,
    single_variable,
)
from discover.proposals.values import Proposal, Proposals, Structure
from discover.structure import (
    Carrier,
    Rows,
    carried,
    carriers,
    explained,
    folded,
    odd,
    reduce,
    sizes,
)
from discover.tape import tape

_FEW_ROWS = 1000
_FEW_HELD = 10
_WIDEST = 1e100
_WITNESS = 0.3  # a tenth of the squares
_MORE = 3  # errors in other variables are weighted otherwise, and differ a little for it
_CURVES = 2  # products of curves that are held against what a law leaves


@np.errstate(all="ignore")  # what has no value is left out
def propose(dataset: Dataset, *, listen: Listener = silent) -> Proposals:
    """Laws for the target of a table, read off by linear algebra.

    There are none where numbers are so large or so small that products of some have no value.

    Args:
        dataset: The table; its training and validation rows are read.
        listen: Where progress goes.
    """
    dataset = dataset.evened()
    train, unseen = _rows(dataset, "train"), _rows(dataset, "validation")
    if not all(map(_tame, (train.x, unseen.x, train.y, unseen.y))):
        return Proposals(laws=(), structure=None, settled=False)
    best = _by_sides(dataset, listen)
    if best.settled:
        return best
    for carrier in carriers(train, unseen):
        more = _carried(dataset, carrier, listen)
        best = replace(best, laws=(*more, *best.laws))
        if more and settles(more[0].expr, dataset):
            return replace(best, settled=True)
    return best


def _by_sides(dataset: Dataset, listen: Listener) -> Proposals:
    """Laws of the rows as they are and without signs that a law may not need."""
    found = []
    for here, there in _sides(_rows(dataset, "train"), _rows(dataset, "validation")):
        found.append(_proposed(dataset, here, there, listen))
        if found[-1].settled and left(found[-1].laws[0].expr, dataset) < EXACT:
            return found[-1]
    # Without their signs rows may look like noise, so what is left of it says which side is right.
    found.sort(key=lambda each: _described(each, dataset))
    return replace(found[0], laws=tuple(law for each in found for law in each.laws))


def _rows(dataset: Dataset, part: Part) -> Rows:
    x, y = dataset.part(part)
    return Rows(x=x, y=y, symbols=tuple(variable.sympy for variable in dataset.features))


def _carried(dataset: Dataset, carrier: Carrier, listen: Listener) -> tuple[Proposal, ...]:
    """Laws of the table less a column, or a product, that is added to the rest.

    Once only: noise carries itself along with any column, and what is left with the next one.
    """
    whole = Rows(x=dataset.x, y=dataset.y, symbols=_rows(dataset, "train").symbols)
    less = carried(whole, carrier)
    known = {variable.sympy: variable for variable in dataset.features}
    features = tuple(
        known.get(expr, Variable(name=f"difference {i}")) for i, expr in enumerate(less.symbols)
    )
    found = _by_sides(replace(dataset, features=features, x=less.x, y=less.y), listen)
    inner = {v.sympy: expr for v, expr in zip(features, less.symbols, strict=True)}
    added = carrier.expr(whole.symbols)
    return tuple(
        Proposal(origin="structure", expr=each.expr.xreplace(inner) + added) for each in found.laws
    )


def fewer(laws: Sequence[Proposal], dataset: Dataset) -> tuple[str, ...]:
    """The columns of the best law that does without some, where it is about as good as any.

    A column that such a law does without may have hidden what the others make up.

    Args:
        laws: Proposals in the columns of the table, their numbers fitted.
        dataset: The table; its validation rows are read.

    Returns:
        Names of columns; none where no such law comes near.
    """
    dataset = dataset.evened()
    symbols = {variable.sympy for variable in dataset.features}
    lengths = {each.expr: _length(each.expr, dataset) for each in laws if each.expr.free_symbols}
    without = [expr for expr in lengths if expr.free_symbols < symbols]
    best = min(without, key=lengths.__getitem__, default=None)
    if best is None or not lengths[best] < min(lengths.values()) + CLOSE:
        return ()
    return tuple(v.name for v in dataset.features if v.sympy in best.free_symbols)


def _described(found: Proposals, dataset: Dataset) -> float:
    """About the description length of the first law."""
    return _length(found.laws[0].expr, dataset) if found.laws else math.inf


@np.errstate(all="ignore")  # what has no value is long
def _length(expr: sp.Expr, dataset: Dataset) -> float:
    rows = len(dataset.split.train) + len(dataset.split.validation)
    nodes = complexity(expr) + DIGITS * len(expr.atoms(sp.Float))
    return described(left(expr, dataset), nodes, rows)


@np.errstate(all="ignore")
def left(expr: sp.Expr, dataset: Dataset) -> float:
    """Error of a law on validation rows, over the target's size; infinite without a value.

    Args:
        expr: The law in the columns' symbols, its numbers fitted.
        dataset: The table; its validation rows are read.
    """
    x, y = dataset.part("validation")
    values = tape(expr, tuple(v.sympy for v in dataset.features)).values(list(x.T), len(y))
    error = float(np.sqrt(np.mean((y - values) ** 2) / np.mean(y**2)))
    return error if math.isfinite(error) else math.inf


def _tame(numbers: NDArray[np.float64]) -> bool:
    """Whether the largest number of each column is one whose cube and its inverse have values."""
    sizes = np.abs(numbers).max(axis=0)
    return bool(np.all((sizes < _WIDEST) & ((sizes > 1 / _WIDEST) | (sizes == 0))))


def _sides(train: Rows, unseen: Rows) -> Iterator[tuple[Rows, Rows]]:
    """The rows without the signs of columns, where a law may not need them; then as they are."""
    columns = odd(train)
    here, there = train, unseen
    if columns:
        here, there = folded(train, columns), folded(unseen, columns)
        yield here, there
    bare, beyond = sizes(here), sizes(there)
    if bare is not None and beyond is not None:
        yield bare, beyond
    yield train, unseen


def _proposed(dataset: Dataset, train: Rows, unseen: Rows, listen: Listener) -> Proposals:
    """Laws for these rows, which are those of the table or its rows without some signs."""
    listen(Event(stage="propose", done=0, total=2, message="structure"))
    reduction = reduce(train, unseen)
    if reduction is None:
        return Proposals(laws=(), structure=None, settled=False)
    listen(Event(stage="propose", done=1, total=2, message="expansion", error=reduction.error))
    found = expanded(reduction, train, unseen)
    if len(reduction.groups) == 1 and not (found and found[0].error < EXACT):
        found = sorted(
            [*single_variable(reduction, train, unseen, dataset), *found],
            key=lambda each: each.length,
        )
    settled = _settled(found, dataset)
    further: tuple[Callable[[], list[Expansion]], ...] = (
        lambda: rewritten(reduction, train, unseen),
        lambda: curved(reduction, train, unseen, dataset),
    )
    for more in further:
        if settled:
            break
        first = found[:1]
        found = sorted([*more(), *found], key=_ordered)
        settled = found[:1] != first and _settled(found, dataset)
    return Proposals(
        laws=tuple(Proposal(origin=origin(reduction), expr=each.expr) for each in found),
        structure=Structure.of(reduction),
        settled=settled,
    )


def _ordered(each: Expansion) -> float:
    return each.length


def _settled(found: list[Expansion], dataset: Dataset) -> bool:
    return bool(found) and settles(found[0].expr, dataset)


@np.errstate(all="ignore")  # what has no value is left out
def settles(expr: sp.Expr, dataset: Dataset, *, seen: float = math.inf) -> bool:
    """Whether a law leaves nothing to find, so far as the rows can tell.

    It does where it holds to rounding. Else a smooth function of all columns, and then a sum of
    products of curves, is fitted to what the law leaves of training rows: if neither takes from
    unseen rows what one more node of a law must, the rest is noise. On large tables no noise is
    believed: a law may then know more than a smooth function of some of the rows. Nor is it where
    the law leaves much of the target, for what sees little is no witness.

    Args:
        expr: The law in the columns' symbols, its numbers fitted.
        dataset: The table; its training and validation rows are read.
        seen: Error of a smooth function of fewer variables, over the target's size, where one is
            known: it may see what none of all columns does.

    Source: ours; the price of a node is that of `front`.
    """
    dataset = dataset.evened()
    train, unseen = _rows(dataset, "train"), _rows(dataset, "validation")
    law = tape(expr, train.symbols)
    train, unseen = (
        replace(rows, y=rows.y - law.values(list(rows.x.T), len(rows.y)))
        for rows in (train, unseen)
    )
    if not (np.isfinite(train.y).all() and np.isfinite(unseen.y).all()):
        return False
    error = left(expr, dataset)
    if error < EXACT:
        return True
    if len(train.y) > _FEW_ROWS or error > min(_WITNESS, _MORE * seen):
        return False
    least = price(len(train.y) + len(unseen.y))
    for share in (explained, _by_curves):
        if -math.log(max(1 - share(train, unseen), EXACT)) >= least:
            return False
    return True


def _by_curves(train: Rows, unseen: Rows) -> float:
    """Share of the squares of a target that sums of products of curves explain.

    Where columns of both signs are many, they see what no smooth function of all columns does.
    """
    z, y = np.concatenate([train.x, unseen.x]), np.concatenate([train.y, unseen.y])
    held = len(unseen.y) // 2  # the best of many fits is luck on the rows that it was chosen on
    choosing = len(unseen.y) - held
    if held < _FEW_HELD or not np.ptp(train.y) > 0:
        return 0.0
    one = np.ones(len(y))
    fits = list(separate(z, one, y, unseen=choosing, products=_CURVES, held=held))
    if not fits:
        return 0.0
    fit = min(fits, key=lambda each: each.error)
    size = np.sqrt(np.mean(y[: len(train.y)] ** 2))
    rest = y - size * np.prod(fit.curves, axis=0).sum(1)
    return 1.0 - float(np.sum(rest[-held:] ** 2) / np.sum(y[-held:] ** 2))
