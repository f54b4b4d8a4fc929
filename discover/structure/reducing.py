"""Fewer variables: what the slopes of a target say about its law.

A law that is invariant when some columns are scaled together depends on products of powers of them
only (Buckingham's theorem, without being told a unit); one that is invariant when two columns grow
by the same amount depends on their difference. Both are linear relations between the exact slopes
of a smooth function through the rows, and are read off a singular value decomposition. The
exponents are made rational, and each reduction is kept only if a smooth function of the fewer
variables predicts unseen rows as well as one of all columns. Where that function sees little, so
that its slopes say nothing, columns that trees would not miss are left out first.

Source: the idea of symmetries from a surrogate's gradient is that of AI Feynman (Udrescu et al.,
arXiv 2006.10782); the singular vectors, their rational form and the test are ours.
"""

from dataclasses import replace
from fractions import Fraction
from itertools import combinations

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from discover.structure.powers import (
    NEAR,
    NEAREST,
    base_values,
    broken,
    echelons,
    whole_of_signed,
)
from discover.structure.reduction import (
    Reduction,
    Rows,
    composed,
    oriented,
    unit,
    unreduced,
    with_sum,
)
from discover.structure.seeing import Seen, Unseen, likeness, rms, see
from discover.structure.telling import telling

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

ROWS = 500
CHECK_ROWS = 300
_FEWEST = 30
_CLEAR = 0.3  # singular values above this share of the largest are certainly not zero
_HIDDEN = 0.1  # below this share one may be zero even if no exponent is near a simple one
_ALIKE = 0.25  # slopes that differ by less may be equal; the rows decide
_TRIALS = 3
LIKE = 1.15  # errors on unseen rows that count as equal
_FAR = 10.0  # times the error that a few rows may make
SMALL = 3e-5  # about what is seen of a target without noise
_BLURRED = 0.03  # a smooth function that misses more may do so for columns it does not need
_BLIND = 0.3  # one that misses more than a tenth of the squares cannot say that it does
_NO_WORSE = 1.03  # what is left out at no price: chance may cost as much


def reduce(train: Rows, unseen: Rows) -> Reduction | None:
    """The fewest variables that a law of these rows can have, as far as the rows can tell.

    Args:
        train: Rows that the smooth functions are fitted to; some hundred of them are used.
        unseen: Rows that every reduction is judged on.

    Returns:
        The reduction, which may reduce nothing; ``None`` where there are too few rows to ask.
    """
    whole, train, unseen = train, train.take(ROWS), unseen.take(CHECK_ROWS)
    if len(train.y) < _FEWEST or not np.ptp(train.y) > 0:
        return None
    current = unreduced(train.symbols)
    seen = _seen(current, train, unseen)
    if not np.isfinite(seen.error):
        return current
    if np.all(seen.spread > 0) and np.isfinite(seen.spread).mean() > 0.5:
        unseen = replace(unseen, spread=seen.spread)
        seen = _again(seen, current, unseen)
    if not seen.error < _BLURRED:
        current, seen = _needed(current, seen, whole, unseen)
    current = replace(current, error=seen.error, full=seen.error)
    while len(current.groups) > 0:
        step = _joined(current, seen, train, unseen) or _scaled(current, seen, train, unseen)
        if step is None:
            break
        current, seen = step
    return oriented(current, train)


def _seen(trial: Reduction, train: Rows, unseen: Rows, before: Seen | None = None) -> Seen:
    """How well a smooth function of the groups does, and what its slopes say.

    The target is seen as it was `before`, in the variables that the trial was made from.
    """
    factor, here = trial.values(train.x, train.symbols)
    beyond, there = trial.values(unseen.x, unseen.symbols)
    usable = np.isfinite(factor).all() and np.isfinite(beyond).all() and np.all(factor != 0)
    if not (usable and np.isfinite(here).all() and np.isfinite(there).all()):
        return _unseen(np.full(len(unseen.y), np.inf))
    judge = _judge(unseen, beyond, there)
    if not trial.groups:
        size = np.abs(factor).max()  # squares of small numbers may be zero
        near = factor / size
        return _unseen(judge.misses((near @ train.y) / (near @ near) * (beyond / size)))
    return see(here, train.y, factor, judge, signed=None if before is None else before.signed)


def seen_as_is(train: Rows, unseen: Rows) -> Seen:
    """How well a smooth function of the columns themselves does, and what its slopes say."""
    names = tuple(sp.Dummy(real=True) for _ in train.symbols)  # columns may be differences
    return _seen(unreduced(names), replace(train, symbols=names), replace(unseen, symbols=names))


def _again(seen: Seen, found: Reduction, unseen: Rows) -> Seen:
    """The same on rows whose noise is known now."""
    factor, z = found.values(unseen.x, unseen.symbols)
    judge, answers = _judge(unseen, factor, z), seen.value(z) * factor
    return replace(seen, error=judge.error(answers), misses=judge.misses(answers))


def _judge(unseen: Rows, factor: Vector, z: Matrix) -> Unseen:
    even = np.ones_like(unseen.y) if unseen.spread is None else unseen.spread
    return Unseen(x=z, y=unseen.y, factor=factor, spread=even)


def _unseen(misses: Vector) -> Seen:
    """Where there are no slopes to see."""
    nothing = np.empty(0, dtype=np.int64)
    return Seen(
        error=rms(misses),
        misses=misses,
        spread=np.empty(0),
        lifted=np.empty((0, 1)),
        plain=np.empty((0, 1)),
        rows=nothing,
        value=lambda z: np.ones(len(z)),
    )


def denoised(found: Reduction, train: Rows, unseen: Rows) -> Vector:
    """The target of the training rows without its noise: a smooth function of the groups.

    Args:
        found: A reduction with at least one group.
        train: Rows; some hundred of them are fitted, all are answered for.
        unseen: Rows that a choice of coordinates is judged on.
    """
    seen = _seen(found, train.take(ROWS), unseen.take(CHECK_ROWS))
    factor, z = found.values(train.x, train.symbols)
    return np.asarray(factor * seen.value(z))


def explained(train: Rows, unseen: Rows) -> float:
    """Share of the squares of a target that a smooth function of all columns explains.

    Args:
        train: Rows that the function is fitted to; some hundred of them are used.
        unseen: Rows that it is judged on.

    Example:
        >>> import sympy as sp
        >>> x = np.linspace(0.0, 3.0, 80)[:, None]
        >>> rows = Rows(x=x, y=np.sin(x[:, 0]), symbols=(sp.Symbol("x", real=True),))
        >>> round(explained(rows, rows), 3)
        1.0
    """
    train, unseen = train.take(ROWS), unseen.take(CHECK_ROWS)
    if len(train.y) < _FEWEST or not np.ptp(train.y) > 0:
        return 0.0
    return likeness(train.x, train.y, unseen.x, unseen.y)


def _better(
    trial: Reduction, before: Seen, train: Rows, unseen: Rows
) -> tuple[Reduction, Seen] | None:
    """The trial, if it predicts unseen rows as well as what it was made from."""
    seen = _seen(trial, train, unseen, before)
    if not (seen.error <= max(LIKE * before.error, SMALL) or _mostly(seen, before)):
        return None
    return replace(trial, error=seen.error), seen


def _mostly(seen: Seen, before: Seen) -> bool:
    """Whether it sees most rows as well as before, and as those of a target without noise.

    Then a few rows make the error, those at a pole or a corner, and how well they lie for one
    smooth function or another is chance.
    """
    typical, other = (float(np.median(each.misses)) for each in (seen, before))
    return typical <= min(SMALL, other) and seen.error <= _FAR * before.error


def _needed(current: Reduction, seen: Seen, train: Rows, unseen: Rows) -> tuple[Reduction, Seen]:
    """Without the columns that trees would not miss, unless a smooth function would."""
    told = telling(train.x, train.y)
    if told.all() or not told.any():
        return current, seen
    groups = tuple(row for row, tells in zip(current.groups, told, strict=True) if tells)
    fewer = replace(current, groups=groups)
    # How the target is best seen may be another question now.
    after = _seen(fewer, train.take(ROWS), unseen)
    unmissed = seen.error > _BLIND or after.error <= _NO_WORSE * seen.error
    return (fewer, after) if unmissed else (current, seen)


def _joined(
    current: Reduction, seen: Seen, train: Rows, unseen: Rows
) -> tuple[Reduction, Seen] | None:
    """Two plain columns that only matter by their difference or sum, as one."""
    d = len(current.base)
    plain = [row.index(1) for row in current.groups if row == unit(_first(row), d)]
    plain = [i for i in plain if current.factor[i] == 0 and _lonely(i, current)]
    values = base_values(current.base, train.x, train.symbols)[seen.rows]
    place = {row.index(1): k for k, row in enumerate(current.groups) if row.count(0) == d - 1}
    # Where a column is zero its scaled slope says nothing of its plain one.
    nonzero = np.where(values == 0, np.inf, values)
    slopes = {i: seen.lifted[:, place[i]] / nonzero[:, i] for i in plain if i in place}
    size = {i: float(np.sqrt(np.mean(s**2))) for i, s in slopes.items()}
    pairs = []
    for (i, a), (j, b) in combinations(slopes.items(), 2):
        if not min(size[i], size[j]) > 1e-3 * max(size.values()):
            continue
        for sign in (-1, 1):
            gap = float(np.sqrt(np.mean((a - sign * b) ** 2))) / max(size[i], size[j])
            if gap < _ALIKE:
                pairs.append((gap, i, j, sign))
    for _, i, j, sign in sorted(pairs)[:_TRIALS]:
        step = _better(with_sum(current, i, j, sign), seen, train, unseen)
        if step is not None:
            return step
    return None


def _first(row: tuple[Fraction, ...]) -> int:
    return next((i for i, e in enumerate(row) if e != 0), 0)


def _lonely(i: int, current: Reduction) -> bool:
    return sum(row[i] != 0 for row in current.groups) == 1


def _scaled(
    current: Reduction, seen: Seen, train: Rows, unseen: Rows
) -> tuple[Reduction, Seen] | None:
    """Fewer products of powers, the fewest that do as well."""
    r = len(current.groups)
    if len(seen.lifted) <= r:
        return None
    _, spectrum, vectors = np.linalg.svd(seen.lifted, full_matrices=False)
    if len(current.base) == len(current.groups):
        current = replace(current, spectrum=tuple((spectrum / spectrum[0]).tolist()))
    _, here = current.values(train.x, train.symbols)
    signed = np.asarray(~((here > 0).all(0) | (here < 0).all(0)))
    for fewer in range(r):
        left = spectrum[fewer + 1] / spectrum[0]
        if left > _CLEAR:
            continue
        space = vectors[: fewer + 1]
        exact = echelons(space, fewer, NEAR)
        if not exact and left < _HIDDEN:
            exact = echelons(space, fewer, NEAREST)
        exact = [e for e in exact if whole_of_signed((e[0], *e[1]), signed)][:_TRIALS]
        if current.error > SMALL and any(broken(e) for e in exact):
            # Noise may have made halves and thirds of whole numbers.
            whole = echelons(space, fewer, NEAREST)[:1]
            exact = [*(e for e in whole if e not in exact), *exact]
        steps = [_better(composed(current, *e), seen, train, unseen) for e in exact]
        good = [step for step in steps if step is not None]
        if good:
            least = min(step[0].error for step in good)
            return next(step for step in good if step[0].error <= LIKE * least)
    return None
