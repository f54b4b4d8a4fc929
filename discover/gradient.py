"""The slope of a loss by all coefficients of a network, in one pass forward and one backward.

Where a layer writes a single node, as the last one mostly does, only the functions that are not
zero at a row are read: the sum over them costs less than a matrix product with all of them. No
Jacobian is made; that is the business of `derivatives`.

Source: backpropagation (Rumelhart, Hinton, Williams 1986) written out for arXiv 2404.19756's edges.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from discover.basis import Functions
from discover.kan import Kan, summed

Pull = Callable[[Tensor], Tensor]


class _Edges(ABC):
    """The edges of one layer on the rows that it reads."""

    @abstractmethod
    def sums(self) -> Tensor:
        """What every sub-node gets ``[pop, n, out]``."""

    @abstractmethod
    def backward(self, delta: Tensor) -> Tensor:
        """Derivatives by the nodes that are read ``[pop, n, in]`` from those by the sub-nodes."""

    @abstractmethod
    def gradient(self, delta: Tensor) -> Tensor:
        """Derivatives by the coefficients ``[pop, out, in, basis]``, summed over rows."""


@dataclass(frozen=True, eq=False)
class _Dense(_Edges):
    """With all functions, by matrix products."""

    coef: Tensor
    functions: Tensor
    slopes: Tensor | None = None

    def sums(self) -> Tensor:
        return summed(self.functions, self.coef)

    def backward(self, delta: Tensor) -> Tensor:
        if self.slopes is None:
            raise ValueError("the first layer reads rows, which have no slope")
        pop, out, size, m = self.coef.shape
        inner = (delta @ self.coef.view(pop, out, size * m)).view(*delta.shape[:2], size, m)
        return (inner * self.slopes).sum(-1)

    def gradient(self, delta: Tensor) -> Tensor:
        flat = self.functions.flatten(2)
        shared = flat.shape[0] == 1
        product = delta.mT.flatten(0, 1) @ flat[0] if shared else delta.mT @ flat
        return product.view_as(self.coef)


@dataclass(frozen=True, eq=False)
class _Local(_Edges):
    """One sub-node, with the functions that are not zero."""

    shape: tuple[int, ...]
    at: Tensor
    coef: Tensor
    values: Tensor
    slopes: Tensor

    @classmethod
    def of(cls, coef: Tensor, found: Functions) -> "_Local":
        """From coefficients ``[pop, 1, in, basis]`` and functions ``[pop, n, in, w]``."""
        pop, _, size, m = coef.shape
        place = found.places(m, _starts(pop, size, m, coef.device))
        return cls(tuple(coef.shape), place, coef.take(place), *found.powers)

    def sums(self) -> Tensor:
        return (self.coef * self.values).sum((2, 3))[..., None]

    def backward(self, delta: Tensor) -> Tensor:
        return (self.coef * self.slopes).sum(-1) * delta

    def gradient(self, delta: Tensor) -> Tensor:
        total = self.coef.new_zeros(self.shape)
        weighted = self.values * delta[..., None]
        total.view(-1).index_add_(0, self.at.flatten(), weighted.flatten())
        return total


@lru_cache(maxsize=64)
def _starts(pop: int, size: int, m: int, device: torch.device) -> Tensor:
    """Where the coefficients of every edge begin ``[pop, 1, in, 1]``."""
    return torch.arange(0, pop * size * m, m, device=device).view(pop, 1, size, 1)


def _edges(kan: Kan, depth: int, value: Tensor) -> _Edges:
    coef = kan.layers[depth].effective
    found = kan.local_at(depth, value, 1)
    if coef.shape[1] == 1 and found.first is not None:
        return _Local.of(coef, found)
    return _Dense(coef, *found.dense(kan.functions))


def gradient(kan: Kan, lifted: Tensor, pull: Pull) -> tuple[Tensor, list[Tensor]]:
    """Output, and derivatives of a function of it by every coefficient, summed over rows.

    Args:
        kan: The population.
        lifted: Rows as :meth:`Kan.lift` makes them.
        pull: From the output ``[pop, n, outputs]`` to the derivatives of that function by it.

    Returns:
        Output ``[pop, n, outputs]``, and for each layer ``[pop, out, in, basis]``.
    """
    layers: list[_Edges] = []
    written: list[Tensor] = []
    value = lifted
    for depth, nodes in enumerate(kan.shape.layers):
        first = depth == 0
        coef = kan.layers[0].effective
        layers.append(_Dense(coef, lifted) if first else _edges(kan, depth, value))
        written.append(layers[-1].sums())
        value = nodes.combine(written[-1])
    delta, result = pull(value), []
    for depth in reversed(range(len(layers))):
        delta = kan.shape.layers[depth].spread(delta, written[depth])
        result.append(layers[depth].gradient(delta))
        if depth:
            delta = layers[depth].backward(delta)
    return value, result[::-1]
