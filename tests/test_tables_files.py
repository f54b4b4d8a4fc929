"""Files that hold no table, and parts of files that hold one: what is said of them."""

import os
import sys

import h5py
import numpy as np
import pandas as pd
import pytest

from discover.errors import MissingExtraError
from tests.small_tables import GOOD, TEXT, N, as_root, complaint, csv, read, table_text

BAD_FILES = {
    "missing": ("absent.csv", None, "no such file"),
    "empty": ("t.csv", b"", "an empty file"),
    "blank": ("t.csv", b"\n\n \n", "no table"),
    "comments only": ("t.csv", b"# x y\n", "comments only"),
    "no header": ("t.csv", b"1,2\n3,4\n", "numbers in the first line"),
    "latin-1": ("t.csv", "größe,y\n1,2\n".encode("latin-1"), "UTF-8"),
    "utf-16": ("t.csv", "x,y\n1,2\n".encode("utf-16"), "UTF-8"),
    "late latin-1": ("t.csv", b"x,y\n" + b"1,2\n" * 70000 + b"\xe9,2\n", "UTF-8"),
    "long line": ("t.csv", b"x,y\n1,2\n3,4,5\n6,7\n", "lines of different length"),
    "all lines long": ("t.csv", b"x,y\n1,2,3\n3,4,5\n", "lines of different length"),
    "very long lines": ("t.csv", b"x,y\n0,2,3,4\n1,4,5,6\n", "4 cells in the first row"),
    "a very long line": ("t.csv", b"x,y\n0,2\n1,4,5,6\n", "4 cells in line 3"),
    "unknown ending": ("t.foo", b"x", "'.foo'"),
    "no ending": ("t", b"x", "without an ending"),
    "spreadsheet": ("t.xlsx", b"x", "Save the sheet as CSV"),
    "pickle": ("t.pkl", b"x", "can run code"),
    "packed": ("t.csv.gz", b"x", "Unpack"),
    "no npz": ("t.npz", b"x,y", "NPZ"),
    "torn npz": ("t.npz", b"PK\x03\x04 torn", "NPZ"),
    "no hdf5": ("t.h5", b"x,y", "HDF5"),
    "no rows": ("t.csv", b"a,b,y\n", "0 rows"),
}


@pytest.mark.parametrize(("name", "content", "words"), BAD_FILES.values(), ids=BAD_FILES.keys())
def test_a_bad_file(tmp_path, name, content, words):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert words in str(complaint(tmp_path / name))


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "t.csv").mkdir()
    assert "a folder" in str(complaint(tmp_path / "t.csv"))


def test_a_misspelt_file_is_answered_with_the_nearest(tmp_path):
    csv(tmp_path, table_text(), "planets.csv")
    assert "Did you mean 'planets.csv'" in str(complaint(tmp_path / "planet.csv"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_permission(tmp_path):
    path = csv(tmp_path, table_text())
    path.chmod(0)
    assert "cannot be read" in str(complaint(path))


def test_no_parquet_file(tmp_path):
    pytest.importorskip("pyarrow")
    assert "no Parquet file" in str(complaint(csv(tmp_path, "x,y\n", "t.parquet")))


def test_parquet_without_pyarrow_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"discover\[parquet\]"):
        read(csv(tmp_path, "x", "t.parquet"))


def test_parquet_types(tmp_path):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    columns = {
        "flag": pa.array([None] + [i % 2 == 0 for i in range(N - 1)]),
        "list": pa.array([[1, 2]] * N),
        "when": pa.array(pd.date_range("2024", periods=N)),
        "text": pa.array(TEXT),
        "part": pa.array([None, *range(N - 1)]),
        "y": pa.array(GOOD["y"]),
    }
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    error = complaint(tmp_path / "t.parquet")
    assert [f.where.split(": ")[1] for f in error.findings] == ["list", "when", "text"]
    data = read(tmp_path / "t.parquet", features=("flag", "part"))
    assert len(data.y) == N - 1


def test_npz_never_unpickles(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (pytest.fail, ("unpickled",))

    np.savez(tmp_path / "t.npz", a=np.array([Bomb()] * N, dtype=object), y=GOOD["y"])
    assert "never are" in str(complaint(tmp_path / "t.npz"))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (GOOD["a"] * 1j, "complex numbers"),
        (np.arange(N).astype("datetime64[D]"), "dates or times"),
        (np.arange(N).astype("timedelta64[s]"), "dates or times"),
        (np.ones((N, 3)), "an array of shape 3 in each row"),
        (np.array(TEXT), "text 'D0' in row 1"),
        (np.array(TEXT, dtype="S"), "text 'D0' in row 1"),
        (np.zeros(N, dtype=[("u", "f8", (2,))]), "an array of shape 2 in each row"),
        (np.zeros(N, dtype="V8"), "values of type"),
        (np.arange(N - 1.0), "different lengths (a: 39, y: 40)"),
    ],
)
def test_columns_that_hold_no_plain_numbers(tmp_path, values, words):
    np.savez(tmp_path / "t.npz", a=values, y=GOOD["y"])
    assert words in str(complaint(tmp_path / "t.npz"))


def test_hdf5_groups(tmp_path):
    path = tmp_path / "t.h5"
    with h5py.File(path, "w") as file:
        for group in ("first", "second"):
            for name, values in GOOD.items():
                file[f"{group}/{name}"] = values
        file["empty/inner/scalar"] = 1
        file["bare"] = np.ones((N, 2))
    assert "2 tables (first, second)" in str(complaint(path))
    assert "Did you mean 'second'" in str(complaint(path, group="secnd"))
    assert "a group without columns" in str(complaint(path, group="empty"))
    assert "0 names" in str(complaint(path, group="bare"))
    assert read(path, group="second").names == ("a", "b")
    assert read(path, group="/first").names == ("a", "b")


def test_hdf5_without_a_table(tmp_path):
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file["inner/scalar"] = 1
    assert "no table" in str(complaint(tmp_path / "t.h5"))


def test_hdf5_of_pandas_is_refused(tmp_path):
    with h5py.File(tmp_path / "t.h5", "w") as file:  # as pandas.HDFStore lays it out
        file.create_group("df").attrs["pandas_type"] = "frame"
        file["df/axis0"] = np.array([b"a", b"y"])
        file["df/block0_values"] = np.ones((N, 2))
    for group in (None, "df"):
        assert "HDFStore" in str(complaint(tmp_path / "t.h5", group=group))


def test_hdf5_reads_nothing_outside_its_file(tmp_path):
    as_root(tmp_path / "other.h5", GOOD)
    secret = tmp_path / "secret.bin"
    secret.write_bytes(np.arange(float(N)).tobytes())
    with h5py.File(tmp_path / "t.h5", "w") as file:
        for name, values in GOOD.items():
            file[name] = values
        file["linked"] = h5py.ExternalLink("other.h5", "/a")
        file["dangling"] = h5py.SoftLink("/nowhere")
    data = read(tmp_path / "t.h5")
    assert data.names == ("a", "b")
    assert "no column 'linked'" in str(complaint(tmp_path / "t.h5", features=("linked",)))
    with h5py.File(tmp_path / "t.h5", "a") as file:
        file.create_dataset("raw", (N,), "f8", external=[(str(secret), 0, N * 8)])
    assert "in another file" in str(complaint(tmp_path / "t.h5"))
