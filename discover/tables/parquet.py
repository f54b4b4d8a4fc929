"""Parquet tables, read with the optional pyarrow."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from discover.errors import InputError, MissingExtraError
from discover.tables.columns import Column, named


def read(path: Path, where: str) -> list[Column]:
    """The columns of a Parquet file, without the row index that pandas may have added.

    Raises:
        MissingExtraError: If pyarrow is not installed.
        InputError: If the file is no Parquet file.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingExtraError(
            package="pyarrow", extra="parquet", purpose=f"{where}: Parquet"
        ) from error
    try:
        # A handle, so that a path is never taken for an address of a remote file system.
        with path.open("rb") as file:
            table = pq.read_table(file)
    except (pa.ArrowException, OSError) as error:
        raise InputError.one(
            where=where, found=f"no Parquet file ({error})", expected="a Parquet file"
        ) from error
    headers, values = [], []
    for name, column in zip(table.column_names, table.columns, strict=True):
        if name.startswith("__index_level_"):
            continue
        if pa.types.is_decimal(column.type):
            column = column.cast(pa.float64())
        headers.append(name)
        values.append(_from_arrow(pa, column))
    return named(headers, values)


def _from_arrow(pa: Any, column: Any) -> NDArray[Any]:
    kind = column.type
    if pa.types.is_boolean(kind) and column.null_count:
        column = column.cast(pa.int8())
    if pa.types.is_nested(kind):
        return np.empty((len(column), 1), dtype=object)
    array: NDArray[Any] = column.to_numpy()
    return array
