"""Fewer variables: what the slopes of a target say about its law.

A law that is invariant when some columns are scaled together depends on products of powers of them
only (Buckingham's theorem, without being told a unit); one that is invariant when two columns grow
by the same amount depends on their difference. Both are linear relations between the exact slopes
of a smooth function through the rows, and are read off a singular value decomposition. The
exponents are made rational, and each reduction is kept only if a smooth function of the fewer
variables predicts unseen rows as well as one of all columns.

Source: the idea of symmetries from a surrogate's gradient is that of AI Feynman (Udrescu et al.,
arXiv 2006.10782); the singular vectors, their rational form and the test are ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations, permutations

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from discover.structure.smoothing import Smooth, smooth

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

_ROWS = 500
_CHECK_ROWS = 300
_FEWEST = 30
# A fitted exponent this near a whole number, a half or a third is taken for it; the rows decide.
_NEAR = {1: 0.2, 2: 0.1, 3: 0.03}
# Where none is near, noise may hide one: the nearest whole numbers are tried.
_NEAREST = {1: 0.5}
_HIDDEN = 0.1
_CLEAR = 0.3  # singular values above this share of the largest are certainly not zero
_ALIKE = 0.25  # slopes that differ by less may be equal; the rows decide
_TRIALS = 3
_LARGEST = 12  # whole exponent; of halves the numerator is at most 3, of thirds 1
_LIKE = 1.15  # errors on unseen rows that count as equal
_SMALL = 1e-4
# Rows of the other sign that noise may have put there.
_MINORITY = 0.05


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """Columns and target with the symbols of the columns."""

    x: Matrix
    y: Vector
    symbols: tuple[sp.Expr, ...]

    def take(self, limit: int) -> "Rows":
        """At most `limit` rows, always the same."""
        if len(self.y) <= limit:
            return self
        rows = np.sort(np.random.default_rng(0).permutation(len(self.y))[:limit])
        return Rows(x=self.x[rows], y=self.y[rows], symbols=self.symbols)


@dataclass(frozen=True, kw_only=True, eq=False)
class Reduction:
    """``y = factor * f(groups)``.

    Attributes:
        base: What the powers are of: columns, sums and differences of columns ``[p]``.
        factor: Exponents of the factor ``[p]``.
        groups: Exponents of each variable that is left ``[r, p]``.
        error: Error of the smooth function of `groups` on unseen rows, over the target's size.
        full: The same of the smooth function of all columns.
        spectrum: Singular values that the reduction was read off, the largest first.
    """

    base: tuple[sp.Expr, ...]
    factor: tuple[Fraction, ...]
    groups: tuple[tuple[Fraction, ...], ...]
    error: float
    full: float
    spectrum: tuple[float, ...]

    def factor_expr(self) -> sp.Expr:
        """The factor in the columns' symbols."""
        return _power(self.base, self.factor)

    def group_exprs(self) -> tuple[sp.Expr, ...]:
        """The variables that are left, in the columns' symbols."""
        return tuple(_power(self.base, row) for row in self.groups)

    def values(self, x: Matrix, symbols: tuple[sp.Expr, ...]) -> tuple[Vector, Matrix]:
        """The factor ``[n]`` and the groups ``[n, r]`` on rows."""
        base = _base_values(self.base, x, symbols)
        factor = _powers(base, np.array([self.factor], dtype=float))[:, 0]
        if not self.groups:
            return factor, np.empty((len(x), 0))
        return factor, _powers(base, np.array(self.groups, dtype=float))


def _power(base: tuple[sp.Expr, ...], exponents: tuple[Fraction, ...]) -> sp.Expr:
    return sp.Mul(
        *(
            b ** sp.Rational(e.numerator, e.denominator)
            for b, e in zip(base, exponents, strict=True)
        )
    )


def _base_values(base: tuple[sp.Expr, ...], x: Matrix, symbols: tuple[sp.Expr, ...]) -> Matrix:
    column = {s: x[:, i] for i, s in enumerate(symbols)}
    out = []
    for expr in base:
        terms = [term.as_coeff_Mul() for term in sp.Add.make_args(expr)]
        out.append(sum(float(c) * column[s] for c, s in terms))
    return np.column_stack(out)


def _powers(base: Matrix, exponents: Matrix) -> Matrix:
    """Products of powers ``[n, r]``; of negative numbers whole powers only."""
    with np.errstate(all="ignore"):
        size = np.exp(np.log(np.abs(base)) @ exponents.T)
    odd = np.round(exponents).astype(int) % 2
    sign = np.prod(np.where(odd[None] == 1, np.sign(base)[:, None, :], 1.0), axis=2)
    return size * sign


# --- a smooth function and its slopes -----------------------------------------------------------


@dataclass(frozen=True, kw_only=True, eq=False)
class _Seen:
    """A smooth function of some coordinates, its error, and what its slopes say.

    Attributes:
        error: Root mean squared error on unseen rows over the target's size.
        lifted: ``[x_j dy/dx_j ..., -y]`` row by row, weighted by how well it is known ``[m, d + 1]``.
        rows: The rows that could be used ``[m]``.
    """

    error: float
    lifted: Matrix
    rows: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Scale:
    """The target on a scale on which it is smooth: a logarithm, or nearly one."""

    sign: int
    size: float

    @classmethod
    def of(cls, y: Vector) -> "_Scale":
        positive = float(np.mean(y > 0))
        sign = 1 if positive >= 1 - _MINORITY else -1 if positive <= _MINORITY else 0
        return cls(sign=sign, size=float(np.sqrt(np.mean(y**2))) or 1.0)

    def usable(self, y: Vector) -> NDArray[np.bool_]:
        return y * self.sign > 0 if self.sign else np.ones(len(y), dtype=bool)

    def forward(self, y: Vector) -> Vector:
        z = y / self.size
        return np.log(z * self.sign) if self.sign else np.arcsinh(z)

    def back(self, f: Vector) -> Vector:
        with np.errstate(all="ignore"):
            return self.size * (self.sign * np.exp(f) if self.sign else np.sinh(f))

    def stretch(self, f: Vector) -> Vector:
        """dy/df over the size."""
        return np.exp(f) if self.sign else np.cosh(f)

    def level(self, f: Vector) -> Vector:
        """y over dy/df: what stands in for y beside slopes of f."""
        return np.ones_like(f) if self.sign else np.tanh(f)


def _see(x: Matrix, y: Vector, factor: Vector, unseen: tuple[Matrix, Vector, Vector]) -> _Seen:
    """Fits ``y / factor`` by a smooth function of `x`; judged on unseen rows of y itself.

    Coordinates of one sign are taken as logarithms. A target of both signs may hide a wave, which
    is a wave in the coordinates as they are: then both are tried, and the better one speaks.
    """
    scale = _Scale.of(y / factor)
    one_signed = ((x > 0).all(0) | (x < 0).all(0)) & (
        (unseen[0] > 0).all(0) | (unseen[0] < 0).all(0)
    )
    tried = [_fitted(x, y, factor, unseen, scale, one_signed)]
    if scale.sign == 0 and one_signed.any():
        tried.append(_fitted(x, y, factor, unseen, scale, np.zeros_like(one_signed)))
    return min(tried, key=lambda seen: seen.error)


def _fitted(
    x: Matrix,
    y: Vector,
    factor: Vector,
    unseen: tuple[Matrix, Vector, Vector],
    scale: _Scale,
    logs: NDArray[np.bool_],
) -> _Seen:
    def coordinates(z: Matrix) -> Matrix:
        return np.where(logs, np.log(np.where(logs, np.abs(z), 1.0)), z)

    good = scale.usable(y / factor)
    here, f = coordinates(x)[good], scale.forward((y / factor)[good])
    relative = 1.0 / (np.abs(factor[good]) * scale.stretch(f))
    found = smooth(here, f, relative / np.median(relative))
    with np.errstate(all="ignore"):
        misfit = scale.back(found(coordinates(unseen[0]))) * unseen[2] - unseen[1]
    error = float(np.sqrt(np.mean(misfit**2) / np.mean(unseen[1] ** 2)))
    slopes = found.slopes(here) * np.where(logs, 1.0, x[good])
    lifted = np.column_stack([slopes, -scale.level(found(here))])
    weights = np.minimum(1.0, np.median(found.noise) / found.noise)
    return _Seen(
        error=error if np.isfinite(error) else np.inf,
        lifted=lifted * weights[:, None],
        rows=np.flatnonzero(good),
    )


# --- rational structure -------------------------------------------------------------------------


def _rational(value: float, near: Mapping[int, float]) -> Fraction | None:
    for denominator, reach in near.items():
        exact = Fraction(round(value * denominator), denominator)
        if abs(float(exact) - value) < reach and abs(exact.numerator) <= _LARGEST // denominator**2:
            return exact
    return None


Structure = tuple[tuple[Fraction, ...], tuple[tuple[Fraction, ...], ...]]


def _echelons(space: Matrix, r: int, near: Mapping[int, float]) -> list[Structure]:
    """Factor and groups whose exponents span the row space ``[r + 1, d + 1]`` up to rounding.

    Of each rational space the shortest basis; of all spaces the one with the shortest first.
    """
    d = space.shape[1] - 1
    found: dict[object, tuple[float, Structure]] = {}
    for pivots in combinations(range(d), r):
        block = space[:, [*pivots, d]]
        if np.linalg.cond(block) > 300:
            continue
        reduced = np.linalg.solve(block, space)[:, :d]
        rows = [[_rational(v, near) for v in row] for row in reduced]
        if any(v is None for row in rows for v in row):
            continue
        exact = [tuple(v for v in row if v is not None) for row in rows]
        cost = float(
            sum(abs(v.numerator) + 2 * (v.denominator - 1) for row in exact for v in row)
        )
        matrix = sp.Matrix([[sp.Rational(v.numerator, v.denominator) for v in row] + [int(k == r)]
                            for k, row in enumerate(exact)])
        key = sp.ImmutableMatrix(matrix.rref()[0])
        if key not in found or cost < found[key][0]:
            # The last row is that of -y: its exponents are those of the factor, negated.
            found[key] = cost, (tuple(-v for v in exact[-1]), tuple(exact[:-1]))
    return [structure for _, structure in sorted(found.values(), key=lambda pair: pair[0])]


def _whole_of_signed(
    exponents: tuple[tuple[Fraction, ...], ...], signed: NDArray[np.bool_]
) -> bool:
    return all(
        e.denominator == 1 or not s
        for row in exponents
        for e, s in zip(row, signed, strict=True)
    )


# --- the reduction ------------------------------------------------------------------------------


def reduce(train: Rows, unseen: Rows) -> Reduction | None:
    """The fewest variables that a law of these rows can have, as far as the rows can tell.

    Args:
        train: Rows that the smooth functions are fitted to; some hundred of them are used.
        unseen: Rows that every reduction is judged on.

    Returns:
        The reduction; ``None`` where the rows are too few or too strange to be smooth.
    """
    train, unseen = train.take(_ROWS), unseen.take(_CHECK_ROWS)
    if len(train.y) < _FEWEST or not np.ptp(train.y) > 0:
        return None
    current = _whole(train.symbols)
    seen = _seen(current, train, unseen)
    if not np.isfinite(seen.error):
        return None
    current = replace(current, error=seen.error, full=seen.error)
    while len(current.groups) > 0:
        step = _joined(current, seen, train, unseen) or _scaled(current, seen, train, unseen)
        if step is None:
            break
        current, seen = step
    return _oriented(current, train)


def _whole(symbols: tuple[sp.Expr, ...]) -> Reduction:
    """The reduction that reduces nothing."""
    d = len(symbols)
    return Reduction(
        base=symbols,
        factor=(Fraction(0),) * d,
        groups=tuple(_unit(i, d) for i in range(d)),
        error=np.inf,
        full=np.inf,
        spectrum=(),
    )


def _unit(i: int, d: int) -> tuple[Fraction, ...]:
    return tuple(Fraction(int(i == j)) for j in range(d))


def _seen(trial: Reduction, train: Rows, unseen: Rows) -> _Seen:
    """How well a smooth function of the groups does, and what its slopes say."""
    factor, here = trial.values(train.x, train.symbols)
    beyond, there = trial.values(unseen.x, unseen.symbols)
    usable = np.isfinite(factor).all() and np.isfinite(beyond).all() and np.all(factor != 0)
    if not (usable and np.isfinite(here).all() and np.isfinite(there).all()):
        return _Seen(error=np.inf, lifted=np.empty((0, 1)), rows=np.empty(0, dtype=np.int64))
    if not trial.groups:
        c = float(factor @ train.y) / float(factor @ factor)
        error = float(np.sqrt(np.mean((c * beyond - unseen.y) ** 2) / np.mean(unseen.y**2)))
        return _Seen(error=error, lifted=np.empty((0, 1)), rows=np.empty(0, dtype=np.int64))
    return _see(here, train.y, factor, (there, unseen.y, beyond))


def _better(
    trial: Reduction, current: Reduction, train: Rows, unseen: Rows
) -> tuple[Reduction, _Seen] | None:
    """The trial, if it predicts unseen rows as well as what it was made from."""
    seen = _seen(trial, train, unseen)
    if not seen.error <= max(_LIKE * current.error, _SMALL):
        return None
    return replace(trial, error=seen.error), seen


def _joined(
    current: Reduction, seen: _Seen, train: Rows, unseen: Rows
) -> tuple[Reduction, _Seen] | None:
    """Two plain columns that only matter by their difference or sum, as one."""
    d = len(current.base)
    plain = [row.index(1) for row in current.groups if row == _unit(_first(row), d)]
    plain = [i for i in plain if current.factor[i] == 0 and _lonely(i, current)]
    values = _base_values(current.base, train.x, train.symbols)[seen.rows]
    place = {row.index(1): k for k, row in enumerate(current.groups) if row.count(0) == d - 1}
    slopes = {i: seen.lifted[:, place[i]] / values[:, i] for i in plain if i in place}
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
        step = _better(_with_sum(current, i, j, sign), current, train, unseen)
        if step is not None:
            return step
    return None


def _first(row: tuple[Fraction, ...]) -> int:
    return next((i for i, e in enumerate(row) if e != 0), 0)


def _lonely(i: int, current: Reduction) -> bool:
    return sum(row[i] != 0 for row in current.groups) == 1


def _with_sum(current: Reduction, i: int, j: int, sign: int) -> Reduction:
    base = [*current.base]
    base[i] = base[i] + sign * base[j]
    keep = [k for k in range(len(base)) if k != j]
    groups = [row for row in current.groups if row[j] == 0]
    return replace(
        current,
        base=tuple(base[k] for k in keep),
        factor=tuple(current.factor[k] for k in keep),
        groups=tuple(tuple(row[k] for k in keep) for row in groups),
    )


def _scaled(
    current: Reduction, seen: _Seen, train: Rows, unseen: Rows
) -> tuple[Reduction, _Seen] | None:
    """Fewer products of powers, the fewest that do as well."""
    r = len(current.groups)
    if len(seen.lifted) <= r:
        return None
    _, spectrum, vectors = np.linalg.svd(seen.lifted, full_matrices=False)
    if len(current.base) == len(current.groups):
        current = replace(current, spectrum=tuple((spectrum / spectrum[0]).tolist()))
    _, here = current.values(train.x, train.symbols)
    signed = ~((here > 0).all(0) | (here < 0).all(0))
    for fewer in range(r):
        left = spectrum[fewer + 1] / spectrum[0]
        if left > _CLEAR:
            continue
        space = vectors[: fewer + 1]
        exact = _echelons(space, fewer, _NEAR)
        if not exact and left < _HIDDEN:
            exact = _echelons(space, fewer, _NEAREST)
        exact = [e for e in exact if _whole_of_signed((e[0], *e[1]), signed)][:_TRIALS]
        steps = [_better(_composed(current, *e), current, train, unseen) for e in exact]
        good = [step for step in steps if step is not None]
        if good:
            return min(good, key=lambda step: step[0].error)
    return None


def _composed(
    current: Reduction, factor: tuple[Fraction, ...], rows: tuple[tuple[Fraction, ...], ...]
) -> Reduction:
    """Powers of groups as powers of what the groups are made of."""

    def product(exponents: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
        columns = zip(*current.groups, strict=True)
        return tuple(sum((e * g for e, g in zip(exponents, c, strict=True)), Fraction(0)) for c in columns)

    joined = tuple(a + b for a, b in zip(current.factor, product(factor), strict=True))
    return replace(current, factor=joined, groups=tuple(product(row) for row in rows))


def _oriented(found: Reduction, train: Rows) -> Reduction:
    """Each ratio of columns the way up in which it is small, each product as a product."""
    _, z = found.values(train.x, train.symbols)
    groups = []
    for row, g in zip(found.groups, z.T, strict=True):
        down = all(e <= 0 for e in row)
        ratio = not down and any(e < 0 for e in row)
        turn = down or (ratio and np.median(np.abs(g)) > 1)
        groups.append(tuple(-e for e in row) if turn else row)
    return replace(found, groups=tuple(groups))


def alternatives(found: Reduction, train: Rows, most: int) -> tuple[Reduction, ...]:
    """The same reduction in other variables, as short as its own: u/c and x/(ut) for u/c and x/(ct).

    Args:
        found: A reduction.
        train: Rows that decide which way up a product is small.
        most: How many to return, itself among them.
    """
    tried = [found]
    for i, j in permutations(range(len(found.groups)), 2):
        for sign in (1, -1):
            row = tuple(a + sign * b for a, b in zip(found.groups[i], found.groups[j], strict=True))
            groups = tuple(row if k == i else g for k, g in enumerate(found.groups))
            tried.append(replace(found, groups=groups))
    tried.sort(key=_length)
    limit = _length(found)
    return tuple(_oriented(each, train) for each in tried if _length(each) <= limit)[:most]


def _length(found: Reduction) -> float:
    return float(sum(abs(e) for row in found.groups for e in row))
