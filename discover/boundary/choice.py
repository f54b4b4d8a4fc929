"""From many boundaries to a short front, and which of them is recommended.

Two boundaries differ only on the rows that they put on different sides, so they are compared on
those alone, by the sign test. Of all that are not clearly worse than the best the simplest is
recommended: whatever positive function a boundary is multiplied with, it stays the same boundary,
and only its shortest form is worth stating. Test rows are not looked at here.

Source: Q. McNemar, Psychometrika 12 (1947) 153, for the sign test.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import sympy as sp
from scipy.stats import binomtest

from discover.accuracy import Levels
from discover.boundary.scaling import scalings
from discover.boundary.snapping import snapped, tidied
from discover.dataset import Dataset, Vector
from discover.law import Law
from discover.progress import Event, Listener, silent
from discover.refit import Sample, refit
from discover.score import answers, score
from discover.selection import Front

# A boundary is clearly worse if what it loses of the rows in dispute is an accident this rarely:
# many forms were tried, and the best of them owes a little to luck.
_ACCIDENT = 0.01
_SHORT = 12
_STEPS = 20


def compete(
    proposed: Sequence[Law],
    dataset: Dataset,
    *,
    max_complexity: int,
    levels: Levels,
    listen: Listener = silent,
) -> Front:
    """The front of the boundaries that were proposed.

    Args:
        proposed: Laws whose claim is their zero set.
        dataset: The table; constants are fitted on training rows, all choices made on validation
            rows.
        max_complexity: Longer laws are left out.
        levels: The two values of the target.
        listen: Where progress goes.
    """
    train, validation = Sample.of(dataset, "train"), Sample.of(dataset, "validation")
    larger = int(np.mean(train.y > train.y.mean()) >= 0.5)
    # A boundary that parts nothing: all rows are of the class that is met more often.
    none = Law.of(sp.Integer(2 * larger - 1), (), dataset.target, "mean", "zero")
    judged = [_Judged.of(none, train, validation)]
    for number, law in enumerate(proposed):
        fitted = refit(law, train, steps=_STEPS)
        judged.append(_Judged.of(fitted, train, validation))
        if number % 10 == 0:
            listen(Event(stage="laws", done=number, total=len(proposed), message="constants"))
    best = _best(judged)
    short = sorted((j for j in judged if not j.clearly_worse(best)), key=_Judged.size)[:_SHORT]
    listen(Event(stage="laws", done=1, total=2, message="exact numbers"))
    made = list(judged)
    for each in short:
        for expr in scalings(each.law.expr):
            law = Law.of(expr, dataset.features, dataset.target, each.law.origin, "zero")
            made.append(_Judged.of(snapped(law, train, validation), train, validation))
    kept = _undominated(j for j in made if j.law.complexity <= max_complexity)
    # A shorter form has the same zero set, but may leave a longer one behind it.
    kept = _undominated(replace(j, law=tidied(j.law, train)) for j in kept)
    laws = tuple(score(j.law, dataset, levels) for j in kept)
    selected = next(i for i, j in enumerate(kept) if not j.clearly_worse(kept[-1]))
    return Front(laws=laws, selected=selected)


@dataclass(frozen=True, eq=False)
class _Judged:
    """A boundary, and which validation rows it puts on the right side ``[n]``."""

    law: Law
    right: Vector

    @classmethod
    def of(cls, law: Law, train: Sample, validation: Sample) -> "_Judged":
        given = answers(law, validation.columns, train.y)
        return cls(law, np.asarray(given == validation.y, dtype=np.float64))

    @property
    def share(self) -> float:
        return float(self.right.mean())

    def size(self) -> tuple[int, int, float]:
        return self.law.complexity, len(self.law.constants), -self.share

    def clearly_worse(self, other: "_Judged") -> bool:
        """Whether the rows on which the two differ speak clearly for the other."""
        lost = int((other.right > self.right).sum())
        won = int((self.right > other.right).sum())
        return lost > won and float(binomtest(lost, lost + won).pvalue) < _ACCIDENT


def _best(judged: Iterable[_Judged]) -> _Judged:
    return min(judged, key=lambda j: (-j.share, j.law.complexity))


def _undominated(judged: Iterable[_Judged]) -> list[_Judged]:
    """Those of which no simpler one has as many rows right, the best last."""
    kept: list[_Judged] = []
    for each in sorted(judged, key=_Judged.size):
        if not kept or each.share > kept[-1].share:
            kept.append(each)
    return kept
