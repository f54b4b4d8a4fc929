"""A ladder of shorter laws, from a long one down to a single constant.

Each rung leaves something out of a rung above it: a term, a factor, an offset, a function, a whole
part that becomes a constant. The constants that stay are refitted. A beam of the best laws goes on;
of every complexity the best law met is kept. Which rung to stop at is the choice of `front`.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from discover.dataset import Vector
from discover.law import Law, complexity
from discover.refit import Sample, refit
from discover.simplify.leaving import variants, with_floats
from discover.simplify.merging import merge
from discover.simplify.tidying import tidy
from discover.tape import Tape, open_tape, parts
from discover.tape.least_squares import Problem, descend

_BEAM = 2
_FINALISTS = 6
_SCREEN_ROWS = 300
_SCREEN_STEPS = 3
_ROWS = 2000
_STEPS = 10
_RUNGS = 40
_PRICE = 0.05  # of a node, in log(mse), when the beam is chosen
_EQUAL = 1e-9
_FLOOR = 1e-10  # of the error, over the target's size


def reductions(law: Law, train: Sample, validation: Sample) -> tuple[Law, ...]:
    """Shorter laws made from `law`, each refitted on training rows.

    Args:
        law: The law to start from; it belongs to the ladder.
        train: Rows to fit to; while searching, at most 2000 of them.
        validation: Rows that decide which shorter law is the best of its complexity.

    Returns:
        Laws of rising complexity and falling validation error, without accuracies.

    Example:
        >>> from discover.dataset import Variable
        >>> a, b = Variable(name="a"), Variable(name="b")
        >>> rng = np.random.default_rng(0)
        >>> columns = {"a": rng.uniform(1, 2, 200), "b": rng.uniform(1, 2, 200)}
        >>> rows = Sample(columns=columns, y=3 * columns["a"] * columns["b"])
        >>> long = 3.0 * a.sympy * b.sympy + 0.01 * sp.sin(1.5 * a.sympy) + 0.02
        >>> ladder = reductions(Law.of(long, [a, b], Variable(name="T"), "graph"), rows, rows)
        >>> [rung.form for rung in ladder][-1]
        a*b*c0
    """
    search = _Search(law, train, validation)
    beam = [search.judged(merge(law.expr))]
    ladder = {beam[0].complexity: beam[0]}
    for _ in range(_RUNGS):
        children = search.children(beam)
        if not children:
            break
        for child in children:
            held = ladder.get(child.complexity)
            if held is None or child.error < held.error:
                ladder[child.complexity] = child
        beam = sorted(children, key=_Rung.order)[:_BEAM]
    return _finished(law, _front(ladder.values()), train, validation)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Rung:
    """An expression and its mean squared error, over the mean square of the target."""

    expr: sp.Expr
    error: float

    @property
    def complexity(self) -> int:
        return complexity(self.expr)

    def order(self) -> tuple[float, int]:
        # Of equals the one met first goes on: `sorted` is stable.
        return math.log(self.error) + _PRICE * self.complexity, self.complexity


@dataclass(frozen=True, kw_only=True, eq=False)
class _Draft(_Rung):
    """A rung fitted on few rows; its floats are still beside it, not in it."""

    values: tuple[float, ...]


class _Search:
    """What a search remembers: the rows it looks at, and what it has seen.

    Expressions are screened on few rows, the best are judged on more.
    """

    def __init__(self, law: Law, train: Sample, validation: Sample):
        self._symbols = tuple(variable.sympy for variable in law.variables)
        names = [variable.name for variable in law.variables]
        self._screen = _Rows.of(train.thin(_SCREEN_ROWS), names)
        self._train = _Rows.of(train.thin(_ROWS), names)
        self._validation = _Rows.of(validation.thin(_ROWS), names)
        self._screened: dict[Any, _Draft] = {}
        self._judged: set[Any] = set()

    def children(self, beam: Iterable[_Rung]) -> list[_Rung]:
        """The best shorter expressions of those of the beam."""
        found: dict[Any, _Draft] = {}
        for parent in beam:
            values = parts(parent.expr, self._symbols, self._screen.inputs)
            for variant in dict.fromkeys(variants(parent.expr, values)):
                expr = merge(variant)
                if complexity(expr) < parent.complexity:
                    self._screen_one(expr, found)
        best = sorted(found.items(), key=lambda item: item[1].order())[:_FINALISTS]
        self._judged.update(key for key, _ in best)
        return [self.judged(with_floats(draft.expr, draft.values)) for _, draft in best]

    def _screen_one(self, expr: sp.Expr, found: dict[Any, _Draft]) -> None:
        laid, floats = open_tape(expr, self._symbols)
        key = laid.shape
        if key in self._judged or key in found:
            return
        if key not in self._screened:
            values, error = self._screen.fit(laid, floats, _SCREEN_STEPS)
            self._screened[key] = _Draft(expr=expr, values=values, error=error)
        if math.isfinite(self._screened[key].error):
            found[key] = self._screened[key]

    def judged(self, expr: sp.Expr) -> _Rung:
        """`expr` refitted on the training rows, with its error on validation rows."""
        laid, floats = open_tape(expr, self._symbols)
        values, _ = self._train.fit(laid, floats, _STEPS)
        error = self._validation.error(laid, values)
        return _Rung(expr=merge(with_floats(expr, values)), error=error)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Rows:
    inputs: tuple[Vector, ...]
    sample: Sample

    @classmethod
    def of(cls, sample: Sample, names: Iterable[str]) -> "_Rows":
        return cls(inputs=tuple(sample.columns[name] for name in names), sample=sample)

    def fit(
        self, laid: Tape, floats: tuple[float, ...], steps: int
    ) -> tuple[tuple[float, ...], float]:
        problem = Problem.of(laid, len(floats), self.inputs, self.sample.y, self.sample.weights)
        values = tuple(descend(problem, np.array(floats), steps)[0]) if floats else ()
        return values, self.error(laid, values)

    def error(self, laid: Tape, values: tuple[float, ...]) -> float:
        predicted = laid.values([*values, *self.inputs], len(self.sample.y))
        return _relative(predicted, self.sample)


def _relative(predicted: Vector, sample: Sample) -> float:
    """Mean squared error over the mean square of the target; what is at rounding level is equal."""
    with np.errstate(all="ignore"):
        error = sample.mean(np.square(predicted - sample.y))
        error /= sample.mean(sample.y**2) or 1.0
    return max(error, _FLOOR**2) if math.isfinite(error) else math.inf


def _named(law: Law, expr: sp.Expr) -> Law:
    return Law.of(expr, law.variables, law.target, law.origin)


def _front(rungs: Iterable[_Rung]) -> list[_Rung]:
    """The rungs that no shorter one matches, the shortest first."""
    kept: list[_Rung] = []
    for rung in sorted(rungs, key=lambda rung: (rung.complexity, rung.error)):
        if not kept or rung.error < kept[-1].error * (1 - _EQUAL):
            kept.append(rung)
    return kept


def _finished(
    law: Law, rungs: Iterable[_Rung], train: Sample, validation: Sample
) -> tuple[Law, ...]:
    """The rungs and `law` itself, tidied and refitted on all rows; again only those that pay."""
    finished: dict[int, tuple[_Rung, Law]] = {}
    for expr in [rung.expr for rung in rungs] + [law.expr]:
        fitted = refit(_named(law, tidy(expr, train.columns)), train)
        error = _relative(fitted.predict(validation.columns), validation)
        rung = _Rung(expr=fitted.expr, error=error)
        held = finished.get(rung.complexity)
        if held is None or error < held[0].error:
            finished[rung.complexity] = rung, fitted
    kept = _front(rung for rung, _ in finished.values())
    return tuple(finished[rung.complexity][1] for rung in kept)
