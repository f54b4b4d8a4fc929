"""The pruned network as a networkx DAG, and the one walk over it.

Nodes carry ``kind`` (``input``, ``sum`` or ``product``) and ``layer``; edges carry ``function``, a
frozen value that can be called on numbers. The graph works in the units of the table: the scaling
of columns is absorbed by the ranges of the first edges, that of the target by the last edge.

:func:`fold` is the only walk. Numbers, symbols, LaTeX and samples for the edge fits are all made
by it, so that the printed law and the network cannot drift apart.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import networkx as nx
import numpy as np
import torch
from torch import Tensor

from discover.basis import Basis
from discover.dataset import Scaling
from discover.kan import Kan

OUTPUT = "y"

V = TypeVar("V")


class EdgeFunction(Protocol):
    """A function of one variable on an edge."""

    def __call__(self, x: Tensor) -> Tensor:
        """Values at ``x`` ``[n]``."""
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """An edge of a trained network: a combination of basis functions.

    Attributes:
        basis: The family of functions.
        grid: Number of grid intervals.
        coef: Coefficients ``[basis]``.
        low: Node value that is mapped to -1.
        high: Node value that is mapped to 1.
        knots: Ends of the grid intervals in the coordinate from -1 to 1 ``[grid + 1]``; ``None``
            for equal intervals.
    """

    basis: Basis
    grid: int
    coef: Tensor
    low: float
    high: float
    knots: Tensor | None = None

    def __call__(self, x: Tensor) -> Tensor:
        """Values at ``x`` ``[n]``."""
        (values,) = self.functions(x, 0)
        return values @ self.coef

    def functions(self, x: Tensor, order: int) -> tuple[Tensor, ...]:
        """Basis functions at ``x`` ``[n]`` and their derivatives by ``x``, each ``[n, basis]``."""
        stretch = 2 / (self.high - self.low)
        t = (2 * x - self.low - self.high) / (self.high - self.low)
        found = self.basis(t, self.grid, order=order, knots=self.knots)
        return tuple(f * stretch**power for power, f in enumerate(found))


@dataclass(frozen=True, kw_only=True)
class Line:
    """``slope * x + offset``: bookkeeping edges (factors of a product, the target's scaling)."""

    slope: float = 1.0
    offset: float = 0.0

    def __call__(self, x: Tensor) -> Tensor:
        """Values at ``x`` ``[n]``."""
        return self.slope * x + self.offset


def prune(kan: Kan, scaling: Scaling, names: Sequence[str]) -> nx.DiGraph:
    """The living part of one network as a graph.

    Args:
        kan: A population of one, without edges that lead nowhere.
        scaling: How rows were scaled for it.
        names: Names of its input columns.

    Returns:
        A frozen graph: nodes named by their columns at the inputs (prefixed ``x:``), and
        ``y`` for the target, in its own unit.

    Raises:
        ValueError: If nothing of the network lives.
    """
    graph = nx.DiGraph()
    reads = []
    for name in names:
        node = f"x:{name}"
        graph.add_node(node, kind="input", layer=0, label=name)
        reads.append(node)
    for depth, (layer, nodes) in enumerate(zip(kan.layers, kan.shape.layers, strict=True)):
        writes = [f"{depth + 1}.{o}" for o in range(nodes.subnodes)]
        for o, target in enumerate(writes):
            graph.add_node(target, kind="sum", layer=2 * depth + 1, label="+")
            for i, origin in enumerate(reads):
                if layer.mask[0, o, i] > 0:
                    graph.add_edge(origin, target, function=_curve(kan, depth, o, i, scaling))
        reads = writes[: nodes.sums]
        for j, factors in enumerate(nodes.factors[nodes.sums :]):
            product = f"{depth + 1}.p{j}"
            graph.add_node(product, kind="product", layer=2 * depth + 2, label="×")
            for o in factors:
                graph.add_edge(writes[o], product, function=Line())
            reads.append(product)
    graph.add_node(OUTPUT, kind="sum", layer=2 * len(kan.layers) + 2, label=OUTPUT)
    graph.add_edge(reads[0], OUTPUT, function=Line(slope=scaling.y_scale, offset=scaling.y_shift))
    living = nx.ancestors(graph, OUTPUT) | {OUTPUT}
    fed = {n for n in living if graph.nodes[n]["kind"] == "input"}
    living &= set().union(fed, *(nx.descendants(graph, n) for n in fed))
    if not fed:
        raise ValueError("no column is connected to the output")
    return nx.freeze(graph.subgraph(living).copy())


def _curve(kan: Kan, depth: int, out: int, i: int, scaling: Scaling) -> Curve:
    layer = kan.layers[depth]
    frame = layer.frame
    low, high = float(frame.low[0, i]), float(frame.high[0, i])
    if depth == 0:
        low, high = (
            end * float(scaling.x_scale[i]) + float(scaling.x_shift[i]) for end in (low, high)
        )
    return Curve(
        basis=kan.basis,
        grid=kan.grid,
        coef=layer.coef[0, out, i].detach().cpu(),
        low=low,
        high=high,
        knots=None if frame.knots is None else frame.knots[0, i].cpu(),
    )


def fold(
    graph: nx.DiGraph,
    leaf: Callable[[str], V],
    apply: Callable[[EdgeFunction, V], V],
    combine: Callable[[str, Sequence[V]], V],
) -> dict[str, V]:
    """Walk the graph from the columns to the target.

    Args:
        graph: A graph made by :func:`prune`, or one with other functions on its edges.
        leaf: Value of a column, by its name.
        apply: Value of an edge, from its function and the value it reads.
        combine: Value of a node, from its kind (``sum`` or ``product``) and what enters it.

    Returns:
        The value of every node; that of the target is under ``"y"``.

    Example:
        >>> graph = nx.DiGraph()
        >>> graph.add_node("x:a", kind="input", label="a")
        >>> graph.add_node("y", kind="sum", label="y")
        >>> graph.add_edge("x:a", "y", function=Line(slope=3.0, offset=1.0))
        >>> fold(graph, {"a": 2.0}.get, lambda f, v: f(v), lambda kind, values: sum(values))["y"]
        7.0
    """
    values: dict[str, V] = {}
    for node in nx.lexicographical_topological_sort(graph):
        kind = graph.nodes[node]["kind"]
        if kind == "input":
            values[node] = leaf(graph.nodes[node]["label"])
        else:
            entering = [
                apply(graph.edges[origin, node]["function"], values[origin])
                for origin in sorted(graph.predecessors(node))
            ]
            values[node] = combine(kind, entering)
    return values


def numbers(graph: nx.DiGraph, columns: Mapping[str, np.ndarray]) -> dict[str, Tensor]:
    """Every node's value on these rows: :func:`fold` with numbers.

    Args:
        graph: The graph.
        columns: Values of (at least) its columns ``[n]`` each.
    """

    def combine(kind: str, values: Sequence[Tensor]) -> Tensor:
        stacked = torch.stack(list(values))
        return stacked.sum(0) if kind == "sum" else stacked.prod(0)

    return fold(
        graph,
        lambda name: torch.as_tensor(columns[name], dtype=torch.float64),
        lambda function, value: function(value),
        combine,
    )


def columns(graph: nx.DiGraph) -> tuple[str, ...]:
    """Names of the columns that the graph reads."""
    inputs = (n for n, kind in graph.nodes(data="kind") if kind == "input")
    return tuple(graph.nodes[n]["label"] for n in inputs)


def with_functions(
    graph: nx.DiGraph, functions: Mapping[tuple[str, str], EdgeFunction]
) -> nx.DiGraph:
    """The same graph with other functions on some edges."""
    changed = nx.DiGraph(graph)
    for (origin, node), function in functions.items():
        changed.edges[origin, node]["function"] = function
    return nx.freeze(changed)
