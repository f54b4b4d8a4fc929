"""MATLAB tables: the vectors of a ``.mat`` file, or the fields of one structure in it.

Version 5 to 7.2 is read by scipy, version 7.3 is HDF5. A vector is a column, whichever way it lies;
a matrix gives one column for each of its own, numbered from 1; an array of structures with a number
in each field is a table with a row for each. Text, cells and objects are no columns, and single
numbers neither.
"""

import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from discover.errors import InputError, did_you_mean
from discover.tables import hdf5
from discover.tables.columns import Column, of_equal_length

_Arrays = dict[str, NDArray[Any]]
# What scipy and h5py raise on a file that is cut off or something else.
_DAMAGE = (OSError, ValueError, TypeError, LookupError, RuntimeError, MatReadError, zlib.error)


def read(path: Path, where: str, *, group: str | None) -> list[Column]:
    """The columns of a MATLAB file.

    Args:
        path: The file.
        where: The file as the user knows it.
        group: Name of a structure whose fields are the columns; ``None`` for the vectors beside
            it, or for the only structure where there are none.

    Raises:
        InputError: If the file is no MATLAB file, or holds no such structure, or no vectors, or
            vectors of different lengths.
    """
    try:
        with path.open("rb") as file:
            modern = file.read(19) == b"MATLAB 7.3 MAT-file" or h5py.is_hdf5(path)
        vectors, structures = _version_7_3(path, where) if modern else _version_5(path)
    except InputError:
        raise
    except _DAMAGE as error:
        raise InputError.one(
            where=where, found=f"no readable MATLAB file ({error})", expected="a MATLAB file"
        ) from error
    return of_equal_length(_chosen(vectors, structures, group, where), {}, where)


def _chosen(
    vectors: _Arrays, structures: Mapping[str, _Arrays], group: str | None, where: str
) -> _Arrays:
    if group is not None:
        if structures.get(group):
            return structures[group]
        raise InputError.one(
            where=f"{where}: group",
            found=repr(group),
            expected=f"a structure with vectors, one of: {', '.join(structures) or '(none)'}",
            advice=did_you_mean(group, structures),
        )
    if vectors:
        return vectors
    if len(structures) == 1:
        return next(iter(structures.values()))
    raise InputError.one(
        where=f"{where}: group" if structures else where,
        found=f"{len(structures)} structures ({', '.join(structures)})"
        if structures
        else "no vector of numbers",
        expected="the name of one of them" if structures else "a vector for each column",
        advice=f"Say which, such as: group: {min(structures)}"
        if structures
        else "In MATLAB: t = table2struct(T, 'ToScalar', true); save('t.mat', '-struct', 't')",
    )


def _version_5(path: Path) -> tuple[_Arrays, dict[str, _Arrays]]:
    held = loadmat(path, mat_dtype=False, chars_as_strings=True)
    vectors: _Arrays = {}
    structures: dict[str, _Arrays] = {}
    for name, value in held.items():
        if name.startswith("__") or not isinstance(value, np.ndarray):
            continue
        if value.dtype.names:
            structures |= _structures(name, value)
        else:
            vectors |= _columns(name, value)
    return vectors, {name: fields for name, fields in structures.items() if fields}


def _structures(name: str, value: NDArray[Any]) -> dict[str, _Arrays]:
    """A structure and those in it, by names such as ``exp.run``; of many, a row for each."""
    fields: _Arrays = {}
    inside: dict[str, _Arrays] = {}
    for field in value.dtype.names or ():
        cells = value[field].ravel().tolist()
        if len(cells) > 1:
            if all(
                isinstance(c, np.ndarray) and c.size == 1 and c.dtype.kind in "biuf" for c in cells
            ):
                fields[field] = np.array([c.item() for c in cells])
        elif cells and isinstance(cells[0], np.ndarray) and cells[0].dtype.names:
            inside |= _structures(f"{name}.{field}", cells[0])
        elif cells and isinstance(cells[0], np.ndarray):
            fields |= _columns(field, cells[0])
    return {name: fields} | inside


def _version_7_3(path: Path, where: str) -> tuple[_Arrays, dict[str, _Arrays]]:
    with h5py.File(path, "r") as file:
        vectors = _of_group(file, where)
        structures: dict[str, _Arrays] = {}

        def note(name: str, node: Any) -> None:
            if isinstance(node, h5py.Group) and not name.startswith("#"):
                structures[name.replace("/", ".")] = _of_group(node, where)

        file.visititems(note)
    return vectors, {name: fields for name, fields in structures.items() if fields}


def _of_group(group: Any, where: str) -> _Arrays:
    out: _Arrays = {}
    for name, data in hdf5.datasets(group).items():
        kind = data.attrs.get("MATLAB_class", b"double")
        if kind not in (b"char", b"cell") and "MATLAB_empty" not in data.attrs:
            out |= _columns(name, hdf5.values(data, where).T)  # MATLAB writes columns first
    return out


def _columns(name: str, value: NDArray[Any]) -> _Arrays:
    """The columns that one array holds: none if it is text, a cell or a single number."""
    if value.dtype.kind not in "biuf" or value.ndim != 2 or value.size < 2:
        return {}
    if 1 in value.shape:
        return {name: value.reshape(-1)}
    return {f"{name}_{i}": value[:, i - 1] for i in range(1, value.shape[1] + 1)}
