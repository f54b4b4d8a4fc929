"""The networks that were tried: what each more edge bought."""

import math

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from discover.figures.front import log_scale
from discover.figures.style import BLUE, GREEN, INK, ORANGE, QUIET, blank, plain, quiet_grid, styled
from discover.record import Run

_LOOKS = ((BLUE, "o"), (GREEN, "s"), (INK, "^"), (QUIET, "D"), (ORANGE, "v"), (BLUE, "P"))


@styled
def rungs(run: Run) -> Figure:
    """Validation error of every network tried against its number of active edges, by shape."""
    figure = blank(2.5)
    axes = figure.add_subplot()
    quiet_grid(axes)
    shapes = list(dict.fromkeys(rung.shape for rung in run.rungs))
    for k, shape in enumerate(shapes):
        color, marker = _LOOKS[min(k, len(_LOOKS) - 1)]
        rows = [r for r in run.rungs if r.shape == shape and math.isfinite(r.validation)]
        axes.plot(
            [row.edges for row in rows], [max(row.validation, 1e-16) for row in rows], marker,
            color=color, markerfacecolor="none", markeredgewidth=1.0,
            label=plain(shape, 20) if k < len(_LOOKS) else None,
        )  # fmt: skip
    finite = [rung for rung in run.rungs if math.isfinite(rung.validation)]
    if finite:
        best = min(finite, key=lambda rung: rung.validation)
        axes.annotate(
            "least error", (best.edges, max(best.validation, 1e-16)), xytext=(0, -11),
            textcoords="offset points", ha="center", fontsize=7,
        )  # fmt: skip
    axes.set_xlabel("active edges")
    axes.set_ylabel("validation rms [spreads]")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    axes.margins(x=0.08, y=0.18)
    log_scale(axes)
    if shapes:
        figure.legend(loc="outside upper left", ncols=3, columnspacing=1.0)
    return figure
