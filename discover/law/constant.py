"""The numbers of a law: fitted, with an interval and a name that no column has."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, count

import sympy as sp

from discover import notation


@dataclass(frozen=True, kw_only=True)
class Constant:
    """A fitted number of a law, with its confidence interval where one was computed.

    Attributes:
        name: Name in the law's form: ``c0``, ``c1``, ... or the name its author gave it.
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

    @property
    def sympy(self) -> sp.Symbol:
        """The real symbol that stands for this constant in the law's form."""
        return sp.Symbol(self.name, real=True)

    def digits(self, most: int) -> int:
        """Significant digits that its interval supports, `most` at most.

        Example:
            >>> Constant(name="c0", value=2.0056, low=2.002, high=2.009).digits(8)
            4
        """
        if self.low is None or self.high is None:
            return most
        return min(most, notation.digits_of(self.value, low=self.low, high=self.high))


def fresh_symbols(taken: Iterable[str]) -> Iterator[sp.Symbol]:
    """Symbols ``c0, c1, ...``, with another letter where a column is called so."""
    names = set(taken)
    letters = chain("ckpq", ("c" + "_" * i for i in count(1)))
    letter = next(x for x in letters if not any(_numbered(name, x) for name in names))
    return (sp.Symbol(f"{letter}{i}", real=True) for i in count())


def _numbered(name: str, letter: str) -> bool:
    return name.startswith(letter) and name[len(letter) :].isdigit()
