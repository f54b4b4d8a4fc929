"""One law: a sympy form, the values of its constants, and how well it holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import sympy as sp

from discover.accuracy import Accuracy
from discover.dataset import Variable


@dataclass(frozen=True, kw_only=True)
class Constant:
    """A fitted number of a law, with its confidence interval where one was computed.

    Attributes:
        name: Name in the law's form: ``c0``, ``c1``, ...
        value: Value at full precision.
        low: Lower end of the interval.
        high: Upper end of the interval.
        level: Confidence level of the interval, such as 0.95.
    """

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    level: float | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Law:
    """``target = form(variables; constants)``.

    Attributes:
        form: The law with the fitted constants as symbols ``c0, c1, ...``; exact numbers
            (integers, rationals, pi) stand in it as themselves.
        constants: Values of those symbols, in the order of their names.
        variables: The columns that occur in `form`.
        target: The column that is explained.
        origin: Who found it: ``mean``, ``graph``, ``operon``, ``pysr``, ``hypothesis``.
        accuracy: How well it holds, by split.
    """

    form: sp.Expr
    constants: tuple[Constant, ...]
    variables: tuple[Variable, ...]
    target: Variable
    origin: str
    accuracy: Mapping[str, Accuracy] = field(default_factory=dict)
