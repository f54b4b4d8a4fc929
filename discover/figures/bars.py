"""Which columns carry the network, and where accuracy was lost on the way to the law."""

import math

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from discover.dataset import Variable
from discover.figures.front import log_scale
from discover.figures.style import (
    BLUE,
    FAINT,
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
from discover.record import Run

_MOST_BARS = 30
_EXACT = 1e-16


@styled
def attribution(run: Run) -> Figure:
    """Share of the network's variation that each column carries, largest first.

    Columns that survived the selection are coloured; of very many columns the largest are drawn.
    """
    known = {variable.name: variable for variable in run.table.features}
    ranked = sorted(run.attribution.items(), key=lambda item: (-item[1], item[0]))[:_MOST_BARS]
    figure = blank(0.62 + 0.155 * max(len(ranked), 2))
    axes = figure.add_subplot()
    quiet_grid(axes, "x")
    shares = [100 * share for _, share in ranked]
    kept = [name in run.kept for name, _ in ranked]
    places = range(len(ranked))
    axes.barh(places, shares, color=[BLUE if k else FAINT for k in kept], height=0.68)
    for place, share, is_kept in zip(places, shares, kept, strict=True):
        axes.annotate(
            f"{share:.1f}" if share >= 0.05 else "<0.1" if share > 0 else "0",
            (share, place), xytext=(2.5, 0), textcoords="offset points",
            va="center", fontsize=6.5, color=INK if is_kept else QUIET,
        )  # fmt: skip
    names = [label(known.get(name, Variable(name=name))) for name, _ in ranked]
    axes.set_yticks(list(places), names)
    for tick, is_kept in zip(axes.get_yticklabels(), kept, strict=True):
        tick.set_color(INK if is_kept else QUIET)
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(0, 1.12 * max([*shares, 1.0]))
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.set_xlabel("share of the variation [%]")
    kept_text = f"{len(run.kept)} of {len(run.attribution)} kept"
    axes.set_title(kept_text, loc="right", color=BLUE, fontsize=7, pad=2)
    return figure


@styled
def losses(run: Run) -> Figure:
    """The rms error after each stage, one line for each split."""
    figure = blank(2.0)
    axes = figure.add_subplot()
    quiet_grid(axes, "y")
    stages = list(dict.fromkeys(stage.stage for stage in run.stages))
    splits = list(dict.fromkeys(stage.accuracy.split for stage in run.stages))
    looks = {"test": (BLUE, "o", "-"), "validation": (QUIET, "s", ":"), "train": (ORANGE, "^", ":")}
    for split in splits:
        color, marker, line = looks.get(split, (INK, "D", ":"))
        rows = [s for s in run.stages if s.accuracy.split == split]
        x = [stages.index(row.stage) for row in rows]
        y = [max(row.accuracy.rms, _EXACT) for row in rows]
        y = [value if math.isfinite(value) else math.nan for value in y]
        n = rows[0].accuracy.n
        axes.plot(x, y, line, color=color, marker=marker, label=f"{split} rows (n = {n})")
        for place, value in zip(x, y, strict=True):
            if split == splits[-1] and math.isfinite(value):
                shown = 0.0 if value == _EXACT else value
                axes.annotate(
                    f"{shown:.3g}", (place, value), xytext=(0, 6), ha="center",
                    textcoords="offset points", fontsize=7, path_effects=halo(),
                )  # fmt: skip
    axes.set_xticks(range(len(stages)), [plain(stage, 14) for stage in stages])
    axes.set_xlabel("stage")
    axes.margins(x=0.12, y=0.35)
    target = run.table.target
    axes.set_ylabel(with_unit(f"rms error of {label(target, 10)}", target.unit))
    log_scale(axes)
    figure.legend(loc="outside upper left", ncols=2)
    return figure
