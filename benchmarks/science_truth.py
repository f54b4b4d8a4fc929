"""What is known of the shipped examples: written down here, for the judge alone.

Nothing in `discover` reads this file. Laws are compared by their structure: an equation term by
term, a boundary or a relation by the zeros of a known form.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import sympy as sp

from discover import formula

Terms = Mapping[str, float]
_NAMED = 3

_CUBIC = {"u": 1.0, "u**3": -1.0, "u*v**2": -1.0, "u**2*v": 1.0, "v**3": 1.0}
_SPIN = {"v": 1.0, "v**3": -1.0, "u**2*v": -1.0, "u*v**2": -1.0, "u**3": -1.0}
EQUATIONS: Mapping[str, Sequence[Terms]] = {
    "burgers": [{"u*u_x": -1.0, "u_xx": 0.1}],
    "kdv": [{"u*u_x": -6.0, "u_xxx": -1.0}],
    "ks": [{"u*u_x": -1.0, "u_xx": -1.0, "u_xxxx": -1.0}],
    "allen-cahn": [{"u_xx": 0.1, "u": 1.0, "u**3": -1.0}],
    "fisher": [{"u_xx": 0.4, "u": 1.0, "u**2": -1.0}],
    "wave": [{"u_xx": 2.25}],
    "reaction-diffusion": [
        _CUBIC | {"u_xx": 0.4, "u_yy": 0.4},
        _SPIN | {"v_xx": 0.4, "v_yy": 0.4},
    ],
    "lorenz": [
        {"x": -10.0, "y": 10.0},
        {"x": 28.0, "y": -1.0, "x*z": -1.0},
        {"z": -8 / 3, "x*y": 1.0},
    ],
    "pendulum": [{"omega": 1.0}, {"omega": -0.2, "sin(theta)": -9.81}],
    "lotka-volterra": [
        {"prey": 1.1, "predator*prey": -0.4},
        {"predator": -0.4, "predator*prey": 0.1},
    ],
}
"""Right-hand sides of every equation of a system, as factors of products."""

ASKED: Mapping[str, Mapping[float, float]] = {
    "fields": {0.0: 1e-4, 0.01: 2e-3, 0.05: 1e-2, 0.1: 3e-2},
    "lorenz": {0.0: 1e-4, 0.01: 1e-2},
}
"""What the worst coefficient is meant to stay below, by noise: the goals set beforehand."""

_GOAL = {name: "fields" for name in ("burgers", "kdv", "ks", "allen-cahn", "fisher", "wave")}


def asked(recipe: str, noise: float) -> float | None:
    """The largest relative error of a coefficient that was meant to be, if a bar was set.

    Example:
        >>> asked("kdv", 0.05), asked("lorenz", 0.0), asked("pendulum", 0.0)
        (0.01, 0.0001, None)
    """
    return ASKED.get(_GOAL.get(recipe, recipe), {}).get(noise)


SPREADS: Mapping[str, Mapping[str, str]] = {
    "diffusion-nonlinear": {"law": "u_xx/(2 + 2*u**2) - u*u_x**2/(1 + u**2)**2 + sin(2*u)"},
}
"""Equations whose terms are functions: compared by their values."""

EDGES: Mapping[str, str] = {
    "mosaic": "abs(lambda*energy) - 1",
    "mosaic3": "abs(lambda*(energy**2 - 1)) - 1",
    "gaam": "alpha*energy - 2*(1 - lambda)",
    "maam": "lambda*cosh(p) - energy - exp(p)",
}
"""Boundaries in words; the recipes score them as the hypothesis `theory`."""


RIGHT: Mapping[str, str] = {
    "mosaic": "theory − 0.3 points",
    "mosaic3": "theory − 0.3 points",
    "gaam": "99.0 %",
    "maam": "98.6 %",
}
"""What share of states was meant to be on the right side of a found boundary, at least."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How a found law compares with what is known.

    Attributes:
        right: Whether all known terms are there and no other.
        worst: Largest relative error of a coefficient, ``None`` where terms differ.
        said: The same in words.
    """

    right: bool
    worst: float | None
    said: str


def terms(expression: sp.Expr) -> dict[str, float]:
    """A sum as factors of products.

    Example:
        >>> u, u_x = sp.symbols("u u_x", real=True)
        >>> terms(-1.5 * u_x * u)
        {'u*u_x': -1.5}
    """
    known = sp.expand(expression).as_coefficients_dict()
    return {str(term): float(value) for term, value in known.items()}


def compared(found: Sequence[Terms], known: Sequence[Terms]) -> Verdict:
    """Found right-hand sides against the known ones.

    Example:
        >>> compared([{"u": 1.01}], [{"u": 1.0}]).said, compared([{"v": 1.0}], [{"u": 1.0}]).said
        ('right', 'without u; with v')
    """
    missing = [t for f, k in zip(found, known, strict=True) for t in k if t not in f]
    more = [t for f, k in zip(found, known, strict=True) for t in f if t not in k]
    if missing or more:
        parts = (("without", missing), ("with", more))
        words = [f"{word} {_few(names)}" for word, names in parts if names]
        return Verdict(right=False, worst=None, said="; ".join(words))
    worst = max(abs(f[t] / k[t] - 1) for f, k in zip(found, known, strict=True) for t in k)
    return Verdict(right=True, worst=float(worst), said="right")


def _few(names: Sequence[str]) -> str:
    """Names, the fourth and all after it only counted."""
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def near(found: sp.Expr, known: sp.Expr, names: Sequence[str]) -> Verdict:
    """Two functions on drawn points: their largest difference over the largest value."""
    rng = np.random.default_rng(0)
    symbols = [sp.Symbol(name, real=True) for name in names]
    points = rng.uniform(-2, 2, (len(names), 200))
    values = [np.asarray(sp.lambdify(symbols, e)(*points)) for e in (found, known)]
    worst = float(np.abs(values[0] - values[1]).max() / np.abs(values[1]).max())
    return Verdict(right=worst < 0.02, worst=worst, said="as functions")


RELATIONS: Mapping[str, str] = {
    "cusp volume = λ Im μ / 2": (
        "cusp_volume - longitudinal_translation*meridinal_translation_imag/2"
    ),
    "torsion degree = 4 genus − 2": "hyperbolic_torsion_degree - 4*genus + 2",
    "adjoint degree = 3/2 torsion degree": (
        "hyperbolic_adjoint_torsion_degree - 3*hyperbolic_torsion_degree/2"
    ),
}
"""Relations between the columns of the knots, as zeros."""


SIGNATURE = ("signature", "longitudinal_translation", "meridinal_translation_real")
"""Columns that have to be in one relation: the signature hangs on the translations."""


def facts_among(found: Sequence[sp.Expr]) -> dict[str, sp.Expr | None]:
    """For each known fact the found relation that states it, in whatever form."""

    def states(expr: sp.Expr, text: str) -> bool:
        return same_zeros(expr, formula.parse(text, _names(expr), where="truth").expr)

    exact = {
        fact: next((expr for expr in found if states(expr, text)), None)
        for fact, text in RELATIONS.items()
    }
    tied = next((expr for expr in found if {*SIGNATURE} <= {*_names(expr)}), None)
    return exact | {"signature tied to the translations": tied}


def same_zeros(one: sp.Expr, other: sp.Expr) -> bool:
    """Whether two polynomials differ by a number or by factors of single columns.

    Example:
        >>> a, b, c = sp.symbols("a b c", real=True)
        >>> same_zeros(a - b * c / 2, 2 * a / b - c), same_zeros(a - b, a + b)
        (True, False)
    """
    if one.free_symbols != other.free_symbols:
        return False
    ratio = sp.cancel(sp.nsimplify(one / other, rational=True))
    return all(factor.is_Symbol or factor.is_number for factor in _factors(ratio))


def _factors(expr: sp.Expr) -> list[sp.Expr]:
    return [factor.as_base_exp()[0] for factor in sp.Mul.make_args(expr)]


def _names(expr: sp.Expr) -> list[str]:
    return [symbol.name for symbol in expr.free_symbols]
