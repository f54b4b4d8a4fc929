"""Many rows of four columns, made block by block: in memory, or in files that are larger."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

_BLOCK = 100_000


def _blocks(count: int) -> Iterator[tuple[slice, Tensor, Tensor]]:
    for start in range(0, count, _BLOCK):
        stop = min(start + _BLOCK, count)
        draw = torch.Generator().manual_seed(start)
        x = torch.rand(stop - start, 4, generator=draw, dtype=torch.float64).mul_(2).sub_(1)
        yield slice(start, stop), x, torch.sin(3 * x[:, 0]) * x[:, 1] + x[:, 2] * x[:, 3]


def memory(count: int) -> tuple[Tensor, Tensor]:
    """Features ``[n, 4]`` and target ``[n]`` as tensors."""
    x, y = torch.empty(count, 4, dtype=torch.float64), torch.empty(count, dtype=torch.float64)
    for rows, a, b in _blocks(count):
        x[rows], y[rows] = a, b
    return x, y


def _hdf5(path: Path, count: int) -> tuple[Any, Any]:
    import h5py

    with h5py.File(path, "w") as file:
        x, y = file.create_dataset("x", (count, 4), "f8"), file.create_dataset("y", (count,), "f8")
        for rows, a, b in _blocks(count):
            x[rows], y[rows] = a.numpy(), b.numpy()
    opened = h5py.File(path)
    return opened["x"], opened["y"]


def _parquet(path: Path, count: int) -> tuple[Any, Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from discover import parquet_rows

    names = ["a", "b", "c", "d", "y"]
    schema = pa.schema([(name, pa.float64()) for name in names])
    with pq.ParquetWriter(path, schema) as file:
        for _, x, y in _blocks(count):
            columns = dict(zip(names, [*x.numpy().T, y.numpy()], strict=True))
            file.write_table(pa.table(columns, schema=schema))
    return parquet_rows(path, "y")


WRITERS: Final[dict[str, Callable[[Path, int], tuple[Any, Any]]]] = {
    "hdf5": _hdf5,
    "parquet": _parquet,
}
"""How to write the rows to a file of each kind; gives back what :func:`fit_kan` takes."""
