"""Fitted constants that are really 2, 1/3, pi/4 or one another.

A constant is replaced by an exact number near it if the data cannot tell the difference and if
being that near is no accident: among many exact numbers one is always close.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import sympy as sp

from discover.dataset import Vector
from discover.law import Law, complexity
from discover.refit import Sample, refit, uncertainties
from discover.simplify.tidying import tidy

_ROWS = 20_000
_REACH = 3.0  # standard errors within which an exact number is a candidate
_CHI_SQUARED = 6.63  # of one degree of freedom, at 99 %
_ACCIDENT = 0.05  # chance with which some exact number as simple as this one would be as near
_ROUNDING = 1e-12  # error, over the target's size, that rounding alone may leave
_LARGEST_EXPONENT = 8


def snap(law: Law, train: Sample, validation: Sample) -> Law:
    """The law with exact numbers where the data cannot tell them from the fitted constants.

    Exponents are tried first: against whole numbers, halves, thirds and quarters. Other constants
    are tried against whole numbers, simple ratios and simple multiples of pi, 1/pi, e, sqrt(2)
    and sqrt(3), and against each other. After each replacement all other constants are refitted.
    It is kept if the squared error grows by no more than fixing one right constant would explain
    (99 %), on training rows and on validation rows.

    Args:
        law: A law; it is refitted first.
        train: Rows to fit to.
        validation: Rows to check on.

    Returns:
        A refitted law with as many constants or fewer.

    Example:
        >>> from discover.dataset import Variable
        >>> a = Variable(name="a")
        >>> x = np.linspace(0.4, 30.0, 40)
        >>> rows = Sample(columns={"a": x}, y=x**1.5)
        >>> start = Law.of(1.1 * a.sympy**1.4, [a], Variable(name="T"), "graph")
        >>> snap(start, rows, rows).form
        a**(3/2)
    """
    few, check = train.thin(_ROWS), validation.thin(_ROWS)
    current = _Fit.of(refit(law, few), few, check)
    tried: set[tuple[str, str]] = set()
    while (shorter := _next(current, tried)) is not None:
        current = shorter
    form = tidy(current.law.form, _constants(current.law) | dict(few.columns))
    law = current.law.restated(
        form, dict(zip(current.law.symbols, current.law.values, strict=False))
    )
    return refit(law, train)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Fit:
    """A refitted law and how well it holds."""

    law: Law
    train: Sample
    check: Sample
    errors: tuple[float, float]

    @classmethod
    def of(cls, law: Law, train: Sample, check: Sample) -> "_Fit":
        return cls(law=law, train=train, check=check, errors=(_mse(law, train), _mse(law, check)))

    def with_form(self, form: sp.Expr) -> "_Fit | None":
        """The refitted law of another form, ``None`` if the data notice."""
        if form.has(sp.nan, sp.zoo, sp.oo):
            return None
        values = dict(zip((c.sympy for c in self.law.constants), self.law.values, strict=True))
        law = self.law.restated(form, values)
        law = refit(law, self.train)
        new = _Fit.of(law, self.train, self.check)
        n, m = len(self.train.y), len(self.check.y)
        freedom = max(n - len(self.law.constants), 1)
        # Fixing a right constant moves the law by t standard errors, t^2 distributed as chi
        # squared; on unseen rows that adds t^2/n, and a cross term with their own errors.
        fair = _CHI_SQUARED / freedom
        noticed = fair + 4 * math.sqrt(fair / max(m, 1))
        if new.errors[0] > max(self.errors[0] * (1 + fair), _floor(self.train)):
            return None
        if new.errors[1] > max(self.errors[1] * (1 + noticed), _floor(self.check)):
            return None
        return new


def _mse(law: Law, sample: Sample) -> float:
    with np.errstate(all="ignore"):
        error = sample.mean(np.square(law.predict(sample.columns) - sample.y))
    return error if np.isfinite(error) else np.inf


def _floor(sample: Sample) -> float:
    return sample.mean(sample.y**2) * _ROUNDING**2


def _constants(law: Law) -> dict[str, Vector]:
    return {constant.name: np.array([constant.value]) for constant in law.constants}


def _next(fit: _Fit, tried: set[tuple[str, str]]) -> _Fit | None:
    """The first replacement that holds, exponents before factors before pairs."""
    law = fit.law
    if not law.constants:
        return None
    errors = uncertainties(law, fit.train)
    exponents = _exponents(law.form)
    order = sorted(range(len(law.constants)), key=lambda i: law.constants[i].sympy not in exponents)
    for i in order:
        constant, error = law.constants[i], float(errors[i])
        symbol = constant.sympy
        near = (
            _near_exponent(constant.value, error)
            if symbol in exponents
            else near_number(constant.value, error)
        )
        for exact in near:
            key = (f"{constant.value:.6g}", str(exact))
            if key in tried:
                continue
            tried.add(key)
            if (new := fit.with_form(law.form.xreplace({symbol: exact}))) is not None:
                return new
    return _tie(fit, errors, exponents, tried)


def _tie(
    fit: _Fit, errors: Vector, exponents: set[sp.Symbol], tried: set[tuple[str, str]]
) -> _Fit | None:
    """Two constants of one size made one, where that is no accident."""
    constants = fit.law.constants
    for j in range(len(constants)):
        for i in range(j):
            a, b = constants[i], constants[j]
            if (a.sympy in exponents) != (b.sympy in exponents) or a.value == 0:
                continue
            spread = math.hypot(errors[i], errors[j])
            near = max(_REACH * spread, 1e-12 * abs(a.value))
            gap = abs(abs(a.value) - abs(b.value))
            key = (f"{a.value:.6g}", f"{b.value:.6g}")
            # NaN errors make both comparisons false.
            if key in tried or not (gap <= near and 2 * near < _ACCIDENT * abs(a.value)):
                continue
            tried.add(key)
            twin = a.sympy if a.value * b.value > 0 else -a.sympy
            if (new := fit.with_form(fit.law.form.xreplace({b.sympy: twin}))) is not None:
                return new
    return None


def _exponents(form: sp.Expr) -> set[sp.Symbol]:
    """Symbols that are the whole exponent of a power."""
    return {power.exp for power in form.atoms(sp.Pow) if power.exp.is_Symbol}


def _near_exponent(value: float, error: float) -> list[sp.Expr]:
    """Whole numbers, halves, thirds, quarters within reach, the simplest first."""
    if abs(value) > _LARGEST_EXPONENT or not math.isfinite(value):
        return []
    near = _reach(value, error)
    found = []
    for denominator in (1, 2, 3, 4):
        # A grid of spacing 1/q is no evidence where the reach is as wide as the spacing.
        exact = sp.Rational(round(value * denominator), denominator)
        if abs(float(exact) - value) <= near < 0.25 / denominator and exact not in found:
            found.append(exact)
    return found


def near_number(value: float, error: float) -> list[sp.Expr]:
    """Exact numbers within reach that are not there by accident, the simplest first."""
    if value == 0 or not math.isfinite(value):
        return []
    if math.isnan(error):
        # Not determined by the data: any value will do, if another constant makes up for it.
        return [sp.Integer(1 if value > 0 else -1)]
    near, size = _reach(value, error), abs(value)
    rank, found = 0, []
    for number, exact in _numbers():
        if not size / 2 <= number <= 2 * size:
            continue
        rank += 1
        if rank * 2 * near / (1.5 * size) > _ACCIDENT:
            break
        if abs(number - size) <= near:
            found.append(exact if value > 0 else -exact)
    return found


def _reach(value: float, error: float) -> float:
    known = 0.0 if math.isnan(error) else error
    return max(_REACH * known, _ROUNDING * abs(value))


@lru_cache(maxsize=1)
def _numbers() -> tuple[tuple[float, sp.Expr], ...]:
    """Positive exact numbers, the simplest first."""
    weighed: dict[sp.Expr, float] = {}
    for p in range(1, 21):
        for q in range(1, 11):
            ratio = sp.Rational(p, q)
            weight = math.log(ratio.p) + 2 * math.log(ratio.q)
            weighed[ratio] = weight
            if ratio.p <= 8 and ratio.q <= 6:
                for unit in (sp.pi, 1 / sp.pi, sp.E, sp.sqrt(2), sp.sqrt(3)):
                    weighed[ratio * unit] = weight + complexity(unit) + 1.0
    for power in range(2, 7):
        weighed[sp.Integer(10) ** power] = math.log(20.0) + 0.5 * power
    ordered = sorted(weighed.items(), key=lambda item: (item[1], str(item[0])))
    return tuple((float(exact), exact) for exact, _ in ordered)
