"""Laws proposed for a table, by several roads that know nothing of one another.

First the variables are reduced by what the slopes of the target say; then sparse expansions are
tried on the variables that are left, simple dictionaries first; what they leave unexplained goes to
an engine, on the reduced variables and on the columns as they are. Each proposal says who made it.
The roads end where one has found all there is: an exact law, or one that unseen rows cannot tell
from a smooth function.
"""

from dataclasses import dataclass, replace

import sympy as sp

from discover import refine
from discover.dataset import Dataset, Matrix, Variable, Vector
from discover.expansion import Expansion, Reduced, expand
from discover.progress import Event, Listener, silent
from discover.structure import Reduction, Rows, alternatives, denoised, reduce

# Bases of the reduced variables that are tried with each dictionary.
_BASES = (3, 3, 2)
_KEEP = 16
_FEW_ROWS = 1000
# A smooth function with a larger error than this is worth more than the target's own noise.
_NOISY = 3e-3
_EXACT = 1e-9
# An error this near that of a smooth function leaves nothing to find ...
_LIKE = 1.03
# ... in a law of so few nodes that no simpler one is likely.
_SHORT = 16


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


@dataclass(frozen=True, kw_only=True, eq=False)
class Proposals:
    """What was proposed for a table, and why.

    Attributes:
        laws: The proposals, each road's best first.
        structure: What the slopes said; ``None`` where the rows were too few to ask.
    """

    laws: tuple[Proposal, ...]
    structure: Structure | None


def propose(
    dataset: Dataset,
    *,
    choice: refine.Choice,
    effort: int,
    max_complexity: int,
    seed: int,
    listen: Listener = silent,
) -> Proposals:
    """Laws for the target of a table.

    Args:
        dataset: The table, with the columns that matter; its training and validation rows are read.
        choice: The engine for what the other roads leave.
        effort: How long the engine may search; 1 is a glance.
        max_complexity: Largest law wanted.
        seed: Seed of the engine.
        listen: Where progress goes.

    Raises:
        InputError: If the engine cannot run.
    """
    symbols = tuple(variable.sympy for variable in dataset.features)
    train, unseen = (
        Rows(x=x, y=y, symbols=symbols)
        for x, y in (dataset.part("train"), dataset.part("validation"))
    )
    listen(Event(stage="refine", done=0, total=3, message="structure"))
    reduction = reduce(train, unseen)
    structure = None if reduction is None else Structure.of(reduction)
    laws: list[Proposal] = []
    if reduction is not None:
        listen(Event(stage="refine", done=1, total=3, message="expansion", error=reduction.error))
        found = _expanded(reduction, train, unseen)
        laws += [Proposal(origin=_origin(reduction), expr=each.expr) for each in found]
        if found and _enough(found[0], reduction, len(train.y)):
            return Proposals(laws=tuple(laws), structure=structure)
    engine = refine.engine(choice)
    if engine is None:
        return Proposals(laws=tuple(laws), structure=structure)
    tables = [_Table.of(dataset)]
    if reduction is not None and _reduces(reduction) and reduction.groups:
        tables.insert(0, _Table.reduced(reduction, train))
    for table in tables:
        listen(Event(stage="refine", done=2, total=3, message=table.origin or choice))
        found_laws = engine.search(
            table.x,
            table.y,
            table.variables,
            effort=max(1, effort // len(tables)),
            max_complexity=max_complexity,
            seed=seed,
        )
        name = table.origin or ("operon" if choice == "auto" else choice)
        laws += [Proposal(origin=name, expr=table.restored(expr)) for expr in found_laws]
    return Proposals(laws=tuple(laws), structure=structure)


def _reduces(reduction: Reduction) -> bool:
    """Whether there are fewer variables than columns, or a factor."""
    return len(reduction.groups) < len(reduction.base) or any(reduction.factor)


def _origin(reduction: Reduction) -> str:
    return "structure" if _reduces(reduction) else "expansion"


def _enough(best: Expansion, reduction: Reduction, rows: int) -> bool:
    """Whether a law leaves nothing to find, so far as the rows can tell."""
    if rows > _FEW_ROWS:  # a law may then know more than a smooth function of some of the rows
        return best.error < _EXACT
    return best.error < _EXACT or (best.error < _LIKE * reduction.error and best.size <= _SHORT)


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
                return found
    return found


def _distinct(found: list[Expansion]) -> list[Expansion]:
    """The shortest descriptions, one for each function: equal functions have equal errors."""
    kept: dict[str, Expansion] = {}
    for each in sorted(found, key=lambda each: each.length):
        kept.setdefault(f"{each.error:.9e}" if each.error > _EXACT else str(each.expr), each)
    return list(kept.values())[:_KEEP]


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
    def reduced(cls, reduction: Reduction, rows: Rows) -> "_Table":
        """The variables that a reduction leaves."""
        factor, z = reduction.values(rows.x, rows.symbols)
        return cls(
            origin="structure",
            x=z,
            y=rows.y / factor,
            variables=tuple(Variable(name=f"z{i}") for i in range(z.shape[1])),
            factor=reduction.factor_expr(),
            groups=reduction.group_exprs(),
        )

    def restored(self, expr: sp.Expr) -> sp.Expr:
        """A law of the variables as one of the columns."""
        symbols = (variable.sympy for variable in self.variables)
        inner = dict(zip(symbols, self.groups, strict=True)) if self.groups else {}
        return self.factor * expr.xreplace(inner)
