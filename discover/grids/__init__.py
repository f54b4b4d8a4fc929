"""Files -> :class:`~discover.field.Field`, and every complaint about a grid.

What a file has to hold: one array for each coordinate, evenly spaced, and for each field an array
``[time, *space]`` (or ``[trajectory, time, *space]``). Nothing is interpolated or filled in.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from discover import sources
from discover.config import DataConfig, Task
from discover.dataset import Source, Variable
from discover.errors import Finding, InputError, did_you_mean
from discover.field import Axis, Field
from discover.grids import files
from discover.grids.files import Arrays, Raw
from discover.units import dimension

__all__ = ["load"]

FEWEST_POINTS = 16
FEWEST_TIMES = 50  # a fifth of them is the test part, unless whole trajectories are
_TIMES = ("t", "time", "Time", "T")
_EVEN = 1e-4  # of a step: coordinates are often written with few digits


def load(config: DataConfig, *, folder: Path, seed: int, task: Task = "pde") -> Field:
    """The fields that a recipe asks for, checked whole.

    Args:
        config: The recipe's word on the data; its `features` are the fields to be used.
        folder: Folder of the recipe, from which a relative `config.file` is understood.
        seed: Seed of the noise that the recipe adds.
        task: ``ode`` for fields of time alone, ``pde`` for fields of time and space.

    Raises:
        InputError: With everything that is wrong with the file, its coordinates and its fields.

    Example:
        >>> field = load(DataConfig(source="lorenz"), folder=Path(), seed=0, task="ode")
        >>> field.names, field.trajectories, len(field.time)
        (('x', 'y', 'z'), 20, 601)
    """
    path, where, name = _located(config, folder)
    raw = files.read(path, where, config.group)
    axes = _axes(raw, config, task, where)
    fields = _fields(raw, [axis.name for axis in axes], config, where)
    findings = [finding for axis in axes for finding in _uneven(axis, where)]
    shape = tuple(len(axis) for axis in axes)
    findings += [f for key, each in fields.items() for f in _unusable(key, each, shape, where)]
    if not findings and next(iter(fields.values())).values.size < 5 * np.prod(shape):
        findings += _short(axes[0], where)
    variables = tuple(_variable(key, each, config) for key, each in fields.items())
    units = [(each.name, each.unit) for each in axes]
    for key, unit in [*units, *((each.name, each.unit) for each in variables)]:
        try:
            dimension(unit, where=f"{where}: units.{key}")
        except InputError as error:
            findings += error.findings
    if findings:
        raise InputError(findings)
    values = np.stack([each.values.reshape(-1, *shape) for each in fields.values()])
    source = Source(path=where, sha256=sources.sha256(path), rows=values[0].size)
    clean = Field(
        name=name, time=axes[0], space=axes[1:], variables=variables, values=values, source=source
    )
    return _noisy(clean, config.noise, seed)


def _located(config: DataConfig, folder: Path) -> tuple[Path, str, str]:
    if config.source is not None:
        sources.verify(config.source)
        return sources.card(config.source).path, config.source, config.source
    assert config.file is not None  # the recipe was checked
    file = config.file.expanduser()
    return folder / file, file.name if file.is_absolute() else file.as_posix(), file.stem


def _axes(raw: Arrays, config: DataConfig, task: Task, where: str) -> tuple[Axis, ...]:
    """Time and the axes of space: named by the recipe, by the file, or by being coordinates."""
    names = config.axes or raw.axes or _guessed(raw, task)
    findings = [
        Finding(
            where=f"{where}: data.axes",
            found=f"no array {name!r}",
            expected=f"one of {', '.join(raw.arrays)}",
            advice=did_you_mean(name, raw.arrays),
        )
        for name in names
        if name not in raw.arrays
    ]
    expected = "the name of time" if task == "ode" else "the names of time and space, time first"
    if not names or (task == "pde") != (len(names) > 1):
        findings.append(
            Finding(
                where=f"{where}: data.axes",
                found=f"the axes {', '.join(names)}" if names else "no axes",
                expected=f"{expected}, such as {'[t]' if task == 'ode' else '[t, x]'}",
                advice=f"The file holds the arrays {', '.join(raw.arrays)}.",
            )
        )
    strangers = sorted(set(config.periodic) - set(names))
    if strangers:
        findings.append(
            Finding(
                where=f"{where}: data.periodic",
                found=", ".join(strangers),
                expected=f"some of {', '.join(names)}",
            )
        )
    if findings:
        raise InputError(findings)
    return tuple(
        Axis(
            name=name,
            unit=config.units.get(name) or raw.arrays[name].unit or "1",
            values=raw.arrays[name].values.reshape(-1),
            periodic=raw.arrays[name].periodic or name in config.periodic,
        )
        for name in names
    )


def _guessed(raw: Arrays, task: Task) -> tuple[str, ...]:
    time = next((name for name in _TIMES if name in raw.arrays), None)
    if time is None or task == "ode":
        return () if time is None else (time,)
    lines = [name for name, each in raw.arrays.items() if each.values.ndim == 1 and name != time]
    return (time, *lines)


def _fields(raw: Arrays, axes: list[str], config: DataConfig, where: str) -> dict[str, Raw]:
    names = config.features or tuple(
        name for name in raw.arrays if name not in axes and name not in config.drop
    )
    findings = [
        Finding(
            where=f"{where}: data.features",
            found=f"no field {name!r}",
            expected=f"some of {', '.join(n for n in raw.arrays if n not in axes)}",
            advice=did_you_mean(name, raw.arrays),
        )
        for name in names
        if name not in raw.arrays or name in axes
    ]
    if not names:
        findings.append(Finding(where=where, found="no fields", expected="at least one"))
    if findings:
        raise InputError(findings)
    return {name: raw.arrays[name] for name in names}


def _uneven(axis: Axis, where: str) -> list[Finding]:
    place, values = f"{where}: {axis.name}", axis.values
    if len(values) < FEWEST_POINTS:
        return [
            Finding(
                where=place, found=f"{len(values)} points", expected=f"at least {FEWEST_POINTS}"
            )
        ]
    if not np.isfinite(values).all():
        return [Finding(where=place, found="missing values", expected="finite numbers")]
    away = values - (values[0] + axis.step * np.arange(len(values)))
    if axis.step <= 0 or np.abs(away).max() > _EVEN * axis.step:
        worst = int(np.abs(np.diff(values) - axis.step).argmax())
        steps = f"a step of {values[worst + 1] - values[worst]:.6g} after point {worst}"
        return [
            Finding(
                where=place,
                found=steps,
                expected=f"an ascending, even spacing (here {axis.step:.6g})",
                advice="Interpolate the fields on an even grid first.",
            )
        ]
    return []


def _short(time: Axis, where: str) -> list[Finding]:
    if len(time) >= FEWEST_TIMES:
        return []
    return [
        Finding(
            where=f"{where}: {time.name}",
            found=f"{len(time)} points",
            expected=f"at least {FEWEST_TIMES}, or five trajectories",
            advice="The last fifth of the time is kept for the forecast.",
        )
    ]


def _unusable(name: str, raw: Raw, shape: tuple[int, ...], where: str) -> list[Finding]:
    place, values = f"{where}: {name}", raw.values
    if values.shape[-len(shape) :] != shape or values.ndim > len(shape) + 1:
        text = " x ".join(map(str, shape))
        return [
            Finding(
                where=place,
                found=f"the shape {' x '.join(map(str, values.shape))}",
                expected=f"{text} (time first, then space), or with trajectories in front",
                advice="Say which arrays are coordinates in data.axes, time first.",
            )
        ]
    missing = int((~np.isfinite(values)).sum())
    if missing:
        return [
            Finding(
                where=place,
                found=f"{missing} missing or infinite values of {values.size}",
                expected="a value at every point",
                advice="Cut out a part of the grid that is whole.",
            )
        ]
    if np.ptp(values) == 0:
        return [Finding(where=place, found="one value everywhere", expected="a field that varies")]
    return []


def _variable(name: str, raw: Raw, config: DataConfig) -> Variable:
    meaning = ""
    if config.source is not None:
        columns = sources.card(config.source).columns
        meaning = columns[name].meaning if name in columns else ""
        symbol = columns[name].symbol if name in columns else ""
    else:
        symbol = ""
    return Variable(
        name=name,
        symbol=config.symbols.get(name) or symbol,
        unit=config.units.get(name) or raw.unit or "1",
        meaning=meaning,
    )


def _noisy(field: Field, level: float, seed: int) -> Field:
    """White noise on every field, its spread a share of the field's own."""
    if level == 0:
        return field
    rng = np.random.default_rng(seed)
    axes = tuple(range(1, field.values.ndim))
    spread = level * field.values.std(axis=axes, keepdims=True)
    values = field.values + spread * rng.standard_normal(field.values.shape)
    noise = dict(zip(field.names, map(float, spread.reshape(-1)), strict=True))
    return replace(field, values=values, noise=noise)
