"""Laws proposed for a table, by several roads that know nothing of one another.

First the variables are reduced by what the slopes of the target say; then sparse expansions are
tried on the variables that are left, simple dictionaries first; what they leave unexplained goes to
an engine, on the reduced variables and on the columns as they are. Each proposal says who made it.
The roads end where one has found all there is: an exact law, or one that unseen rows cannot tell
from a smooth function.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import sympy as sp

from discover import refine
from discover.config import LawConfig
from discover.dataset import Dataset, Matrix, Variable, Vector
from discover.expansion import Expansion, Reduced, expand, single
from discover.front import price
from discover.progress import Event, Listener, silent
from discover.structure import (
    Reduction,
    Rows,
    alternatives,
    denoised,
    explained,
    folded,
    odd,
    reduce,
)
from discover.tape import tape

# Bases of the reduced variables that are tried with each dictionary.
_BASES = (3, 3, 2)
_KEEP = 16
# Of an exact law so many forms are kept, and so many laws with them.
_FORMS, _BESIDE = 3, 8
_FEW_ROWS = 1000
# A smooth function with a larger error than this is worth more than the target's own noise.
_NOISY = 3e-3
_EXACT = 1e-9


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A law that somebody proposes.

    Attributes:
        origin: Who: ``expansion``, ``structure`` (on variables that the slopes had reduced) or the
            name of an engine.
        expr: The law in the columns' symbols.
    """

    origin: str
    expr: sp.Expr


@dataclass(frozen=True, kw_only=True)
class Structure:
    """What the slopes of the target say: ``target = factor * f(variables)``.

    Attributes:
        factor: The factor in the columns' symbols; 1 where there is none.
        variables: What f depends on; none where the law is the factor itself.
        error: Error on validation rows of a smooth f of these variables, over the target's size.
        full: The same of a smooth function of all columns.
        spectrum: Singular values of the slopes, the largest 1: those near zero are symmetries.
    """

    factor: sp.Expr
    variables: tuple[sp.Expr, ...]
    error: float
    full: float
    spectrum: tuple[float, ...]

    @classmethod
    def of(cls, found: Reduction) -> "Structure":
        """The reduction in the columns' symbols."""
        return cls(
            factor=found.factor_expr(),
            variables=found.group_exprs(),
            error=found.error,
            full=found.full,
            spectrum=found.spectrum,
        )

    def reduces(self, dataset: Dataset) -> bool:
        """Whether there are fewer variables than columns, or a factor."""
        return len(self.variables) < len(dataset.features) or self.factor != 1


@dataclass(frozen=True, kw_only=True, eq=False)
class Proposals:
    """What was proposed for a table, and why.

    Attributes:
        laws: The proposals, each road's best first.
        structure: What the slopes said; ``None`` where the rows were too few to ask.
        settled: Whether the first law leaves nothing to find; see :func:`settles`.
    """

    laws: tuple[Proposal, ...]
    structure: Structure | None
    settled: bool


def propose(dataset: Dataset, *, listen: Listener = silent) -> Proposals:
    """Laws for the target of a table, read off by linear algebra.

    Args:
        dataset: The table; its training and validation rows are read.
        listen: Where progress goes.
    """
    dataset = dataset.evened()
    symbols = tuple(variable.sympy for variable in dataset.features)
    train, unseen = (
        Rows(x=x, y=y, symbols=symbols)
        for x, y in (dataset.part("train"), dataset.part("validation"))
    )
    columns = odd(train)
    if not columns:
        return _proposed(dataset, train, unseen, listen)
    found = _proposed(dataset, folded(train, columns), folded(unseen, columns), listen)
    if found.settled:
        return found
    plain = _proposed(dataset, train, unseen, listen)
    return replace(plain, laws=(*plain.laws, *found.laws))


def _proposed(dataset: Dataset, train: Rows, unseen: Rows, listen: Listener) -> Proposals:
    """Laws for these rows, which are those of the table or its rows without some signs."""
    listen(Event(stage="propose", done=0, total=2, message="structure"))
    reduction = reduce(train, unseen)
    if reduction is None:
        return Proposals(laws=(), structure=None, settled=False)
    listen(Event(stage="propose", done=1, total=2, message="expansion", error=reduction.error))
    found = _expanded(reduction, train, unseen)
    if len(reduction.groups) == 1 and not (found and found[0].error < _EXACT):
        found = sorted([*_single(reduction, train, unseen), *found], key=lambda each: each.length)
    return Proposals(
        laws=tuple(Proposal(origin=_origin(reduction), expr=each.expr) for each in found),
        structure=Structure.of(reduction),
        settled=bool(found) and settles(found[0].expr, dataset),
    )


def search(
    dataset: Dataset,
    structure: Structure | None,
    settings: LawConfig,
    *,
    seed: int,
    listen: Listener = silent,
) -> tuple[Proposal, ...]:
    """Laws that an engine finds on the columns, and on the variables that they reduce to.

    Args:
        dataset: The table, with the columns that matter; its training rows are read.
        structure: What the slopes said of it.
        settings: Which engine, how long, and the largest law wanted.
        seed: Seed of the engine.
        listen: Where progress goes.

    Raises:
        InputError: If the engine cannot run.
    """
    dataset = dataset.evened()
    engine = refine.engine(settings.refine)
    if engine is None:
        return ()
    tables = [_Table.of(dataset)]
    if structure is not None and structure.variables and structure.reduces(dataset):
        tables.insert(0, _Table.reduced(structure, dataset))
    name = "operon" if settings.refine == "auto" else settings.refine
    laws: list[Proposal] = []
    for number, table in enumerate(tables):
        listen(Event(stage="refine", done=number, total=len(tables), message=table.origin or name))
        found = engine.search(
            table.x,
            table.y,
            table.variables,
            effort=max(1, settings.effort // len(tables)),
            max_complexity=settings.max_complexity,
            seed=seed,
        )
        laws += [Proposal(origin=table.origin or name, expr=table.restored(e)) for e in found]
    return tuple(laws)


def settles(expr: sp.Expr, dataset: Dataset) -> bool:
    """Whether a law leaves nothing to find, so far as the rows can tell.

    It does where it holds to rounding. Else a smooth function of all columns is fitted to what the
    law leaves of training rows: if it does not take from unseen rows what one more node of a law
    must, the rest is noise. On large tables no noise is believed: a law may then know more than a
    smooth function of some of the rows.

    Args:
        expr: The law in the columns' symbols, its numbers fitted.
        dataset: The table; its training and validation rows are read.

    Source: ours; the price of a node is that of `front`.
    """
    dataset = dataset.evened()
    symbols = tuple(variable.sympy for variable in dataset.features)
    law = tape(expr, symbols)
    left = []
    for x, y in (dataset.part("train"), dataset.part("validation")):
        left.append(Rows(x=x, y=y - law.values(list(x.T), len(y)), symbols=symbols))
    train, unseen = left
    if not (np.isfinite(train.y).all() and np.isfinite(unseen.y).all()):
        return False
    y = dataset.part("validation")[1]
    if float(np.sqrt(np.mean(unseen.y**2) / np.mean(y**2))) < _EXACT:
        return True
    if len(train.y) > _FEW_ROWS:
        return False
    rows = len(train.y) + len(unseen.y)
    return -math.log(max(1 - explained(train, unseen), _EXACT)) < price(rows)


def _reduces(reduction: Reduction) -> bool:
    """Whether there are fewer variables than columns, or a factor."""
    return len(reduction.groups) < len(reduction.base) or any(reduction.factor)


def _origin(reduction: Reduction) -> str:
    return "structure" if _reduces(reduction) else "expansion"


def _expanded(reduction: Reduction, train: Rows, unseen: Rows) -> list[Expansion]:
    """Expansions in the columns' symbols, the shortest description first."""
    if not reduction.groups:
        return [_monomial(reduction, train, unseen)]
    symbols = [sp.Dummy(f"z{i}", real=True) for i in range(len(reduction.groups))]
    clean = denoised(reduction, train, unseen) if reduction.error > _NOISY else train.y
    found: list[Expansion] = []
    for level in range(len(_BASES)):
        for basis in alternatives(reduction, train, _BASES[level]):
            groups = dict(zip(symbols, basis.group_exprs(), strict=True))
            factor = basis.factor_expr()
            here, there = _values(basis, train, clean), _values(basis, unseen, unseen.y)
            for each in expand(symbols, here, there, level=level, keep=_KEEP):
                expr = factor * each.expr.xreplace(groups)
                found.append(replace(each, expr=expr))
            found = _distinct(found)
            # Noise may hide the better form in a larger dictionary, so only exact laws end it.
            if found and found[0].error < _EXACT:
                return [*found[:_FORMS], *(e for e in found[_FORMS:] if e.error > _EXACT)][:_BESIDE]
    return found


def _single(reduction: Reduction, train: Rows, unseen: Rows) -> list[Expansion]:
    """Laws of the one variable that is left, in the columns' symbols."""
    symbol = sp.Dummy("z", real=True)
    here = _values(reduction, train, train.y), _values(reduction, unseen, unseen.y)
    (group,), factor = reduction.group_exprs(), reduction.factor_expr()
    found = [
        replace(each, expr=factor * each.expr.xreplace({symbol: group}))
        for each in single(symbol, *here)
    ]
    return _distinct(found)[:_BESIDE]


def _distinct(found: list[Expansion]) -> list[Expansion]:
    """The shortest descriptions, one for each function: equal functions have equal errors.

    Then the most accurate of each size. Lengths are told from some of the rows, and by factors
    that are not settled yet: the right form need not be among the shortest.
    """
    kept: dict[str, Expansion] = {}
    for each in sorted(found, key=lambda each: each.length):
        kept.setdefault(f"{each.error:.9e}" if each.error > _EXACT else str(each.expr), each)
    short, least = list(kept.values())[:_KEEP], math.inf
    for each in sorted(kept.values(), key=lambda each: (each.size, each.error)):
        if each.error < least:
            least = each.error
            short += [each] if each not in short else []
    return short


def _values(basis: Reduction, rows: Rows, clean: Vector) -> Reduced:
    factor, z = basis.values(rows.x, rows.symbols)
    return Reduced(z=z, factor=factor, y=rows.y, clean=clean)


def _monomial(reduction: Reduction, train: Rows, unseen: Rows) -> Expansion:
    """A number times the factor, which is the whole law."""
    factor, _ = reduction.values(train.x, train.symbols)
    number = float(factor @ train.y) / float(factor @ factor)
    expr = sp.Float(number) * reduction.factor_expr()
    return Expansion(expr=expr, error=reduction.error, length=0.0, size=1)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Table:
    """A table as an engine is to see it, and the way back.

    Attributes:
        origin: Who a law found on it comes from; empty for the engine itself.
        factor: What a law is multiplied by.
        groups: What the variables are, where they are no columns.
    """

    origin: str
    x: Matrix
    y: Vector
    variables: tuple[Variable, ...]
    factor: sp.Expr = sp.S.One
    groups: tuple[sp.Expr, ...] = ()

    @classmethod
    def of(cls, dataset: Dataset) -> "_Table":
        """The columns as they are."""
        x, y = dataset.part("train")
        return cls(origin="", x=x, y=y, variables=dataset.features)

    @classmethod
    def reduced(cls, structure: Structure, dataset: Dataset) -> "_Table":
        """The variables that a reduction leaves."""
        x, y = dataset.part("train")
        symbols = tuple(variable.sympy for variable in dataset.features)
        factor, *z = (
            tape(expr, symbols).values(list(x.T), len(y))
            for expr in (structure.factor, *structure.variables)
        )
        return cls(
            origin="structure",
            x=np.column_stack(z),
            y=y / factor,
            variables=tuple(Variable(name=f"z{i}") for i in range(len(z))),
            factor=structure.factor,
            groups=structure.variables,
        )

    def restored(self, expr: sp.Expr) -> sp.Expr:
        """A law of the variables as one of the columns."""
        symbols = (variable.sympy for variable in self.variables)
        inner = dict(zip(symbols, self.groups, strict=True)) if self.groups else {}
        return self.factor * expr.xreplace(inner)
