"""Known laws as problems: read from a file, dealt as rows.

A law file is YAML: for each law its expression in the symbols of its variables, and for each
variable a name, a unit (exponents of m, s, kg, K, V), a range, and how values are drawn in it
(``uni``, ``log`` or ``int``; ``pos`` or ``pos_neg``; uniform and positive if nothing is said). The
expressions are read by the grammar of `discover.formula`; no text is evaluated.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import mpmath as mp
import numpy as np
import sympy as sp
import yaml
from numpy.typing import NDArray

from benchmarks.laws_digits import Digits
from discover import formula
from discover.tape import tape

Vector = NDArray[np.float64]
DATA = Path(__file__).parent / "data"
_BASES = ("m", "s", "kg", "K", "V")
_COMPARE: dict[str, Callable[[Vector, Vector], NDArray[np.bool_]]] = {
    "!=": np.not_equal,
    ">=": np.greater_equal,
    "<=": np.less_equal,
    ">": np.greater,
    "<": np.less,
}
_DECIMAL = re.compile(r"(?<![\w.])(\d+\.\d*(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+)")
_DRAWS = 100  # rows drawn for each row that is wanted, before giving up


@dataclass(frozen=True, kw_only=True)
class Column:
    """A variable and how its values are drawn.

    Attributes:
        name: Its name, that of its symbol in the law.
        unit: Unit as text.
        low: Smallest value, or smallest size where signs are drawn.
        high: Largest value or size.
        scale: ``uni``, ``log`` or ``int``.
        signed: Whether a sign is drawn, too.
    """

    name: str
    unit: str
    low: float
    high: float
    scale: str
    signed: bool

    def draw(self, n: int, rng: np.random.Generator) -> Vector:
        """Values ``[n]``."""
        if self.scale == "log":
            size = np.exp(rng.uniform(np.log(self.low), np.log(self.high), n))
        else:
            size = rng.uniform(self.low, self.high, n)
        if self.scale == "int":
            size = np.round(size)
        return size * rng.choice([-1.0, 1.0], n) if self.signed else size

    def wider(self, factor: float) -> "Column":
        """The same with a range `factor` times wider: in size where no size is zero."""
        if self.scale == "int":
            return replace(self, high=self.high * factor)
        if self.low > 0:
            return replace(self, low=self.low / factor, high=self.high * factor, scale="log")
        middle, half = (self.low + self.high) / 2, (self.high - self.low) / 2
        return replace(self, low=middle - factor * half, high=middle + factor * half)


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem:
    """A law that is to be found again.

    Attributes:
        name: Its name in the file.
        difficulty: What the file says about it, or nothing.
        truth: The law, in real symbols that carry the columns' names.
        columns: What it may depend on.
        target: Name of the target.
        unit: Unit of the target.
        constraints: Pairs of an expression and a comparison with zero that every row meets.
    """

    name: str
    difficulty: str
    truth: sp.Expr
    columns: tuple[Column, ...]
    target: str
    unit: str
    constraints: tuple[tuple[sp.Expr, str], ...] = ()

    @property
    def symbols(self) -> tuple[sp.Symbol, ...]:
        """The columns' symbols."""
        return tuple(sp.Symbol(column.name, real=True) for column in self.columns)

    @property
    def units(self) -> dict[str, str]:
        """Units by name, that of the target among them."""
        return {column.name: column.unit for column in self.columns} | {self.target: self.unit}

    def draw(
        self, n: int, rng: np.random.Generator, *, wider: float = 1.0
    ) -> tuple[Vector, list[mp.mpf]]:
        """Rows ``[n, d]`` on which the law has a value, and the values in many digits.

        Fewer rows where such are hard to meet.
        """
        columns = self.columns if wider == 1.0 else [c.wider(wider) for c in self.columns]
        truth = Digits(self.truth, self.symbols)
        rows: list[Vector] = []
        values: list[mp.mpf] = []
        for _ in range(_DRAWS):
            x = np.column_stack([column.draw(n, rng) for column in columns])
            for row in x[self._allowed(x)]:
                if len(rows) < n and (value := truth(*row)):
                    rows.append(row)
                    values.append(value)
            if len(rows) == n:
                break
        return np.array(rows).reshape(len(rows), len(columns)), values

    def _allowed(self, x: Vector) -> NDArray[np.bool_]:
        allowed = np.ones(len(x), dtype=bool)
        for expr, sign in self.constraints:
            difference = tape(expr, self.symbols).values(list(x.T), len(x))
            allowed &= _COMPARE[sign](difference, np.zeros(len(x)))
        return allowed

    def rows(self, n: int, *, noise: float, seed: int) -> tuple[Vector, Vector]:
        """A table ``[n, d]``, ``[n]``: the target with normal noise, relative to its RMS."""
        rng = np.random.default_rng([seed, *self.name.encode()])
        x, values = self.draw(n, rng)
        y = np.array(values, dtype=np.float64)
        largest = float(np.abs(y).max())
        rms = largest * float(np.sqrt(np.mean((y / largest) ** 2)))
        return x, y + noise * rms * rng.standard_normal(len(y))

    def with_dummies(self, count: int, seed: int) -> "Problem":
        """The same law with columns beside it that have nothing to do with it.

        Each is drawn as one of the law's own columns is.
        """
        rng = np.random.default_rng([seed, count, *self.name.encode()])
        chosen = rng.choice(len(self.columns), count)
        dummies = [replace(self.columns[at], name=f"dummy{i + 1}") for i, at in enumerate(chosen)]
        return replace(self, columns=(*self.columns, *dummies))


def read(path: Path) -> dict[str, Problem]:
    """The problems of a law file, by name."""
    laws = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {name: _problem(name, facts) for name, facts in laws.items()}


def _problem(name: str, facts: Mapping[str, Any]) -> Problem:
    variables = facts["variables"]
    named = {sp.Symbol(v["symbol"], real=True): sp.Symbol(v["name"], real=True) for v in variables}

    def expression(text: str) -> sp.Expr:
        # Numbers as they are written: 1 - v^2/c^2 with a c that is rounded once for v/c and once
        # more for c^2 would be no longer (1 - v/c)(1 + v/c).
        numbers: dict[sp.Expr, sp.Expr] = {}

        def symbol(number: re.Match[str]) -> str:
            made = sp.Symbol(f"number_{len(numbers)}", real=True)
            numbers[made] = sp.Rational(number.group())
            return made.name

        text = _DECIMAL.sub(symbol, text)
        known = [each.name for each in (*named, *numbers)]
        return formula.parse(text, known, where=name).expr.xreplace(named | numbers)

    constraints = []
    for text in facts.get("constraints") or ():
        left, sign, right = re.split(r"(!=|>=|<=|>|<)", text)
        constraints.append((expression(left) - expression(right), sign))
    return Problem(
        name=name,
        difficulty=facts.get("difficulty", ""),
        truth=expression(facts["expression"]),
        columns=tuple(map(_column, variables)),
        target=facts["target"]["name"],
        unit=_unit(facts["target"]["unit"]),
        constraints=tuple(constraints),
    )


def _column(facts: Mapping[str, Any]) -> Column:
    scale, signs = facts.get("sampling", ("uni", "pos"))
    low, high = facts["range"]
    return Column(
        name=facts["name"],
        unit=_unit(facts["unit"]),
        low=float(low),
        high=float(high),
        scale=scale,
        signed=signs == "pos_neg",
    )


def _unit(exponents: list[int]) -> str:
    factors = [f"{base}**{e}" for base, e in zip(_BASES, exponents, strict=True) if e]
    return "*".join(factors) or "1"
