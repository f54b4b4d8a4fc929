"""Terms of an equation in conservative form: a derivative of a function of the fields.

``u u_x`` is ``D_x(u^2/2)``: in that form every derivative can be put on a test function. A
:class:`Term` holds the function and the orders; :meth:`Term.expanded` is the same term as a
physicist writes it, in symbols such as ``u_x``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import sympy as sp

from discover.dataset import Variable
from discover.field import Field

_HIGHEST = 8


@dataclass(frozen=True, kw_only=True)
class Term:
    """``D^orders(body)``.

    Attributes:
        orders: Order of the derivative along each axis, time first.
        body: A function of the fields' symbols, and perhaps of constants.
    """

    orders: tuple[int, ...]
    body: sp.Expr

    def expanded(self, grid: "Grid") -> sp.Expr:
        """The term with its derivatives carried out, in the symbols of `grid`.

        Example:
            >>> grid = Grid(fields=(Variable(name="u"),), axes=("t", "x"))
            >>> u = Variable(name="u").sympy
            >>> Term(orders=(0, 1), body=u**2 / 2).expanded(grid)
            u*u_x
            >>> Term(orders=(0, 2), body=sp.Symbol("c0") * u**3 / 3).expanded(grid)
            c0*(u**2*u_xx + 2*u*u_x**2)
        """
        fields = [variable.sympy for variable in grid.fields]
        factor, expr = self.body.as_independent(*fields, as_Add=False)
        simple = expr.is_polynomial(*fields)
        for axis, order in enumerate(self.orders):
            for _ in range(order):
                expr = grid.derivative(expr, axis)
        # A constant stays in front of the whole: it would stand in several places otherwise.
        number, constants = factor.as_coeff_Mul()
        return constants * (sp.expand(number * expr) if simple else number * expr)


@dataclass(frozen=True, kw_only=True)
class Grid:
    """The names of an equation: its fields, its axes, and what their derivatives are called.

    Attributes:
        fields: What was measured.
        axes: Names of the axes, time first.
        units: Units of the axes, in the same order; all ``"1"`` where left out.
    """

    fields: tuple[Variable, ...]
    axes: tuple[str, ...]
    units: tuple[str, ...] = ()

    @classmethod
    def of(cls, field: Field) -> "Grid":
        """The names of a measured field."""
        names, units = zip(*((axis.name, axis.unit) for axis in field.axes), strict=True)
        return cls(fields=field.variables, axes=names, units=units)

    def variable(self, field: Variable, orders: Sequence[int]) -> Variable:
        """The derivative of a field as a column: ``u_xx``, with its sign and unit.

        Example:
            >>> grid = Grid(fields=(Variable(name="u", unit="m"),), axes=("t", "x"),
            ...             units=("s", "m"))
            >>> v = grid.variable(grid.fields[0], (1, 2))
            >>> v.name, v.symbol, v.unit
            ('u_txx', 'u_{txx}', 'm/(s*m**2)')
        """
        if not any(orders):
            return field
        counted = [(a, n) for a, n in zip(self.axes, orders, strict=True) if n]
        letters = [name for name, n in counted for _ in range(n)]
        brief = all(len(name) == 1 for name in letters)
        mark = "" if brief else "_"
        sign = field.symbol or field.name
        shown = "".join(letters) if brief else r"\,".join(rf"\mathrm{{{n}}}" for n in letters)
        simple = len(sign) == 1 or sign.startswith("\\")
        return Variable(
            name=f"{field.name}_{mark.join(letters)}",
            symbol=f"{sign}_{{{shown}}}" if simple else "",
            unit=self._unit(field.unit, orders),
            meaning="derivative of " + (field.meaning or field.name) + " by " + ", ".join(letters),
        )

    def _unit(self, unit: str, orders: Sequence[int]) -> str:
        units = self.units or ("1",) * len(self.axes)
        below = [
            f"{u}**{n}" if n > 1 else u
            for u, n in zip(units, orders, strict=True)
            if n and u != "1"
        ]
        if not below:
            return unit
        return f"{unit}/({'*'.join(below)})" if len(below) > 1 else f"{unit}/{below[0]}"

    def derivative(self, expr: sp.Expr, axis: int) -> sp.Expr:
        """The total derivative along an axis: the chain rule over all symbols of derivatives."""
        known = derivatives(self)
        total: sp.Expr = sp.Integer(0)
        for symbol in sorted(expr.free_symbols, key=str):
            if symbol in known:
                field, orders = known[symbol]
                raised = tuple(n + (i == axis) for i, n in enumerate(orders))
                total += expr.diff(symbol) * self.variable(field, raised).sympy
        return total


@lru_cache(maxsize=16)
def derivatives(grid: Grid) -> dict[sp.Symbol, tuple[Variable, tuple[int, ...]]]:
    """The field and the orders behind the symbol of every derivative of a total order to eight.

    Example:
        >>> grid = Grid(fields=(Variable(name="u"),), axes=("t", "x"))
        >>> derivatives(grid)[Variable(name="u_xx").sympy][1]
        (0, 2)
    """
    every = product(*(range(_HIGHEST + 1) for _ in grid.axes))
    return {
        grid.variable(field, orders).sympy: (field, orders)
        for orders in every
        if sum(orders) <= _HIGHEST
        for field in grid.fields
    }


def target(field: Field, index: int, order: int) -> tuple[Term, Variable]:
    """The left-hand side for one field: its time derivative of this order.

    Args:
        field: The measured fields.
        index: Which of them.
        order: 1 for ``u_t``, 2 for ``u_tt``.
    """
    orders = (order,) + (0,) * len(field.space)
    variable = field.variables[index]
    return Term(orders=orders, body=variable.sympy), Grid.of(field).variable(variable, orders)


def polynomial(
    field: Field, index: int, *, degree: int, highest: int, order: int = 1
) -> tuple[Term, ...]:
    """Candidate terms for the equation of one field.

    All monomials of the fields up to `degree`, and every space derivative up to a total of
    `highest` of those. Scaled so that ``D_x(u^q/q)`` is ``u^(q-1) u_x`` for a derivative. An
    equation of second order also has the field's velocity.

    Args:
        field: The measured fields.
        index: The field whose equation it is.
        degree: Highest total power.
        highest: Highest total order of a space derivative.
        order: Order of the equation in time.

    Example:
        >>> import numpy as np
        >>> from discover.dataset import Source
        >>> from discover.field import Axis
        >>> t, x = (Axis(name=n, values=np.arange(4.0)) for n in "tx")
        >>> field = Field(name="f", time=t, space=(x,), variables=(Variable(name="u"),),
        ...               values=np.zeros((1, 1, 4, 4)), source=Source(path="f"))
        >>> grid = Grid.of(field)
        >>> [term.expanded(grid) for term in polynomial(field, 0, degree=2, highest=1)]
        [1, u, u**2, u_x, u*u_x]
    """
    symbols = [variable.sympy for variable in field.variables]
    found = []
    for space in _orders(len(field.space), highest):
        for powers in _powers(len(symbols), degree):
            if any(space) and not any(powers):
                continue
            scale = max(powers) if any(space) else 1
            body = sp.Mul(*(s**p for s, p in zip(symbols, powers, strict=True))) / scale
            found.append(Term(orders=(0, *space), body=body))
    if order == 2:
        found.append(Term(orders=(1,) + (0,) * len(field.space), body=symbols[index]))
    return tuple(found)


def _orders(axes: int, most: int) -> Iterator[tuple[int, ...]]:
    every = product(*(range(most + 1) for _ in range(axes)))
    return iter(sorted((o for o in every if sum(o) <= most), key=lambda o: (sum(o), o[::-1])))


def _powers(fields: int, most: int) -> Iterator[tuple[int, ...]]:
    every = product(*(range(most + 1) for _ in range(fields)))
    return iter(sorted((p for p in every if sum(p) <= most), key=lambda p: (sum(p), p[::-1])))
