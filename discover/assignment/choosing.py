"""An atom for each edge, chosen by what it does to the whole.

The best fit of one edge on its own is often the wrong choice: errors of neighbours cancel, and a
curve of the network is itself only an estimate. So edges are replaced one at a time: every curve
that is left is tried as its best candidate; those that harm least are then tried as all their
candidates, everything else is refitted briefly, and the one with the best end-to-end validation
error for its complexity stays. The curves that are left have moved meanwhile, and are looked at
anew. When none is left, every choice is questioned once more in the company of all the others.

Source: greedy in-context selection as in arXiv 2603.15250; candidates and refit are ours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import networkx as nx
import numpy as np
import sympy as sp
import torch

from discover import edges
from discover.assignment.tuning import Edge, Sample, error, tune
from discover.edges import PRICE, Candidate
from discover.functions import Affine, Atom
from discover.graph import OUTPUT, Curve, EdgeFunction, Line, fold, numbers, with_functions

_TRIAL_STEPS = 4
_FINAL_STEPS = 30
_ROWS = 1500
_FLOOR = 1e-12


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What one edge became.

    Attributes:
        edge: The nodes it connects.
        candidates: Its own best fits, best first, on the curve it had.
        chosen: What it became, after the refit in context.
    """

    edge: tuple[str, str]
    candidates: tuple[Candidate, ...]
    chosen: Affine


@dataclass(frozen=True, kw_only=True, eq=False)
class Assigned:
    """A graph whose every edge has a formula.

    Attributes:
        graph: The graph.
        choices: One for each edge that was a curve.
        validation: Root mean squared error on validation rows, in spreads of the target.
    """

    graph: Annotated[nx.DiGraph, Affine, Line]
    choices: tuple[Choice, ...]
    validation: float


def assign(
    graph: nx.DiGraph, train: Sample, validation: Sample, atoms: Sequence[Atom], *, keep: int
) -> Assigned:
    """Replace every curve of a pruned network by an atom.

    Args:
        graph: The pruned network.
        train: Training rows.
        validation: Validation rows.
        atoms: The function library.
        keep: Candidates for each edge.
    """
    known = first = _candidates(graph, train, atoms, keep)
    while known:
        graph = _replaced(graph, known, train, validation)
        known = _candidates(graph, train, atoms, keep)
    graph = tune(graph, train, steps=_FINAL_STEPS)
    graph = _questioned(graph, first, train, validation)
    choices = tuple(
        Choice(edge=edge, candidates=found, chosen=graph.edges[edge]["function"])
        for edge, found in first.items()
    )
    return Assigned(graph=graph, choices=choices, validation=error(graph, validation))


def _candidates(
    graph: nx.DiGraph, train: Sample, atoms: Sequence[Atom], keep: int
) -> dict[Edge, tuple[Candidate, ...]]:
    """The best fits of all curves that are left, by edge."""
    values = numbers(graph, train.columns)
    curves = [
        (origin, node)
        for origin, node, function in sorted(graph.edges(data="function"), key=lambda e: e[:2])
        if isinstance(function, Curve)
    ]
    if not curves:
        return {}
    x = torch.stack([values[origin] for origin, _ in curves])
    y = torch.stack([graph.edges[e]["function"](values[e[0]]) for e in curves])
    return dict(zip(curves, edges.fit(x, y, atoms, keep=keep), strict=True))


def _score(graph: nx.DiGraph, validation: Sample) -> float:
    """What the choice minimises: log squared error on validation rows, and a price for size."""
    size = sum(
        function.complexity
        for _, _, function in graph.edges(data="function")
        if isinstance(function, Affine)
    )
    return 2 * float(np.log(max(error(graph, validation), _FLOOR))) + PRICE * size


def _replaced(
    graph: nx.DiGraph,
    known: Mapping[Edge, tuple[Candidate, ...]],
    train: Sample,
    validation: Sample,
) -> nx.DiGraph:
    """The graph with half of its curves replaced, those that it harms least.

    Every edge is tried as its own best fit, which says what harms; the half that harms least is
    then replaced one by one, each by the best of all its candidates in the company of the others.
    """

    def tried(edge: Edge, candidate: Candidate) -> tuple[float, nx.DiGraph]:
        trial = with_functions(graph, {edge: candidate.function})
        trial = tune(trial, train, steps=_TRIAL_STEPS)
        return _score(trial, validation), trial

    alone = {edge: tried(edge, found[0])[0] for edge, found in known.items()}
    order = sorted(known, key=lambda edge: (alone[edge], edge))
    for edge in order[: (len(order) + 1) // 2]:
        trials = [tried(edge, candidate) for candidate in known[edge]]
        graph = min(trials, key=lambda trial: trial[0])[1]
    return graph


def _questioned(
    graph: nx.DiGraph,
    known: Mapping[Edge, tuple[Candidate, ...]],
    train: Sample,
    validation: Sample,
) -> nx.DiGraph:
    """Every choice against its alternatives, now that all others are made."""
    score = _score(graph, validation)
    for edge, found in known.items():
        for candidate in found:
            if candidate.function.atom == graph.edges[edge]["function"].atom:
                continue
            trial = tune(
                with_functions(graph, {edge: candidate.function}), train, steps=2 * _TRIAL_STEPS
            )
            value = _score(trial, validation)
            if value < score - 1e-9:
                graph, score = tune(trial, train, steps=_FINAL_STEPS), value
    return graph


def expression(graph: nx.DiGraph) -> sp.Expr:
    """The law that a graph of atoms is, in the columns' symbols: `fold` with symbols.

    Raises:
        TypeError: If an edge still is a curve.
    """

    def apply(function: EdgeFunction, value: sp.Expr) -> sp.Expr:
        if isinstance(function, Affine):
            return function.reduced().symbolic(value)
        if isinstance(function, Line):
            slope = value if function.slope == 1 else sp.Float(function.slope) * value
            return slope + sp.Float(function.offset) if function.offset else slope
        raise TypeError(f"an edge of {type(function).__name__} has no formula")

    def combine(kind: str, values: Sequence[sp.Expr]) -> sp.Expr:
        return sp.Add(*values) if kind == "sum" else sp.Mul(*values)

    return fold(graph, lambda name: sp.Symbol(name, real=True), apply, combine)[OUTPUT]
