"""The equation of every field: proposals from the library and from curves, and their competition.

Test rows are looked at once, when everything is chosen.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from discover import functions
from discover.accuracy import Accuracy, measure
from discover.config import Recipe
from discover.dataset import Part, Variable
from discover.equations.balance import Balance, Rows, constants
from discover.equations.control import control
from discover.equations.profiles import named, profiles
from discover.equations.seen import Seen
from discover.equations.subsets import best_subsets
from discover.equations.terms import Grid, Term, derivatives, polynomial, target
from discover.equations.whitening import whitened
from discover.field import Field
from discover.front import front
from discover.law import Constant, Law
from discover.progress import Event, Listener, silent
from discover.record import Equation

Array = NDArray[np.float64]

RESOLUTION = 1e-5
"""Relative errors below are not told apart: there the grid and the solver of the data speak."""

_LEAST_PRICE = 0.02
_SAME = 1.05
_CLEAR = 3.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """The equations of all fields.

    Attributes:
        equations: One for each field.
        remarks: Sentences for the report.
    """

    equations: tuple[Equation, ...]
    remarks: tuple[str, ...]


def find(field: Field, recipe: Recipe, *, listen: Listener = silent) -> Found:
    """The equations of all fields.

    Args:
        field: What was measured.
        recipe: What to look for.
        listen: Called with the progress.
    """
    seen = Seen.of(field, recipe.equation)
    total = len(field.variables)
    found = []
    for index, variable in enumerate(field.variables):
        listen(Event(stage="equations", done=index, total=total, message=variable.name))
        found.append(_rivals(seen, index, recipe))
    # Alone each equation was sharpened already; a system sees the same noise.
    together = whitened([each.chosen for each in found], seen.rows["train"]) if total > 1 else None
    if together is not None:
        found = [each.with_chosen(one) for each, one in zip(found, together, strict=True)]
    equations = tuple(_equation(each, seen, recipe) for each in found)
    return Found(equations=equations, remarks=(seen.setting(),))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Rivals:
    """The front of one field's equation.

    Attributes:
        left: The left-hand side.
        variable: Its name.
        columns: The library on training and test rows ``[n, k]``.
        laws: The front, as validation rows know it.
        balances: The same, with constants and their errors.
        selected: Index of the recommended one.
    """

    left: Term
    variable: Variable
    columns: dict[Part, Array]
    laws: tuple[Law, ...]
    balances: tuple[Balance, ...]
    selected: int

    @property
    def chosen(self) -> Balance:
        """The recommended equation."""
        return self.balances[self.selected]

    def with_chosen(self, balance: Balance) -> "_Rivals":
        """The same with other constants in the recommended equation."""
        at = self.selected
        return replace(self, balances=(*self.balances[:at], balance, *self.balances[at + 1 :]))


def _rivals(seen: Seen, index: int, recipe: Recipe) -> _Rivals:
    config = recipe.equation
    left, variable = target(seen.field, index, config.order)
    library = polynomial(
        seen.field, index, degree=config.degree, highest=config.derivatives, order=config.order
    )
    columns: dict[Part, Array] = {
        part: np.stack([rows.values(term) for term in library], axis=1)
        for part, rows in seen.rows.items()
        if part != "validation"
    }
    balances = [Balance(target=left, terms=(), values={}, origin="mean")]
    balances += _sparse(library, left, columns["train"], seen, config.terms)
    if config.curves:
        balances += _curved(left, balances, seen, recipe)
    balances = _earned(balances, seen.rows["validation"])
    pairs, selected = _compete(balances, variable, seen, recipe)
    laws, known = zip(*pairs, strict=True)
    return _Rivals(
        left=left, variable=variable, columns=columns, laws=laws, selected=selected,
        balances=tuple(_sharpened(balance, seen.rows["train"]) for balance in known),
    )  # fmt: skip


def _equation(found: _Rivals, seen: Seen, recipe: Recipe) -> Equation:
    laws = tuple(
        _finished(law, balance, found.variable, seen, recipe)
        for law, balance in zip(found.laws, found.balances, strict=True)
    )
    null = None
    if recipe.validation.null:
        null = control(laws[found.selected], found.columns, found.left, seen.rows, recipe)
    return Equation(target=found.variable, laws=laws, selected=found.selected, null=null)


def _sharpened(balance: Balance, rows: Rows) -> Balance:
    """An equation with errors of its constants; weighted where only noise is left."""
    alone = whitened([balance], rows)
    return balance.judged(rows) if alone is None else alone[0]


def _sparse(
    library: Sequence[Term], left: Term, columns: Array, seen: Seen, most: int
) -> list[Balance]:
    """The best equation of every size from the library."""
    rows = seen.rows["train"]
    y = rows.values(left)
    found = []
    for subset in best_subsets(columns, y, min(most, len(y) // 4)):
        part = columns[:, list(subset)]
        scale = np.linalg.norm(part, axis=0)
        values = np.linalg.lstsq(part / scale, y, rcond=1e-13)[0] / scale
        symbols = list(islice(_fresh(seen.field), len(subset)))
        terms = tuple(
            replace(library[j], body=symbol * library[j].body)
            for j, symbol in zip(subset, symbols, strict=True)
        )
        known = dict(zip(symbols, map(float, values), strict=True))
        found.append(Balance(target=left, terms=terms, values=known, origin="library"))
    return found


def _curved(
    left: Term, library: Sequence[Balance], seen: Seen, recipe: Recipe
) -> tuple[Balance, ...]:
    """Equations whose terms are functions that the data drew first."""
    train, validation = seen.rows["train"], seen.rows["validation"]
    highest = recipe.equation.derivatives
    curves = profiles(left, train, validation, highest=highest, resolution=RESOLUTION)
    y = validation.values(left)
    enough = _SAME * max(curves.error, RESOLUTION)
    for balance in library[: len(curves.curves) + 1]:
        # No more terms than curves, and as good: the library has said what the curves are.
        if np.linalg.norm(balance.predicted(validation) - y) <= enough * np.linalg.norm(y):
            return ()
    return named(curves, left, train, functions.catalogue(recipe.edges.functions))


def _earned(balances: Sequence[Balance], rows: Rows) -> list[Balance]:
    """Without functions that say nothing new: the library is as good with no more constants.

    Many functions follow a parabola closely. One has earned its place if the logarithm of its
    squared error on validation rows is smaller by more than three standard errors, those of blocks
    of rows: many are tried, and the best of many is lucky.
    """
    blocks = rows.blocks()
    labels = np.unique(blocks)
    y = rows.values(balances[0].target)
    floor = (RESOLUTION * np.linalg.norm(y)) ** 2 / len(y)

    def errors(balance: Balance) -> Array:
        square = (balance.predicted(rows) - y) ** 2
        means = np.array([square[blocks == label].mean() for label in labels])
        return np.asarray(np.log(means + floor))

    library = [(b, errors(b)) for b in balances if b.origin != "curves"]
    kept = [balance for balance, _ in library]
    for balance in balances:
        if balance.origin != "curves":
            continue
        own = errors(balance)
        rivals = [other - own for b, other in library if len(b.values) <= len(balance.values)]
        reach = [gain.std(ddof=1) / np.sqrt(len(labels)) for gain in rivals]
        if all(gain.mean() > _CLEAR * error for gain, error in zip(rivals, reach, strict=True)):
            kept.append(balance)
    return kept


def _compete(
    balances: Sequence[Balance], variable: Variable, seen: Seen, recipe: Recipe
) -> tuple[list[tuple[Law, Balance]], int]:
    """The front of what was proposed, and the index of what is recommended."""
    judged = []
    for balance in balances:
        balance = balance.numbered(_fresh(seen.field))
        law = _law(balance, variable, seen)
        accuracy = _accuracy(balance, variable, seen.rows["validation"], "validation")
        judged.append((replace(law, accuracy={"validation": accuracy}), balance))
    by_law = {id(law): balance for law, balance in judged}
    kept = [
        law
        for law in front(law for law, _ in judged)
        if law.complexity <= recipe.law.max_complexity or law.origin == "mean"
    ]
    lengths = [_length(law.accuracy["validation"], law.complexity) for law in kept]
    selected = min(range(len(kept)), key=lambda i: (lengths[i], i))
    if kept[selected].accuracy["validation"].relative < RESOLUTION:
        kept = kept[: selected + 1]  # what is longer only follows the numerics of the data
    return [(law, by_law[id(law)]) for law in kept], selected


def _length(accuracy: Accuracy, complexity: int) -> float:
    """As `front.description_length`, with the resolution of a measured field."""
    n = max(accuracy.n, 3)
    price = max(math.log(n) / n, _LEAST_PRICE)
    return 2 * math.log(math.hypot(accuracy.relative, RESOLUTION)) + price * complexity


def _finished(law: Law, balance: Balance, variable: Variable, seen: Seen, recipe: Recipe) -> Law:
    """The law with intervals and with its accuracy on all parts."""
    train, level = seen.rows["train"], recipe.validation.level
    reach = Balance.quantile(level, train)
    values = {symbol.name: value for symbol, value in balance.values.items()}
    errors = {symbol.name: error for symbol, error in balance.errors.items()}
    known = tuple(
        replace(
            constant,
            value=values[constant.name],
            low=values[constant.name] - reach * errors[constant.name],
            high=values[constant.name] + reach * errors[constant.name],
            level=level,
        )
        for constant in law.constants
    )
    accuracy: dict[str, Accuracy] = {
        part: _accuracy(balance, variable, rows, part) for part, rows in seen.rows.items()
    }
    return replace(law, constants=known, accuracy=accuracy)


def _accuracy(balance: Balance, variable: Variable, rows: Rows, part: Part) -> Accuracy:
    with np.errstate(all="ignore"):
        return measure(
            balance.predicted(rows), rows.values(balance.target), split=part, unit=variable.unit
        )


def _law(balance: Balance, variable: Variable, seen: Seen) -> Law:
    """The equation as a physicist writes it, its derivatives carried out."""
    grid = Grid.of(seen.field)
    form = sp.Add(*(term.expanded(grid) for term in balance.terms))
    known, symbols = derivatives(grid), form.free_symbols
    return Law(
        form=form,
        constants=tuple(
            Constant(name=symbol.name, value=value)
            for symbol, value in balance.values.items()
            if symbol in symbols
        ),
        variables=tuple(
            grid.variable(*known[symbol])
            for symbol in sorted(symbols & known.keys(), key=lambda s: (len(s.name), s.name))
        ),
        target=variable,
        origin=balance.origin,
    )


def _fresh(field: Field) -> Iterator[sp.Symbol]:
    return constants([*field.names, *(axis.name for axis in field.axes)])
