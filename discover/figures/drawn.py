"""A graph as it is to be drawn: which nodes, and over which range each edge's curve."""

from collections.abc import Iterator

import networkx as nx
import numpy as np
import torch

from discover.dataset import Dataset
from discover.figures.picture import NetworkPicture, PictureEdge, PictureNode
from discover.figures.style import label
from discover.functions import Affine, X
from discover.graph import OUTPUT, EdgeFunction, Line, numbers
from discover.notation import from_name, latex, typeset

_POINTS = 60
_ROWS = 2000


def drawn(graph: nx.DiGraph, dataset: Dataset) -> NetworkPicture:
    """The picture of a pruned network, its curves over the range that training rows reach.

    Nodes and wires that are mere bookkeeping (one factor of a product, the scaling of the target)
    are left out. An edge's opacity is its spread as a share of the largest spread that enters the
    same node, times the largest opacity that goes on from there: what leads to a faint edge is
    faint.

    Args:
        graph: A graph of curves or atoms.
        dataset: The table it belongs to; training rows set the ranges.
    """
    columns = {name: values[:_ROWS] for name, values in dataset.columns("train").items()}
    values = numbers(graph, columns)
    opacity = _opacity(graph, values)
    stands_for = dict(_bookkeeping(graph))

    def shown(node: str) -> str:
        while node in stands_for:
            node = stands_for[node]
        return node

    kept = [node for node in graph.nodes if node not in stands_for]
    layers = sorted({graph.nodes[node]["layer"] for node in kept})
    labels = {f"x:{variable.name}": label(variable) for variable in dataset.features}
    labels[shown(OUTPUT)] = label(dataset.target)
    nodes = tuple(
        PictureNode(
            id=node,
            kind=graph.nodes[node]["kind"],
            label=labels.get(node, ""),
            layer=layers.index(graph.nodes[node]["layer"]),
        )
        for node in kept
    )
    edges = (
        PictureEdge(
            source=shown(a),
            target=shown(b),
            curve=_curve(function, values[a]),
            scale=opacity[a, b],
            name=_name(function),
        )
        for a, b, function in graph.edges(data="function")
    )
    return NetworkPicture(nodes=nodes, edges=tuple(e for e in edges if e.source != e.target))


def _bookkeeping(graph: nx.DiGraph) -> Iterator[tuple[str, str]]:
    """Nodes without a picture of their own, each with the neighbour that stands for it."""
    for node, kind in graph.nodes(data="kind"):
        before = list(graph.predecessors(node))
        if kind == "sum" and len(before) == 1:
            if isinstance(graph.edges[before[0], node]["function"], Line):
                yield node, before[0]  # it only hands on what it reads
        elif kind == "product":
            origins = [origin for factor in before for origin in graph.predecessors(factor)]
            # Where each factor is one curve of a node of its own, the curves end at the product.
            if len(origins) == len(before) == len(set(origins)):
                yield from ((factor, node) for factor in before)


def _curve(function: EdgeFunction, values: torch.Tensor) -> tuple[np.ndarray, np.ndarray] | None:
    if isinstance(function, Line):
        return None
    xs = np.linspace(float(values.min()), float(values.max()), _POINTS)
    return xs, np.asarray(function(torch.as_tensor(xs)))


def _opacity(graph: nx.DiGraph, values: dict[str, torch.Tensor]) -> dict[tuple[str, str], float]:
    """How much of the output each edge carries, the strongest path counting 1."""
    opacity: dict[tuple[str, str], float] = {}
    for node in reversed(list(nx.topological_sort(graph))):
        onward = max((opacity[edge] for edge in graph.out_edges(node)), default=1.0)
        spread = {
            origin: float(graph.edges[origin, node]["function"](values[origin]).std())
            for origin in graph.predecessors(node)
        }
        # The factors of a product are not comparable: each carries all of it.
        largest = max(spread.values(), default=0.0)
        product = graph.nodes[node]["kind"] == "product"
        for origin, own in spread.items():
            share = 1.0 if product else own / largest if largest > 0 else 0.0
            opacity[origin, node] = share * onward
    return opacity


def _name(function: EdgeFunction) -> str:
    """The chosen function of one variable, without its constants."""
    if not isinstance(function, Affine):
        return ""
    return f"${latex(typeset(function.atom.expr, {X: from_name('x')}))}$"
