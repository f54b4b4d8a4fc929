"""Raw arrays of a file with their attributes: HDF5, NPZ and NetCDF.

No format that could run code on reading is opened; links into other files are not followed.
"""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from scipy.io import netcdf_file

from discover.errors import InputError, did_you_mean

_HDF5 = (".h5", ".hdf5", ".hdf", ".nc", ".nc4")
ENDINGS = (*_HDF5, ".npz")


@dataclass(frozen=True, kw_only=True, eq=False)
class Raw:
    """One array of a file.

    Attributes:
        values: Numbers of any shape, float64.
        unit: From an attribute `unit` or `units`; empty where there is none.
        periodic: From an attribute `periodic`.
    """

    values: NDArray[np.float64]
    unit: str = ""
    periodic: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Arrays:
    """The arrays of one group, and the names of the axes where the group says them."""

    arrays: Mapping[str, Raw]
    axes: tuple[str, ...] = ()


def read(path: Path, where: str, group: str | None) -> Arrays:
    """All numeric arrays of a file.

    Args:
        path: The file.
        where: The file as the user knows it.
        group: HDF5 group that holds them; ``None`` for the only one that holds arrays.

    Raises:
        InputError: If the file is missing, unreadable, of an unknown kind, or holds no numbers.
    """
    suffix = path.suffix.lower()
    if not path.is_file():
        near = did_you_mean(path.name, [p.name for p in path.parent.glob("*")])
        advice = near or "A relative path starts at the folder of the recipe."
        raise _refused(where, "no such file", "a file with fields on a grid", advice)
    if suffix not in ENDINGS:
        raise _refused(where, f"the ending {suffix!r}", f"one of {', '.join(ENDINGS)}")
    try:
        if suffix == ".npz":
            found = Arrays(arrays=_npz(path, where))
        elif path.open("rb").read(3) == b"CDF":
            found = Arrays(arrays=_classic(path))
        else:
            with h5py.File(path, "r") as file:
                found = _hdf5(file, where, group)
    except (OSError, EOFError, zipfile.BadZipFile) as error:
        raise _refused(where, f"a file that cannot be read ({error})", "HDF5, NetCDF or NPZ") from (
            error
        )
    if not found.arrays:
        raise _refused(where, "no arrays of numbers", "coordinates and fields")
    return found


def _npz(path: Path, where: str) -> dict[str, Raw]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            held = {name: arrays[name] for name in arrays.files}
    except ValueError as error:
        raise _refused(
            where,
            "an array of Python objects" if "allow_pickle" in str(error) else f"no NPZ ({error})",
            "arrays of numbers, as numpy.savez writes them",
        ) from error
    return {name: Raw(values=a.astype(np.float64)) for name, a in held.items() if _numeric(a)}


def _classic(path: Path) -> dict[str, Raw]:
    """NetCDF of version 3, which is not HDF5."""
    with netcdf_file(path, "r", mmap=False) as file:
        return {
            name: Raw(values=np.array(v.data, dtype=np.float64), unit=_text(v._attributes))
            for name, v in file.variables.items()
            if _numeric(v.data)
        }


def _hdf5(file: Any, where: str, group: str | None) -> Arrays:
    groups = {"/": file} if _held(file) else {}
    names: list[str] = []
    file.visit(names.append)
    for name in names:
        node = file.get(name, getlink=False)
        if isinstance(node, h5py.Group) and _held(node):
            groups[name] = node
    if group is None and len(groups) != 1:
        found = f"{len(groups)} groups with arrays ({', '.join(groups)})" if groups else "no arrays"
        raise _refused(f"{where}: group", found, "the name of one group", "Say it in data.group.")
    name = next(iter(groups)) if group is None else group.strip("/") or "/"
    if name not in groups:
        raise _refused(
            f"{where}: group", repr(group), f"one of: {', '.join(groups)}",
            did_you_mean(name, groups),
        )  # fmt: skip
    node = groups[name]
    axes = node.attrs.get("axes", ())
    return Arrays(
        arrays={key: _raw(data) for key, data in _held(node).items()},
        axes=tuple(a.decode() if isinstance(a, bytes) else str(a) for a in axes),
    )


def _held(node: Any) -> dict[str, Any]:
    """The numeric datasets that lie in a group itself, not behind a link."""
    found = {}
    for name in node:
        hard = isinstance(node.get(name, getlink=True), h5py.HardLink)
        data = node[name] if hard else None
        if isinstance(data, h5py.Dataset) and data.dtype.kind in "fiu" and data.ndim > 0:
            found[name] = data
    return found


def _raw(data: Any) -> Raw:
    values = np.asarray(data[()], dtype=np.float64)
    for hole in ("_FillValue", "missing_value"):
        if hole in data.attrs:
            values = np.where(values == np.float64(data.attrs[hole]), np.nan, values)
    return Raw(
        values=values, unit=_text(data.attrs), periodic=bool(data.attrs.get("periodic", False))
    )


def _text(attributes: Mapping[str, Any]) -> str:
    value = attributes.get("unit", attributes.get("units", ""))
    return value.decode() if isinstance(value, bytes) else str(value)


def _numeric(array: Any) -> bool:
    return array.dtype.kind in "fiu" and array.ndim > 0


def _refused(where: str, found: str, expected: str, advice: str = "") -> InputError:
    return InputError.one(where=where, found=found, expected=expected, advice=advice)
