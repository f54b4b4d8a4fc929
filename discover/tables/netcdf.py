"""NetCDF tables, classic and version 4: the variables over the same axes, a row for each point.

Variables over several axes become long columns, with the coordinates of every point beside them.
Packed values are unpacked, fill values are missing. Version 4 is HDF5 and is read as such, the
classic format by scipy: no library of its own is needed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from scipy.io import netcdf_file

from discover.errors import InputError, did_you_mean
from discover.tables import hdf5
from discover.tables.columns import Column, named

# What stands where nothing was written and no fill value is told (netcdf.h, NC_FILL_*).
_UNWRITTEN: dict[str, float] = {
    "f4": float(np.float32(9.9692099683868690e36)),
    "f8": 9.9692099683868690e36,
    "i2": -32767,
    "i4": -2147483647,
    "i8": -9223372036854775806,
}
# What scipy and h5py raise on a file that is cut off or something else.
_DAMAGE = (OSError, ValueError, TypeError, EOFError, LookupError, RuntimeError)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Variable:
    """One variable: its values, its axes by name, and its attributes as text or numbers."""

    values: NDArray[Any]
    axes: tuple[str, ...]
    attributes: Mapping[str, Any]


def read(path: Path, where: str, *, group: str | None) -> list[Column]:
    """The columns of a NetCDF file.

    Args:
        path: The file.
        where: The file as the user knows it.
        group: Which axes span the rows, such as ``time`` or ``time,lat``; ``None`` if the variables
            of the file leave no choice.

    Raises:
        InputError: If the file is no NetCDF, or holds variables over different axes and `group`
            does not say which.
    """
    try:
        with path.open("rb") as file:
            classic = file.read(3) == b"CDF"
        variables = _classic(path) if classic else _version_4(path, where)
    except InputError:
        raise
    except _DAMAGE as error:
        raise InputError.one(
            where=where, found=f"no readable NetCDF file ({error})", expected="a NetCDF file"
        ) from error
    return _table(variables, group, where)


def _classic(path: Path) -> dict[str, _Variable]:
    with netcdf_file(path, "r", mmap=False) as file:
        return {
            name: _Variable(
                values=np.array(variable[...]),
                axes=tuple(variable.dimensions),
                attributes=dict(variable._attributes),
            )
            for name, variable in file.variables.items()
        }


def _version_4(path: Path, where: str) -> dict[str, _Variable]:
    with h5py.File(path, "r") as file:
        own = hdf5.datasets(file)
        return {
            name: _Variable(
                values=hdf5.values(data, where),
                axes=_axes(name, data),
                attributes=dict(data.attrs),
            )
            for name, data in own.items()
            # An axis without values of its own is kept as a data set without meaning.
            if not _text(data.attrs.get("NAME", "")).startswith("This is a netCDF dimension but")
        }


def _axes(name: str, data: Any) -> tuple[str, ...]:
    if data.is_scale:
        return (name,)
    return tuple(
        dim[0].name.rsplit("/", 1)[-1] if len(dim) else f"{name} axis {i}"
        for i, dim in enumerate(data.dims)
    )


def _table(variables: Mapping[str, _Variable], group: str | None, where: str) -> list[Column]:
    coordinates = {name: v for name, v in variables.items() if v.axes == (name,)}
    spans: dict[tuple[str, ...], list[str]] = {}
    for name, variable in variables.items():
        if name not in coordinates and variable.axes and variable.values.dtype.kind in "biuf":
            spans.setdefault(variable.axes, []).append(name)
    axes = _chosen(spans, group, where)
    shape = variables[spans[axes][0]].values.shape
    held: dict[str, _Variable] = {name: variables[name] for name in spans[axes]}
    columns: dict[str, NDArray[Any]] = {}
    for i, axis in enumerate(axes):
        if axis in coordinates:
            held[axis] = coordinates[axis]
            along = [-1 if k == i else 1 for k in range(len(shape))]
            whole = np.broadcast_to(_unpacked(coordinates[axis]).reshape(along), shape)
            columns[axis] = whole.reshape(-1)
    columns |= {name: _unpacked(variables[name]).reshape(-1) for name in spans[axes]}
    return named(list(columns), list(columns.values()), [_unit(held[name]) for name in columns])


def _chosen(
    spans: Mapping[tuple[str, ...], list[str]], group: str | None, where: str
) -> tuple[str, ...]:
    there = {",".join(axes): axes for axes in spans}
    told = "; ".join(f"{key}: {', '.join(spans[axes])}" for key, axes in there.items())
    if group is not None:
        wanted = ",".join(part.strip() for part in group.split(","))
        if wanted in there:
            return there[wanted]
        raise InputError.one(
            where=f"{where}: group",
            found=repr(group),
            expected=f"the axes of some variables ({told or 'there are none'})",
            advice=did_you_mean(wanted, there),
        )
    if len(there) == 1:
        return next(iter(there.values()))
    if not there:
        raise InputError.one(
            where=where, found="no variable with numbers along an axis", expected="a table"
        )
    raise InputError.one(
        where=f"{where}: group",
        found=f"variables over different axes ({told})",
        expected="the axes of those that form the table",
        advice=f"Say which, such as: group: {min(there)}",
    )


def _unpacked(variable: _Variable) -> NDArray[Any]:
    """Values with gaps as NaN, scale and offset applied (NetCDF user's guide, appendix B)."""
    values = variable.values
    gaps = np.zeros(values.shape, dtype=bool)
    kind = values.dtype.str[1:]
    if "_FillValue" not in variable.attributes and kind in _UNWRITTEN:
        gaps |= values == _UNWRITTEN[kind]
    for key in ("_FillValue", "missing_value"):
        if key in variable.attributes:
            gaps |= np.isin(values, variable.attributes[key])
    scale, offset = (
        float(np.ravel(variable.attributes.get(key, plain))[0])
        for key, plain in (("scale_factor", 1.0), ("add_offset", 0.0))
    )
    if not gaps.any() and (scale, offset) == (1.0, 0.0):
        return values
    return np.where(gaps, np.nan, values * scale + offset)


def _unit(variable: _Variable) -> str:
    unit = _text(variable.attributes.get("units", "")).strip()
    return unit.split(" since ")[0]  # of a time, the epoch shifts zero and is no part of the unit


def _text(value: object) -> str:
    value = np.ravel(value)[0] if isinstance(value, np.ndarray) and value.size else value
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else str(value)
