"""Builds the fields of partial differential equations: smooth random starts, a spectral solver.

Every solution is computed twice, with steps halved until they agree, on a grid that is finer than
the one that is stored where the solution asks for it. The shipped files are read without this.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from discover.field import Axis
from discover.progress import Event, Listener, silent
from discover.sources import field_file
from discover.spectral import Box, Flow, Modes, evolve, resolved

Array = NDArray[np.float64]
Rest = Callable[[Box, Array], Modes]

_FINER = 2
_FIRST = 1  # generator of seed 0, the shipped one: its waves are neither steep nor alike


@dataclass(frozen=True, kw_only=True)
class Equation:
    """One equation with its box, its start and what is stored of its solution.

    Attributes:
        lengths: Periods of the box.
        shape: Stored points along each axis.
        end: Last time; the first is 0.
        times: Number of stored times.
        waves: Highest wave number of the start, in periods of the box.
        level: Mean of the start.
        size: Largest deviation of the start from it.
        linear: Factor of the modes, for each field ``[field, *modes]`` (or broadcast to it).
        rest: Modes of everything else, from the values of the fields ``[field, *space]``.
        fields: Names of the fields.
        before: Time that passes before what is stored.
        tolerance: Largest change when the steps are halved, over the largest mode at the start.
    """

    lengths: tuple[float, ...]
    shape: tuple[int, ...]
    end: float
    times: int
    waves: int
    level: float = 0.0
    size: float = 1.0
    linear: Callable[[Box], Modes]
    rest: Rest
    fields: tuple[str, ...] = ("u",)
    before: float = 0.0
    tolerance: float = 1e-9


def _laplacian(box: Box) -> Modes:
    axes = len(box.shape)
    total: Modes = np.zeros(1, dtype=complex)
    for axis in range(axes):
        total = total + box.factor([2 * (i == axis) for i in range(axes)])
    return total


def _advection(box: Box, u: Array) -> Modes:
    """``-u u_x``."""
    return -0.5 * box.factor([1]) * box.forward(u**2)


def _spirals(box: Box, fields: Array) -> Modes:
    u, v = fields
    square = u**2 + v**2
    return box.forward(np.stack([-square * u + square * v, -square * u - square * v]))


def _conducted(box: Box, u: Array) -> Modes:
    """``(u_x / (2 + 2 u^2))_x + sin(2 u)``, whose flux is the slope of ``atan(u) / 2``."""
    return box.factor([2]) * box.forward(0.5 * np.arctan(u)) + box.forward(np.sin(2 * u))


EQUATIONS: Mapping[str, Equation] = {
    "burgers": Equation(
        lengths=(10.0,), shape=(256,), end=6.0, times=241, waves=5,
        linear=lambda box: 0.1 * box.factor([2]), rest=_advection,
    ),
    "kdv": Equation(
        lengths=(40.0,), shape=(256,), end=10.0, times=251, waves=4,
        linear=lambda box: -box.factor([3]), rest=lambda box, u: 6 * _advection(box, u),
    ),
    "ks": Equation(
        lengths=(32 * np.pi,), shape=(256,), end=40.0, times=241, waves=6, before=60.0,
        linear=lambda box: -box.factor([2]) - box.factor([4]), rest=_advection, tolerance=1e-7,
    ),
    "allen_cahn": Equation(
        lengths=(20.0,), shape=(384,), end=3.0, times=481, waves=12, size=1.2,
        linear=lambda box: 0.1 * box.factor([2]) + 1, rest=lambda box, u: -1.0 * box.forward(u**3),
    ),
    "fisher": Equation(
        lengths=(20.0,), shape=(320,), end=4.0, times=401, waves=9, level=0.35, size=0.34,
        linear=lambda box: 0.4 * box.factor([2]) + 1, rest=lambda box, u: -1.0 * box.forward(u**2),
    ),
    "diffusion_nonlinear": Equation(
        lengths=(8.0,), shape=(256,), end=2.0, times=241, waves=4, size=2.0,
        linear=lambda box: 0 * box.factor([2]), rest=_conducted,
    ),
    "reaction_diffusion": Equation(
        lengths=(20.0, 20.0), shape=(48, 48), end=10.0, times=101, waves=3, fields=("u", "v"),
        linear=lambda box: 0.4 * _laplacian(box) + 1, rest=_spirals,
    ),
}  # fmt: skip


def build(
    path: Path, *, seed: int, rows: int, processes: int = 1, report: Listener = silent
) -> None:
    """Solve the equation that the file is named after, and write its fields.

    Args:
        path: The file; its stem is the name of the dataset.
        seed: Seed of the start.
        rows: Not used: the grid is part of the equation.
        processes: Not used: one is enough.
        report: Called with the progress.
    """
    report(Event(stage="build", done=0, total=1, message=path.stem))
    if path.stem == "wave":
        _write_wave(path, seed)
    else:
        _write(path, EQUATIONS[path.stem], seed)
    report(Event(stage="build", done=1, total=1, message=path.stem))


def solve(equation: Equation, seed: int, *, finer: int = _FINER) -> tuple[Array, Array]:
    """Times ``[n]`` and the solution ``[field, n, *space]`` on the stored grid.

    Args:
        equation: What is solved.
        seed: Seed of the start.
        finer: How many times finer the grid of the solver is.
    """
    box = Box(lengths=equation.lengths, shape=tuple(n * finer for n in equation.shape))

    def rest(modes: Modes) -> Modes:
        values = box.backward(modes)
        # One field is handed over without its axis, so that an equation reads like an equation.
        out = equation.rest(box, values[0] if len(values) == 1 else values)
        return box.kept * (out[None] if len(values) == 1 else out)

    flow = Flow(linear=np.broadcast_to(equation.linear(box), (1, *box.kept.shape)), rest=rest)
    start = np.stack(
        [_start(equation, box, [_FIRST + seed, number]) for number in range(len(equation.fields))]
    )
    modes = box.forward(start) * box.kept
    if equation.before:
        modes = evolve(modes, flow, np.array([0.0, equation.before]), 1200)[-1]
    times = np.linspace(0.0, equation.end, equation.times)
    states = resolved(modes, flow, times, tolerance=equation.tolerance)
    values = np.moveaxis(box.backward(states), 1, 0)
    every = (slice(None), slice(None), *(slice(None, None, finer),) * len(box.shape))
    return times, np.asarray(values[every])


def _start(equation: Equation, box: Box, seed: list[int]) -> Array:
    """A smooth random field: waves of random height and phase, up to a highest wave number."""
    rng = np.random.default_rng(seed)
    places = np.meshgrid(*(np.arange(n) / n for n in box.shape), indexing="ij")
    total = np.zeros(box.shape)
    span = range(-equation.waves, equation.waves + 1)
    waves = np.array(np.meshgrid(*[span] * len(places))).reshape(len(places), -1).T
    for wave in waves:
        if not tuple(wave) > (0,) * len(wave) or np.square(wave).sum() > equation.waves**2:
            continue
        phase = sum(k * x for k, x in zip(wave, places, strict=True)) + rng.uniform()
        total += rng.normal() * np.cos(2 * np.pi * phase)
    return np.asarray(equation.level + equation.size * total / np.abs(total).max())


def _write(path: Path, equation: Equation, seed: int) -> None:
    times, values = solve(equation, seed)
    plane = len(equation.shape) > 1
    names = ("x", "y")[: len(equation.shape)]
    space = tuple(
        Axis(name=name, values=np.arange(n) * length / n, periodic=True)
        for name, n, length in zip(names, equation.shape, equation.lengths, strict=True)
    )
    # Single precision halves the file of a plane; 1e-7 of the field limits nothing there.
    stored = values.astype(np.float32) if plane else values
    fields = dict(zip(equation.fields, stored, strict=True))
    field_file.write(path, (Axis(name="t", values=times), *space), fields)


def _write_wave(path: Path, seed: int) -> None:
    """``u_tt = 2.25 u_xx`` in closed form: every mode swings at its own frequency."""
    rng = np.random.default_rng(_FIRST + seed)
    length, n, speed = 12.0, 256, 1.5
    times, x = np.linspace(0.0, 8.0, 241), np.arange(n) * length / n
    u = np.zeros((len(times), n))
    for wave in range(1, 7):
        k = 2 * np.pi * wave / length
        for _ in range(2):  # one wave to the right, one to the left
            speed = -speed
            phase = rng.uniform(0, 2 * np.pi)
            u += rng.normal() / wave * np.cos(k * (x - speed * times[:, None]) + phase)
    axes = (
        Axis(name="t", unit="s", values=times),
        Axis(name="x", unit="m", values=x, periodic=True),
    )
    field_file.write(path, axes, {"u": 0.01 * u}, units={"u": "m"})
