"""The Pareto front: what each law costs in complexity and what it gives in accuracy."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter, NullLocator

from discover.accuracy import Accuracy
from discover.figures.style import (
    BLUE,
    INK,
    ORANGE,
    QUIET,
    blank,
    halo,
    label,
    plain,
    quiet_grid,
    styled,
    with_unit,
)
from discover.front import evidence
from discover.law import Law
from discover.record import Run

_CLOSE = 0.09  # of the axis: the width of a number of two digits
_EXACT = 1e-16  # an error of zero has no place on a logarithmic axis: drawn here


@styled
def front(run: Run) -> Figure:
    """Error of every law of the front against its complexity; hypotheses as diamonds.

    Filled dots are test rows, rings are the rows by which the law is chosen; the dots carry the
    law's number in the report's table.
    """
    figure = blank(2.5)
    axes = figure.add_subplot()
    quiet_grid(axes)
    choosing = [(law, evidence(law)) for law in run.laws if "validation" in law.accuracy]
    _line(axes, choosing, "rows that choose", color=QUIET, fill="none", style=":")
    unseen = [(law, law.accuracy["test"]) for law in run.laws if "test" in law.accuracy]
    _line(axes, unseen, "test rows", color=BLUE, fill=BLUE, style="-")
    _chosen(axes, run)
    _numbers(axes, run.laws)
    _hypotheses(axes, run)
    target = run.table.target
    axes.set_xlabel("complexity [nodes of the expression]")
    axes.set_ylabel(with_unit(f"rms error of {label(target, 14)}", target.unit))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    axes.margins(y=0.12)
    laws = [*run.laws, *(hypothesis.law for hypothesis in run.hypotheses)]
    axes.set_xlim(0, 1.06 * max(law.complexity for law in laws) + 0.5)
    log_scale(axes)
    handles, _ = axes.get_legend_handles_labels()
    figure.legend(
        handles=handles, loc="outside upper left", ncols=2, columnspacing=1.2, handletextpad=0.5
    )
    return figure


def log_scale(axes: Axes) -> None:
    """A logarithmic y axis that names a few values even where it spans less than a decade."""
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    decades = math.log10(high / low)
    axes.yaxis.set_minor_formatter(NullFormatter())
    if decades < 2.5:
        few = MaxNLocator(5) if decades < 1 else LogLocator(subs=(1, 2, 5), numticks=30)
        axes.yaxis.set_major_locator(few)
        axes.yaxis.set_minor_locator(NullLocator())
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}"))


def error_of(law: Law, split: str) -> float:
    """The rms error of `law` on a split, NaN where it was not measured."""
    measured = law.accuracy.get(split)
    return math.nan if measured is None else max(measured.rms, _EXACT)


def _line(
    axes: Axes,
    measured: Sequence[tuple[Law, Accuracy]],
    rows: str,
    *,
    color: str,
    fill: str,
    style: str,
) -> None:
    points = [(law.complexity, max(a.rms, _EXACT)) for law, a in measured if math.isfinite(a.rms)]
    if points:
        axes.plot(
            *zip(*points, strict=True),
            style,
            color=color,
            marker="o",
            markerfacecolor=fill,
            markeredgecolor=color,
            markeredgewidth=0.9,
            zorder=3 if fill != "none" else 2,
            label=f"{rows} (n = {measured[0][1].n})",
        )


def _chosen(axes: Axes, run: Run) -> None:
    error = error_of(run.law, "test")
    if math.isfinite(error):
        axes.plot(
            [run.law.complexity], [error], "o", color=ORANGE, markersize=7.5, zorder=5,
            label="recommended law",
        )  # fmt: skip


def _numbers(axes: Axes, laws: Sequence[Law]) -> None:
    """The number of each law beside its dot, above and below in turn where dots are close."""
    widest = max(law.complexity for law in laws)
    before, above = -math.inf, True
    for k, law in enumerate(laws):
        error = error_of(law, "test")
        if math.isfinite(error):
            close = law.complexity - before < _CLOSE * widest
            above, before = not (close and above), law.complexity
            axes.annotate(
                str(k), (law.complexity, error), xytext=(2, 6 if above else -6),
                textcoords="offset points", va="bottom" if above else "top", ha="center",
                fontsize=7, color=INK, zorder=7, path_effects=halo(),
            )  # fmt: skip


def _hypotheses(axes: Axes, run: Run) -> None:
    for k, hypothesis in enumerate(run.hypotheses):
        error = error_of(hypothesis.law, "test")
        if math.isfinite(error):
            axes.plot(
                [hypothesis.law.complexity], [error], "Dsv^<>"[k % 6], color=INK, zorder=6,
                markersize=8, markerfacecolor="none", markeredgewidth=1.1,
                label=plain(hypothesis.name, 26),
            )  # fmt: skip
