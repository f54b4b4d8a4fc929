"""Builds trajectories of small dynamical systems, from drawn starts, to twelve digits."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from discover.field import Axis
from discover.progress import Event, Listener, silent
from discover.sources import field_file

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class System:
    """One system.

    Attributes:
        states: Names of the states.
        slopes: Their derivatives by time, from their values.
        low: Lowest starts.
        high: Highest starts.
        end: Last time; the first is 0.
        times: Number of stored times.
        before: Time that passes before what is stored.
        trajectories: How many starts.
        unit: Unit of time.
        units: Units of the states.
    """

    states: tuple[str, ...]
    slopes: Callable[[float, Array], list[float]]
    low: tuple[float, ...]
    high: tuple[float, ...]
    end: float
    times: int
    before: float = 0.0
    trajectories: int = 10
    unit: str = "1"
    units: Mapping[str, str] = field(default_factory=dict)


def _lorenz(t: float, state: Array) -> list[float]:
    x, y, z = state
    return [10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z]


def _pendulum(t: float, state: Array) -> list[float]:
    theta, omega = state
    return [omega, -9.81 * np.sin(theta) - 0.2 * omega]


def _lotka_volterra(t: float, state: Array) -> list[float]:
    prey, predator = state
    return [1.1 * prey - 0.4 * prey * predator, 0.1 * prey * predator - 0.4 * predator]


SYSTEMS: Mapping[str, System] = {
    "lorenz": System(
        states=("x", "y", "z"), slopes=_lorenz, low=(-10, -10, 15), high=(10, 10, 35),
        end=6.0, times=601, before=3.0, trajectories=20,
    ),
    "pendulum": System(
        states=("theta", "omega"), slopes=_pendulum, low=(-2.6, -2.0), high=(2.6, 2.0),
        end=6.0, times=401, unit="s", units={"theta": "rad", "omega": "rad/s"},
    ),
    "lotka_volterra": System(
        states=("prey", "predator"), slopes=_lotka_volterra, low=(2.0, 1.0), high=(10.0, 5.0),
        end=20.0, times=401,
    ),
}  # fmt: skip


def build(
    path: Path, *, seed: int, rows: int, processes: int = 1, report: Listener = silent
) -> None:
    """Integrate the system that the file is named after, and write its trajectories.

    Args:
        path: The file; its stem is the name of the dataset.
        seed: Seed of the starts.
        rows: Not used: the number of trajectories and times is part of the system.
        processes: Not used: one is enough.
        report: Called with the progress.
    """
    system = SYSTEMS[path.stem]
    rng = np.random.default_rng(1 + seed)
    times = np.linspace(0.0, system.end, system.times)
    found = []
    for number in range(system.trajectories):
        report(Event(stage="build", done=number, total=system.trajectories, message=path.stem))
        start = rng.uniform(system.low, system.high)
        if system.before:
            start = _solved(system, start, np.array([0.0, system.before]))[:, -1]
        found.append(_solved(system, start, times))
    values = np.stack(found, axis=1)
    field_file.write(
        path,
        (Axis(name="t", unit=system.unit, values=times),),
        dict(zip(system.states, values, strict=True)),
        units=system.units,
    )


def _solved(system: System, start: Array, times: Array) -> Array:
    solution = solve_ivp(
        system.slopes, (times[0], times[-1]), start, method="DOP853", t_eval=times,
        rtol=1e-12, atol=1e-12,
    )  # fmt: skip
    return np.asarray(solution.y)
