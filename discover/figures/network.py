"""The pruned network as a picture: columns at the left, each edge with the curve it applies.

Boxes with curves never cover one another: in each gap between two layers they stand in columns,
in the order in which their edges run, and the figure grows with them.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, PathPatch, Rectangle
from matplotlib.path import Path

from discover.dataset import Vector
from discover.figures.style import (
    BLUE,
    COLUMN,
    INK,
    PAPER,
    QUIET,
    blank,
    plain,
    styled,
)

NodeKind = Literal["input", "sum", "product"]

# All lengths in inches.
_BOX_WIDTH, _BOX_HEIGHT = 0.42, 0.25
_PITCH = 0.31  # between boxes of one column
_NODE_PITCH = 0.31
_RADIUS = 0.085
_GAP = 1.15  # from layer to layer with one column of boxes
_MORE = 0.58  # for each further column of boxes
_TALLEST = 20  # boxes in one column
_MARGIN = 0.12
_LETTER = 0.062  # mean width of a letter at 7 points


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
        name: The symbolic function chosen for it; empty where there is none.
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


@dataclass(frozen=True, kw_only=True)
class _Placed:
    """Where an edge's box stands and how its wire runs, in inches from the lower left."""

    edge: PictureEdge
    box: tuple[float, float]
    ends: tuple[tuple[float, float], tuple[float, float]]


@styled
def network(picture: NetworkPicture) -> Figure:
    """The network from left to right, each edge with its curve, sums as +, products as ×.

    Args:
        picture: Nodes and edges; edges run from a lower layer to a higher one.
    """
    layout = _Layout(picture)
    figure = blank(layout.height, layout.width)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, layout.width)
    axes.set_ylim(0, layout.height)
    axes.set_axis_off()
    for placed in layout.edges:
        _draw_edge(axes, placed)
    for node in picture.nodes:
        _draw_node(axes, node, layout.places[node.id])
    return figure


class _Layout:
    """Places of all nodes and boxes, in inches, found once."""

    def __init__(self, picture: NetworkPicture):
        layers: dict[int, list[PictureNode]] = {}
        for node in picture.nodes:
            layers.setdefault(node.layer, []).append(node)
        layer_of = {node.id: node.layer for node in picture.nodes}
        gaps: dict[int, list[PictureEdge]] = {}
        for edge in picture.edges:
            gaps.setdefault(layer_of[edge.target], []).append(edge)
        columns = {k: math.ceil(_boxes(gap) / _TALLEST) or 1 for k, gap in gaps.items()}
        tallest = max((math.ceil(_boxes(gap) / columns[k]) for k, gap in gaps.items()), default=1)
        rows = max((len(nodes) for nodes in layers.values()), default=1)
        inner = max(tallest * _PITCH, rows * _NODE_PITCH, 0.6)
        self.height = inner + 2 * _MARGIN
        x: dict[int, float] = {}
        at = _text_width(layers.get(min(layers, default=0), ())) + _MARGIN
        for k in sorted(layers):
            if x:
                at += self._gap_width(columns.get(k, 1), inner)
            x[k] = at
        right = _text_width(layers.get(max(layers, default=0), ()))
        used = at + right + _MARGIN
        stretch = max(COLUMN - used, 0) / max(len(x) - 1, 1)
        x = {k: place + stretch * i for i, (k, place) in enumerate(sorted(x.items()))}
        self.width = max(used, COLUMN)
        self.places = {
            node.id: (x[k], self._spread(len(nodes), i, inner))
            for k, nodes in layers.items()
            for i, node in enumerate(nodes)
        }
        self.edges = [
            placed
            for k, gap in gaps.items()
            for placed in self._gap(gap, columns[k], right=x[k], inner=inner)
        ]

    @staticmethod
    def _gap_width(columns: int, inner: float) -> float:
        # Tall pictures need room for the wires that fan in.
        return max(_GAP, min(0.3 * inner, 1.6)) + _MORE * (columns - 1)

    @staticmethod
    def _spread(n: int, i: int, inner: float) -> float:
        return _MARGIN + inner * (1 - (i + 0.5) / n)

    def _gap(
        self, gap: Sequence[PictureEdge], columns: int, *, right: float, inner: float
    ) -> list[_Placed]:
        """Boxes of the edges that end at one layer, in the order of where they come from."""

        def downwards(edge: PictureEdge) -> tuple[float, float]:
            return -self.places[edge.source][1], -self.places[edge.target][1]

        # In the order of their sources the left halves never cross: only the fans at the right do.
        ordered = sorted(gap, key=downwards)
        boxed = [edge for edge in ordered if edge.curve is not None]
        heights = _apart([-downwards(edge)[0] for edge in boxed], inner, columns)
        place = {id(edge): (i, y) for i, (edge, y) in enumerate(zip(boxed, heights, strict=True))}
        out = []
        for edge in ordered:
            start, end = self.places[edge.source], self.places[edge.target]
            i, y = place.get(id(edge), (0, (start[1] + end[1]) / 2))
            room = right - max(start[0], right - self._gap_width(columns, inner))
            x = right - room + 0.5 * _GAP + _MORE * (i % columns)
            out.append(_Placed(edge=edge, box=(x, y), ends=(start, end)))
        return out


def _boxes(gap: Sequence[PictureEdge]) -> int:
    return sum(edge.curve is not None for edge in gap)


def _apart(wanted: Sequence[float], inner: float, columns: int) -> list[float]:
    """Heights near `wanted` (descending), at least a pitch apart in each column of boxes."""
    pitch = _PITCH / columns
    heights: list[float] = []
    for want in wanted:
        heights.append(min(want, heights[-1] - pitch) if heights else want)
    # What was pushed out below is pushed back up from the bottom.
    floor = _MARGIN + _BOX_HEIGHT / 2
    for i in range(len(heights) - 1, -1, -1):
        least = floor if i == len(heights) - 1 else heights[i + 1] + pitch
        heights[i] = max(heights[i], least)
    top = _MARGIN + inner - _BOX_HEIGHT / 2
    excess = max(heights[0] - top, 0.0) if heights else 0.0
    return [height - excess / 2 for height in heights]


def _text_width(nodes: Sequence[PictureNode]) -> float:
    longest = max((_letters(node.label) for node in nodes), default=0)
    return _LETTER * longest + 0.2


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


def _draw_edge(axes: Axes, placed: _Placed) -> None:
    edge, (x, y) = placed.edge, placed.box
    alpha = 0.25 + 0.75 * min(max(edge.scale, 0.0), 1.0)
    (x0, y0), (x1, y1) = placed.ends
    points = [(x0 + 0.03, y0), (x, y), (x1 - _RADIUS, y1)]
    if edge.curve is None:
        _wire(axes, points[0], points[2], alpha)
        return
    half = _BOX_WIDTH / 2
    _wire(axes, points[0], (x - half, y), alpha)
    _wire(axes, (x + half, y), points[2], alpha)
    _draw_curve(axes, edge, (x, y), alpha)


def _wire(axes: Axes, a: tuple[float, float], b: tuple[float, float], alpha: float) -> None:
    bend = 0.5 * (b[0] - a[0])
    path = Path(
        [a, (a[0] + bend, a[1]), (b[0] - bend, b[1]), b],
        [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4],
    )
    axes.add_patch(PathPatch(path, fill=False, edgecolor=INK, alpha=alpha, linewidth=0.7))


def _draw_curve(axes: Axes, edge: PictureEdge, at: tuple[float, float], alpha: float) -> None:
    assert edge.curve is not None
    x, y = at
    corner = (x - _BOX_WIDTH / 2, y - _BOX_HEIGHT / 2)
    axes.add_patch(
        Rectangle(corner, _BOX_WIDTH, _BOX_HEIGHT, facecolor=PAPER, edgecolor=QUIET,
                  linewidth=0.5, zorder=3)
    )  # fmt: skip
    xs, ys = (np.asarray(values, dtype=float) for values in edge.curve)
    valid = np.isfinite(xs) & np.isfinite(ys)
    inner_w, inner_h = 0.84 * _BOX_WIDTH, 0.76 * _BOX_HEIGHT
    if edge.name:
        inner_h = 0.5 * _BOX_HEIGHT
    if valid.sum() >= 2:
        axes.plot(
            x + inner_w * _centred(xs[valid]),
            y + inner_h * _centred(ys[valid]) - (0.05 if edge.name else 0.0),
            color=BLUE, linewidth=1.0, alpha=alpha, zorder=4, solid_capstyle="round",
        )  # fmt: skip
    if edge.name:
        axes.text(
            x, y + _BOX_HEIGHT / 2 - 0.012, plain(edge.name, 11), fontsize=5.2, ha="center",
            va="top", color=INK, zorder=5,
        )  # fmt: skip


def _centred(values: Vector) -> Vector:
    span = float(np.ptp(values))
    return (values - values.min()) / span - 0.5 if span > 0 else np.zeros_like(values)


_MARKS: Mapping[str, str] = {"sum": "$+$", "product": r"$\times$"}


def _draw_node(axes: Axes, node: PictureNode, at: tuple[float, float]) -> None:
    x, y = at
    if node.kind == "input":
        axes.add_patch(Circle((x, y), 0.03, color=INK, linewidth=0, zorder=4))
        axes.text(x - 0.08, y, node.label, ha="right", va="center", fontsize=7.5, zorder=5)
        return
    axes.add_patch(Circle((x, y), _RADIUS, facecolor=PAPER, edgecolor=INK, linewidth=0.8, zorder=4))
    axes.text(x, y - 0.006, _MARKS[node.kind], ha="center", va="center", fontsize=8, zorder=5)
    if node.label:
        axes.text(x + 0.13, y, node.label, ha="left", va="center", fontsize=7.5, zorder=5)
