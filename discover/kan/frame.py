"""Where the nodes live that a layer of edges reads."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Frame:
    """Where the nodes that a layer reads live: the map of their ranges to [-1, 1].

    Attributes:
        low: Lower end of each node's range ``[pop, in]`` (``[1, in]`` where shared).
        high: Upper end of it, same shape; always above `low`.
        knots: Ends of the grid intervals of each node in the normalised coordinate
            ``[pop or 1, in, grid + 1]``; ``None`` for equal intervals.
    """

    low: Tensor
    high: Tensor
    knots: Tensor | None = None

    @cached_property
    def stretch(self) -> Tensor:
        """``dt/dx`` of each node ``[pop, 1, in]``."""
        return (2.0 / (self.high - self.low))[:, None]

    @cached_property
    def shift(self) -> Tensor:
        """The coordinate of ``x = 0`` ``[pop, 1, in]``."""
        return ((self.low + self.high) / (self.low - self.high))[:, None]

    @cached_property
    def columns(self) -> tuple[Tensor, Tensor]:
        """Both as ``[pop, in, 1]``, for node values whose last axis is that of the rows."""
        return self.stretch.mT, self.shift.mT

    def normalised(self, x: Tensor) -> Tensor:
        """The coordinate ``t`` of node values ``x`` ``[pop, n, in]``."""
        return torch.addcmul(self.shift, x, self.stretch)
