"""A network as it is to be drawn, and where everything stands: values and places, no drawing.

Boxes with curves never cover one another: in each gap between two layers they stand in columns,
in the order in which their edges run, and the figure grows with them.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from discover.dataset import Vector
from discover.figures.style import COLUMN

NodeKind = Literal["input", "sum", "product"]

# All lengths in inches.
BOX_WIDTH = 0.5
RADIUS = 0.085
NAME = 0.15  # room for the name of a function above its box
_PITCH, _LEAST_PITCH = 0.36, 0.31  # between boxes of one column, without names
_NODE_PITCH = 0.34
_GAP = 1.25  # from layer to layer with one column of boxes
_WIRE_GAP = 0.75  # the same where no box stands between
_MORE = 0.64  # for each further column of boxes
_TALLEST = 17  # boxes in one column
_HIGHEST = 7.0
_MARGIN = 0.12
_LETTER = 0.062  # mean width of a letter at 7 points
_SWEEPS = 4


@dataclass(frozen=True, kw_only=True)
class PictureNode:
    """One node of the picture.

    Attributes:
        id: Its name in the edges.
        kind: ``input`` (a column), ``sum`` or ``product``.
        label: What stands beside it; matplotlib text, made with ``figures.style.label``.
        layer: 0 for the columns, growing to the right.
    """

    id: str
    kind: NodeKind
    label: str
    layer: int


@dataclass(frozen=True, kw_only=True, eq=False)
class PictureEdge:
    """One edge of the picture.

    Attributes:
        source: Node at its left end.
        target: Node at its right end.
        curve: The function it applies as ``(xs, ys)``, or ``None`` for a plain wire.
        scale: How much of the next node's variation it carries, in [0, 1]: its opacity.
        name: The symbolic function chosen for it, as matplotlib text; empty where there is none.
    """

    source: str
    target: str
    curve: tuple[Vector, Vector] | None = None
    scale: float = 1.0
    name: str = ""


@dataclass(frozen=True, kw_only=True, eq=False)
class NetworkPicture:
    """A network as it is to be drawn; knows nothing of training."""

    nodes: tuple[PictureNode, ...]
    edges: tuple[PictureEdge, ...]

    def fan_in(self, node: str) -> int:
        """Number of edges that enter a node."""
        return sum(edge.target == node for edge in self.edges)


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where everything stands, in inches from the lower left.

    Attributes:
        width: Of the whole figure.
        height: Of the whole figure.
        box_height: Of each box with a curve.
        nodes: Centre of each node.
        boxes: Centre of the box of each edge that has a curve, by its two ends.
    """

    width: float
    height: float
    box_height: float
    nodes: Mapping[str, tuple[float, float]]
    boxes: Mapping[tuple[str, str], tuple[float, float]]


def arrange(picture: NetworkPicture) -> Layout:
    """Find a place for every node and box.

    Args:
        picture: Nodes and edges; edges run from a lower layer to a higher one.
    """
    layers = _ordered(picture)
    layer_of = {node.id: node.layer for node in picture.nodes}
    gaps: dict[int, list[PictureEdge]] = {}
    for edge in picture.edges:
        if edge.curve is not None:
            gaps.setdefault(layer_of[edge.target], []).append(edge)
    columns = {k: math.ceil(len(gap) / _TALLEST) for k, gap in gaps.items()}
    tallest = max((1 + (len(gap) - 1) / columns[k] for k, gap in gaps.items()), default=1.0)
    named = NAME if any(edge.name for edge in picture.edges) else 0.0
    pitch = max(min(_PITCH + named, _HIGHEST / tallest), _LEAST_PITCH + 0.7 * named)
    rows = max((len(nodes) for nodes in layers.values()), default=1)
    inner = max(tallest * pitch, rows * _NODE_PITCH, 0.6)
    x, width = _across(layers, columns, inner)
    places = {
        node.id: (x[k], _MARGIN + inner * (1 - (i + 0.5) / len(nodes)))
        for k, nodes in layers.items()
        for i, node in enumerate(nodes)
    }
    boxes: dict[tuple[str, str], tuple[float, float]] = {}
    for k, gap in gaps.items():
        left = x[k] - _gap_width(columns[k], inner) + 0.5 * _GAP
        heights_of = _stacked(gap, places, (pitch / columns[k], pitch), inner)
        for i, (edge, y) in enumerate(heights_of):
            boxes[edge.source, edge.target] = (left + _MORE * (i % columns[k]), y - named / 2)
    lower = {node: (across, up - named / 2) for node, (across, up) in places.items()}
    return Layout(
        width=width,
        height=inner + 2 * _MARGIN,
        box_height=pitch - named - 0.06,
        nodes=lower,  # level with the boxes, whose names stand above them
        boxes=boxes,
    )


def _ordered(picture: NetworkPicture) -> dict[int, list[PictureNode]]:
    """The nodes of each layer from top to bottom, so that few wires cross.

    Each node moves to the mean height of those that it is wired to, in sweeps to and fro
    (barycentre heuristic of Sugiyama, Tagawa and Toda 1981, doi:10.1109/TSMC.1981.4308636).
    """
    layers: dict[int, list[PictureNode]] = {}
    for node in sorted(picture.nodes, key=lambda node: node.layer):
        layers.setdefault(node.layer, []).append(node)
    forth: dict[str, list[str]] = {}
    back: dict[str, list[str]] = {}
    for edge in picture.edges:
        back.setdefault(edge.target, []).append(edge.source)
        forth.setdefault(edge.source, []).append(edge.target)
    height = {n.id: (i + 0.5) / len(ns) for ns in layers.values() for i, n in enumerate(ns)}
    for sweep in range(_SWEEPS):
        towards = forth if sweep % 2 == 0 else back
        for k in sorted(layers, reverse=sweep % 2 == 0):
            means = {n.id: _mean([height[m] for m in towards.get(n.id, [n.id])]) for n in layers[k]}
            layers[k].sort(key=lambda node: means[node.id])
            height |= {n.id: (i + 0.5) / len(layers[k]) for i, n in enumerate(layers[k])}
    return layers


def _mean(values: Sequence[float]) -> float:
    # Rounded, so that equal means do not swap nodes by their last digits.
    return round(sum(values) / len(values), 9)


def _across(
    layers: Mapping[int, Sequence[PictureNode]], columns: Mapping[int, int], inner: float
) -> tuple[dict[int, float], float]:
    """Where each layer stands from left to right, and the width of the whole."""
    first, last = min(layers, default=0), max(layers, default=0)
    x: dict[int, float] = {}
    at = _text_width(layers.get(first, ())) + _MARGIN
    for k in sorted(layers):
        if x:
            at += _gap_width(columns.get(k, 0), inner)
        x[k] = at
    used = at + (_text_width(layers.get(last, ())) if last != first else 0.0) + _MARGIN
    spare = max(COLUMN - used, 0.0)
    return {k: place + spare / 2 for k, place in x.items()}, max(used, COLUMN)


def _gap_width(columns: int, inner: float) -> float:
    # Tall pictures need room for the wires that fan in.
    least = _GAP if columns else _WIRE_GAP
    return max(least, min(0.3 * inner, 1.6)) + _MORE * max(columns - 1, 0)


def _stacked(
    gap: Iterable[PictureEdge],
    places: Mapping[str, tuple[float, float]],
    pitches: tuple[float, float],
    inner: float,
) -> list[tuple[PictureEdge, float]]:
    """The boxes of one gap from top to bottom with their heights, at least a pitch apart.

    In the order of their sources the left halves never cross: only the fans at the right do.
    """
    pitch, whole = pitches  # from box to box, and within one column
    edges = sorted(gap, key=lambda e: (-places[e.source][1], -places[e.target][1]))
    fans: dict[str, int] = {}
    for edge in edges:
        fans[edge.source] = fans.get(edge.source, 0) + 1
    seen: dict[str, int] = {}
    heights: list[float] = []
    for edge in edges:
        i = seen[edge.source] = seen.get(edge.source, -1) + 1
        wanted = places[edge.source][1] + pitch * ((fans[edge.source] - 1) / 2 - i)
        highest = heights[-1] - pitch if heights else _MARGIN + inner - whole / 2
        heights.append(min(wanted, highest))
    # What was pushed out below is pushed back up from the bottom.
    for i in range(len(heights) - 1, -1, -1):
        least = _MARGIN + whole / 2 if i == len(heights) - 1 else heights[i + 1] + pitch
        heights[i] = max(heights[i], least)
    return list(zip(edges, heights, strict=True))


def _text_width(nodes: Iterable[PictureNode]) -> float:
    return _LETTER * max((_letters(node.label) for node in nodes), default=0) + 0.2


def _letters(text: str) -> float:
    """Letters that a label takes up; LaTeX commands and braces count once or not at all."""
    if not text.startswith("$"):
        return len(text)
    count, command = 0.0, False
    for sign in text:
        if sign == "\\":
            command = True
            count += 1
        elif command and sign.isalpha():
            continue
        else:
            command = False
            count += sign not in "${}_^ "
    return 0.85 * count
