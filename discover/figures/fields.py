"""What was measured over time and space: films as images, planes as moments, states as lines."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from discover.dataset import Variable
from discover.field import Axis, Field
from discover.figures.style import (
    BLUE,
    GREEN,
    ORANGE,
    QUIET,
    blank,
    label,
    quiet_grid,
    styled,
    with_unit,
)

Array = NDArray[np.float64]

_WIDTH, _HEIGHT = 7.0, 2.4
_MOMENTS = (0.0, 0.5, 1.0)
_LINES = (BLUE, ORANGE, GREEN)
_MOST = 3


@styled
def field(measured: Field) -> Figure:
    """The first trajectory of a field.

    A field over one place is an image over time and place, one over a plane is shown at three
    moments; the states of an ordinary system are lines.

    Args:
        measured: The field.
    """
    if not measured.space:
        return _states(measured)
    if len(measured.space) == 1:
        return _films(measured)
    return _moments(measured)


def _films(measured: Field) -> Figure:
    shown = measured.variables[:_MOST]
    figure = blank(_HEIGHT, _WIDTH)
    panels = figure.subplots(1, len(shown), squeeze=False)[0]
    place = measured.space[0]
    for number, (axes, variable) in enumerate(zip(panels, shown, strict=True)):
        values = measured.values[number, 0]
        image = _image(axes, values.T, measured.time, place, values)
        figure.colorbar(image, ax=axes, label=_name(variable))
        axes.set_xlabel(_axis(measured.time))
        axes.set_ylabel(_axis(place))
    return figure


def _moments(measured: Field) -> Figure:
    shown = measured.variables[:_MOST]
    figure = blank(2.1 * len(shown), _WIDTH)
    panels = figure.subplots(len(shown), len(_MOMENTS), squeeze=False)
    across, up = measured.space[:2]
    for number, variable in enumerate(shown):
        for axes, moment in zip(panels[number], _MOMENTS, strict=True):
            at = round(moment * (len(measured.time) - 1))
            film = measured.values[number, 0]
            image = _image(axes, film[at].T, across, up, film)
            axes.set_title(f"{measured.time.name} = {measured.time.values[at]:g}", color=QUIET)
            axes.set_aspect("equal")
        figure.colorbar(image, ax=list(panels[number]), label=_name(variable), shrink=0.8)
    for axes in panels[-1]:
        axes.set_xlabel(_axis(across))
    for axes in panels[:, 0]:
        axes.set_ylabel(_axis(up))
    return figure


def _image(axes: Axes, values: Array, across: Axis, up: Axis, film: Array) -> AxesImage:
    """Values in colours that mean the same in all of a film."""
    low, high = float(film.min()), float(film.max())
    both = low < 0 < high
    limit = max(abs(low), abs(high))
    return axes.imshow(
        values, aspect="auto", origin="lower", cmap="RdBu_r" if both else "viridis",
        vmin=-limit if both else low, vmax=limit if both else high,
        extent=(*_ends(across), *_ends(up)),
    )  # fmt: skip


def _name(variable: Variable) -> str:
    return with_unit(label(variable, 12), variable.unit)


def _states(measured: Field) -> Figure:
    figure = blank(_HEIGHT, _WIDTH)
    axes = figure.add_subplot()
    quiet_grid(axes)
    for number, variable in enumerate(measured.variables[:_MOST]):
        name = with_unit(label(variable, 18), variable.unit)
        axes.plot(
            measured.time.values, measured.values[number, 0], color=_LINES[number],
            linewidth=1.0, label=name,
        )  # fmt: skip
    axes.set_xlabel(_axis(measured.time))
    axes.set_title(f"one of {measured.trajectories} trajectories", loc="left", color=QUIET)
    axes.legend()
    return figure


def _ends(axis: Axis) -> tuple[float, float]:
    return float(axis.values[0]), float(axis.values[-1])


def _axis(axis: Axis) -> str:
    return with_unit(label(Variable(name=axis.name, unit=axis.unit), 12), axis.unit)
