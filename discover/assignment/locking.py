"""Edges of a graph that are frozen, fixed to a known function, or released again.

A physicist who knows that a column enters by its sine fixes that edge, and lets the rest of the
network learn around it; :func:`discover.assignment.tuning.tune` leaves locked edges as they are.

Source: the `fix_symbolic` of arXiv 2404.19756, section 2.5.1; here a lock is a mark on an edge of
the graph, so that any kind of edge can have one.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import networkx as nx
import torch

from discover.basis import Basis, projection
from discover.errors import Finding, InputError, did_you_mean
from discover.functions import Affine
from discover.graph import Curve, numbers

Edge = tuple[str, str]


def is_locked(data: Mapping[str, Any]) -> bool:
    """Whether the edge with this data is left as it is by tuning."""
    return bool(data.get("locked", False))


def lock(graph: nx.DiGraph, edges: Iterable[Edge]) -> nx.DiGraph:
    """The same graph, these edges frozen as they are.

    Args:
        graph: A graph of a network.
        edges: Which, as pairs of nodes.

    Raises:
        InputError: If there is no such edge.
    """
    return _marked(graph, edges, True)


def unlock(graph: nx.DiGraph, edges: Iterable[Edge]) -> nx.DiGraph:
    """The same graph, these edges free to move again."""
    return _marked(graph, edges, False)


def fix(graph: nx.DiGraph, edge: Edge, function: Affine, *, constants: bool = False) -> nx.DiGraph:
    """The same graph with a function of the library on one edge.

    Args:
        graph: A graph of a network.
        edge: Which, as a pair of nodes.
        function: What it shall be.
        constants: Whether its constants ``a, b, c, d`` are free, or frozen with the function.

    Raises:
        InputError: If there is no such edge.

    Example:
        >>> from discover.functions import catalogue
        >>> from discover.graph import Line
        >>> graph = nx.DiGraph()
        >>> graph.add_edge("x:t", "y", function=Line())
        >>> sine = next(atom for atom in catalogue() if atom.name == "sin")
        >>> fixed = fix(graph, ("x:t", "y"), Affine(atom=sine, a=2.0, b=0.0, c=1.0, d=0.0))
        >>> is_locked(fixed.edges["x:t", "y"])
        True
    """
    changed = nx.DiGraph(_marked(graph, [edge], not constants))
    changed.edges[edge]["function"] = function
    return nx.freeze(changed)


def release(
    graph: nx.DiGraph, edge: Edge, columns: Mapping[str, Any], basis: Basis, grid: int
) -> nx.DiGraph:
    """The same graph with a free curve on one edge, beginning as the function that was there.

    Args:
        graph: A graph of a network.
        edge: Which, as a pair of nodes.
        columns: Rows that say where the edge is needed, by column ``[n]`` each.
        basis: What the curve is made of.
        grid: Number of its grid intervals.

    Raises:
        InputError: If there is no such edge.
    """
    changed = nx.DiGraph(_marked(graph, [edge], False))
    seen = numbers(graph, columns)[edge[0]]
    low, high = float(seen.min()), float(seen.max())
    high = high if high > low else low + 1.0
    points, matrix = projection(basis, grid)
    at = 0.5 * (low + high) + 0.5 * (high - low) * points
    values = torch.as_tensor(graph.edges[edge]["function"](at), dtype=torch.float64)
    changed.edges[edge]["function"] = Curve(
        basis=basis, grid=grid, coef=matrix @ values, low=low, high=high
    )
    return nx.freeze(changed)


def _marked(graph: nx.DiGraph, edges: Iterable[Edge], locked: bool) -> nx.DiGraph:
    wanted = list(edges)
    missing = [edge for edge in wanted if edge not in graph.edges]
    if missing:
        known = [" -> ".join(edge) for edge in graph.edges]
        raise InputError(
            [
                Finding(
                    where="graph",
                    found=f"no edge {' -> '.join(edge)}",
                    expected=f"one of {', '.join(known)}",
                    advice=did_you_mean(" -> ".join(edge), known),
                )
                for edge in missing
            ]
        )
    changed = nx.DiGraph(graph)
    for edge in wanted:
        changed.edges[edge]["locked"] = locked
    return nx.freeze(changed)
