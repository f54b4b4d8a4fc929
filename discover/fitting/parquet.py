"""The columns of a Parquet file as rows that :func:`fit_kan` reads where they are.

One row group and the rows asked for last are in memory, whatever the size of the file. Training
reads the rows in their order, so that every row group is decoded once in a pass.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from discover.dataset import Matrix, Vector
from discover.errors import Finding, InputError, MissingExtraError, did_you_mean


class _Groups:
    """Row groups of a file as matrices of its numeric columns.

    What was read last is kept, group and rows: target and features of the same rows are asked for
    one after the other, and they may lie in two groups.
    """

    def __init__(self, file: Any, names: tuple[str, ...]) -> None:
        counts = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
        self._file, self._names = file, names
        self._ends = np.cumsum([0, *counts])
        self.count = int(self._ends[-1])
        self._group = lru_cache(maxsize=1)(self._read)
        self.rows = lru_cache(maxsize=1)(self._rows)

    def _read(self, number: int) -> Matrix:
        table = self._file.read_row_group(number, columns=list(self._names), use_threads=False)
        return np.column_stack(
            [np.asarray(table[name].to_numpy(), dtype=np.float64) for name in self._names]
        )

    def _rows(self, start: int, stop: int) -> Matrix:
        """Rows from `start` to before `stop`, out of all groups in which they lie."""
        first, last = np.searchsorted(self._ends, [start, stop - 1], side="right") - 1
        return np.concatenate(
            [
                self._group(i)[max(start - self._ends[i], 0) : stop - self._ends[i]]
                for i in range(int(first), int(last) + 1)
            ]
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class ParquetColumns:
    """Columns of a Parquet file, sliced like an array.

    Attributes:
        names: Their names.
        shape: ``(n, d)``, or ``(n,)`` for a target.
        dtype: What slices are made of.
    """

    names: tuple[str, ...]
    shape: tuple[int, ...]
    groups: _Groups
    which: slice | int
    dtype: type[np.float64] = np.float64

    def __getitem__(self, rows: slice) -> Matrix | Vector:
        """The rows of a slice without steps."""
        start, stop, _ = rows.indices(self.shape[0])
        # A copy, for whoever asks may change it, and the rows are kept.
        return self.groups.rows(start, stop)[:, self.which].copy()


def parquet_rows(path: str | Path, target: str) -> tuple[ParquetColumns, ParquetColumns]:
    """Features and target of a Parquet file that may be larger than memory.

    Args:
        path: The file.
        target: Name of the column to explain; all others that hold numbers are features.

    Returns:
        What :func:`fit_kan` takes for `x` and `y`.

    Raises:
        MissingExtraError: If pyarrow is not installed.
        InputError: If there is no such file or column.

    Example:
        >>> parquet_rows("no-such.parquet", "y")
        Traceback (most recent call last):
        ...
        discover.errors.InputError: no-such.parquet: found no Parquet file (...
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise MissingExtraError(
            package="pyarrow", extra="parquet", purpose=f"{path}: Parquet"
        ) from error
    try:
        # A local file, so that a path is never taken for an address of a remote file system.
        file = pq.ParquetFile(pa.OSFile(str(path)))
    except (pa.ArrowException, OSError) as error:
        raise InputError.one(
            where=str(path), found=f"no Parquet file ({error})", expected="a Parquet file"
        ) from error
    schema = file.schema_arrow
    kinds = {schema.field(i).name: schema.field(i).type for i in range(len(schema))}
    names = [
        name
        for name, kind in kinds.items()
        if (pa.types.is_integer(kind) or pa.types.is_floating(kind))
        and not name.startswith("__index_level_")
    ]
    features = tuple(name for name in names if name != target)
    if target not in names or not features:
        finding = Finding(
            where=str(path),
            found=f"columns of numbers {', '.join(names) or 'none'}",
            expected=f"the target {target!r} and at least one feature among them",
            advice=did_you_mean(target, names),
        )
        raise InputError([finding])
    groups = _Groups(file, (*features, target))
    n, d = groups.count, len(features)
    return (
        ParquetColumns(names=features, shape=(n, d), groups=groups, which=slice(0, d)),
        ParquetColumns(names=(target,), shape=(n,), groups=groups, which=d),
    )
