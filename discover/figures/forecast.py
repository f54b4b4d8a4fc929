"""Equations against later data: measured, forecast, and how the difference grows."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter
from numpy.typing import NDArray

from discover.figures.style import BLUE, GREEN, ORANGE, QUIET, blank, plain, styled
from discover.record import Forecast, Run

Array = NDArray[np.float64]

_WIDTH, _HEIGHT = 7.0, 2.5
_LEAST = 1e-16
_SPAN = 20.0  # least ratio of the ends of the axis of errors: one power of ten lies within


@styled
def forecast(run: Run) -> Figure:
    """The forecast of a run.

    A field over space is drawn as two images, a state as two lines; the last panel has the error
    of every field.

    Raises:
        ValueError: If the run has no forecast.
    """
    outlook = run.forecast
    if outlook is None or outlook.note:
        raise ValueError("this run has no forecast to draw")
    figure = blank(_HEIGHT, _WIDTH)
    grid = figure.add_gridspec(1, 3)
    first = next(iter(outlook.errors))
    if outlook.measured.ndim > 2:
        limits = float(outlook.measured[0].min()), float(outlook.measured[0].max())
        for place, (title, values) in enumerate(
            (("measured", outlook.measured[0]), ("forecast", outlook.predicted[0]))
        ):
            _image(
                figure.add_subplot(grid[place]), outlook, values, limits, f"{plain(first)}, {title}"
            )
    else:
        _lines(figure.add_subplot(grid[:2]), outlook, first)
    _growth(figure.add_subplot(grid[2]), outlook)
    return figure


def _image(
    axes: Axes, outlook: Forecast, values: Array, limits: tuple[float, float], title: str
) -> None:
    axes.imshow(
        values.T, aspect="auto", origin="lower", cmap="RdBu_r", vmin=limits[0], vmax=limits[1],
        extent=(float(outlook.times[0]), float(outlook.times[-1]), 0.0, 1.0),
    )  # fmt: skip
    axes.set_yticks([])
    axes.set_title(title)
    axes.set_xlabel("time")
    axes.set_ylabel(plain(outlook.axis))


def _lines(axes: Axes, outlook: Forecast, name: str) -> None:
    times = np.linspace(outlook.times[0], outlook.times[-1], outlook.measured.shape[1])
    axes.plot(times, outlook.measured[0], color=QUIET, linewidth=2.5, label="measured")
    axes.plot(times, outlook.predicted[0], color=BLUE, linewidth=1.0, label="forecast")
    axes.set_xlabel("time")
    axes.set_ylabel(plain(name))
    axes.legend()


def _growth(axes: Axes, outlook: Forecast) -> None:
    for (name, error), colour in zip(outlook.errors.items(), _colours(outlook), strict=True):
        axes.plot(outlook.times, np.maximum(error, _LEAST), color=colour, label=plain(name))
        axes.axhline(max(outlook.floor[name], _LEAST), color=colour, linestyle=":", linewidth=0.8)
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    if high < _SPAN * low:  # noise that wiggles is no growth
        middle = np.sqrt(low * high)
        axes.set_ylim(middle / np.sqrt(_SPAN), middle * np.sqrt(_SPAN))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("time")
    axes.set_title("error / spread")
    if len(outlook.errors) > 1:
        axes.legend()


def _colours(outlook: Forecast) -> list[str]:
    palette = (BLUE, ORANGE, GREEN)
    return [palette[i % len(palette)] for i in range(len(outlook.errors))]
