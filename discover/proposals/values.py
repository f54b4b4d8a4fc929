"""Proposals: who makes them, and what was known when they were made."""

from dataclasses import dataclass

import sympy as sp

from discover.dataset import Dataset
from discover.structure import Reduction


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
