"""The fits of all atoms, ranked for each edge."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp
import torch

from discover.edges.rows import Rows
from discover.edges.trials import Fits, explore, settle
from discover.functions import LIBRARY, Affine, Atom

Tensor = torch.Tensor

PRICE = 0.02
"""Least price of one node of a formula, in units of the logarithm of the mean squared error."""

_BLOCK = 64  # edges at a time: what is in flight stays within some 50 MB
_SCOUT_ROWS = 160
_FINAL_ROWS = 2000
_SCOUT_STEPS = 15
_FINAL_STEPS = 20
_EXACT = 1e-12  # residuals below are rounding, and are not compared
_SAME = 1e-7  # curves closer than this, in units of the spread, count as one


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A function that an edge may be.

    Attributes:
        function: The atom in place.
        residual: Root of the mean squared error over the standard deviation of the edge's values.
            It tells exact fits apart, for which `r2` is 1 to all digits.
        r2: Share of the variance that is explained, ``1 - residual**2``.
        complexity: Nodes of the formula.
        score: Description length for each row, smaller is better:
            ``log(residual**2) + max(PRICE, log(n) / n) * complexity``, with the residual corrected
            for the number of fitted constants and not below rounding.
    """

    function: Affine
    residual: float
    r2: float
    complexity: int
    score: float


def fit(
    x: Tensor,
    y: Tensor,
    atoms: Sequence[Atom],
    *,
    weights: Tensor | None = None,
    keep: int = 5,
) -> tuple[tuple[Candidate, ...], ...]:
    """Fit every atom to every edge, and rank.

    Args:
        x: Arguments of E edges ``[E, n]``, finite.
        y: Values of the edges ``[E, n]``, finite.
        atoms: The functions to try; the straight line is always tried too.
        weights: Weights of the rows ``[E, n]``, not negative; all equal where ``None``.
        keep: How many candidates to keep for each edge.

    Returns:
        For each edge its candidates, best first, no two of them the same curve: the best `keep`,
        a constant among those considered, and the straight line in any case. An edge whose
        values do not vary is that constant.

    Raises:
        ValueError: If shapes differ, or a number is not finite.

    Source: the scheme is variable projection (Golub and Pereyra 1973) over the edge model
    ``c f(a x + b) + d`` of Liu et al. (2024), arXiv:2404.19756; the ranking is ours.

    Example:
        >>> from discover.functions import catalogue
        >>> x = torch.linspace(-1, 2, 50)[None]
        >>> best, *_ = fit(x, 3 * torch.exp(-0.5 * x), catalogue(), keep=3)[0]
        >>> best.function.atom.name, round(best.function.a, 6), best.residual < 1e-6
        ('exp', -0.5, True)
    """
    x, y, weights = _checked(x, y, weights)
    atoms = (LIBRARY["x"], *(atom for atom in atoms if atom.freedom != "none"))
    candidates: list[tuple[Candidate, ...]] = []
    for first in range(0, len(x), _BLOCK):
        part = slice(first, first + _BLOCK)
        rows = Rows.of(x[part], y[part], None if weights is None else weights[part])
        candidates += _fitted(rows, atoms, keep)
    return tuple(candidates)


def _fitted(rows: Rows, atoms: Sequence[Atom], keep: int) -> list[tuple[Candidate, ...]]:
    """Scout all atoms on few rows of every edge, settle the promising ones on many, and rank."""
    theta, costs = explore(atoms, rows.thin(_SCOUT_ROWS), _SCOUT_STEPS)
    chosen = _shortlist(atoms, costs, max(2 * keep, keep + 6))
    final = rows.thin(_FINAL_ROWS)
    found = _simplest(atoms, settle(atoms, final, chosen, theta, _FINAL_STEPS), final)
    return [
        _ranked(functions, rows.select(torch.tensor([edge])), keep)
        for edge, functions in enumerate(found)
    ]


def _checked(x: Tensor, y: Tensor, weights: Tensor | None) -> tuple[Tensor, Tensor, Tensor | None]:
    parts = [x, y] if weights is None else [x, y, weights]
    if x.dim() != 2 or x.shape[1] == 0 or any(part.shape != x.shape for part in parts):
        raise ValueError(f"edges need [E, n] each: {[tuple(part.shape) for part in parts]}")
    if not all(part.isfinite().all() for part in parts):
        raise ValueError("edges need finite numbers")
    x, y, *rest = (part.detach().to("cpu", torch.float64) for part in parts)
    if rest and ((rest[0] < 0).any() or (rest[0].sum(dim=1) <= 0).any()):
        raise ValueError("weights may not be negative, nor all zero")
    return x, y, rest[0] if rest else None


def _constant(level: float) -> "_Found":
    return _Found(function=Affine(atom=LIBRARY["x"], c=0.0, d=level), free=1)


def _shortlist(atoms: Sequence[Atom], costs: Tensor, size: int) -> list[Tensor]:
    """The edges on which each atom is among the best `size` on few rows; the line on all."""
    score = costs.clamp_min(_EXACT**2).log()
    score = score + PRICE * torch.tensor([atom.complexity for atom in atoms])[:, None]
    score[0] = -torch.inf
    limit = score.sort(dim=0).values[min(size, len(atoms) - 1)]
    good = (score <= limit) & (score < torch.inf)
    return [row.nonzero()[:, 0] for row in good]


@dataclass(frozen=True, kw_only=True)
class _Scale:
    """What the score of one edge needs to know of its rows."""

    n: int
    floor: float  # residual that rounding of the rows themselves makes

    @classmethod
    def of(cls, rows: Rows, edge: int) -> "_Scale":
        rounding = 4e-16 * ((rows.level / rows.spread).abs() + (rows.mid / rows.half).abs())
        return cls(n=rows.z.shape[1], floor=max(_EXACT, float(rounding[edge])))

    def score(self, residual: float, free: int, complexity: int) -> float:
        """Description length for each row; infinite where as many constants as rows are fitted."""
        if self.n <= free:
            return math.inf if complexity > 1 else 0.0
        error = max(residual, self.floor) ** 2 * self.n / (self.n - free)
        return math.log(error) + max(PRICE, math.log(self.n) / self.n) * complexity


@dataclass(frozen=True, kw_only=True)
class _Found:
    function: Affine
    free: int


def _simplest(atoms: Sequence[Atom], fits: Fits, rows: Rows) -> list[list[_Found]]:
    """For each edge the best of the fits of each atom, by score, and a constant."""
    scales = [_Scale.of(rows, edge) for edge in range(len(rows.level))]
    least: dict[tuple[int, int], tuple[float, _Found]] = {}
    usable = fits.cost.isfinite().nonzero()[:, 0]
    for edge, number, free, cost, *abcd in zip(
        *(part[usable].tolist() for part in fits), strict=True
    ):
        best, _ = least.get((edge, number), (math.inf, None))
        atom, error, scale = atoms[number], math.sqrt(cost), scales[edge]
        if scale.score(error, free, atom.complexity) >= best:
            continue  # no function of this atom is shorter than the atom
        function = Affine(atom=atom, **dict(zip("abcd", abcd, strict=True))).reduced()
        score = scale.score(error, free, function.complexity)
        if score < best and not _overflows(function):
            least[edge, number] = score, _Found(function=function, free=free)
    found = [[_constant(float(level))] for level in rows.level]
    for edge, number in sorted(least):
        found[edge].append(least[edge, number][1])
    return found


def _overflows(function: Affine) -> bool:
    """Whether a formula could not hold the numbers: sympy writes exp(x + b) as exp(b) exp(x)."""
    grows = function.atom.growth is not None
    return function.atom.expr.has(sp.exp) and abs(function.b) > (0 if grows else 690)


def _ranked(functions: Sequence[_Found], rows: Rows, keep: int) -> tuple[Candidate, ...]:
    """The candidates of one edge, measured on all its rows: the best `keep`, and the line."""
    scale = _Scale.of(rows, 0)
    x = rows.v[0] * rows.half[0]
    measured = []
    for found in functions:
        curve = (found.function(x) - rows.level[0]) / rows.spread[0]
        residual = float(((curve - rows.y[0]) * rows.root[0]).square().sum().sqrt())
        if not math.isfinite(residual):
            continue
        complexity = found.function.complexity
        candidate = Candidate(
            function=found.function,
            residual=residual,
            r2=1 - residual**2,
            complexity=complexity,
            score=scale.score(residual, found.free, complexity),
        )
        measured.append((candidate, curve))
    measured.sort(key=lambda pair: pair[0].score)  # stable: of equals, the atom given first
    return _distinct(measured, rows.root[0], keep)


def _distinct(
    measured: Sequence[tuple[Candidate, Tensor]], root: Tensor, keep: int
) -> tuple[Candidate, ...]:
    kept: list[tuple[Candidate, Tensor]] = []
    for candidate, curve in measured:
        function = candidate.function
        is_line = function.atom.freedom == "none" and function.c != 0
        apart = all(float(((curve - c) * root).square().sum().sqrt()) > _SAME for _, c in kept)
        if is_line or (apart and len(kept) < keep):
            kept.append((candidate, curve))
    return tuple(candidate for candidate, _ in kept)
