"""The widths of a network: nodes that add, nodes that multiply."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import torch
from torch import Tensor

Width = Sequence[int | Sequence[int]]


@dataclass(frozen=True)
class Nodes:
    """The nodes of one layer: sums first, then products.

    Attributes:
        sums: Number of sum nodes.
        arities: Number of factors of each product node.
    """

    sums: int
    arities: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """Number of nodes, which is what the next layer reads."""
        return self.sums + len(self.arities)

    @property
    def subnodes(self) -> int:
        """Number of sums that edges enter, which is what this layer's edges write."""
        return self.sums + sum(self.arities)

    @property
    def factors(self) -> tuple[range, ...]:
        """For each node the sub-nodes it multiplies (one, for a sum node)."""
        bounds = [self.sums]
        for arity in self.arities:
            bounds.append(bounds[-1] + arity)
        return (
            *(range(i, i + 1) for i in range(self.sums)),
            *(range(a, b) for a, b in pairwise(bounds)),
        )

    def combine(self, subnodes: Tensor) -> Tensor:
        """Values of the nodes ``[..., size]`` from those of the sub-nodes ``[..., subnodes]``."""
        if not self.arities:
            return subnodes
        columns = [subnodes[..., f.start : f.stop].prod(-1) for f in self.factors[self.sums :]]
        return torch.cat([subnodes[..., : self.sums], torch.stack(columns, -1)], -1)

    def spread(self, delta: Tensor, subnodes: Tensor) -> Tensor:
        """Derivatives by the sub-nodes from those by the nodes (the chain rule of `combine`)."""
        if not self.arities:
            return delta
        parts = [delta[..., : self.sums]]
        for node, factors in enumerate(self.factors[self.sums :], start=self.sums):
            values = subnodes[..., factors.start : factors.stop]
            for i in range(len(factors)):
                others = torch.cat([values[..., :i], values[..., i + 1 :]], -1).prod(-1)
                parts.append((delta[..., node] * others)[..., None])
        return torch.cat(parts, -1)


@dataclass(frozen=True)
class Shape:
    """Widths of a network.

    Example:
        >>> shape = Shape.of([4, [1, 2], 1])
        >>> shape.layers[0]
        Nodes(sums=1, arities=(2, 2))
        >>> str(shape)
        '[4, [1, 2], 1]'
    """

    inputs: int
    layers: tuple[Nodes, ...]

    @classmethod
    def of(cls, width: Width) -> "Shape":
        """From the usual notation: ``[sums, products]`` for a layer with product nodes.

        Products have two factors; ``[1, 2, 3]`` after the sums lists other arities one by one
        only where longer than two entries are given.

        Raises:
            ValueError: If a width is no positive number of nodes.
        """
        inputs, *rest = width
        layers = []
        for entry in rest:
            if isinstance(entry, int):
                nodes = Nodes(entry)
            elif len(entry) == 2:
                nodes = Nodes(entry[0], (2,) * entry[1])
            else:
                nodes = Nodes(entry[0], tuple(entry[1:]))
            if nodes.size < 1 or nodes.sums < 0 or any(a < 2 for a in nodes.arities):
                raise ValueError(f"a layer of width {entry!r} has no nodes")
            layers.append(nodes)
        if not isinstance(inputs, int) or inputs < 1 or not layers:
            raise ValueError(f"a width such as [2, 1, 1] is expected, not {list(width)!r}")
        return cls(inputs, tuple(layers))

    def with_lines(self, *, embed: bool, outputs: int | None) -> tuple["Shape", tuple[int, ...]]:
        """The shape with an embedding before it and a read-out to so many outputs behind it.

        Returns:
            The shape, and the numbers of the layers that are to be straight lines.

        Example:
            >>> shape, linear = Shape.of([2, 5]).with_lines(embed=True, outputs=1)
            >>> str(shape), linear
            ('[2, 2, 5, 1]', (0, 2))
        """
        before = (Nodes(self.inputs),) if embed else ()
        after = (Nodes(outputs),) if outputs is not None else ()
        layers = (*before, *self.layers, *after)
        linear = (*range(len(before)), *range(len(layers) - len(after), len(layers)))
        return Shape(self.inputs, layers), linear

    @property
    def width(self) -> list[int | list[int]]:
        """The usual notation, as given to :meth:`of`."""

        def entry(nodes: Nodes) -> int | list[int]:
            if not nodes.arities:
                return nodes.sums
            if set(nodes.arities) == {2}:
                return [nodes.sums, len(nodes.arities)]
            return [nodes.sums, *nodes.arities]

        return [self.inputs, *(entry(nodes) for nodes in self.layers)]

    @cached_property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """For each layer the number of sub-nodes written and of nodes read: ``(out, in)``."""
        reads = [self.inputs, *(nodes.size for nodes in self.layers)]
        return tuple((nodes.subnodes, i) for nodes, i in zip(self.layers, reads, strict=False))

    @cached_property
    def edges(self) -> int:
        """Number of edges."""
        return sum(out * size for out, size in self.sizes)

    def __str__(self) -> str:
        return str(self.width)
