"""Problems side by side: each is one atom on one edge.

What a single problem costs is mostly the overhead of its many small operations, so problems of all
atoms that share a chart are advanced together: only the functions themselves are computed atom by
atom, on their part of one block.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from discover.edges.rows import Rows
from discover.functions import Atom

Tensor = torch.Tensor

_NUMBERS = 1 << 16  # of one array of a block of problems


@dataclass(frozen=True, kw_only=True, eq=False)
class Batch:
    """P problems, those of one atom in a row.

    Attributes:
        atoms: The functions.
        which: Number of each problem's function ``[P]``, ascending.
        edges: Number of each problem's edge ``[P]``.
        rows: The rows of all edges.
    """

    atoms: Sequence[Atom]
    which: Tensor
    edges: Tensor
    rows: Rows

    @classmethod
    def of(
        cls, atoms: Sequence[Atom], numbers: Sequence[int], edges: Sequence[Tensor], rows: Rows
    ) -> "Batch":
        """The problems of some functions, each on `edges` of its own."""
        counts = torch.tensor([len(each) for each in edges])
        which = torch.tensor(numbers).repeat_interleave(counts)
        return cls(atoms=atoms, which=which, edges=torch.cat(list(edges)), rows=rows)

    def __len__(self) -> int:
        return len(self.which)

    def blocks(self) -> list[slice]:
        """Blocks of problems, so small that a cache holds them."""
        size = max(1, _NUMBERS // self.rows.z.shape[1])
        return [slice(first, first + size) for first in range(0, len(self), size)]

    def part(self, some: slice | Tensor) -> "Batch":
        """Some of the problems, in their order."""
        return replace(self, which=self.which[some], edges=self.edges[some])

    def values(self, u: Tensor) -> Tensor:
        """The functions at their arguments `u` ``[P, n]``."""
        found = torch.empty_like(u)
        for atom, here in self._runs():
            found[here] = atom.torch(u[here])
        return found

    def jets(self, u: Tensor) -> tuple[Tensor, Tensor]:
        """The functions at their arguments `u` ``[P, n]``, and their slopes there."""
        values, slopes = torch.empty_like(u), torch.empty_like(u)
        for atom, here in self._runs():
            values[here], slopes[here] = atom.torch_jet(u[here])
        return values, slopes

    def _runs(self) -> list[tuple[Atom, slice]]:
        """Each function that occurs, and where."""
        numbers, counts = torch.unique_consecutive(self.which, return_counts=True)
        runs, start = [], 0
        for number, count in zip(numbers.tolist(), counts.tolist(), strict=True):
            runs.append((self.atoms[number], slice(start, start + count)))
            start += count
        return runs
