"""The rows an engine sees: few enough to be fast, and all columns near one.

Engines compute in single precision, and squares of 1e-30 or 1e25 have no place there. Every column
and the target are therefore divided by a power of two near their root mean square. Nothing is
shifted, because a shift turns a product or a ratio into something else; and powers of two leave
all digits as they are, so that the way back is exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import sympy as sp

from discover.dataset import Matrix, Variable, Vector

#: With fewer rows than this every law fits.
MIN_ROWS = 8


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """Rows at the engine's scale, and the way back.

    Attributes:
        x: The columns that vary, scaled ``[m, k]``.
        y: The target, scaled ``[m]``.
        inputs: Symbols ``[k]`` that stand for the scaled columns.
        columns: The columns' own symbols ``[k]``.
        x_scale: What the columns were divided by ``[k]``, powers of two.
        y_scale: What the target was divided by, a power of two.
    """

    x: Matrix
    y: Vector
    inputs: tuple[sp.Symbol, ...]
    columns: tuple[sp.Symbol, ...]
    x_scale: Vector
    y_scale: float

    @classmethod
    def of(
        cls, x: Matrix, y: Vector, variables: Sequence[Variable], *, rows: int, seed: int
    ) -> "Sample":
        """At most `rows` rows of a table, drawn by `seed`; rows that are not finite stay out.

        Args:
            x: Columns ``[n, d]``.
            y: Target ``[n]``.
            variables: What the columns are ``[d]``.
            rows: Most rows to keep.
            seed: Decides which rows stay, where there are more.

        Example:
            >>> x = np.array([[1e-30, 7.0], [3e-30, 7.0]])
            >>> sample = Sample.of(x, x[:, 0], [Variable(name="h"), Variable(name="k")],
            ...                    rows=100, seed=0)
            >>> sample.columns, sample.x.shape  # a constant column explains nothing
            ((h,), (2, 1))
            >>> sample.restored(sample.inputs[0])
            1.0*h
        """
        usable = np.flatnonzero(np.isfinite(x).all(axis=1) & np.isfinite(y))
        if usable.size > rows:
            drawn = np.random.default_rng(seed).choice(usable.size, size=rows, replace=False)
            usable = usable[np.sort(drawn)]
        x, y = x[usable], y[usable]
        varies = [i for i in range(x.shape[1]) if usable.size and np.ptp(x[:, i]) > 0]
        x_scale = np.array([_scale(x[:, i]) for i in varies])
        y_scale = _scale(y)
        return cls(
            x=x[:, varies] / x_scale,
            y=y / y_scale,
            inputs=tuple(sp.Dummy(f"x{i}", real=True) for i in range(len(varies))),
            columns=tuple(variables[i].sympy for i in varies),
            x_scale=x_scale,
            y_scale=y_scale,
        )

    @property
    def searchable(self) -> bool:
        """Whether there is anything to find: rows, a column and a target that vary."""
        return len(self.y) >= MIN_ROWS and bool(self.inputs) and float(np.ptp(self.y)) > 0

    def restored(self, expr: sp.Expr) -> sp.Expr:
        """A law of the scaled columns as one of the columns themselves."""
        inner = {
            z: column if scale == 1 else sp.Mul(sp.Float(1 / scale), column)
            for z, column, scale in zip(self.inputs, self.columns, self.x_scale, strict=True)
        }
        law = expr.xreplace(inner)
        return law if self.y_scale == 1 else sp.Mul(sp.Float(self.y_scale), law)


def _scale(values: Vector) -> float:
    largest = float(np.abs(values).max(initial=0.0))
    if largest == 0:
        return 1.0
    # Relative to the largest, so that the squares neither overflow nor vanish.
    rms = largest * float(np.sqrt(np.mean((values / largest) ** 2)))
    # 2**-1022 is the smallest power of two whose inverse is finite.
    return float(2.0 ** np.clip(np.round(np.log2(rms)), -1022, 1022))
