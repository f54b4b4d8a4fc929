"""The pruned network as a picture: columns at the left, each edge with the curve it applies."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch, PathPatch
from matplotlib.path import Path

from discover.dataset import Vector
from discover.figures.picture import (
    BOX_WIDTH,
    RADIUS,
    Layout,
    NetworkPicture,
    PictureEdge,
    PictureNode,
    arrange,
)
from discover.figures.style import BLUE, FAINT, INK, PAPER, QUIET, blank, halo, styled

_FAINTEST = 0.12
_ROUND = 0.035
_DOT = 0.032
_MARKS: Mapping[str, str] = {"sum": "$+$", "product": r"$\times$"}


@styled
def network(picture: NetworkPicture) -> Figure:
    """The network from left to right, each edge with its curve and the name of its function.

    The fainter and thinner an edge, the less it carries. A ring with + adds, a filled ring with ×
    multiplies, a dot only hands on.

    Args:
        picture: Nodes and edges; edges run from a lower layer to a higher one.
    """
    layout = arrange(picture)
    figure = blank(layout.height, layout.width)
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, layout.width)
    axes.set_ylim(0, layout.height)
    axes.set_axis_off()
    draw(axes, picture, layout)
    return figure


def draw(axes: Axes, picture: NetworkPicture, layout: Layout) -> None:
    """Draw `picture` into `axes`, whose units are inches.

    Args:
        axes: Empty axes without a frame.
        picture: What to draw; all its nodes and edges have a place in `layout`.
        layout: Made by :func:`~discover.figures.picture.arrange`.
    """
    for edge in sorted(picture.edges, key=lambda edge: edge.scale):  # the strong ones on top
        _draw_edge(axes, edge, layout)
    for node in picture.nodes:
        _draw_node(axes, node, layout.nodes[node.id], picture.fan_in(node.id))


def _draw_edge(axes: Axes, edge: PictureEdge, layout: Layout) -> None:
    share = min(max(edge.scale, 0.0), 1.0)
    alpha = _FAINTEST + (1 - _FAINTEST) * share
    start, end = layout.nodes[edge.source], layout.nodes[edge.target]
    place = layout.boxes.get((edge.source, edge.target))
    if place is None or edge.curve is None:
        _wire(axes, start, end, share, alpha)
        return
    x, y = place
    half = BOX_WIDTH / 2
    _wire(axes, start, (x - half, y), share, alpha)
    _wire(axes, (x + half, y), end, share, alpha)
    _draw_box(axes, edge.curve, place, layout.box_height, alpha)
    if edge.name:
        axes.text(
            x, y + layout.box_height / 2 + 0.02, edge.name, fontsize=6.5, ha="center", va="bottom",
            color=INK, alpha=max(alpha, 0.5), zorder=6, path_effects=halo(),
        )  # fmt: skip


def _wire(
    axes: Axes, a: tuple[float, float], b: tuple[float, float], share: float, alpha: float
) -> None:
    bend = 0.5 * (b[0] - a[0])
    path = Path(
        [a, (a[0] + bend, a[1]), (b[0] - bend, b[1]), b],
        [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4],
    )
    axes.add_patch(
        PathPatch(path, fill=False, edgecolor=INK, alpha=alpha, linewidth=0.4 + 0.6 * share)
    )


def _draw_box(
    axes: Axes, curve: tuple[Vector, Vector], at: tuple[float, float], height: float, alpha: float
) -> None:
    x, y = at
    axes.add_patch(
        FancyBboxPatch(
            (x - BOX_WIDTH / 2 + _ROUND, y - height / 2 + _ROUND),
            BOX_WIDTH - 2 * _ROUND, height - 2 * _ROUND, boxstyle=f"round,pad={_ROUND}",
            facecolor=PAPER, edgecolor=to_rgba(QUIET, max(alpha, 0.35)), linewidth=0.5, zorder=3,
        )
    )  # fmt: skip
    xs, ys = (np.asarray(values, dtype=float) for values in curve)
    valid = np.isfinite(xs) & np.isfinite(ys)
    if valid.sum() < 2:
        return
    xs, ys = xs[valid], ys[valid]
    low, high = float(ys.min()), float(ys.max())
    inside = 0.74 * height
    if low < 0 < high:  # where the function is zero
        zero = y + inside * (-low / (high - low) - 0.5)
        reach = 0.44 * BOX_WIDTH
        axes.plot([x - reach, x + reach], [zero, zero], color=FAINT, linewidth=0.5, zorder=4)
    axes.plot(
        x + 0.84 * BOX_WIDTH * _centred(xs), y + inside * _centred(ys),
        color=BLUE, linewidth=1.2, alpha=max(alpha, 0.25), zorder=5, solid_capstyle="round",
    )  # fmt: skip


def _centred(values: Vector) -> Vector:
    span = float(np.ptp(values))
    return (values - values.min()) / span - 0.5 if span > 0 else np.zeros_like(values)


def _draw_node(axes: Axes, node: PictureNode, at: tuple[float, float], fan_in: int) -> None:
    x, y = at
    if node.kind == "input" or fan_in == 1:
        axes.add_patch(Circle((x, y), _DOT, color=INK, linewidth=0, zorder=7))
        reach = _DOT
    else:
        fill, ink = (INK, PAPER) if node.kind == "product" else (PAPER, INK)
        axes.add_patch(
            Circle((x, y), RADIUS, facecolor=fill, edgecolor=INK, linewidth=0.8, zorder=7)
        )
        axes.text(
            x, y - 0.006, _MARKS[node.kind], ha="center", va="center", fontsize=8, color=ink,
            zorder=8,
        )  # fmt: skip
        reach = RADIUS
    if node.label:
        side = -1 if node.kind == "input" else 1
        axes.text(
            x + side * (reach + 0.05), y, node.label, ha="right" if side < 0 else "left",
            va="center", fontsize=8, zorder=8,
        )  # fmt: skip
