"""Laws by all roads but the network: what is known before it is trained, and what is left.

Linear algebra takes seconds and an engine longer, and a network that has to explain a table longer
still. So linear algebra comes first, in dimensionless groups where units are told; where its law
leaves nothing to find, no engine is asked and a small network is enough.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import sympy as sp

from discover.accuracy import Levels
from discover.config import LawConfig, Recipe
from discover.dataset import Dataset
from discover.front import select
from discover.groups import View, homogeneous, joined, makes_sense, wanted
from discover.progress import Listener
from discover.proposals import Proposals, fewer, left, propose, search, settles
from discover.selection import Front


@dataclass(frozen=True, kw_only=True, eq=False)
class Early:
    """What linear algebra says of a table before any network is trained.

    Attributes:
        proposals: Laws in the columns; none where laws in groups had settled the matter.
        homogeneous: Laws that make sense dimensionally, where units were told.
        settled: Whether nothing is left to find; a small network is then enough to show the law.
        offered: The columns that were looked at.
        columns: Those of the best law; all where there is none.
        error: What that law misses on validation rows, over the target's size, rows of little
            weight left out as networks do; infinite where there is none.
    """

    proposals: Proposals
    homogeneous: Front | None
    settled: bool
    offered: tuple[str, ...]
    columns: tuple[str, ...]
    error: float

    def needed(self, error: float) -> tuple[str, ...]:
        """Columns that may not be left out because a network does without them.

        Args:
            error: What that network misses on the same rows, over the target's size. One that
                knows less than a law does is no witness against the law's columns.
        """
        return self.columns if self.settled or self.error < error else ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Searched:
    """What is found on the columns that the networks kept, where nothing was settled before.

    Attributes:
        proposals: Laws in these columns, those of the engine last.
        homogeneous: Laws that make sense dimensionally.
    """

    proposals: Proposals
    homogeneous: Front | None


def early(dataset: Dataset, recipe: Recipe, levels: Levels | None, listen: Listener) -> Early:
    """Laws by linear algebra: in dimensionless groups first, then in the columns.

    Where groups leave something to find, and a law of the columns that makes sense does not, no
    other groups are looked at.

    Args:
        dataset: The table.
        recipe: How large laws may be, and whether their numbers may carry units.
        levels: The allowed values of an ordinal target.
        listen: Where progress goes.
    """
    seen: list[float] = []

    def found_in(choices: Sequence[View]) -> Front | None:
        def proposed(groups: Dataset) -> list[sp.Expr]:
            found = propose(groups)
            if found.structure is not None:
                seen.append(found.structure.error)
            return [each.expr for each in found.laws]

        return homogeneous(choices, dataset, recipe.law, proposed, levels=levels, listen=listen)

    def leaves_nothing(within: Front | None) -> bool:
        if within is None:
            return False
        law = within.laws[within.selected].expr
        return settles(law, dataset, seen=min(seen, default=math.inf))

    none = Proposals(laws=(), structure=None, settled=False)
    choices = wanted(dataset, recipe.law)
    within = found_in(choices[:1])
    proposals = none if leaves_nothing(within) else propose(dataset, listen=listen)
    known = proposals.laws[0].expr if proposals.settled else None
    # A law of the first groups may have a shorter rival in others, even if it settles the matter.
    if known is None or not makes_sense(known, dataset):
        within = joined(within, found_in(choices[1:]))
        if within is not None and leaves_nothing(within):
            return _settled(none, within, within.laws[within.selected].expr, dataset)
    if known is not None:
        return _settled(proposals, within, known, dataset)
    best = [each.expr for each in proposals.laws[:1]]
    if within is not None:
        best.append(within.laws[within.selected].expr)
    even = dataset.evened()
    errors = [left(expr, even) for expr in best]
    error = min(errors, default=math.inf)
    return Early(
        proposals=proposals,
        homogeneous=within,
        settled=False,
        offered=dataset.names,
        columns=_columns(best[errors.index(error)], dataset) if best else dataset.names,
        error=error,
    )


def _settled(proposals: Proposals, within: Front | None, best: sp.Expr, dataset: Dataset) -> Early:
    """What is known where `best` leaves nothing to find: the laws in its columns."""
    columns = _columns(best, dataset)
    if within is not None:
        laws = tuple(law for law in within.laws if {v.name for v in law.variables} <= set(columns))
        within = Front(laws=laws, selected=select(laws)) if laws else None
    symbols = {v.sympy for v in dataset.features if v.name in columns}
    laws_in = tuple(each for each in proposals.laws if each.expr.free_symbols <= symbols)
    return Early(
        proposals=replace(proposals, laws=laws_in),
        homogeneous=within,
        settled=True,
        offered=dataset.names,
        columns=columns,
        error=left(best, dataset.evened()),
    )


def _columns(law: sp.Expr, dataset: Dataset) -> tuple[str, ...]:
    used = law.free_symbols
    return tuple(v.name for v in dataset.features if v.sympy in used) or dataset.names


def searched(
    known: Early, dataset: Dataset, recipe: Recipe, levels: Levels | None, listen: Listener
) -> Searched:
    """What an engine finds on the columns that are left, and linear algebra if they are fewer.

    Args:
        known: What was known before, of all columns.
        dataset: The table, with the columns that the networks kept.
        recipe: Which engine, how long, and how large laws may be.
        levels: The allowed values of an ordinal target.
        listen: Where progress goes.

    Raises:
        InputError: If the engine cannot run.
    """
    if len(dataset.names) < len(known.offered):
        known = early(dataset, recipe, levels, listen)
    within, proposals, laws = known.homogeneous, known.proposals, recipe.law
    if known.settled:
        return Searched(proposals=proposals, homogeneous=within)
    if within is not None:  # the engine's time goes to both
        laws = laws.model_copy(update={"effort": max(1, laws.effort // 2)})
        found = homogeneous(
            wanted(dataset, laws),
            dataset,
            laws,
            lambda groups: [e.expr for e in search(groups, None, laws, seed=recipe.seed)],
            levels=levels,
            listen=listen,
        )
        within = joined(within, found)
    more = search(dataset, proposals.structure, laws, seed=recipe.seed, listen=listen)
    found_laws = (*proposals.laws, *more)
    usual = recipe.law.effort >= LawConfig().effort
    names = fewer(found_laws, dataset) if usual else ()
    if names:
        found_laws += propose(dataset.select(names), listen=listen).laws
    return Searched(proposals=replace(proposals, laws=found_laws), homogeneous=within)
