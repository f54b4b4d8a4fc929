"""HDF5 tables: 1-D datasets of a group, one compound dataset, or a 2-D one with names.

Files written by pandas are refused, because they may hold pickled objects; links and values that
lie in other files are not followed.
"""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from discover.errors import InputError, did_you_mean
from discover.tables.columns import Column, named, of_equal_length


def read(path: Path, where: str, *, group: str | None) -> list[Column]:
    """The columns of an HDF5 file: 1-D datasets of one group, a compound or a 2-D dataset.

    Units are taken from an attribute ``unit`` or ``units`` of a dataset; the names of a 2-D
    dataset from its attribute ``columns``.

    Args:
        path: The file.
        where: The file as the user knows it.
        group: Group or dataset that holds the table; ``None`` for the only one there is.

    Raises:
        InputError: If there is no such group, or it holds no table, or pandas wrote it.
    """
    try:
        with h5py.File(path, "r") as file:
            node = _table_node(file, where, group)
            place = where if node.name in {None, "/"} else f"{where}: {node.name}"
            if isinstance(node, h5py.Dataset):
                return _from_dataset(node, place)
            sets = datasets(node)
            held = {name: values(data, place) for name, data in sets.items()}
            return of_equal_length(held, {name: _unit(data) for name, data in sets.items()}, place)
    except OSError as error:
        raise _unreadable(where, f"no readable HDF5 file ({error})", "an HDF5 file") from error


def _table_node(file: Any, where: str, group: str | None) -> Any:
    if group is not None:
        node = file[group] if _is_own(file, group) else None
        if node is None:
            there = sorted(_groups(file))
            raise _unreadable(
                f"{where}: group",
                repr(group),
                "one of: " + (", ".join(there) or "(the file has no groups)"),
                did_you_mean(group, there),
            )
        if isinstance(node, h5py.Group):
            _refuse_pandas(node, where)
            if not datasets(node):
                raise _unreadable(
                    f"{where}: {group}", "a group without columns", "a 1-D dataset for each column"
                )
        return node
    _refuse_pandas(file, where)
    if _has_columns(file):
        return file
    tables = {name: node for name, node in _groups(file).items() if _holds_table(node)}
    if len(tables) == 1:
        node = next(iter(tables.values()))
        if isinstance(node, h5py.Group):
            _refuse_pandas(node, where)
        return node
    if tables:
        raise _unreadable(
            f"{where}: group",
            f"{len(tables)} tables ({', '.join(sorted(tables))})",
            "the name of one of them",
            f"Say which, such as: group: {min(tables)}",
        )
    for node in _groups(file).values():
        if isinstance(node, h5py.Group):
            _refuse_pandas(node, where)
    raise _unreadable(
        where,
        _without_names(file) or "no table",
        "a group with a 1-D dataset for each column",
        "A 2-D dataset needs an attribute 'columns' that names its columns."
        if _without_names(file)
        else "",
    )


def _without_names(file: Any) -> str:
    """The datasets of several columns that nobody named, in words."""
    told: list[str] = []

    def note(name: str, node: Any) -> None:
        if isinstance(node, h5py.Dataset) and node.ndim > 1:
            told.append(f"{name}: {' x '.join(map(str, node.shape))}")

    file.visititems(note)
    return f"arrays without names for their columns ({', '.join(told[:5])})" if told else ""


def _is_own(parent: Any, name: str) -> bool:
    """Whether there is such a name and every step to it stays inside this file."""
    node = parent
    for step in filter(None, name.split("/")):
        if not isinstance(node, h5py.Group):
            return False
        link = node.get(step, getlink=True)
        if link is None or isinstance(link, h5py.ExternalLink):
            return False
        node = node.get(step)
    return node is not None


def datasets(group: Any) -> dict[str, Any]:
    """The datasets with at least one axis in this very file, in alphabetical order."""
    own = {name: group[name] for name in group if _is_own(group, name)}
    return {
        name: node for name, node in own.items() if isinstance(node, h5py.Dataset) and node.ndim
    }


def _groups(file: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}

    def note(name: str, node: Any) -> None:
        if isinstance(node, h5py.Group) or _holds_table(node):
            found[name] = node

    file.visititems(note)  # follows no link into another file
    return found


def _holds_table(node: Any) -> bool:
    if isinstance(node, h5py.Dataset):
        return bool(node.dtype.names) or (node.ndim == 2 and "columns" in node.attrs)
    return "pandas_type" in node.attrs or _has_columns(node)


def _has_columns(group: Any) -> bool:
    return any(_is_column(data) for data in datasets(group).values())


def _is_column(data: Any) -> bool:
    one_a_row = data.ndim == 1 or (data.ndim == 2 and data.shape[1] == 1)
    return one_a_row and not data.dtype.names


def _refuse_pandas(group: Any, where: str) -> None:
    if "pandas_type" in group.attrs:
        raise _unreadable(
            f"{where}: {group.name}",
            "a table in the format of pandas (HDFStore)",
            "a group with a 1-D dataset for each column",
            "That format can hold pickled objects, which run code when read, so it never is. "
            "In pandas, write frame.to_parquet(name) or frame.to_csv(name, index=False).",
        )


def _from_dataset(data: Any, where: str) -> list[Column]:
    array = values(data, where)
    if array.dtype.names:
        return of_equal_length({name: array[name] for name in array.dtype.names}, {}, where)
    if array.ndim == 1:
        return named([data.name.rsplit("/", 1)[-1]], [array], [_unit(data)])
    names = [_as_text(name) for name in np.atleast_1d(data.attrs.get("columns", []))]
    if array.ndim != 2 or len(names) != array.shape[1]:
        raise _unreadable(
            where,
            f"an array of shape {array.shape} and {len(names)} names",
            "a 2-D array with an attribute 'columns' that names each of its columns",
        )
    return named(names, [array[:, i] for i in range(array.shape[1])])


def values(data: Any, where: str) -> NDArray[Any]:
    """All values of a dataset.

    Raises:
        InputError: If they lie in another file.
    """
    if data.external or data.is_virtual:
        raise _unreadable(
            f"{where}: {data.name}",
            "a dataset whose values lie in another file",
            "values in this file",
            "Copy them into it, such as with h5repack.",
        )
    array: NDArray[Any] = data[()]
    return array


def _unit(data: Any) -> str:
    for key in ("unit", "units"):
        if key in data.attrs:
            return _as_text(data.attrs[key]).strip()
    return ""


def _as_text(value: object) -> str:
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else str(value)


def _unreadable(where: str, found: str, expected: str, advice: str = "") -> InputError:
    return InputError.one(where=where, found=found, expected=expected, advice=advice)
