"""Laws that are a simple function of a sparse sum of terms, or of a ratio of two such sums.

Small dictionaries are searched more thoroughly than the large one.
"""

from collections.abc import Sequence

import numpy as np
import sympy as sp

from discover.expansion.dictionary import Term, dictionary
from discover.expansion.outer import OUTER
from discover.expansion.problem import EXACT, Draft, Problem
from discover.expansion.reduced import Expansion, Reduced

_ROWS = 1000
# Sizes of the dictionaries by level, and how many of their terms ratios may hold.
_SIZES = ((160, 80), (160, 80), (1200, 300))
# With more variables than this there are many powers.
_FEW, _MANY = 2, 700


@np.errstate(all="ignore")  # what has no value is left out
def expand(
    symbols: Sequence[sp.Symbol], train: Reduced, unseen: Reduced, *, level: int, keep: int = 12
) -> tuple[Expansion, ...]:
    """Short expansions, the best for their size first, and then the most accurate of each size.

    Args:
        symbols: The variables of the unknown function ``[r]``.
        train: Rows that choose the terms and their factors.
        unseen: Rows that the proposals are ordered by.
        level: Which dictionary: 0 powers, 1 common functions too, 2 the large one.
        keep: How many to return at most.
    """
    train = train.take(_ROWS)
    most, ratio = _SIZES[level]
    if level == 0 and len(symbols) > _FEW:
        most = _MANY
    terms = dictionary(symbols, np.concatenate([train.z, unseen.z]), most=most, level=level)
    tried = (Problem.of(outer, terms, train, unseen) for outer in OUTER)
    problems = [problem for problem in tried if problem is not None]
    drafts = [draft for problem in problems for draft in problem.sums()]
    if not any(draft.error < EXACT for draft in drafts):
        drafts += [draft for problem in problems for draft in problem.ratios(ratio)]
    return _shortest(drafts, len(train.y) + len(unseen.y), keep)


@np.errstate(all="ignore")  # what has no value is left out
def sums(
    dictionary: Sequence[Term], train: Reduced, unseen: Reduced, *, terms: int, keep: int
) -> tuple[Expansion, ...]:
    """Short sums of the terms of a dictionary, the best for their size first.

    Args:
        dictionary: Terms, their values on the rows of training and then on the unseen ones.
        train: Rows that choose the terms and their factors.
        unseen: Rows that the proposals are ordered by.
        terms: Longest sum.
        keep: How many to return at most.
    """
    problem = Problem.of(OUTER[0], dictionary, train, unseen)
    drafts = [] if problem is None else list(problem.sums(terms))
    return _shortest(drafts, len(train.y) + len(unseen.y), keep)


def _shortest(drafts: Sequence[Draft], rows: int, keep: int) -> tuple[Expansion, ...]:
    """Of each form the first, the shortest descriptions first, then the most accurate."""
    drafts = sorted(drafts, key=lambda draft: draft.length(rows))
    forms: dict[object, Draft] = {}
    for draft in drafts:
        forms.setdefault(draft.form, draft)
    short = list(forms.values())[:keep]
    accurate = [draft for draft in _front(drafts) if forms[draft.form] not in short]
    return tuple(draft.expansion(rows) for draft in (*short, *accurate))


def _front(drafts: Sequence[Draft]) -> list[Draft]:
    """The drafts that no cheaper one is as accurate as: noise may hide in what they cost."""
    kept: list[Draft] = []
    for draft in sorted(drafts, key=lambda draft: (draft.price, draft.error)):
        if not kept or draft.error < kept[-1].error:
            kept.append(draft)
    return kept
