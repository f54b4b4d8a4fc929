"""A laid-out expression: its values and its derivatives on rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from discover.tape.operations import PRODUCT, SUM, Operation, Value

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
_CHUNK = 1 << 15


@dataclass(frozen=True, eq=False)
class Tape:
    """An expression laid out for numpy; made by :func:`tape`.

    Attributes:
        symbols: What the expression depends on, in the order in which values are handed over.
        numbers: Position on the tape and value of each exact number.
        steps: Position, operation and positions of its arguments, in order of evaluation.
        length: Number of positions; the symbols are the first, the result is the last step.
        result: Position of the expression itself.
    """

    symbols: tuple[sp.Symbol, ...]
    numbers: tuple[tuple[int, np.float64], ...]
    steps: tuple[tuple[int, Operation, tuple[int, ...]], ...]
    length: int
    result: int

    @property
    def shape(self) -> tuple[Any, ...]:
        """What makes two tapes compute the same from the same values; hashable."""
        return self.numbers, self.steps, self.result

    def run(self, inputs: Sequence[Value]) -> list[Value]:
        """The value at every position, for at most some thousand rows."""
        memory: list[Value] = [*inputs, *([None] * (self.length - len(inputs)))]
        for at, value in self.numbers:
            memory[at] = value
        for at, operation, args in self.steps:
            memory[at] = operation.value([memory[i] for i in args])
        return memory

    def values(self, inputs: Sequence[Value], n: int) -> Vector:
        """The expression on `n` rows.

        Args:
            inputs: For each symbol its value, one number or an array ``[n]``.
            n: Number of rows.

        Returns:
            Values ``[n]``; not finite where the expression has no real value.

        Example:
            >>> from discover.tape import tape
            >>> x = sp.Symbol("x", real=True)
            >>> tape(1 / x, (x,)).values([np.array([2.0, 0.0])], 2)
            array([0.5, inf])
        """
        out = np.empty(n)
        with np.errstate(all="ignore"):
            for rows, part in _chunks(inputs, n):
                out[rows] = self.run(part)[self.result]
        return out

    def slopes(self, inputs: Sequence[Value], n: int, wrt: Sequence[int]) -> tuple[Vector, Matrix]:
        """The expression and its partial derivatives on `n` rows.

        Args:
            inputs: For each symbol its value, one number or an array ``[n]``.
            n: Number of rows.
            wrt: Positions (in `symbols`) of the symbols to differentiate by, k of them.

        Returns:
            Values ``[n]`` and derivatives ``[n, k]``.

        Example:
            >>> from discover.tape import tape
            >>> x, c = sp.symbols("x c", real=True)
            >>> tape(x**c, (x, c)).slopes([np.array([1.0, 2.0]), 3.0], 2, [0])[1].ravel()
            array([ 3., 12.])
        """
        out, jacobian = np.empty(n), np.zeros((n, len(wrt)), order="F")
        live = self._reaches(wrt)
        with np.errstate(all="ignore"):
            for rows, part in _chunks(inputs, n):
                memory = self.run(part)
                out[rows] = memory[self.result]
                adjoint: dict[int, Value] = {self.result: np.float64(1.0)}
                for at, operation, args in reversed(self.steps):
                    if not live[at] or at not in adjoint:
                        continue
                    values = [memory[i] for i in args]
                    for k, i in enumerate(args):
                        if live[i]:
                            term = adjoint[at] * operation.slope(k, values, memory[at])
                            adjoint[i] = adjoint[i] + term if i in adjoint else term
                for column, i in enumerate(wrt):
                    if i in adjoint:
                        jacobian[rows, column] = adjoint[i]
        return out, jacobian

    def affine_in(self, wrt: Iterable[int]) -> bool:
        """Whether the expression is, as it is written, affine in these symbols together.

        Example:
            >>> from discover.tape import tape
            >>> a, b, x = sp.symbols("a b x", real=True)
            >>> line = tape(a * x + b, (a, b, x))
            >>> line.affine_in([0, 1]), line.affine_in([0, 2])
            (True, False)
        """
        degrees = [0.0] * self.length
        for i in wrt:
            degrees[i] = 1.0
        for at, operation, args in self.steps:
            degrees[at] = operation.degree([degrees[i] for i in args])
        return degrees[self.result] <= 1.0

    def magnitudes(self, sizes: Vector, inputs: Sequence[Value], n: int) -> Vector:
        """For each of the first k symbols, the size at which it changes what it stands in.

        A factor ``c * u`` inside a function matters at ``1 / |u|``, a summand ``c + u`` at
        ``|u|``. Found by walking up from the symbol until the first sum or function.

        Args:
            sizes: Values of the first k symbols ``[k]`` at which the partners are measured.
            inputs: Values of the other symbols.
            n: Number of rows; at most some thousand of them are looked at.
        """
        with np.errstate(all="ignore"):
            _, part = next(iter(_chunks([*sizes, *inputs], min(n, 4096))))
            memory = self.run(part)
            return np.array([self._magnitude(i, memory) for i in range(len(sizes))])

    def _magnitude(self, at: int, memory: list[Value]) -> float:
        slope = 1.0
        for position, operation, args in self.steps:
            if at not in args:
                continue
            others = [memory[i] for i in args if i != at]
            if operation is PRODUCT:
                slope *= _typical(operation.value([np.float64(1.0), *others]))
                at = position
            elif operation is SUM:
                return _typical(operation.value([np.float64(0.0), *others])) / slope
            else:
                break
        return 1.0 / slope

    def _reaches(self, wrt: Sequence[int]) -> list[bool]:
        live = [False] * self.length
        for i in wrt:
            live[i] = True
        for at, _, args in self.steps:
            live[at] = any(live[i] for i in args)
        return live


def _typical(values: Value) -> float:
    """Median size of the finite values; 1 where there is none."""
    sizes = np.abs(np.atleast_1d(values))
    sizes = sizes[np.isfinite(sizes) & (sizes > 0)]
    return float(np.median(sizes)) if sizes.size else 1.0


def _chunks(inputs: Sequence[Value], n: int) -> Iterable[tuple[slice, list[Value]]]:
    """Blocks of rows: the tape keeps every step in memory, so it sees few rows at a time."""
    inputs = [np.float64(v) if np.ndim(v) == 0 else v for v in inputs]
    for start in range(0, n, _CHUNK):
        rows = slice(start, min(n, start + _CHUNK))
        yield rows, [v[rows] if v.ndim else v for v in inputs]
