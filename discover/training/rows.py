"""Rows as training reads them: in chunks, from memory or from a file.

What a step needs of the rows adds over chunks, so that the memory it takes does not grow with
their number. Rows in memory are lifted (brought through the first layer's functions, which never
change) once where that fits; rows of a file are read again for every pass.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from discover.dataset import Scaling
from discover.kan import Kan

# A chunk's Jacobian holds about so many numbers: it shall stay in the processor's cache.
CHUNK = 1 << 18
# Where rows have yet to be lifted their functions count too, and some more may leave the cache.
_UNLIFTED = 1 << 20
# Rows in memory are lifted once if that takes no more numbers than these (128 MiB).
_LIFTED = 1 << 24
# Spreads of edges and ranges of nodes are known well enough from so many rows.
SAMPLE = 2000
# Rows of a file are read in blocks of so many.
BLOCK = 1 << 13


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some rows.

    Attributes:
        x: Features ``[1 or pop, n, d]``.
        y: Targets ``[1 or pop, n, outputs]``.
        weight: Weight of every row ``[n]``; ``None`` where all are 1.
        known: The first layer's functions ``[1 or pop, n, d, basis]``, where they are kept.
    """

    x: Tensor
    y: Tensor
    weight: Tensor | None = None
    known: Tensor | None = None

    def lifted(self, kan: Kan) -> Tensor:
        """The first layer's functions ``[1 or pop, n, d, basis]``."""
        return kan.lift(self.x) if self.known is None else self.known

    def output(self, kan: Kan) -> Tensor:
        """What the networks answer ``[pop, n, outputs]``."""
        return kan(self.x) if self.known is None else kan.forward(self.known)


class Data(ABC):
    """Rows of a table.

    Attributes:
        n: Number of rows.
        total: Sum of their weights.
    """

    n: int
    total: float

    @abstractmethod
    def chunks(self, kan: Kan, numbers: int) -> Iterator[Chunk]:
        """All rows, a chunk at a time, each of about `numbers` numbers for each row's share.

        Args:
            kan: Networks that read them.
            numbers: Numbers that the reader keeps for one row.
        """

    @abstractmethod
    def seen_by(self, kan: Kan) -> "Data":
        """The same rows, ready for networks with another first layer."""

    @abstractmethod
    def members(self, index: Tensor) -> "Data":
        """The rows of these members, where members have their own."""

    @abstractmethod
    def sample(self) -> Tensor:
        """About :data:`SAMPLE` rows of features, evenly taken ``[1 or pop, n, d]``."""

    @abstractmethod
    def batch(self, kan: Kan, rows: Tensor) -> Chunk:
        """The rows of these numbers."""


@dataclass(frozen=True, eq=False)
class Memory(Data):
    """Rows in memory.

    Attributes:
        x: Features ``[1 or pop, n, d]``.
        y: Targets ``[1 or pop, n, outputs]``.
        weight: Weight of every row ``[n]``, or ``None``.
        lifted: The first layer's functions ``[1 or pop, n, d, basis]``, or ``None``.
    """

    x: Tensor
    y: Tensor
    weight: Tensor | None
    lifted: Tensor | None

    @classmethod
    def of(cls, kan: Kan, x: Tensor, y: Tensor, weight: Tensor | None = None) -> "Memory":
        """Rows for this population.

        Args:
            kan: Networks that will read them.
            x: Features ``[n, d]`` or ``[pop, n, d]``.
            y: Targets ``[n]``, ``[pop, n]`` or, for several outputs, ``[n, outputs]``.
            weight: Weight of every row ``[n]``; 1 by default.

        Raises:
            ValueError: If the shapes do not fit.
        """
        outputs = kan.shape.layers[-1].size
        x = x if x.dim() == 3 else x[None]
        y = y[None] if y.dim() == (1 if outputs == 1 else 2) else y
        y = y[..., None] if outputs == 1 and y.dim() == 2 else y
        fits = x.shape[1] == y.shape[1] and x.shape[2] == kan.shape.inputs
        if not fits or y.dim() != 3 or y.shape[2] != outputs:
            raise ValueError(f"rows {tuple(x.shape)} and targets {tuple(y.shape)} do not fit")
        return cls(x, y, weight, None).seen_by(kan)

    def seen_by(self, kan: Kan) -> "Memory":
        """The same rows, lifted by these networks if that fits in memory."""
        small = self.x.numel() * kan.functions <= _LIFTED
        return replace(self, lifted=kan.lift(self.x) if small else None)

    @property
    def n(self) -> int:  # type: ignore[override]
        """Number of rows."""
        return self.y.shape[1]

    @property
    def total(self) -> float:  # type: ignore[override]
        """Sum of the weights."""
        return float(self.n) if self.weight is None else float(self.weight.sum())

    def chunks(self, kan: Kan, numbers: int) -> Iterator[Chunk]:
        """All rows, a chunk at a time."""
        if self.lifted is None:
            size = _UNLIFTED // (numbers + self.x.shape[2] * kan.functions)
        else:
            size = CHUNK // numbers
        if size >= self.n:
            yield Chunk(self.x, self.y, self.weight, self.lifted)
            return
        size = max(64, size)
        for start in range(0, self.n, size):
            yield self._part(slice(start, start + size))

    def batch(self, kan: Kan, rows: Tensor) -> Chunk:
        """The rows of these numbers."""
        return self._part(rows)

    def _part(self, part: slice | Tensor) -> Chunk:
        weight = None if self.weight is None else self.weight[part]
        known = None if self.lifted is None else self.lifted[:, part]
        return Chunk(self.x[:, part], self.y[:, part], weight, known)

    def members(self, index: Tensor) -> "Memory":
        """The rows of these members, where members have their own."""

        def pick(a: Tensor) -> Tensor:
            return a if a.shape[0] in (1, len(index)) else a[index]

        lifted = None if self.lifted is None else pick(self.lifted)
        return replace(self, x=pick(self.x), y=pick(self.y), lifted=lifted)

    def sample(self) -> Tensor:
        """About `SAMPLE` rows of features, evenly taken."""
        return self.x[:, :: max(1, self.n // SAMPLE)]


@dataclass(frozen=True, kw_only=True, eq=False)
class Stream(Data):
    """Rows that are read from a file whenever they are needed.

    Attributes:
        x: Features ``[n, d]``: anything with a shape that gives rows for a slice, such as a
            dataset of an open HDF5 file.
        y: Target ``[n]``, likewise.
        scaling: Applied to what is read.
        blocks: First row, and the row after the last, of every run that is read.
        like: A tensor of the wanted type and device.
    """

    x: Any
    y: Any
    scaling: Scaling
    blocks: tuple[tuple[int, int], ...]
    like: Tensor

    @property
    def n(self) -> int:  # type: ignore[override]
        """Number of rows."""
        return sum(stop - start for start, stop in self.blocks)

    @property
    def total(self) -> float:  # type: ignore[override]
        """Sum of the weights, which are all 1."""
        return float(self.n)

    def chunks(self, kan: Kan, numbers: int) -> Iterator[Chunk]:
        """All rows, read block by block and dealt in small chunks."""
        for block in self.blocks:
            x, y = self.read(*block)
            yield from Memory(x[None], y[None, :, None], None, None).chunks(kan, numbers)

    def seen_by(self, kan: Kan) -> "Stream":
        """The same: what is read is lifted anew every time."""
        return self

    def read(self, start: int, stop: int) -> tuple[Tensor, Tensor]:
        """Scaled rows ``[n, d]`` and targets ``[n]`` of one run."""
        to = self.scaling
        x = (np.asarray(self.x[start:stop], np.float64) - to.x_shift) / to.x_scale
        y = (np.asarray(self.y[start:stop], np.float64) - to.y_shift) / to.y_scale
        return torch.as_tensor(x).to(self.like), torch.as_tensor(y).to(self.like)

    def members(self, index: Tensor) -> "Stream":
        """The same: all members read the same rows."""
        return self

    @cached_property
    def _few(self) -> Tensor:
        runs = self.blocks[:: -(-len(self.blocks) // 20)]
        most = SAMPLE // len(runs)
        return torch.cat([self.read(a, min(a + most, b))[0] for a, b in runs])[None]

    def sample(self) -> Tensor:
        """About `SAMPLE` rows of features, in short runs all over the file."""
        return self._few

    def batch(self, kan: Kan, rows: Tensor) -> Chunk:
        """As many rows as asked for, from the blocks in which the first of them lie."""
        parts: list[tuple[Tensor, Tensor]] = []
        number, missing = int(rows[0]) % len(self.blocks), len(rows)
        while missing > 0:
            start, stop = self.blocks[number % len(self.blocks)]
            parts.append(self.read(start, min(stop, start + missing)))
            number, missing = number + 1, missing - len(parts[-1][1])
        x, y = torch.cat([x for x, _ in parts]), torch.cat([y for _, y in parts])
        return Chunk(x[None], y[None, :, None])
