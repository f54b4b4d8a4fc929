"""An equation with free constants, held against test functions and fitted.

A :class:`Balance` is ``target = sum of terms``, each a derivative of a function of the fields with
constants in it. :class:`Rows` turns such terms into numbers, one for every test function. Linear
constants (a polynomial law) and others (a curve that became a function) are fitted alike.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, count

import numpy as np
import sympy as sp
from numpy.typing import NDArray
from scipy import optimize, stats

from discover.equations.terms import Term
from discover.field import Field
from discover.tape import tape
from discover.weak import Bump, Probe, debiased

Array = NDArray[np.float64]
_BLOCKS = 20


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """All smooth functions of one field, under one derivative, for every test function.

    Attributes:
        symbol: The field.
        orders: The derivative.
        points: Values of the field at which a function has to be known ``[k]``.
        matrix: Turns the function there into rows ``[n, k]``.
    """

    symbol: sp.Symbol
    orders: tuple[int, ...]
    points: Array
    matrix: Array


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """One part of a field as its test functions see it.

    Attributes:
        field: Training, validation or test part.
        probe: The test functions.
        noise: Standard deviation of the noise of each field.
        tables: What makes functions of one field under one derivative quick to see.
    """

    field: Field
    probe: Probe
    noise: tuple[float, ...]
    tables: tuple[Table, ...] = ()

    @classmethod
    def of(cls, part: Field, bumps: Sequence[Bump], noise: Sequence[float]) -> "Rows":
        """The rows of one part."""
        return cls(field=part, probe=Probe.of(part, bumps), noise=tuple(noise))

    @property
    def size(self) -> int:
        """Number of rows."""
        return int(np.prod(self.probe.shape)) * self.field.trajectories

    def values(self, term: Term, constants: Mapping[sp.Symbol, float] | None = None) -> Array:
        """A term for every test function ``[n]``; not finite where the term has no value."""
        return self.slopes(term, constants or {}, ())[0]

    def slopes(
        self, term: Term, constants: Mapping[sp.Symbol, float], by: Sequence[sp.Symbol]
    ) -> tuple[Array, Array]:
        """A term ``[n]`` and its derivatives by some of the constants ``[n, k]``."""
        names = tuple(constants)
        symbols = (*names, *(variable.sympy for variable in self.field.variables))
        laid, wrt = tape(term.body, symbols), [names.index(symbol) for symbol in by]
        shape = self.field.values.shape[1:]
        fields = term.body.free_symbols - set(names)
        for table in self.tables:
            if fields == {table.symbol} and table.orders == term.orders:
                inputs = [table.points if s == table.symbol else 0.0 for s in symbols]
                inputs[: len(names)] = constants.values()
                value, slopes = laid.slopes(inputs, len(table.points), wrt)
                return table.matrix @ value, table.matrix @ slopes

        def at(*fields: Array) -> Array:
            inputs = [*constants.values(), *(f.reshape(-1) for f in fields)]
            value, slopes = laid.slopes(inputs, fields[0].size, wrt)
            return np.concatenate([value[None], slopes.T]).reshape(-1, *shape)

        with np.errstate(all="ignore"):
            every = debiased(at, list(self.field.values), self.noise)
        if not np.isfinite(every).all():
            return np.full(self.size, np.nan), np.full((self.size, len(by)), np.nan)
        seen = [self.probe.project(values, term.orders) for values in every]
        return seen[0], np.array(seen[1:]).reshape(len(by), len(seen[0])).T

    def blocks(self) -> NDArray[np.int64]:
        """A number for every row: neighbours in time and along the first axis share it ``[n]``."""
        shape = (self.field.trajectories, *self.probe.shape)
        along = min(len(shape) - 1, 2)
        each = max(2, round((_BLOCKS / shape[0]) ** (1 / along)))
        label = np.arange(shape[0]).reshape(-1, *(1,) * (len(shape) - 1))
        for axis in range(1, along + 1):
            cuts = min(each, shape[axis])
            part = np.arange(shape[axis]) * cuts // shape[axis]
            place = [1] * len(shape)
            place[axis] = shape[axis]
            label = label * cuts + part.reshape(place)
        return np.broadcast_to(label, shape).reshape(-1)


@dataclass(frozen=True, kw_only=True)
class Within:
    """``low < argument < high`` on all rows: the domain of a function that was put in.

    Attributes:
        argument: Affine in one field, with constants.
        low: Lower end, not included.
        high: Upper end, not included.
    """

    argument: sp.Expr
    low: float
    high: float

    def holds(self, constants: Mapping[sp.Symbol, float], rows: Rows) -> bool:
        """Whether the argument stays inside on all of the field."""
        symbols = (*constants, *(variable.sympy for variable in rows.field.variables))
        laid = tape(self.argument, symbols)
        # Affine in one field: its smallest and largest values decide.
        ends = [np.array([values.min(), values.max()]) for values in rows.field.values]
        at = laid.values([*constants.values(), *ends], 2)
        return bool((at > self.low).all() and (at < self.high).all())


@dataclass(frozen=True, kw_only=True, eq=False)
class Balance:
    """``target = sum of terms``, its constants as they stand now.

    Attributes:
        target: The left-hand side.
        terms: The right-hand side; empty for an equation that says nothing.
        values: The constants that occur in `terms`.
        origin: Who proposed it.
        within: Arguments of functions, each affine in one field, and where they have to stay.
        errors: Standard errors of the constants, where they were estimated.
    """

    target: Term
    terms: tuple[Term, ...]
    values: Mapping[sp.Symbol, float]
    origin: str
    within: tuple[Within, ...] = ()
    errors: Mapping[sp.Symbol, float] = field(default_factory=dict)

    def predicted(self, rows: Rows) -> Array:
        """The right-hand side for every test function ``[n]``."""
        if not all(limit.holds(self.values, rows) for limit in self.within):
            return np.full(rows.size, np.nan)
        return sum((rows.values(term, self.values) for term in self.terms), np.zeros(rows.size))

    def fitted(self, rows: Rows, steps: int = 40) -> "Balance":
        """The same equation with the constants that fit these rows best (Levenberg-Marquardt)."""
        names = tuple(self.values)
        if not names:
            return self
        y = rows.values(self.target)
        size = float(np.linalg.norm(y)) or 1.0

        def residuals(c: Array) -> Array:
            return self._linearised(rows, dict(zip(names, c, strict=True)), y)[0] / size

        def jacobian(c: Array) -> Array:
            return self._linearised(rows, dict(zip(names, c, strict=True)), y)[1] / size

        start = np.array(list(self.values.values()))
        if len(y) < len(names) or not np.isfinite(residuals(start)).all():
            return self
        found = optimize.least_squares(
            _tame(residuals), start, jac=_tame(jacobian), method="lm", x_scale="jac",
            xtol=1e-12, ftol=1e-12, gtol=1e-15, max_nfev=steps,
        )  # fmt: skip
        values = dict(zip(names, map(float, found.x), strict=True))
        better = np.isfinite(found.cost) and np.isfinite(found.x).all()
        return replace(self, values=values) if better else self

    def numbered(self, fresh: Iterator[sp.Symbol]) -> "Balance":
        """The same equation with its constants named anew, in the order in which they stand."""
        order = [symbol for term in self.terms for symbol in sp.preorder_traversal(term.body)]
        names = dict(zip(dict.fromkeys(s for s in order if s in self.values), fresh, strict=False))
        terms = tuple(replace(term, body=term.body.xreplace(names)) for term in self.terms)
        within = tuple(
            replace(limit, argument=limit.argument.xreplace(names)) for limit in self.within
        )
        values = {new: self.values[old] for old, new in names.items()}
        return replace(self, terms=terms, values=values, within=within, errors={})

    def fixed(self, symbol: sp.Symbol, number: int) -> "Balance":
        """The same equation with a number in place of a constant; what then vanishes is gone."""
        put = {symbol: sp.Integer(number)}
        bodies = [term.body.xreplace(put) for term in self.terms]
        fields = {v for body in bodies for v in body.free_symbols} - set(self.values)
        terms = tuple(
            replace(term, body=body)
            for term, body in zip(self.terms, bodies, strict=True)
            if body != 0 and (body.free_symbols & fields or not any(term.orders))
        )
        left = set().union(*(term.body.free_symbols for term in terms))
        within = tuple(
            replace(limit, argument=limit.argument.xreplace(put)) for limit in self.within
        )
        return replace(
            self,
            terms=terms,
            values={name: v for name, v in self.values.items() if name in left},
            within=tuple(w for w in within if w.argument.free_symbols <= left | fields),
            errors={},
        )

    def judged(self, rows: Rows) -> "Balance":
        """The same equation with standard errors, by leaving out one block of rows at a time.

        Test functions overlap and share noise, so rows are not independent: whole blocks are.
        The equation is taken as linear around its constants.

        Errors are infinite where the equation has no value on these rows.

        Source: delete-one-group jackknife, B. Efron, The Jackknife, the Bootstrap (1982), ch. 3.
        """
        names = tuple(self.values)
        if not names:
            return self
        residuals, slopes = self.linearised(rows)
        if not (np.isfinite(residuals).all() and np.isfinite(slopes).all()):
            return replace(self, errors=dict.fromkeys(names, np.inf))
        scale = np.linalg.norm(slopes, axis=0)
        scale = np.where(scale > 0, scale, 1.0)
        moved, slopes = [], slopes / scale
        labels = rows.blocks()
        for label in np.unique(labels):
            kept = labels != label
            moved.append(np.linalg.lstsq(slopes[kept], -residuals[kept], rcond=1e-12)[0] / scale)
        blocks = len(moved)
        spread = np.sqrt((blocks - 1) * np.var(np.array(moved), axis=0))
        return replace(self, errors=dict(zip(names, map(float, spread), strict=True)))

    @staticmethod
    def quantile(level: float, rows: Rows) -> float:
        """Half width of a confidence interval in standard errors."""
        return float(stats.t.ppf(0.5 + level / 2, max(1, len(np.unique(rows.blocks())) - 1)))

    def linearised(self, rows: Rows) -> tuple[Array, Array]:
        """What is left, right minus left ``[n]``, and its slopes by the constants ``[n, k]``."""
        return self._linearised(rows, self.values, rows.values(self.target))

    def _linearised(
        self, rows: Rows, values: Mapping[sp.Symbol, float], y: Array
    ) -> tuple[Array, Array]:
        names = tuple(values)
        total, jacobian = -y, np.zeros((len(y), len(names)))
        if not all(limit.holds(values, rows) for limit in self.within):
            return np.full_like(total, np.nan), np.full_like(jacobian, np.nan)
        for term in self.terms:
            own = [i for i, name in enumerate(names) if name in term.body.free_symbols]
            part, slopes = rows.slopes(term, values, [names[i] for i in own])
            total = total + part
            jacobian[:, own] += slopes
        return total, jacobian


def constants(taken: Sequence[str]) -> Iterator[sp.Symbol]:
    """Symbols ``c0, c1, ...``, with another letter where a field or an axis is called so.

    Example:
        >>> next(constants(["u", "x"])), next(constants(["c1"]))
        (c0, k0)
    """
    letters = chain("ckpq", ("c" + "_" * i for i in count(1)))
    letter = next(
        letter
        for letter in letters
        if not any(n.startswith(letter) and n[len(letter) :].isdigit() for n in taken)
    )
    return (sp.Symbol(f"{letter}{i}", real=True) for i in count())


def _tame(function: Callable[[Array], Array]) -> Callable[[Array], Array]:
    """Large instead of not finite: a step to where the equation has no value is refused."""
    return lambda c: np.nan_to_num(function(c), nan=1e6, posinf=1e6, neginf=-1e6)
