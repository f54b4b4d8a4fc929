"""From many expressions to a short front of laws.

Whoever proposes a law, a graph or an engine, its constants are refitted on training rows, and what
is simple for its validation error goes on: it is brought into its shortest form, its constants are
tried as exact numbers, and terms that do not pay are dropped. Test rows are never looked at here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import sympy as sp

from discover.accuracy import Levels, measure
from discover.dataset import Dataset
from discover.front import front, select
from discover.law import Law
from discover.progress import Event, Listener, silent
from discover.refit import Sample, refit
from discover.score import score
from discover.simplify import reductions, snap, tidy

_FEW = 1000
_REDUCED = 3
_EXACT = 1e-9


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
    levels: Levels | None = None,
    listen: Listener = silent,
) -> Front:
    """The front of what was proposed, and of what can be made from it.

    Args:
        proposed: Origin and expression of each proposal, in columns of `dataset`.
        dataset: The table.
        max_complexity: Longer laws are only stepping stones to shorter ones.
        levels: The allowed values of an ordinal target.
        listen: Where progress goes.
    """
    train, validation = Sample.of(dataset, "train"), Sample.of(dataset, "validation")
    few = train.thin(_FEW)
    mean = Law.of(sp.Float(float(train.y.mean())), (), dataset.target, "mean")
    laws = [_judged(mean, validation)]
    forms: set[sp.Expr] = set()
    for number, (origin, expr) in enumerate(proposed):
        law = Law.of(tidy(expr, few.columns), dataset.features, dataset.target, origin)
        if law.form in forms:
            continue  # of one form the first to propose it
        forms.add(law.form)
        laws.append(_judged(refit(law, few.columns, few.y), validation))
        listen(Event(stage="laws", done=number + 1, total=2 * len(proposed), message="constants"))
    stones = [law for law in laws if law.complexity > max_complexity]
    stones = sorted(front(stones), key=_error)[:_REDUCED]
    short = front(law for law in laws if law.complexity <= max_complexity)
    exact = [law for law in short if _error(law) < _EXACT * _size(validation)]
    # Beside an exact law no other is worth a closer look.
    seeds = exact[:1] or [*_best(short, _REDUCED), *stones]
    made: list[Law] = list(short)
    for number, law in enumerate(seeds):
        made += [_judged(rung, validation) for rung in reductions(law, train, validation)]
        done = len(proposed) + (number + 1) * len(proposed) // (2 * len(seeds))
        listen(Event(stage="laws", done=done, total=2 * len(proposed), message="shorter forms"))
    chosen = front(law for law in made if law.complexity <= max_complexity)
    snapped = [_judged(snap(law, train, validation), validation) for law in chosen]
    # A snapped law stands in for its own unsnapped one: the two are often of one size, and the one
    # with a constant more would win by the noise that this constant fits.
    final = [
        score(refit(law, train.columns, train.y), dataset, levels)
        for law in front([*snapped, laws[0]])
    ]
    best = front(final)
    return Front(laws=best, selected=select(best))


def _best(laws: Sequence[Law], count: int) -> list[Law]:
    """The recommended law and the most accurate ones."""
    ranked = sorted(laws, key=_error)[: count - 1]
    chosen = laws[select(laws)]
    return [chosen, *(law for law in ranked if law is not chosen)]


def _judged(law: Law, validation: Sample) -> Law:
    """The law with its validation accuracy only."""
    with np.errstate(all="ignore"):
        accuracy = measure(
            law.predict(validation.columns), validation.y, split="validation", unit=law.target.unit
        )
    return replace(law, accuracy={"validation": accuracy})


def _size(sample: Sample) -> float:
    return float(np.sqrt(np.mean(sample.y**2)))


def _error(law: Law) -> float:
    return law.accuracy["validation"].rms
