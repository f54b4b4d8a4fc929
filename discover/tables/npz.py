"""NPZ tables: the named 1-D arrays of ``numpy.savez``, or the fields of a structured one.

Pickled objects are never read.
"""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from discover.errors import InputError
from discover.tables.columns import Column, of_equal_length


def read(path: Path, where: str) -> list[Column]:
    """The named arrays of a ``numpy.savez`` file; scalars in it are not columns.

    Raises:
        InputError: If the file is no NPZ, or holds pickled objects, or arrays of unlike lengths.
    """
    if not zipfile.is_zipfile(path):
        raise _unreadable(where, "no NPZ file", "an NPZ file, as numpy.savez writes it")
    try:
        with np.load(path, allow_pickle=False) as arrays:
            held = {name: arrays[name] for name in arrays.files}
    except ValueError as error:
        if "allow_pickle" in str(error):
            raise _unreadable(
                where,
                "an array of Python objects",
                "arrays of numbers or text",
                "Such arrays can run code when read, so they never are: save numbers with "
                "numpy.savez(file, a=a.astype(float)).",
            ) from error
        raise _unreadable(where, f"no NPZ file ({error})", "an NPZ file") from error
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        raise _unreadable(where, f"no NPZ file ({error})", "an NPZ file") from error
    columns: dict[str, NDArray[Any]] = {}
    for name, array in held.items():
        if array.dtype.names and array.ndim > 0:
            columns |= {field: array[field] for field in array.dtype.names}
        elif array.ndim > 0:
            columns[name] = array
    return of_equal_length(columns, {}, where)


def _unreadable(where: str, found: str, expected: str, advice: str = "") -> InputError:
    return InputError.one(where=where, found=found, expected=expected, advice=advice)
