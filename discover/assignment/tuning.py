"""All parameters of a graph refitted together, whatever its edges are.

In the middle of the assignment some edges are curves of the network and some are functions of the
library. Here the coefficients of the ones and the constants of the others move together, by a few
Levenberg-Marquardt steps whose Jacobian comes from one walk forward and one backward. A step that
leaves the domain of a function is rejected. Which functions stand on the edges is not changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import networkx as nx
import numpy as np
import torch
from torch import Tensor

from discover.assignment.locking import is_locked
from discover.functions import Affine
from discover.graph import OUTPUT, Curve, EdgeFunction, Line, numbers, with_functions

Edge = tuple[str, str]


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """Rows to tune on: columns by name ``[n]`` each, and the target ``[n]`` with its spread."""

    columns: Mapping[str, np.ndarray]
    y: Tensor
    spread: float

    @classmethod
    def of(cls, columns: Mapping[str, np.ndarray], y: np.ndarray, most: int) -> "Sample":
        """At most `most` rows, evenly taken."""
        every = -(-len(y) // most)
        return cls(
            columns={name: values[::every] for name, values in columns.items()},
            y=torch.as_tensor(y[::every], dtype=torch.float64),
            spread=float(np.std(y)) or 1.0,
        )


def error(graph: nx.DiGraph, sample: Sample) -> float:
    """Root mean squared error in spreads of the target; infinite where it has no value."""
    residual = (numbers(graph, sample.columns)[OUTPUT] - sample.y) / sample.spread
    value = float(residual.square().mean().sqrt())
    return value if np.isfinite(value) else np.inf


def tune(graph: nx.DiGraph, sample: Sample, *, steps: int) -> nx.DiGraph:
    """The same graph with the parameters that fit these rows better.

    Args:
        graph: A graph whose edges are :class:`Curve`, :class:`Affine` or :class:`Line`.
        sample: Training rows.
        steps: Most steps; it ends earlier when nothing is gained.

    Returns:
        A graph that is never worse on these rows.
    """
    damping, current = 1e-3, error(graph, sample)
    if not np.isfinite(current):
        return graph
    edges = _moving(graph)
    if not edges:
        return graph
    for _ in range(steps):
        if current < 1e-15:
            break
        jacobian, residual = _linearised(graph, sample, edges)
        normal, gradient = jacobian.T @ jacobian, jacobian.T @ residual
        scale = normal.diagonal()
        floor = 1e-13 * scale.max().clamp_min(1e-300)
        before = current
        for _ in range(6):
            damped = normal + torch.diag(damping * scale + floor)
            factor, failed = torch.linalg.cholesky_ex(damped)
            step = torch.cholesky_solve(-gradient[:, None], factor)[:, 0]
            if int(failed) == 0 and bool(step.isfinite().all()):
                trial = _moved(graph, edges, step)
                value = error(trial, sample)
                if value < current:
                    graph, current, damping = trial, value, max(damping / 5, 1e-12)
                    break
            damping *= 8
        if current > before * (1 - 1e-4):
            break
    return graph


def _moving(graph: nx.DiGraph) -> list[tuple[Edge, int]]:
    """The edges with parameters that may move, and how many they have."""
    moving = []
    free = (
        (o, n, data["function"]) for o, n, data in graph.edges(data=True) if not is_locked(data)
    )
    for origin, node, function in sorted(free, key=lambda e: e[:2]):
        if isinstance(function, Curve):
            moving.append(((origin, node), len(function.coef)))
        elif isinstance(function, Affine):
            moving.append(((origin, node), 4))
        elif node == OUTPUT:
            moving.append(((origin, node), 1))
    return moving


def _linearised(
    graph: nx.DiGraph, sample: Sample, edges: list[tuple[Edge, int]]
) -> tuple[Tensor, Tensor]:
    """Jacobian ``[n, p]`` and residual ``[n]``, per root of n and spread of the target."""
    values = numbers(graph, sample.columns)
    delta = {node: torch.zeros_like(sample.y) for node in graph}
    delta[OUTPUT] = torch.full_like(sample.y, 1.0 / (sample.spread * len(sample.y) ** 0.5))
    columns: dict[Edge, Tensor] = {}
    for node in reversed(list(nx.lexicographical_topological_sort(graph))):
        origins = sorted(graph.predecessors(node))
        functions = {o: graph.edges[o, node]["function"] for o in origins}
        product = graph.nodes[node]["kind"] == "product"
        outputs = {o: functions[o](values[o]) for o in origins} if product else {}
        for origin in origins:
            weight = delta[node]
            for other, factor in outputs.items():
                weight = weight * factor if other != origin else weight
            by_parameter, slope = _derivatives(functions[origin], values[origin])
            columns[origin, node] = weight[:, None] * by_parameter
            delta[origin] = delta[origin] + weight * slope
    residual = (values[OUTPUT] - sample.y) / (sample.spread * len(sample.y) ** 0.5)
    return torch.cat([columns[edge][:, :size] for edge, size in edges], 1), residual


def _derivatives(function: EdgeFunction, x: Tensor) -> tuple[Tensor, Tensor]:
    """By the parameters ``[n, k]``, and by the argument ``[n]``."""
    if isinstance(function, Curve):
        values, slopes = function.functions(x, 1)
        return values, slopes @ function.coef
    if isinstance(function, Affine):
        inside = function.a * x + function.b
        value, slope = function.atom.torch(inside), function.atom.torch_slope(inside)
        one = torch.ones_like(x)
        value, slope = value * one, slope * one
        by = [function.c * slope * x, function.c * slope, value, one]
        return torch.stack(by, 1), function.c * function.a * slope
    if isinstance(function, Line):
        return torch.ones_like(x)[:, None], torch.full_like(x, function.slope)
    raise TypeError(f"an edge cannot be a {type(function).__name__}")


def _moved(graph: nx.DiGraph, edges: list[tuple[Edge, int]], step: Tensor) -> nx.DiGraph:
    functions: dict[Edge, EdgeFunction] = {}
    for (edge, _), part in zip(edges, torch.split(step, [size for _, size in edges]), strict=True):
        function = graph.edges[edge]["function"]
        if isinstance(function, Curve):
            functions[edge] = replace(function, coef=function.coef + part)
        elif isinstance(function, Affine):
            a, b, c, d = part.tolist()
            functions[edge] = replace(
                function, a=function.a + a, b=function.b + b, c=function.c + c, d=function.d + d
            )
        else:
            functions[edge] = replace(function, offset=function.offset + float(part))
    return with_functions(graph, functions)
