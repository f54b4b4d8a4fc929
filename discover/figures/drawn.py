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

_Spans = dict[tuple[str, str], float]


def drawn(graph: nx.DiGraph, dataset: Dataset) -> NetworkPicture:
    """The picture of a pruned network, its curves over the range that training rows reach.

    Nodes and wires that are mere bookkeeping (one factor of a product, the scaling of the target)
    are left out. An edge's opacity is its spread as a share of the largest spread that enters the
    same node.

    Args:
        graph: A graph of curves or atoms.
        dataset: The table it belongs to; training rows set the ranges.
    """
    columns = {name: values[:_ROWS] for name, values in dataset.columns("train").items()}
    values = numbers(graph, columns)
    spread = {
        (a, b): float(function(values[a]).std()) for a, b, function in graph.edges(data="function")
    }
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
            scale=_share(graph, spread, (a, b)),
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


def _share(graph: nx.DiGraph, spread: _Spans, edge: tuple[str, str]) -> float:
    largest = max(spread[origin, edge[1]] for origin in graph.predecessors(edge[1]))
    return spread[edge] / largest if largest > 0 else 0.0


def _name(function: EdgeFunction) -> str:
    """The chosen function of one variable, without its constants."""
    if not isinstance(function, Affine):
        return ""
    return f"${latex(typeset(function.atom.expr, {X: from_name('x')}))}$"
