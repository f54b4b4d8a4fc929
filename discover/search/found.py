"""What a search found, as values."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from discover.dataset import Scaling
from discover.kan import Kan
from discover.search.thinning import criterion

# Networks that are this exact are equal as starting points of a law, and the smallest comes first:
# what is left is the resolution of their grids, not of the law behind them.
ENOUGH = 1e-3


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One step of the search over shapes, grids and penalties.

    Attributes:
        shape: The widths, such as ``[17, 1, 1]``.
        grid: Grid intervals of each edge.
        penalty: Weight of the sparsity penalty.
        columns: Names of the columns it used.
        edges: Active edges.
        train: Root mean squared error on training rows, in spreads of the target.
        validation: The same on validation rows.
        note: Why it was kept or left, in words; may be empty.
    """

    shape: str
    grid: int
    penalty: float
    columns: tuple[str, ...]
    edges: int
    train: float
    validation: float
    note: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class Network:
    """One trained network and the columns it reads.

    Attributes:
        kan: A population of one, without dead edges.
        columns: Names of its inputs.
        scaling: How its rows were scaled.
        train: Root mean squared error on training rows, in spreads of the target.
        validation: The same on validation rows.
    """

    kan: Kan
    columns: tuple[str, ...]
    scaling: Scaling
    train: float
    validation: float

    @property
    def edges(self) -> int:
        """Living edges."""
        return int(self.kan.edges[0])

    @property
    def criterion(self) -> float:
        """What the search minimises; see the module."""
        return float(criterion(torch.tensor(self.validation), torch.tensor(self.edges)))

    @property
    def merit(self) -> float:
        """The criterion, with errors below :data:`ENOUGH` taken as equal."""
        error = torch.tensor(max(self.validation, ENOUGH))
        return float(criterion(error, torch.tensor(self.edges)))


@dataclass(frozen=True, kw_only=True, eq=False)
class Found:
    """What the search found.

    Attributes:
        networks: The best networks of different shapes, the most promising for a law first;
            never empty.
        attribution: Share of the effects on the output that each column has, in the best network
            that was offered all of them; sums to 1.
        kept: Columns that survived, in the order of the table.
        rungs: All that was tried.
        diagnosis: What the training found out about itself, in sentences.
    """

    networks: tuple[Network, ...]
    attribution: Mapping[str, float]
    kept: tuple[str, ...]
    rungs: tuple[Rung, ...]
    diagnosis: tuple[str, ...]
