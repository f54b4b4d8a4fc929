"""Search engines behind one protocol: tables in, candidate laws out.

The trained networks say which columns matter; an engine then looks for short laws on just those
columns, by evolution instead of by gradients. Both routes end in the same competition, so an
engine only has to propose: constants are refitted in float64, forms are shortened and laws are
chosen in other rooms. Each engine is a file of ``engines/`` that ends in
``ENGINE = ...``; a new one needs no other line.
"""

from collections.abc import Sequence
from typing import Protocol

import sympy as sp

from discover import offers
from discover.dataset import Matrix, Variable, Vector
from discover.progress import Listener, silent

AUTO = "operon"
"""The engine that ``auto`` stands for."""


class Engine(Protocol):
    """Something that proposes laws for a table."""

    def search(
        self,
        x: Matrix,
        y: Vector,
        variables: Sequence[Variable],
        *,
        effort: int,
        max_complexity: int,
        seed: int,
        listen: Listener = silent,
    ) -> tuple[sp.Expr, ...]:
        """Propose laws for `y` in the columns `x`.

        Args:
            x: Columns ``[n, d]`` at any scale; training rows only.
            y: Target ``[n]`` at any scale.
            variables: What the columns are ``[d]``.
            effort: How long to search, from 1; the cost grows at most in proportion.
            max_complexity: Largest law wanted, in nodes of its sympy tree. Candidates may be half
                as large again, because they are not simplified yet.
            seed: The same seed and data give the same laws on the same machine.
            listen: Hears how far the search is.

        Returns:
            Laws in the variables' real symbols, simplest first, each form once. Fitted numbers
            are floats, exponents that belong to the form are rational. Empty where there is
            nothing to search: fewer than eight rows, or no law of that size.

        Raises:
            InputError: If the engine cannot run on this machine.
        """
        ...


def engine(choice: str) -> Engine | None:
    """The engine of a recipe's ``refine``; ``None`` where it asks for none.

    An engine loads what it needs when it searches, so that asking for one costs nothing.

    Args:
        choice: A file of ``engines/``, ``auto`` or ``none``.

    Example:
        >>> engine("none") is None, type(engine("auto")).__name__
        (True, 'Operon')
    """
    if choice == "none":
        return None
    found: Engine = offers.module("refine.engines", AUTO if choice == "auto" else choice).ENGINE
    return found
