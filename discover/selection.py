"""From many expressions to a short front of laws.

Whoever proposes a law, a graph or an engine, its constants are refitted on training rows, and what
is simple for its validation error goes on: it is brought into its shortest form, its constants are
tried as exact numbers, and terms that do not pay are dropped. Test rows are never looked at here.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import sympy as sp

from discover.accuracy import Accuracy, Levels, measure
from discover.dataset import Dataset
from discover.front import CLOSE, evidence, front, length, select, unmatched, worthwhile
from discover.law import Law, complexity
from discover.progress import Event, Listener, silent
from discover.refit import Sample, refit
from discover.score import score
from discover.simplify import reductions, snap, tidy

_FEW = 1000
_REDUCED = 3
_EXACT = 1e-9
# The constants of so many laws are tried as exact numbers.
_MOST = 12
# A proposal of more nodes is not looked at, and one that has more once it is tidied is no stepping
# stone: too much would have to go. Where laws of half the size are wanted, that size is the limit.
_LONGEST, _STONE = 120, 60


@dataclass(frozen=True, kw_only=True, eq=False)
class Front:
    """The laws worth showing.

    Attributes:
        laws: Pareto front by complexity and validation error, simplest first.
        selected: Index of the recommended one.
    """

    laws: tuple[Law, ...]
    selected: int


def compete(
    proposed: Sequence[tuple[str, sp.Expr]],
    dataset: Dataset,
    *,
    max_complexity: int,
    shorten: bool = True,
    levels: Levels | None = None,
    listen: Listener = silent,
) -> Front:
    """The front of what was proposed, and of what can be made from it.

    Args:
        proposed: Origin and expression of each proposal, in columns of `dataset`.
        dataset: The table.
        max_complexity: Longer laws are only stepping stones to shorter ones.
        shorten: Whether parts of the best laws are left out, one after the other.
        levels: The allowed values of an ordinal target.
        listen: Where progress goes.
    """
    train, validation = Sample.of(dataset, "train"), Sample.of(dataset, "validation")
    few = train.thin(_FEW)

    def judged(law: Law) -> Law:
        return _judged(law, train, validation)

    def exact(law: Law) -> Law:
        """With exact numbers, which have more nodes than arbitrary ones, where these fit in."""
        snapped = judged(snap(law, train, validation))
        return snapped if snapped.complexity <= max(max_complexity, law.complexity) else law

    mean = judged(Law.of(sp.Float(train.mean(train.y)), (), dataset.target, "mean"))
    laws: dict[sp.Expr, Law] = {}
    shorter = [
        each for each in proposed if complexity(each[1]) <= max(_LONGEST, 2 * max_complexity)
    ]
    for number, (origin, expr) in enumerate(shorter):
        law = Law.of(tidy(expr, few.columns), dataset.features, dataset.target, origin)
        if law.form not in laws:  # of one form the first to propose it
            laws[law.form] = judged(refit(law, few))
        listen(Event(stage="laws", done=number + 1, total=2 * len(proposed), message="constants"))
    # A form is as short as its exact numbers make it, so those come before the comparison.
    for law in _close(laws.values()):
        laws[law.form] = exact(law)
    made = list(laws.values())
    seeds: list[Law] = []
    ways = (_seeds, _shortest) if shorten else ()  # what was made may be shortened in turn
    for number, choose in enumerate(ways):
        more = [law for law in choose(made, max_complexity) if law not in seeds]
        for law in more:
            made += [judged(rung) for rung in reductions(law, train, validation)]
        seeds += more
        done = len(proposed) + (number + 1) * len(proposed) // 2
        listen(Event(stage="laws", done=done, total=2 * len(proposed), message="shorter forms"))
    # Of equals the one whose origin proposed first is taken.
    order = {origin: number for number, (origin, _) in reversed([*enumerate(proposed)])}
    made.sort(key=lambda law: order[law.origin])
    chosen = unmatched(law for law in [mean, *made] if law.complexity <= max_complexity)
    # A law of no column is the yardstick of the others: it stays the mean.
    snapped = [exact(law) if law.variables else mean for law in chosen]
    # A snapped law stands in for its own unsnapped one: the two are often of one size, and the one
    # with a constant more would win by the noise that this constant fits.
    left = [law for law in snapped if _tells(law)]
    final = [score(refit(law, train), dataset, levels) for law in unmatched([*left, mean])]
    best = worthwhile(unmatched(final))
    return Front(laws=best, selected=select(best))


def _tells(law: Law) -> bool:
    """Whether a law is worth its nodes beside the statement that the target is zero.

    A few huge values can put zero nearer to a target than its mean is, and a column of small
    numbers is as good a zero as any.
    """
    return length(law) < 0.0


def _close(laws: Iterable[Law]) -> list[Law]:
    """The laws whose description is not much longer than the best one's."""
    ranked = sorted((law for law in laws if math.isfinite(length(law))), key=length)
    return [law for law in ranked if length(law) < length(ranked[0]) + CLOSE][:_MOST]


def _seeds(laws: Sequence[Law], max_complexity: int) -> list[Law]:
    """The laws that shorter ones are made from; beside exact laws no other is worth it.

    Of the exact ones the first of each origin, so that who found a law first is said to have.
    """
    short = front(law for law in laws if law.complexity <= max_complexity)
    stones = front(
        law for law in laws if max_complexity < law.complexity <= max(_STONE, 2 * max_complexity)
    )
    exact = [law for law in short if evidence(law).relative < _EXACT]
    if exact:
        longest = 3 * exact[0].complexity
        known = [law for law in laws if evidence(law).relative < _EXACT]
        firsts = {law.origin: law for law in reversed(known) if law.complexity <= longest}
        return list(reversed(firsts.values()))
    longer = sorted(stones, key=_error)[: _REDUCED - 1]
    return [*_best(short, _REDUCED), *longer] if short else longer


def _shortest(laws: Sequence[Law], max_complexity: int) -> list[Law]:
    """The laws of the front with the shortest descriptions, unless one is exact."""
    short = front(law for law in laws if law.complexity <= max_complexity)
    exact = any(evidence(law).relative < _EXACT for law in short)
    return [] if exact else sorted(short, key=length)[:_REDUCED]


def _best(laws: Sequence[Law], count: int) -> list[Law]:
    """The recommended law and the most accurate ones."""
    ranked = sorted(laws, key=_error)[: count - 1]
    chosen = laws[select(laws)]
    return [chosen, *(law for law in ranked if law is not chosen)]


def _judged(law: Law, train: Sample, validation: Sample) -> Law:
    """The law with its accuracies on the rows that it is chosen by."""
    accuracy: dict[str, Accuracy] = {}
    with np.errstate(all="ignore"):
        for split, rows in (("train", train), ("validation", validation)):
            accuracy[split] = measure(
                law.predict(rows.columns),
                rows.y,
                split=split,
                unit=law.target.unit,
                weights=rows.weights,
            )
    return replace(law, accuracy=accuracy)


def _error(law: Law) -> float:
    return evidence(law).relative
