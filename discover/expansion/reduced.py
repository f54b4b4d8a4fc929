"""What an expansion is looked for in, and what comes of it."""

from dataclasses import dataclass

import numpy as np
import sympy as sp
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Reduced:
    """A law to find: ``y = factor * f(z)``.

    Attributes:
        z: Variables ``[n, r]``.
        factor: What multiplies the unknown function ``[n]``.
        y: Target ``[n]``.
        clean: The target without its noise, as far as known ``[n]``; `y` itself where it has none.
    """

    z: Matrix
    factor: Vector
    y: Vector
    clean: Vector

    def take(self, limit: int) -> "Reduced":
        """At most `limit` rows, always the same."""
        if len(self.y) <= limit:
            return self
        rows = np.sort(np.random.default_rng(0).permutation(len(self.y))[:limit])
        return Reduced(
            z=self.z[rows], factor=self.factor[rows], y=self.y[rows], clean=self.clean[rows]
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Expansion:
    """A proposal.

    Attributes:
        expr: The function f in the variables' symbols.
        error: Error of ``factor * f(z)`` on unseen rows, over the target's size.
        length: About its description length, by which proposals are ordered.
        size: Nodes of f.
    """

    expr: sp.Expr
    error: float
    length: float
    size: int
