"""Relations between columns: what each says of the column it is solved for, on unseen rows."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from discover.dataset import Dataset
from discover.figures.style import (
    BLUE,
    INK,
    QUIET,
    blank,
    label,
    quiet_grid,
    styled,
    with_unit,
)
from discover.law import Law
from discover.record import Run

_MOST, _ACROSS = 6, 3
# Dots of so many rows, evenly taken, still show where they are dense. Cells of a grid would not do:
# their centres lie beside the line on which an exact relation has its rows.
_MOST_ROWS = 800
_WIDTH, _HEIGHT = 7.0, 2.4


@styled
def relations(run: Run, dataset: Dataset) -> Figure:
    """The first relations of a run, a panel each: law against measurement on the test rows."""
    shown = run.laws[:_MOST]
    down = -(-len(shown) // _ACROSS)
    figure = blank(_HEIGHT * down, _WIDTH)
    figure.set_layout_engine("constrained", hspace=0.06, wspace=0.03)  # titles below labels
    panels = figure.subplots(down, _ACROSS, squeeze=False).ravel()
    for number, (axes, law) in enumerate(zip(panels, shown, strict=False)):
        _panel(axes, number, law, dataset)
    for axes in panels[len(shown) :]:
        axes.set_axis_off()
    return figure


def _panel(axes: Axes, number: int, law: Law, dataset: Dataset) -> None:
    solved = law.solved
    turned = dataset.turned(law.target.name, [variable.name for variable in solved.variables])
    measured = turned.part("test")[1]
    predicted = np.asarray(solved.predict(turned.columns("test")), dtype=np.float64)
    valid = np.isfinite(predicted)
    x, y = measured[valid], predicted[valid]
    few = slice(None, None, max(1, len(x) // _MOST_ROWS))
    quiet_grid(axes)
    ends = [float(min(x.min(), y.min())), float(max(x.max(), y.max()))]
    axes.plot(ends, ends, "--", color=INK, linewidth=0.8, zorder=1)
    axes.plot(
        x[few], y[few], "o", color=BLUE, alpha=0.3, markersize=2.6, markeredgewidth=0, zorder=3
    )
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    name, unit = label(law.target, 18), law.target.unit
    axes.set_xlabel(with_unit(f"measured {name}", unit))
    axes.set_ylabel("by the relation")
    share = f"{law.accuracy['test'].r2:.4f}"
    axes.set_title(f"{number}: $r^2$ {share}", loc="left", color=QUIET)
