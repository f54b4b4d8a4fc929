"""Whether a found law is the true one.

An error on rows says little: within its range a Taylor polynomial or Wien's formula fits as well as
the truth. So the form is judged: all its numbers but its exponents are set free, and are corrected
until the form agrees with the truth, in many digits. If it does so to rounding, on the range and
far outside it, the two are one function; and the numbers that were found must be near the
corrected ones. No simplification is relied on, so the time is bounded.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import mpmath as mp
import numpy as np
import sympy as sp

from benchmarks.laws_digits import DIGITS, Digits
from benchmarks.laws_problems import Problem, Vector

#: How near the true numbers those of a recovered law are, without noise and with it.
CLEAN, NOISY = 1e-6, 1e-2
_STEP = mp.mpf("1e-30")  # of the difference quotients
_SAME = mp.mpf("1e-25")
_SETTLED = mp.mpf("1e-80")  # far outside, what is left of an error may be multiplied
_UNDETERMINED = mp.mpf("1e-50")  # eigenvalues below it, of the largest, are rounding
_STEPS = 40
_HALVINGS = 6
_NEAR, _FAR = 60, 200  # rows, on the range and outside it
_WIDER = (10.0, 3.0)  # how far outside; less where the truth has a value on too few rows
_FEWEST = 50
_SPAN = mp.mpf("1e40")  # rows where the truth is larger or smaller by this say nothing more
_CUT = 0.1  # share of the rows that noise in the numbers may put beyond the cut of a root
_MISSED = 0.01  # share of the rows outside on which the law may fail


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether the law is recovered, and why not.

    Attributes:
        recovered: Form and numbers are right.
        reason: In words.
    """

    recovered: bool
    reason: str


def judge(found: sp.Expr, problem: Problem, *, tolerance: float) -> Verdict:
    """Compare a found law with the truth of a problem.

    Args:
        found: The law in the problem's symbols, with its numbers.
        problem: The truth, and where it holds.
        tolerance: Largest relative distance of a number from the right one.
    """
    strange = {s.name for s in found.free_symbols} - {s.name for s in problem.symbols}
    if strange:
        return Verdict(recovered=False, reason=f"strange names: {', '.join(sorted(strange))}")
    if found.has(sp.nan, sp.zoo, sp.oo, -sp.oo, sp.I):
        return Verdict(recovered=False, reason="it has no real value")
    form, numbers, start = _freed(found)
    rng = np.random.default_rng(0)
    with mp.workdps(DIGITS):
        law = Digits(form, (*numbers, *problem.symbols))
        near = _Compared(law, *problem.draw(_NEAR + 4 * len(start), rng))
        real = near.where(mp.isfinite(r) for r in near.residuals(start))
        if len(real.truth) < (1 - _CUT) * len(near.truth):
            return Verdict(recovered=False, reason="it has no value on many rows")
        corrected, left = _corrected(real, start)
        if left > _SAME:
            reason = f"another form: at best {mp.nstr(left, 2)} from the truth"
            return Verdict(recovered=False, reason=reason)
        usual = sorted(map(abs, near.truth))[len(near.truth) // 2]
        for wider in _WIDER:
            far = _Compared(law, *problem.draw(_FAR, rng, wider=wider))
            far = far.where(usual / _SPAN < abs(t) < usual * _SPAN for t in far.truth)
            if len(far.truth) >= _FEWEST:
                break
        misses = [abs(r) > _SAME for r in far.residuals(corrected)]
        if sum(misses) > _MISSED * len(misses):
            reason = f"agrees on the range, not outside: {sum(misses)} of {len(misses)} rows"
            return Verdict(recovered=False, reason=reason)
        moved = max((abs(new / old - 1) for new, old in zip(corrected, start, strict=True)),
                    default=mp.mpf(0))  # fmt: skip
    if moved > tolerance:
        return Verdict(recovered=False, reason=f"a number is off by {mp.nstr(moved, 2)}")
    return Verdict(recovered=True, reason=f"numbers within {mp.nstr(moved, 2)}")


# --- the form, its numbers set free --------------------------------------------------------------


def _freed(found: sp.Expr) -> tuple[sp.Expr, tuple[sp.Symbol, ...], list[mp.mpf]]:
    """The law with a symbol for every number but exact exponents and signs, and their values."""
    symbols: list[sp.Symbol] = []
    values: list[mp.mpf] = []

    def fresh(number: sp.Expr) -> sp.Expr:
        value = number.evalf(DIGITS)
        if float(value) in (-1.0, 0.0, 1.0):
            return sp.Integer(int(value))
        symbols.append(sp.Dummy(real=True))
        values.append(mp.mpf(sp.Float(value, DIGITS)._mpf_))
        return symbols[-1]

    def free(node: sp.Expr) -> sp.Expr:
        if node.is_number:
            return fresh(node)
        if not node.args:
            return node
        if node.is_Mul or node.is_Add:
            number, rest = node.as_independent(*node.free_symbols, as_Add=node.is_Add)
            parts = [free(part) for part in node.func.make_args(rest)]
            return node.func(*parts) if number == node.identity else node.func(
                fresh(number), *parts
            )  # fmt: skip
        if node.is_Pow and float(node.exp if node.exp.is_number else sp.nan).is_integer():
            return node.func(free(node.base), sp.Integer(int(node.exp)))
        if node.is_Pow and node.exp.is_Rational:
            return node.func(free(node.base), node.exp)
        return node.func(*map(free, node.args))

    form = free(found)
    return form, tuple(symbols), values


# --- two functions on rows -----------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Compared:
    """A law beside the truth on rows."""

    law: Digits
    rows: Sequence[Vector]
    truth: list[mp.mpf]

    def residuals(self, numbers: Sequence[mp.mpf]) -> list[mp.mpf]:
        """By how much of the truth the law misses it on each row; infinite without a value."""
        return [
            mp.inf if (value := self.law(*numbers, *row)) is None else value / truth - 1
            for row, truth in zip(self.rows, self.truth, strict=True)
        ]

    def where(self, chosen: Iterable[bool]) -> "_Compared":
        """Some of the rows."""
        kept = [i for i, choice in enumerate(chosen) if choice]
        return _Compared(self.law, [self.rows[i] for i in kept], [self.truth[i] for i in kept])


# --- the numbers that make the form the truth ----------------------------------------------------


def _corrected(near: _Compared, start: list[mp.mpf]) -> tuple[list[mp.mpf], mp.mpf]:
    """Gauss-Newton steps in the relative size of the numbers, and the largest residual left."""
    numbers = list(start)
    residuals = near.residuals(numbers)
    for _ in range(_STEPS):
        left = _size(residuals)
        if left <= _SETTLED**2 or not mp.isfinite(left) or not numbers:
            break
        for trial in _trials(near, numbers, residuals):
            new = near.residuals(trial)
            if _size(new) < left:
                numbers, residuals = trial, new
                break
        else:
            break
        if _size(residuals) > 0.999 * left:
            break
    largest = max((abs(r) for r in residuals), default=mp.inf)
    return numbers, largest


def _size(residuals: list[mp.mpf]) -> mp.mpf:
    return mp.fsum(r**2 for r in residuals)


def _trials(
    near: _Compared, numbers: list[mp.mpf], residuals: list[mp.mpf]
) -> Iterator[list[mp.mpf]]:
    """The Gauss-Newton step, then shorter ones."""
    count = len(numbers)
    jacobian = mp.matrix(len(residuals), count)
    for j in range(count):
        moved = [*numbers[:j], numbers[j] * (1 + _STEP), *numbers[j + 1 :]]
        for i, (after, before) in enumerate(zip(near.residuals(moved), residuals, strict=True)):
            jacobian[i, j] = (after - before) / _STEP if mp.isfinite(after) else mp.mpf(0)
    lengths = [mp.norm(jacobian[:, j]) or mp.mpf(1) for j in range(count)]
    for j in range(count):
        jacobian[:, j] = jacobian[:, j] / lengths[j]
    eigenvalues, vectors = mp.eigsy(jacobian.T * jacobian)
    along = vectors.T * (jacobian.T * mp.matrix(residuals))
    # Directions that change nothing stay where they are.
    floor = _UNDETERMINED * max(eigenvalues)
    step = vectors * mp.matrix(
        [a / e if e > floor else mp.mpf(0) for a, e in zip(along, eigenvalues, strict=True)]
    )
    for halving in range(_HALVINGS):
        yield [c * (1 - step[j] / lengths[j] / 2**halving) for j, c in enumerate(numbers)]
