"""A table in dimensionless groups: fewer columns, and only laws that make sense dimensionally.

A law that makes sense is a prefactor, a product of powers of the columns that carries the target's
dimension, times a function of products of powers that carry none (Buckingham, Phys. Rev. 4 (1914)
345). A :class:`View` is the table in such groups, and knows the way back. Exponents are exact:
dimensions are rational vectors, and groups are those of their linear relations with the fewest
columns. Nothing is searched or fitted here but the choice of the prefactor.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations
from math import gcd, lcm

import numpy as np
import sympy as sp

from discover.dataset import Dataset, Matrix, Split, Variable, Vector
from discover.units import Dimension, dimension

Powers = tuple[Fraction, ...]

_MOST_SETS = 1000  # of repeating columns, looked at
_HALVES = 2  # largest denominator of an exponent
_PREFACTORS = 4
_ROWS = 400  # on which choices of groups are compared
_PLAIN = 0.05  # what one more unit of exponents must lower the logarithm of the error by
_KEPT = 0.75  # quantile of the prefactor's size above which all rows are kept


@dataclass(frozen=True, kw_only=True, eq=False)
class View:
    """A dataset in dimensionless groups.

    Attributes:
        dataset: Its features are the groups, its target what the prefactor leaves of the target.
        prefactor: In the columns' symbols; it carries the target's dimension.
        groups: The groups in the columns' symbols, by the name of the feature.
    """

    dataset: Dataset
    prefactor: sp.Expr
    groups: Mapping[str, sp.Expr]

    def restored(self, expr: sp.Expr) -> sp.Expr:
        """A law of the groups as one of the columns."""
        inner = {sp.Symbol(name, real=True): group for name, group in self.groups.items()}
        return self.prefactor * expr.xreplace(inner)


def dimensions(dataset: Dataset) -> dict[str, Dimension]:
    """The dimension of every feature."""
    return {v.name: dimension(v.unit, where=f"unit of {v.name}") for v in dataset.features}


def views(dataset: Dataset, most: int = 2) -> tuple[View, ...]:
    """The table in its most promising groups.

    Of all sets of groups with small exponents, and of the prefactors that go with them, those come
    first in which a sum or a product of simple functions of single groups says most of the target.

    The target's noise, of equal size on all rows, is large where the prefactor is small. Rows are
    therefore left out at random, the more of them the smaller their prefactor is.

    Args:
        dataset: A table with units.
        most: Number of views, at most.

    Returns:
        None where no product of powers of the columns has the target's dimension, or where no
        column has a dimension.

    Example:
        >>> from discover.dataset import Source, Split
        >>> rows = np.arange(2)
        >>> length, time = np.array([2.0, 8.0]), np.array([0.5, 2.0])
        >>> fall = Dataset(
        ...     name="fall", target=Variable(name="v", unit="m/s"), y=length / time,
        ...     features=(Variable(name="l", unit="cm"), Variable(name="t", unit="s")),
        ...     x=np.column_stack([length, time]), source=Source(path=""),
        ...     split=Split(train=rows, validation=rows, test=rows))
        >>> (view,) = views(fall)
        >>> view.prefactor, dict(view.groups), view.dataset.y
        (l/t, {}, array([4., 4.]))
    """
    carried = [dimension(v.unit, where=f"unit of {v.name}") for v in dataset.features]
    target = dimension(dataset.target.unit, where=f"unit of {dataset.target.name}")
    if all(not d.exponents for d in carried):
        return ()
    table = _Table.of(carried, target)
    usable = _usable(dataset)
    x, y = dataset.part("train")
    sample = _Sample(list(x[:_ROWS].T), y[:_ROWS])
    found = [sample.upright(p) for p in _ranked(table.groups()) if usable(p)]
    prefactors = [p for p in _ranked(table.prefactors()) if usable(p)][:_PREFACTORS]
    scored = {
        (each, frozenset(groups)): (sample.score(each, groups), each, groups)
        for groups in _choices(found, len(carried) - table.rank)
        for prefactor in prefactors
        for each in (prefactor, sample.nearest(prefactor, groups))
        if usable(each)
    }
    best = sorted(scored.values(), key=lambda choice: (choice[0], choice[1:]))[:most]
    return tuple(_view(dataset, prefactor, groups) for _, prefactor, groups in best)


# --- exact linear algebra ------------------------------------------------------------------------


@dataclass(frozen=True)
class _Table:
    """Dimensions of the columns and of the target as rational vectors."""

    columns: tuple[Powers, ...]
    target: Powers
    rank: int

    @classmethod
    def of(cls, columns: Sequence[Dimension], target: Dimension) -> "_Table":
        names = sorted({name for d in [*columns, target] for name, _ in d.exponents})
        rows = [tuple(dict(d.exponents).get(n, Fraction(0)) for n in names) for d in columns]
        goal = tuple(dict(target.exponents).get(n, Fraction(0)) for n in names)
        return cls(tuple(rows), goal, _rank(rows))

    def bases(self) -> Iterator[tuple[int, ...]]:
        """Sets of columns whose dimensions span those of all columns, none of them spare."""
        sets = combinations(range(len(self.columns)), self.rank)
        for _, at in zip(range(_MOST_SETS), sets, strict=False):
            if _rank([self.columns[i] for i in at]) == self.rank:
                yield at

    def groups(self) -> Iterator[Powers]:
        """Products of powers without dimension, of as few columns as possible."""
        for at in self.bases():
            for j in set(range(len(self.columns))) - set(at):
                solution = _solved([self.columns[i] for i in at], self.columns[j])
                if solution is not None:
                    yield _whole(self._spread(at, [-s for s in solution], {j: Fraction(1)}))

    def prefactors(self) -> Iterator[Powers]:
        """Products of powers with the target's dimension."""
        for at in self.bases():
            solution = _solved([self.columns[i] for i in at], self.target)
            if solution is not None:
                yield self._spread(at, solution, {})

    def _spread(
        self, at: Sequence[int], powers: Sequence[Fraction], others: Mapping[int, Fraction]
    ) -> Powers:
        by_column = dict(zip(at, powers, strict=True)) | dict(others)
        return tuple(by_column.get(i, Fraction(0)) for i in range(len(self.columns)))


def _reduced(rows: Sequence[Powers]) -> tuple[list[list[Fraction]], list[int]]:
    """The reduced row echelon form, and the columns of its leading ones."""
    matrix = [list(row) for row in rows]
    leading: list[int] = []
    for column in range(len(matrix[0]) if matrix else 0):
        top = len(leading)
        pivot = next((i for i in range(top, len(matrix)) if matrix[i][column] != 0), None)
        if pivot is None:
            continue
        matrix[top], matrix[pivot] = matrix[pivot], matrix[top]
        matrix[top] = [value / matrix[top][column] for value in matrix[top]]
        for i in range(len(matrix)):
            if i != top and matrix[i][column] != 0:
                factor = matrix[i][column]
                matrix[i] = [a - factor * b for a, b in zip(matrix[i], matrix[top], strict=True)]
        leading.append(column)
    return matrix, leading


def _rank(rows: Sequence[Powers]) -> int:
    return len(_reduced(rows)[1])


def _solved(vectors: Sequence[Powers], goal: Powers) -> list[Fraction] | None:
    """How `goal` is combined of independent `vectors`; ``None`` if it is not."""
    augmented = [(*row, value) for row, value in zip(zip(*vectors, strict=True), goal, strict=True)]
    if not vectors:
        augmented = [(value,) for value in goal]
    matrix, leading = _reduced(augmented)
    if len(vectors) in leading:
        return None
    return [matrix[i][-1] for i in range(len(vectors))]


def _whole(powers: Powers) -> Powers:
    """Proportional powers that are integers without a common divisor, the first one positive."""
    scale = lcm(*(p.denominator for p in powers))
    whole = [int(p * scale) for p in powers]
    divisor = gcd(*whole)
    sign = 1 if next(w for w in whole if w) > 0 else -1
    return tuple(Fraction(sign * w // divisor) for w in whole)


def _ranked(found: Iterator[Powers]) -> list[Powers]:
    """Different products of powers, the simplest first."""

    def size(powers: Powers) -> tuple[Fraction, int, int, list[Fraction]]:
        broken = sum(p.denominator != 1 for p in powers)
        return _size(powers) + broken, broken, sum(p != 0 for p in powers), [-p for p in powers]

    few = {p for p in found if max((e.denominator for e in p), default=1) <= _HALVES}
    return sorted(few, key=size)


def _choices(ranked: Sequence[Powers], count: int) -> Iterator[tuple[Powers, ...]]:
    """Sets of `count` independent groups: the simplest one, then those with another group in it."""
    simplest: list[Powers] = []
    for powers in ranked:
        if len(simplest) < count and _rank([*simplest, powers]) > len(simplest):
            simplest.append(powers)
    if len(simplest) < count:
        return
    yield tuple(simplest)
    largest = max(map(_size, simplest), default=Fraction(0)) + 1
    for powers in ranked:
        if powers not in simplest and _size(powers) <= largest:
            for at in range(count):
                other = [*simplest[:at], powers, *simplest[at + 1 :]]
                if _rank(other) == count:
                    yield tuple(other)


def _size(powers: Powers) -> Fraction:
    return sum(map(abs, powers), Fraction(0))


# --- on the rows ---------------------------------------------------------------------------------


def _usable(dataset: Dataset):  # type: ignore[no-untyped-def]
    """Whether a product of powers has a value, and none of zero, on the rows that may be seen."""
    seen = np.concatenate([dataset.part("train")[0], dataset.part("validation")[0]])
    signs = [(bool((c > 0).all()), bool((c != 0).all())) for c in seen.T]

    def usable(powers: Powers) -> bool:
        for power, (positive, nonzero) in zip(powers, signs, strict=True):
            if power and not (positive or (nonzero and power.denominator == 1)):
                # A whole positive power of a column with zeros may be a group, but no divisor.
                return False
        return True

    return usable


def _monomial(powers: Powers, columns: Sequence[Vector]) -> Vector:
    with np.errstate(all="ignore"):
        factors = [c ** float(p) for p, c in zip(powers, columns, strict=True) if p]
        value = np.ones(len(columns[0])) if columns else np.ones(0)
        for factor in factors:
            value = value * factor
    return np.asarray(value, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class _Sample:
    """Training rows on which choices of groups and prefactors are compared."""

    columns: list[Vector]
    y: Vector

    def upright(self, powers: Powers) -> Powers:
        """The group or its inverse: more columns above the line, else mostly below one in size."""
        excess = sum(powers)
        below = float(np.median(np.abs(_monomial(powers, self.columns)))) <= 1.0
        return powers if excess > 0 or (excess == 0 and below) else tuple(-p for p in powers)

    def nearest(self, prefactor: Powers, groups: Sequence[Powers]) -> Powers:
        """The prefactor times whole powers of the groups that is nearest to the target."""
        rest, weight, logs = self._logarithms(prefactor, groups)
        if not groups or len(rest) < 4 * len(groups):
            return prefactor
        design = np.column_stack([np.ones(len(rest)), *logs]) * weight[:, None]
        solution = np.linalg.lstsq(design, rest * weight, rcond=None)[0]
        powers = prefactor
        for k, group in zip(solution[1:], groups, strict=True):
            whole = Fraction(round(float(k)))
            powers = tuple(p + whole * g for p, g in zip(powers, group, strict=True))
        return powers

    def score(self, prefactor: Powers, groups: Sequence[Powers]) -> float:
        """Logarithm of the error that a sum or a product of functions of single groups leaves."""
        with np.errstate(all="ignore"):
            scale = _monomial(prefactor, self.columns)
            size = np.abs(scale) / np.abs(scale).max()
            features = [np.ones(len(self.y))]
            for powers in groups:
                values = _monomial(powers, self.columns)
                values = values / np.median(np.abs(values))
                features += [values, values**2, 1 / values, np.log(np.abs(values))]
            design = np.column_stack(features)
            sums = _misfit(design, self.y / scale, size)
            products = _misfit(design, np.log(np.abs(self.y / scale)), np.abs(self.y))
        plain = _PLAIN * float(sum(map(_size, groups), _size(prefactor)))
        return float(np.log(max(min(sums, products), 1e-6))) + plain

    def _logarithms(
        self, prefactor: Powers, groups: Sequence[Powers]
    ) -> tuple[Vector, Vector, list[Vector]]:
        with np.errstate(all="ignore"):
            rest = np.log(np.abs(self.y / _monomial(prefactor, self.columns)))
        rows = np.isfinite(rest)
        # Noise of equal size blurs the logarithm of a small target more.
        weight = np.abs(self.y[rows]) / np.abs(self.y).max()
        logs = [np.log(np.abs(_monomial(p, self.columns)))[rows] for p in groups]
        return rest[rows], weight, logs


def _misfit(design: Matrix, goal: Vector, weight: Vector) -> float:
    """Weighted error of the best linear fit, relative to the size of what is weighted."""
    rows = np.isfinite(goal) & np.isfinite(design).all(axis=1)
    if rows.sum() < 2 * design.shape[1]:
        return 1.0
    weighted = design[rows] * weight[rows, None]
    wanted = goal[rows] * weight[rows]
    lengths = np.maximum(np.linalg.norm(weighted, axis=0), 1e-300)
    solution = np.linalg.lstsq(weighted / lengths, wanted, rcond=1e-12)[0]
    left = wanted - (weighted / lengths) @ solution
    return float(np.linalg.norm(left) / max(np.linalg.norm(wanted), 1e-300))


def _view(dataset: Dataset, prefactor: Powers, groups: Sequence[Powers]) -> View:
    columns = list(dataset.x.T)
    symbols = [v.sympy for v in dataset.features]
    names = [f"group{i + 1}" for i in range(len(groups))]

    def expression(powers: Powers) -> sp.Expr:
        return sp.Mul(
            *(s ** sp.Rational(p.numerator, p.denominator)
              for s, p in zip(symbols, powers, strict=True))
        )  # fmt: skip

    scale = _monomial(prefactor, columns)
    with np.errstate(all="ignore"):
        y = dataset.y / scale
    x = [_monomial(p, columns) for p in groups]
    return View(
        dataset=replace(
            dataset,
            features=tuple(Variable(name=name) for name in names),
            target=Variable(name=dataset.target.name),
            x=np.column_stack(x) if x else np.empty((len(y), 0)),
            y=y,
            split=_thinned(dataset.split, np.abs(scale)),
        ),
        prefactor=expression(prefactor),
        groups={n: expression(p) for n, p in zip(names, groups, strict=True)},
    )


def _thinned(split: Split, size: Vector) -> Split:
    """The rows that stay: each with a chance in proportion to its prefactor squared, up to one."""
    chance = (size / np.quantile(size[split.train], _KEPT)) ** 2
    stays = np.random.default_rng(0).random(len(size)) < chance
    return Split(
        train=split.train[stays[split.train]],
        validation=split.validation[stays[split.validation]],
        test=split.test[stays[split.test]],
    )
