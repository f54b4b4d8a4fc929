"""A law as a value: its form, its constants, and what it says of columns and of itself."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import sympy as sp

from discover import formula, notation, units
from discover.accuracy import Accuracy
from discover.dataset import Variable, Vector
from discover.errors import InputError
from discover.law.constant import Constant, fresh_symbols
from discover.law.size import complexity
from discover.tape import Tape, tape

Claim = Literal["value", "zero"]
"""What a law says: the target is its value; or two classes part, or columns are tied, where it is
zero."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Law:
    """``target = form(variables; constants)``.

    Attributes:
        form: The law with the fitted constants as symbols ``c0, c1, ...``; exact numbers
            (integers, rationals, pi) stand in it as themselves.
        constants: Values of those symbols, in the order of their names.
        variables: The columns that occur in `form`.
        target: The column that is explained.
        origin: Who found it: ``graph`` (a network), ``structure``, ``expansion``, ``curves``,
            ``units`` (in dimensionless groups), ``operon``, ``pysr``; ``library`` for equations;
            ``mean``, ``hypothesis``.
        accuracy: How well it holds, by split.
        claim: ``value`` if `form` is the target's value; ``zero`` if its zero set is the claim.
            That is the boundary of two classes, positive on the side of the second, or, where the
            target is one of the variables, a relation ``target - ... = 0``.
    """

    form: sp.Expr
    constants: tuple[Constant, ...]
    variables: tuple[Variable, ...]
    target: Variable
    origin: str
    accuracy: Mapping[str, Accuracy] = field(default_factory=dict)
    claim: Claim = "value"

    @classmethod
    def of(
        cls,
        expr: sp.Expr,
        variables: Sequence[Variable],
        target: Variable,
        origin: str,
        claim: Claim = "value",
    ) -> "Law":
        """The law that `expr` is, each of its floats a constant of its own.

        Args:
            expr: An expression in the columns' symbols (:attr:`Variable.sympy`) and numbers.
                Floats become constants; integers, rationals and pi stay what they are.
            variables: The columns that may occur in it.
            target: The column that is explained.
            origin: Who found it.
            claim: What `expr` says of the target.

        Raises:
            ValueError: If `expr` holds a symbol that is none of the columns.

        Example:
            >>> a = Variable(name="a")
            >>> law = Law.of(2.5 * a.sympy**1.5 + 1, [a], Variable(name="T"), "graph")
            >>> law.form, [c.value for c in law.constants]
            (a**c1*c0 + 1, [2.5, 1.5])
        """
        fresh = fresh_symbols(variable.name for variable in variables)
        values: dict[sp.Symbol, float] = {}

        def lift(node: sp.Expr) -> sp.Expr:
            if isinstance(node, sp.Float):
                symbol = next(fresh)
                values[symbol] = float(node)
                return symbol
            return node.func(*[lift(arg) for arg in node.args]) if node.args else node

        return replace(_stated(lift(expr), values, variables, target, origin), claim=claim)

    def restated(self, form: sp.Expr, values: Mapping[sp.Symbol, float]) -> "Law":
        """Another form for the same target; its constants are numbered anew.

        Args:
            form: The new form, in columns of this law and the symbols of `values`.
            values: At least the constants that occur in `form`.
        """
        law = _stated(form, values, self.variables, self.target, self.origin)
        return replace(law, claim=self.claim)

    def with_values(self, values: Iterable[float]) -> "Law":
        """The same form with other constants; intervals and accuracies, now stale, are gone."""
        constants = tuple(
            Constant(name=constant.name, value=float(value))
            for constant, value in zip(self.constants, values, strict=True)
        )
        return replace(self, constants=constants, accuracy={})

    @cached_property
    def expr(self) -> sp.Expr:
        """The law in the columns' symbols, constants substituted at full precision."""
        return self.form.xreplace({c.sympy: sp.Float(c.value) for c in self.constants})

    @property
    def expression(self) -> str:
        """The law as plain infix text, constants at full precision.

        Example:
            >>> a = Variable(name="a")
            >>> Law.of(2.5 * a.sympy, [a], Variable(name="T"), "graph").expression
            '2.5*a'
        """
        return formula.render(self.expr)

    @cached_property
    def complexity(self) -> int:
        """Nodes of :attr:`expr`, constants included."""
        return complexity(self.expr)

    @property
    def solved(self) -> "Law":
        """A relation as a value of its target; any other law as it is.

        Example:
            >>> a, b = Variable(name="a"), Variable(name="b")
            >>> tie = Law.of(a.sympy - 2 * b.sympy, [a, b], a, "expansion", "zero")
            >>> tie.solved.expression, tie.solved.claim
            ('2*b', 'value')
        """
        if self.claim == "value" or self.target not in self.variables:
            return self
        others = tuple(variable for variable in self.variables if variable != self.target)
        form = self.target.sympy - self.form
        return replace(self, form=form, variables=others, claim="value")

    @property
    def values(self) -> tuple[float, ...]:
        """The values of the constants."""
        return tuple(constant.value for constant in self.constants)

    @property
    def symbols(self) -> tuple[sp.Symbol, ...]:
        """What the form depends on: the constants, then the columns."""
        return (*(c.sympy for c in self.constants), *(v.sympy for v in self.variables))

    @property
    def tape(self) -> Tape:
        """The form laid out for numpy, in :attr:`symbols`."""
        return tape(self.form, self.symbols)

    @property
    def units(self) -> dict[str, str]:
        """The unit of each constant, as far as it follows from those of the columns.

        Example:
            >>> x, t = Variable(name="x", unit="m"), Variable(name="t", unit="s")
            >>> Law.of(9.81 * t.sympy**2 / 2, [t], x, "graph").units
            {'c0': 'm/s**2'}
        """
        if self.claim == "zero":
            return {}
        return units.carried(self.form, {v.name: v.unit for v in self.variables}, self.target.unit)

    def latex(self, digits: int = 4) -> str:
        r"""The right-hand side as a physicist would set it.

        Args:
            digits: Significant digits of a constant; fewer where its interval supports fewer.

        Example:
            >>> a = Variable(name="a", symbol=r"\alpha")
            >>> Law.of(2.50004 * a.sympy, [a], Variable(name="T"), "graph").latex()
            '2.500\\,\\alpha'
        """
        form, names = self.drawn(digits)
        return notation.latex(notation.typeset(form, names))

    def drawn(self, digits: int = 4) -> tuple[sp.Expr, dict[sp.Symbol, notation.Box]]:
        """The form with its numbers rounded for reading, and how each of its symbols is drawn.

        Args:
            digits: Significant digits of a constant; fewer where its interval supports fewer.
        """
        names = {variable.sympy: notation.symbol(variable) for variable in self.variables}
        shown: dict[sp.Symbol, sp.Expr] = {}
        for constant in self.constants:
            quantity = notation.Quantity(constant.name, real=True)
            names[quantity] = notation.number(abs(constant.value), constant.digits(digits))
            shown[constant.sympy] = -quantity if constant.value < 0 else quantity
        return notation.turned(self.form.xreplace(shown)), names

    def predict(self, columns: Mapping[str, Vector]) -> Vector:
        """The value of the law's form on rows.

        Args:
            columns: At least the law's columns, each ``[n]``, in their own units.

        Returns:
            Values ``[n]`` in the target's unit; not finite where the law has no real value.

        Raises:
            InputError: If columns are missing.

        Example:
            >>> a = Variable(name="a")
            >>> law = Law.of(a.sympy**sp.Rational(3, 2), [a], Variable(name="T"), "graph")
            >>> law.predict({"a": np.array([1.0, 4.0])})
            array([1., 8.])
        """
        inputs, n = self.inputs(columns)
        return self.tape.values([*self.values, *inputs], n)

    def inputs(self, columns: Mapping[str, Vector]) -> tuple[list[Vector], int]:
        """The columns that the form depends on, in its order, and the number of rows."""
        missing = [v.name for v in self.variables if v.name not in columns]
        if missing or not columns:
            raise InputError.one(
                where=f"the law for {self.target.name}",
                found=f"no column {', '.join(map(repr, missing))}" if missing else "no columns",
                expected=f"the columns {', '.join(repr(v.name) for v in self.variables)}",
            )
        n = len(next(iter(columns.values())))
        return [np.asarray(columns[v.name], dtype=np.float64) for v in self.variables], n

    def to_json(self) -> dict[str, Any]:
        """The law as plain values; :meth:`from_json` gives it back."""
        return {
            "expression": self.expression,
            "latex": self.latex(),
            "complexity": self.complexity,
            "variables": [variable.name for variable in self.variables],
            "constants": [asdict(constant) for constant in self.constants],
            "units": self.units,
            "accuracy": {split: a.to_json() for split, a in self.accuracy.items()},
            "origin": self.origin,
            "form": self.claim,
            "skeleton": formula.render(self.form),
            "columns": [asdict(variable) for variable in self.variables],
            "target": asdict(self.target),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Law":
        """The law that :meth:`to_json` wrote.

        Raises:
            InputError: If the text of the law is no formula of its columns and constants.
        """
        names = [column["name"] for column in data["columns"]]
        read = formula.parse(data["skeleton"], names, where="laws.json: skeleton")
        constants = tuple(Constant(**constant) for constant in data["constants"])
        unknown = sorted(set(read.constants) - {constant.name for constant in constants})
        if unknown:
            raise InputError.one(
                where="laws.json: skeleton",
                found=f"the names {', '.join(unknown)}",
                expected="only the law's columns and constants",
            )
        return cls(
            form=read.expr,
            constants=constants,
            variables=tuple(Variable(**column) for column in data["columns"]),
            target=Variable(**data["target"]),
            origin=data["origin"],
            claim=data["form"],
            accuracy={split: Accuracy(**a) for split, a in data["accuracy"].items()},
        )


def _stated(
    form: sp.Expr,
    values: Mapping[sp.Symbol, float],
    variables: Sequence[Variable],
    target: Variable,
    origin: str,
) -> Law:
    free = form.free_symbols
    columns = tuple(variable for variable in variables if variable.sympy in free)
    unknown = free - set(values) - {variable.sympy for variable in columns}
    if unknown:
        names = ", ".join(sorted(repr(symbol.name) for symbol in unknown))
        raise ValueError(f"the law holds {names}, which are no columns")
    fresh = fresh_symbols(variable.name for variable in variables)
    order = list(dict.fromkeys(n for n in sp.preorder_traversal(form) if n in values))
    renamed = dict(zip(order, fresh, strict=False))
    return Law(
        form=form.xreplace(renamed),
        constants=tuple(Constant(name=renamed[s].name, value=float(values[s])) for s in order),
        variables=columns,
        target=target,
        origin=origin,
    )
