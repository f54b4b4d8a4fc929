"""A graph as it is to be drawn: which nodes, and over which range each edge's curve."""

import networkx as nx
import numpy as np
import torch

from discover.dataset import Dataset
from discover.figures.network import NetworkPicture, PictureEdge, PictureNode
from discover.figures.style import label
from discover.functions import Affine
from discover.graph import OUTPUT, Line, numbers

_POINTS = 60
_ROWS = 2000


def drawn(graph: nx.DiGraph, dataset: Dataset) -> NetworkPicture:
    """The picture of a pruned network, its curves over the range that training rows reach.

    Wires that only scale the target or feed a product are drawn without a curve; an edge's opacity
    is its spread as a share of the largest spread that enters the same node.

    Args:
        graph: A graph of curves or atoms.
        dataset: The table it belongs to; training rows set the ranges.
    """
    columns = {name: values[:_ROWS] for name, values in dataset.columns("train").items()}
    values = numbers(graph, columns)
    by_name = {variable.name: variable for variable in dataset.features}
    nodes = []
    for node, data in graph.nodes(data=True):
        text = ""
        if data["kind"] == "input":
            text = label(by_name[data["label"]])
        elif node == OUTPUT:
            text = label(dataset.target)
        nodes.append(PictureNode(id=node, kind=data["kind"], label=text, layer=data["layer"]))
    spread = {
        (a, b): float(function(values[a]).std()) for a, b, function in graph.edges(data="function")
    }
    return NetworkPicture(
        nodes=tuple(nodes),
        edges=tuple(_edge(graph, values, spread, edge) for edge in graph.edges),
    )


def _edge(
    graph: nx.DiGraph,
    values: dict[str, torch.Tensor],
    spread: dict[tuple[str, str], float],
    edge: tuple[str, str],
) -> PictureEdge:
    source, target = edge
    function = graph.edges[edge]["function"]
    largest = max(spread[origin, target] for origin in graph.predecessors(target))
    curve = None
    if not isinstance(function, Line):
        low, high = float(values[source].min()), float(values[source].max())
        xs = np.linspace(low, high, _POINTS)
        curve = (xs, np.asarray(function(torch.as_tensor(xs))))
    return PictureEdge(
        source=source,
        target=target,
        curve=curve,
        scale=spread[edge] / largest if largest > 0 else 0.0,
        name=function.atom.name if isinstance(function, Affine) else "",
    )
