"""The law against the measurements on rows that nobody fitted."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from discover.dataset import Beyond, Dataset, Vector
from discover.figures.style import (
    BLUE,
    DENSITY,
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
from discover.record import Run

_MANY = 600  # rows from which a cloud of dots hides its own density
_HEXAGONS = 36


@styled
def parity(run: Run, dataset: Dataset) -> Figure:
    """Predicted against measured on the test rows; the dashed line is perfect agreement.

    An ordinal target has few measured values, so there the spread of predictions is drawn for
    each of them, with the share of rows that rounding hits exactly.
    """
    return _compared(run, *_test_rows(run, dataset), "test rows")


@styled
def beyond(run: Run, rows: Beyond) -> Figure:
    """As :func:`parity`, on the rows of a second table to which nothing was fitted."""
    return _compared(run, *_valid(run, rows.columns, rows.y), "rows beyond")


def _compared(run: Run, predicted: Vector, measured: Vector, which: str) -> Figure:
    if run.rounding is not None:
        return _ordinal(run, predicted, measured, which)
    figure = blank(3.0)
    axes = figure.add_subplot()
    quiet_grid(axes)
    _cloud(axes, measured, predicted)
    low = float(min(measured.min(), predicted.min()))
    high = float(max(measured.max(), predicted.max()))
    pad = 0.04 * (high - low) or 1.0
    axes.plot([low - pad, high + pad], [low - pad, high + pad], "--", color=INK, linewidth=0.8)
    axes.set_xlim(low - pad, high + pad)
    axes.set_ylim(low - pad, high + pad)
    axes.set_aspect("equal")
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    target = label(run.table.target, 18)
    axes.set_xlabel(with_unit(f"measured {target}", run.table.target.unit))
    axes.set_ylabel(with_unit(f"law's {target}", run.table.target.unit))
    axes.set_title(f"{len(measured)} {which}", loc="left", color=QUIET)
    return figure


@styled
def residuals(run: Run, dataset: Dataset) -> Figure:
    """Law minus measurement against the law's value on the test rows, with their histogram."""
    predicted, measured = _test_rows(run, dataset)
    figure = blank(2.3)
    main, side = figure.subplots(1, 2, width_ratios=[4, 1], sharey=True)
    quiet_grid(main)
    error = predicted - measured
    _cloud(main, predicted, error)
    rms = float(np.sqrt(np.mean(error**2))) if len(error) else 0.0
    main.axhline(0.0, color=INK, linewidth=0.8, linestyle="--")
    for sign in (-1, 1):
        main.axhline(sign * rms, color=ORANGE, linewidth=0.8)
    main.annotate(
        "± rms", (1.0, rms), xycoords=("axes fraction", "data"), xytext=(-2, 2), ha="right",
        textcoords="offset points", fontsize=7, color=ORANGE,
    )  # fmt: skip
    side.hist(error, bins=min(41, max(8, len(error) // 20)), orientation="horizontal", color=BLUE)
    side.set_xticks([])
    side.spines["bottom"].set_visible(False)
    side.tick_params(axis="y", length=0, labelleft=False)
    main.xaxis.set_major_locator(MaxNLocator(6))
    target = label(run.table.target, 14)
    main.set_xlabel(with_unit(f"law's {target}", run.table.target.unit))
    main.set_ylabel(with_unit("law - measured".replace("-", "−"), run.table.target.unit))
    main.set_title(f"{len(measured)} test rows", loc="left", color=QUIET)
    return figure


def _test_rows(run: Run, dataset: Dataset) -> tuple[Vector, Vector]:
    """The law's values and the target on test rows, without rows where the law has no value."""
    return _valid(run, dataset.columns("test"), dataset.part("test")[1])


def _valid(run: Run, columns: Mapping[str, Vector], measured: Vector) -> tuple[Vector, Vector]:
    raw = np.asarray(run.law.predict(columns), dtype=float)
    predicted = np.broadcast_to(raw, measured.shape)
    valid = np.isfinite(predicted)
    if not valid.any():
        raise ValueError("the law has no value on any of these rows")
    return predicted[valid], measured[valid]


def _cloud(axes: Axes, x: Vector, y: Vector) -> None:
    flat = np.ptp(x) == 0 or np.ptp(y) == 0
    if len(x) < _MANY or flat:
        size = 4.5 if len(x) < 100 else 2.6
        axes.plot(x, y, "o", color=BLUE, alpha=0.55, markersize=size, markeredgewidth=0, zorder=3)
        return
    axes.hexbin(x, y, gridsize=_HEXAGONS, bins="log", mincnt=1, cmap=DENSITY, linewidths=0)


def _ordinal(run: Run, predicted: Vector, measured: Vector, which: str) -> Figure:
    rounding = run.rounding
    assert rounding is not None
    levels = np.unique(rounding.levels.round(measured))
    hit = np.abs(rounding(predicted) - measured) < 0.25 * rounding.levels.step
    figure = blank(3.3)
    top, bottom = figure.subplots(2, 1, height_ratios=[2.2, 1], sharex=True)
    quiet_grid(top)
    quiet_grid(bottom, "y")
    step = rounding.levels.step
    ends = np.array([levels[0] - step / 2, levels[-1] + step / 2])
    # The line on which rounding is centred: the law itself, before its rounding scale.
    top.plot(ends, ends / rounding.scale, "--", color=INK, linewidth=0.8, zorder=1)
    rows = [measured == level for level in levels]
    for level, here in zip(levels, rows, strict=True):
        far, near, middle = _spread(predicted[here])
        top.plot([level, level], far, color=BLUE, linewidth=0.9, zorder=2)
        top.plot([level, level], near, color=BLUE, linewidth=4.0, solid_capstyle="butt", zorder=3)
        top.plot([level], [middle], "o", color=ORANGE, markersize=3.2, zorder=4)
    share = [float(hit[here].mean()) for here in rows]
    bottom.bar(levels, share, width=0.7 * step, color=BLUE)
    bottom.bar(levels, np.subtract(1, share), bottom=share, width=0.7 * step, color=FAINT)
    room = len(levels) <= 14
    for level, here, part in zip(levels, rows, share, strict=True):
        if room:
            bottom.annotate(
                f"{100 * part:.0f}", (level, 1.0), xytext=(0, 1.5), ha="center", fontsize=6.5,
                textcoords="offset points", color=INK if here.sum() >= 20 else QUIET,
            )  # fmt: skip
    bottom.set_ylim(0, 1.18)
    bottom.set_yticks([0, 0.5, 1])
    bottom.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f}"))
    bottom.set_ylabel("hit exactly [%]")
    if len(levels) <= 16:
        names = [f"{level:g}".replace("-", "−") for level in levels]
        bottom.set_xticks(levels, names, fontsize=7 if room else 6)
    target, unit = label(run.table.target, 18), run.table.target.unit
    bottom.set_xlabel(with_unit(f"measured {target}", unit))
    top.set_ylabel(with_unit(f"law's {target}, raw", unit))
    top.set_title(f"{len(measured)} {which}: median, middle 50 and 90 %", loc="left", color=QUIET)
    top.yaxis.set_major_locator(MaxNLocator(6))
    return figure


def _spread(values: Vector) -> tuple[list[float], list[float], float]:
    a, b, c, d, e = (float(q) for q in np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95]))
    return [a, e], [b, d], c
