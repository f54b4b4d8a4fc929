"""A file in any of the formats -> its raw columns, or why it cannot be read."""

from pathlib import Path

from discover.errors import InputError, did_you_mean
from discover.tables import hdf5, matlab, netcdf, npz, parquet, text
from discover.tables.columns import Column

_TEXT = (".csv", ".tsv", ".tab", ".txt", ".dat")
_NETCDF = (".nc", ".nc4", ".cdf")
FORMATS = (*_TEXT, ".parquet", ".pq", ".h5", ".hdf5", ".hdf", ".npz", *_NETCDF, ".mat")


def read_columns(path: Path, *, where: str, group: str | None = None) -> list[Column]:
    """The raw columns of a file, in any of the formats; at least one.

    Args:
        path: The file.
        where: The file as the user knows it, for complaints.
        group: Which part of the file holds the columns: an HDF5 group, a structure of MATLAB, the
            axes of NetCDF.

    Raises:
        InputError: If the file is missing, empty, of an unknown kind or unreadable.
    """
    _refuse_unreadable(path, where)
    suffix = path.suffix.lower()
    if suffix in _TEXT:
        columns = text.read(path, where)
    elif suffix == ".npz":
        columns = npz.read(path, where)
    elif suffix in {".parquet", ".pq"}:
        columns = parquet.read(path, where)
    elif suffix in _NETCDF:
        columns = netcdf.read(path, where, group=group)
    elif suffix == ".mat":
        columns = matlab.read(path, where, group=group)
    else:
        columns = hdf5.read(path, where, group=group)
    if not columns:
        raise InputError.one(where=where, found="no columns", expected="a table with columns")
    return columns


def _refuse_unreadable(path: Path, where: str) -> None:
    suffix = path.suffix.lower()
    try:
        if not path.exists():
            parent = path.parent if path.parent.is_dir() else Path()
            near = did_you_mean(path.name, (file.name for file in parent.iterdir()))
            raise InputError.one(
                where=where,
                found="no such file",
                expected="a table",
                advice=near or "A relative path starts at the folder of the recipe.",
            )
        if not path.is_file():
            raise InputError.one(where=where, found="a folder", expected="a file with a table")
        if suffix not in FORMATS:
            raise InputError.one(
                where=where,
                found=f"the ending {suffix!r}" if suffix else "a name without an ending",
                expected=f"one of {', '.join(FORMATS)}",
                advice=_advice_for(suffix),
            )
        if path.stat().st_size == 0:
            raise InputError.one(where=where, found="an empty file", expected="a table")
        with path.open("rb"):
            pass
    except OSError as error:
        raise InputError.one(
            where=where, found=f"a file that cannot be read ({error.strerror})", expected="a table"
        ) from error


def _advice_for(suffix: str) -> str:
    if suffix in {".xls", ".xlsx", ".ods"}:
        return "Save the sheet as CSV (UTF-8)."
    if suffix in {".pkl", ".pickle", ".joblib", ".npy", ".pt"}:
        return "Such files can run code when read; save the table as CSV, Parquet or NPZ."
    if suffix in {".gz", ".zip", ".bz2", ".xz", ".zst"}:
        return "Unpack it first."
    return "Save the table as CSV, Parquet, HDF5 or NPZ."
