"""Laws that an engine evolves, on the columns and on the variables that they reduce to."""

from dataclasses import dataclass

import numpy as np
import sympy as sp

from discover import refine
from discover.config import LawConfig
from discover.dataset import Dataset, Matrix, Variable, Vector
from discover.progress import Event, Listener, silent
from discover.proposals.values import Proposal, Structure
from discover.tape import tape


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
    name = refine.AUTO if settings.refine == "auto" else settings.refine
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
