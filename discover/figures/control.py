"""The negative control: what the same procedure reaches where there is nothing to find."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from discover.figures.style import ORANGE, QUIET, blank, quiet_grid, styled
from discover.record import Run


@styled
def null(run: Run) -> Figure:
    """Explained variance on shuffled targets (grey) against that on the true one (line).

    Raises:
        ValueError: If the run has no null control.
    """
    if run.null is None:
        raise ValueError("this run has no null control to draw")
    control = run.null
    what = "column" if run.recipe.task == "relation" else "target"
    figure = blank(1.8)
    axes = figure.add_subplot()
    quiet_grid(axes, "x")
    # Far below zero is only "worse than the mean"; how much worse would hide the rest.
    shuffled = np.clip(np.nan_to_num(np.asarray(control.r2), neginf=-1.0), -1.0, 1.0)
    observed = max(control.observed, -1.0) if np.isfinite(control.observed) else -1.0
    low = min(float(shuffled.min(initial=0.0)), observed, 0.0)
    span = max(observed, float(shuffled.max(initial=0.0)), 0.05) - low
    edges = np.linspace(low - 0.02 * span, low + 1.04 * span, 54)
    axes.hist(
        shuffled, bins=list(edges), color=QUIET, alpha=0.55,
        label=f"shuffled {what}s ({control.repeats} repeats)",
    )  # fmt: skip
    axes.axvline(observed, color=ORANGE, linewidth=1.6, label=f"true {what}, p = {_p(run)}")
    axes.set_xlim(edges[0], edges[-1])
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.set_xlabel("variance explained on unseen rows, $r^2$ [1]")
    axes.set_ylabel("shuffles")
    figure.legend(loc="outside upper left", ncols=2, columnspacing=1.0)
    return figure


def _p(run: Run) -> str:
    return "" if run.null is None else f"{run.null.p_value:.2g}"
