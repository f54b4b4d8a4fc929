"""The slope of a loss by all coefficients of a network, in one pass forward and one backward.

Narrow layers, as the last ones mostly are, are read by compiled code
(:mod:`discover.kan.compiled`), others are matrix products. No Jacobian is made; that is the
business of `derivatives`.

Source: backpropagation (Rumelhart, Hinton, Williams 1986) written out for arXiv 2404.19756's edges.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from discover.kan.compiled import Edges
from discover.kan.network import Kan
from discover.kan.thin import by_function, by_row

Pull = Callable[[Tensor], Tensor]


class _Edges(ABC):
    """The edges of one layer on the rows that it reads; rows are the last axis."""

    @abstractmethod
    def sums(self) -> Tensor:
        """What every sub-node gets ``[pop, out, n]``."""

    @abstractmethod
    def backward(self, delta: Tensor) -> Tensor:
        """Derivatives by the nodes that are read ``[pop, in, n]`` from those by the sub-nodes."""

    @abstractmethod
    def gradient(self, delta: Tensor) -> Tensor:
        """Derivatives by the coefficients ``[pop, out, in, basis]``, summed over rows."""


@dataclass(frozen=True, eq=False)
class _Dense(_Edges):
    """With all functions ``[1 or pop, n, in, basis]``, by matrix products."""

    coef: Tensor
    functions: Tensor
    slopes: Tensor | None = None

    def sums(self) -> Tensor:
        pop, out, size, m = self.coef.shape
        # One product for the whole population while it reads the same rows.
        found = by_row(self.coef.view(len(self.functions), -1, size * m), self.functions.flatten(2))
        return found.view(pop, out, -1)

    def backward(self, delta: Tensor) -> Tensor:
        if self.slopes is None:
            raise ValueError("the first layer reads rows, which have no slope")
        pop, out, size, m = self.coef.shape
        inner = delta.mT @ self.coef.view(pop, out, size * m)
        return (inner.view(pop, -1, size, m) * self.slopes).sum(-1).mT

    def gradient(self, delta: Tensor) -> Tensor:
        rows = delta.reshape(len(self.functions), -1, delta.shape[2])
        return by_function(rows, self.functions.flatten(2)).view(self.coef.shape)


@dataclass(frozen=True, eq=False)
class _Narrow(_Edges):
    """Few sub-nodes, each edge with its slope."""

    edges: Edges

    def sums(self) -> Tensor:
        return self.edges.sums.mT

    def backward(self, delta: Tensor) -> Tensor:
        return (self.edges.slopes.movedim(1, 3) * delta[:, :, None]).sum(1)

    def gradient(self, delta: Tensor) -> Tensor:
        functions = self.edges.functions
        return by_function(delta, functions.flatten(2)).view(*delta.shape[:2], *functions.shape[2:])


def _edges(kan: Kan, depth: int, nodes: Tensor) -> _Edges:
    narrow = kan.narrow_at(depth, nodes.mT)
    if narrow is not None:
        return _Narrow(narrow.edges())
    return _Dense(kan.layers[depth].effective, *kan.functions_at(depth, nodes.mT, 1))


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
        layers.append(
            _edges(kan, depth, value) if depth else _Dense(kan.layers[0].effective, lifted)
        )
        value = layers[-1].sums()
        written.append(value)
        if nodes.arities:
            value = nodes.combine(value.mT).mT
    output = value.mT
    delta, result = pull(output).mT, []
    for depth in reversed(range(len(layers))):
        nodes = kan.shape.layers[depth]
        if nodes.arities:
            delta = nodes.spread(delta.mT, written[depth].mT).mT
        result.append(layers[depth].gradient(delta))
        if depth:
            delta = layers[depth].backward(delta)
    return output, result[::-1]
