"""Where classes lie: the rows of a dataset, and the boundary that a law draws between them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from discover.dataset import Dataset, Variable, Vector
from discover.figures.style import (
    BLUE,
    FAINT,
    INK,
    ORANGE,
    QUIET,
    blank,
    label,
    quiet_grid,
    styled,
    with_unit,
)
from discover.law import Law
from discover.record import Run

Marks = NDArray[np.bool_]
_GRID = 301
_BINS = 60


@styled
def rows(columns: Mapping[str, Vector], variables: Sequence[Variable]) -> Figure:
    """Every row of a dataset as a dot.

    Args:
        columns: Values by name, each ``[n]``.
        variables: What lies along x and along y, and perhaps what colours the dots.
    """
    across, up, *shade = variables
    figure = blank(3.0)
    axes = figure.add_subplot()
    quiet_grid(axes)
    x, y = columns[across.name], columns[up.name]
    many = len(x) > 500
    dots: dict[str, Any] = {
        "s": 2.0 if many else 14.0, "linewidths": 0, "alpha": 0.7, "rasterized": many
    }  # fmt: skip
    if not shade:
        axes.scatter(x, y, color=BLUE, **dots)
    else:
        colours = columns[shade[0].name]
        low, high = np.percentile(colours, (1, 99))  # a few far values would leave one colour
        drawn = axes.scatter(x, y, c=colours, vmin=low, vmax=high, cmap="viridis", **dots)
        bar = figure.colorbar(drawn, ax=axes, pad=0.02, aspect=30)
        bar.set_label(with_unit(label(shade[0], 24), shade[0].unit))
        bar.outline.set_visible(False)
    axes.set_xlabel(with_unit(label(across, 28), across.unit))
    axes.set_ylabel(with_unit(label(up, 28), up.unit))
    axes.set_title(f"{len(x)} rows", loc="left", color=QUIET)
    return figure


@styled
def boundary(run: Run, dataset: Dataset) -> Figure:
    """The recommended boundary and the test rows on its two sides.

    In two columns the plane with its zero set; else how the law's value is spread in each class,
    zero being the boundary.
    """
    columns, (_, target) = dataset.columns("test"), dataset.part("test")
    second = target > (target.min() + target.max()) / 2
    figure = blank(3.0)
    axes = figure.add_subplot()
    quiet_grid(axes)
    if len(run.law.variables) == 2:
        _plane(axes, run.law, columns, second)
    else:
        _spread(axes, run.law, columns, second)
    name = label(run.table.target, 18)
    low, high = float(target.min()), float(target.max())
    for value, colour in ((high, BLUE), (low, ORANGE)):
        axes.plot([], [], "o", color=colour, markersize=3.5, label=f"{name} = {value:g}")
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2)
    axes.set_title(f"{len(target)} test rows", loc="left", color=QUIET)
    return figure


def _plane(axes: Axes, law: Law, columns: Mapping[str, Vector], second: Marks) -> None:
    across, up = law.variables
    x, y = columns[across.name], columns[up.name]
    for side, colour in ((second, BLUE), (~second, ORANGE)):
        axes.plot(x[side], y[side], "o", color=colour, markersize=1.6, markeredgewidth=0, alpha=0.6)
    grid = np.meshgrid(*(np.linspace(v.min(), v.max(), _GRID) for v in (x, y)))
    flat = {across.name: grid[0].ravel(), up.name: grid[1].ravel()}
    values = law.predict(flat).reshape(grid[0].shape)
    if np.nanmin(values) < 0 < np.nanmax(values):
        axes.contour(*grid, values, levels=[0.0], colors=INK, linewidths=1.0)
    axes.set_xlabel(with_unit(label(across, 24), across.unit))
    axes.set_ylabel(with_unit(label(up, 24), up.unit))


def _spread(axes: Axes, law: Law, columns: Mapping[str, Vector], second: Marks) -> None:
    values = law.predict(columns)
    known = np.isfinite(values)
    # A few rows far out would leave no room for those at the boundary.
    size = float(np.quantile(np.abs(values[known]), 0.9)) if known.any() else 1.0
    edges = np.linspace(-size, size, _BINS + 1)
    kept = [np.clip(values[known & side], -size, size) for side in (second, ~second)]
    axes.hist(kept, bins=edges.tolist(), stacked=True, color=[BLUE, ORANGE])
    axes.axvline(0.0, color=INK, linewidth=0.9)
    axes.set_xlabel("value of the law; outer rows in the outer bins")
    axes.set_ylabel("test rows")
    axes.grid(visible=False, axis="x")
    axes.spines["bottom"].set_color(FAINT)
