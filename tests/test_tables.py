"""Files become datasets; what cannot is refused with all that is wrong; rows are dealt whole."""

import hashlib
import os
import sys
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from discover import shipped
from discover.config import DataConfig, SplitConfig
from discover.dataset import PARTS, Variable
from discover.errors import InputError, MissingExtraError
from discover.tables import load, load_dataset, read_columns
from discover.tables.columns import Refusal, as_numbers, split_header
from discover.tables.deal import deal, groups, labels, sample

N = 40
GOOD = {
    "a": np.linspace(0.1, 4.0, N) ** 2,
    "b": np.sin(np.arange(N)),
    "y": np.cos(np.arange(N)) / 3,
}


def csv(folder, text, name="t.csv"):
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder / name


def table_text(changes=None, rows=N):
    """A good CSV table in which columns are replaced or added."""
    columns = {**GOOD, **(changes or {})}
    lines = [",".join(columns)]
    for i in range(rows):
        lines.append(
            ",".join(v[i] if isinstance(v[i], str) else repr(float(v[i])) for v in columns.values())
        )
    return "\n".join(lines) + "\n"


def read(path, task="regression", **config):
    config.setdefault("target", "y")
    return load(DataConfig(file=path, **config), folder=path.parent, seed=0, task=task)


def complaint(path, task="regression", **config):
    with pytest.raises(InputError) as caught:
        read(path, task, **config)
    return caught.value


# --- Round trips -------------------------------------------------------------------------------


def as_csv(path, columns):
    pd.DataFrame(columns).to_csv(path, index=False)


def as_tsv(path, columns):
    pd.DataFrame(columns).to_csv(path, index=False, sep="\t")


def as_semicolons(path, columns):
    pd.DataFrame(columns).to_csv(path, index=False, sep=";")


def as_decimal_commas(path, columns):
    pd.DataFrame(columns).to_csv(path, index=False, sep=";", decimal=",")


def as_savetxt(path, columns):
    np.savetxt(path, np.column_stack(list(columns.values())), header=" ".join(columns), fmt="%.17g")


def as_npz(path, columns):
    np.savez(path, note=np.array("made by a test"), **columns)


def as_parquet(path, columns):
    pytest.importorskip("pyarrow")
    pd.DataFrame(columns).to_parquet(path)


def as_group(path, columns):
    with h5py.File(path, "w") as file:
        for name, values in columns.items():
            file.create_dataset(f"deep/table/{name}", data=values)


def as_root(path, columns):
    with h5py.File(path, "w") as file:
        for name, values in columns.items():
            file[name] = values
        file["version"] = 3


def as_compound(path, columns):
    frame = pd.DataFrame(columns)
    with h5py.File(path, "w") as file:
        file["table"] = frame.to_records(index=False)


def as_matrix(path, columns):
    with h5py.File(path, "w") as file:
        file["table"] = np.column_stack(list(columns.values()))
        file["table"].attrs["columns"] = list(columns)


@pytest.mark.parametrize(
    ("write", "suffix"),
    [
        (as_csv, "csv"),
        (as_csv, "CSV"),
        (as_tsv, "tsv"),
        (as_semicolons, "csv"),
        (as_decimal_commas, "csv"),
        (as_savetxt, "txt"),
        (as_npz, "npz"),
        (as_parquet, "parquet"),
        (as_group, "h5"),
        (as_root, "hdf5"),
        (as_compound, "h5"),
        (as_matrix, "h5"),
    ],
)
def test_each_format_gives_back_the_very_numbers(tmp_path, write, suffix):
    path = tmp_path / f"table.{suffix}"
    write(path, GOOD)
    data = read(path)
    assert data.name == "table"
    assert set(data.names) == {"a", "b"}
    for name in ("a", "b"):
        np.testing.assert_array_equal(data.x[:, data.names.index(name)], GOOD[name])
    np.testing.assert_array_equal(data.y, GOOD["y"])
    assert (data.x.dtype, data.y.dtype) == (np.float64, np.float64)
    assert data.source.path == path.name
    assert (data.source.rows, data.source.dropped) == (N, {})


@pytest.mark.parametrize(
    ("write", "suffix"), [(as_npz, "npz"), (as_root, "h5"), (as_csv, "csv"), (as_parquet, "pq")]
)
def test_integers_and_booleans_become_floats(tmp_path, write, suffix):
    columns = {
        "n": np.arange(N) % 7,
        "flag": np.arange(N) % 3 == 0,
        "f": np.linspace(0, 1, N, dtype=np.float32),
        "y": np.arange(N, dtype=np.int32),
    }
    path = tmp_path / f"t.{suffix}"
    write(path, columns)
    data = read(path)
    for name in ("n", "flag"):
        np.testing.assert_array_equal(data.x[:, data.names.index(name)], columns[name] * 1.0)
    assert data.x.dtype == np.float64


def test_text_layouts(tmp_path):
    text = "# made by hand\n\n x ,  y \n# between\n1, 2\n\n3, 4\n# 5, 6\n7, 8\n"
    columns = read_columns(csv(tmp_path, "\ufeff" + text), where="t.csv")
    assert [c.name for c in columns] == ["x", "y"]
    assert [c.values.tolist() for c in columns] == [[1, 3, 7], [2, 4, 8]]


def test_a_number_sign_inside_a_line_is_data(tmp_path):
    path = csv(tmp_path, "run #,note,y\n1,a#b,3\n2,c,4\n")
    columns = read_columns(path, where="t.csv")
    assert [c.name for c in columns] == ["run #", "note", "y"]
    assert columns[2].values.tolist() == [3, 4]


def test_quoted_cells_may_hold_the_separator(tmp_path):
    path = csv(tmp_path, '"flux, raw",y\n"1","2"\n3,4\n')
    assert [c.name for c in read_columns(path, where="t.csv")] == ["flux, raw", "y"]


def test_a_trailing_separator_is_no_column(tmp_path):
    columns = read_columns(csv(tmp_path, "x,y,\n1,2,\n3,4,\n"), where="t.csv")
    assert [c.name for c in columns] == ["x", "y"]


def test_grouped_digits_are_not_taken_for_decimals(tmp_path):
    values = [f'"{i},{i:03d}"' for i in range(1, N + 1)]
    error = complaint(csv(tmp_path, table_text({"a": values})))
    assert "decimal mark" in str(error)


def test_text_cells_of_booleans_with_gaps(tmp_path):
    flags = ["True" if i % 2 else "False" for i in range(N)]
    flags[3] = ""
    data = read(csv(tmp_path, table_text({"a": flags})))
    assert set(data.x[:, 0]) == {0.0, 1.0}
    assert data.source.dropped == {"missing value in 'a'": 1}


# --- Units -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "name", "unit"),
    [
        ("period [year]", "period", "year"),
        ("period (year)", "period", "year"),
        ("v [km s-1]", "v", "km s-1"),
        ("v[m/s]", "v", "m/s"),
        ("a (m/s^2)", "a", "m/s^2"),
        ("E [kg·m²/s²]", "E", "kg·m²/s²"),
        ("T (°C)", "T", "°C"),
        ("share (%)", "share", "%"),
        ("x [furlnog]", "x [furlnog]", ""),
        ("p[0]", "p[0]", ""),
        ("p[1]", "p[1]", ""),
        ("p [1]", "p", "1"),
        ("psi (t)", "psi (t)", ""),
        ("ratio []", "ratio", "1"),
        ("ratio [-]", "ratio", "1"),
        ("[Fe/H]", "[Fe/H]", ""),
        ("f(x)", "f(x)", ""),
        ("f (x)", "f (x)", ""),
        ("signal (corrected)", "signal (corrected)", ""),
        ("x [see, text]", "x [see, text]", ""),
        ("plain", "plain", ""),
    ],
)
def test_units_in_headers(header, name, unit):
    assert split_header(header) == (name, unit)


@settings(deadline=None)  # the first unit loads a registry
@given(
    st.one_of(
        st.text(max_size=40),
        st.text("mskgK/*^-+.0129 ()°%µ", max_size=15).map(lambda unit: f"x [{unit}]"),
        st.text("mskgK/*^-+.0129 °%µ", max_size=15).map(lambda unit: f"x ({unit})"),
    )
)
def test_no_header_breaks_the_reader(header):
    name, unit = split_header(header)
    assert name in header
    assert unit == "" or unit == "1" or unit in header


def test_header_units_reach_the_variables_and_the_recipe_wins(tmp_path):
    text = table_text().replace("a,b,y", "a [m],b [s],y (kg)")
    path = csv(tmp_path, text)
    data = read(path, units={"b": "h", "y (kg)": "g"}, symbols={"a": r"\alpha"})
    assert data.names == ("a", "b")
    assert [v.unit for v in (*data.features, data.target)] == ["m", "h", "g"]
    assert data.features[0].symbol == r"\alpha"
    assert read(path, target="y (kg)").target.name == "y"


def test_names_that_differ_by_unit_alone_keep_it(tmp_path):
    path = csv(tmp_path, table_text().replace("a,b,y", "flux [Jy],flux [mag],y"))
    data = read(path)
    assert data.names == ("flux [Jy]", "flux [mag]")
    assert [v.unit for v in data.features] == ["Jy", "mag"]


def test_units_in_hdf5_attributes(tmp_path):
    as_root(tmp_path / "t.h5", GOOD)
    with h5py.File(tmp_path / "t.h5", "a") as file:
        file["a"].attrs["units"] = "m s-1"
    assert read(tmp_path / "t.h5").features[0].unit == "m s-1"


# --- Complaints --------------------------------------------------------------------------------

TEXT = [f"D{i % 4}" for i in range(N)]
GAP = np.where(np.arange(N) == 5, np.nan, GOOD["a"])

COMPLAINTS = {
    "target unknown": ({}, {"target": "Y "}, "t.csv: target", "Did you mean 'y'?"),
    "target not given": ({}, {"target": None}, "t.csv: target", "one of: a, b, y"),
    "feature unknown": ({}, {"features": ("a", "bb")}, "t.csv: features", "Did you mean 'b'?"),
    "drop unknown": ({}, {"drop": ("c",)}, "t.csv: drop", "no column 'c'"),
    "unit of no column": ({}, {"units": {"c": "m"}}, "t.csv: units", "no column 'c'"),
    "symbol of no column": ({}, {"symbols": {"c": "m"}}, "t.csv: symbols", "no column 'c'"),
    "no such unit": ({}, {"units": {"a": "furlnog"}}, "t.csv: units.a", "the unit 'furlnog'"),
    "group of no column": ({}, {"split": {"by": "c"}}, "t.csv: split.by", "no column 'c'"),
    "target among features": ({}, {"features": ("a", "y")}, "t.csv: features", "explains itself"),
    "feature dropped": (
        {}, {"features": ("a",), "drop": ("a",)}, "t.csv: features", "either a feature or dropped"
    ),
    "no features": ({}, {"drop": ("a", "b")}, "t.csv", "no column beside the target"),
    "text": ({"a": TEXT}, {}, "t.csv: a", "'D0' in row 1 (and 39 more"),
    "text, what to do": ({"a": TEXT}, {}, "t.csv: a", "drop: [a]"),
    "listed text": ({"a": TEXT}, {"features": ("a",)}, "t.csv: a", "out of `features`"),
    "one bad cell": (
        {"a": ["<0.1" if i == 7 else str(i) for i in range(N)]}, {}, "t.csv: a",
        "'<0.1' in row 8 (the only one of 40)",
    ),
    "dates": ({"a": [f"2024-01-{i % 28 + 1:02d}" for i in range(N)]}, {}, "t.csv: a", "date"),
    "constant": ({"a": np.full(N, 3.5)}, {}, "t.csv: a", "the constant 3.5 in all 40 rows"),
    "constant but for rounding": (
        {"a": 0.1 + np.arange(N) % 2 * 1e-17}, {}, "t.csv: a", "the constant 0.1"
    ),
    "constant target": ({"y": np.full(N, 2)}, {}, "t.csv: y", "the constant 2"),
    "text target": ({"y": TEXT}, {}, "t.csv: y", "A target must be a column of numbers"),
    "nan refused": (
        {"a": GAP}, {"missing": "refuse"}, "t.csv: a", "1 missing value (first in row 6)"
    ),
    "inf refused": (
        {"a": np.where(np.arange(N) == 5, -np.inf, GOOD["a"])}, {"missing": "refuse"}, "t.csv: a",
        "1 infinite value",
    ),
    "nothing but gaps": ({"a": [""] * N}, {}, "t.csv: a", "no value in any of 40 rows"),
    "hundreds of digits": (
        {"a": [str(10**400 + i) for i in range(N)]}, {}, "t.csv: a",
        "a whole number of 401 digits in row 1",
    ),
    "a bracket without a unit": (
        {"c [flurbs]": GOOD["a"]}, {"features": ("a", "c")}, "t.csv: features",
        "write 'c [flurbs]'",
    ),
    "too large": ({"a": GOOD["a"] * 1e301}, {}, "t.csv: a", "up to 1e+300"),
    "gaps leave too few": (
        {"a": [str(i) if i < 15 else "" for i in range(N)]}, {}, "t.csv",
        "40 rows, 15 of them usable (left out: missing value in 'a': 25)",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "config", "where", "words"), COMPLAINTS.values(), ids=COMPLAINTS.keys()
)
def test_complaint(tmp_path, changes, config, where, words):
    error = complaint(csv(tmp_path, table_text(changes)), **config)
    said = [str(f) for f in error.findings if f.where == where]
    assert any(words in text for text in said), str(error)


def test_five_things_wrong_give_five_findings(tmp_path):
    changes = {"a": TEXT, "b": np.full(N, 1.0), "c": GAP}
    path = csv(tmp_path, table_text(changes, rows=8))
    error = complaint(path, features=("a", "b", "c", "zeta"))
    assert [f.where for f in error.findings] == [
        "t.csv: features", "t.csv: a", "t.csv: b", "t.csv: c", "t.csv",
    ]  # fmt: skip
    assert all(f.found and f.expected for f in error.findings)
    implicit = complaint(path, target="why")
    assert len(implicit.findings) == 5


def test_the_advised_line_mends_the_table(tmp_path):
    odd = {"no: 1, {x}": TEXT, "yes": np.full(N, 1.0)}
    text = table_text(odd).replace("no: 1, {x}", '"no: 1, {x}"')
    path = csv(tmp_path, text)
    error = complaint(path)
    line = str(error.findings[0]).split("Leave it out: ")[1]
    drop = yaml.safe_load(line)["drop"]
    assert drop == ["no: 1, {x}", "yes"]
    assert read(path, drop=tuple(drop)).names == ("a", "b")


def test_the_advised_line_keeps_what_was_dropped_already(tmp_path):
    path = csv(tmp_path, table_text({"a": TEXT, "c": TEXT}))
    assert "drop: [c, a]" in str(complaint(path, drop=("c",)))


def test_a_column_that_varies_only_where_others_have_gaps_is_constant(tmp_path):
    flag = np.where(np.arange(N) == 5, 1.0, 0.0)
    error = complaint(csv(tmp_path, table_text({"a": GAP, "flag": flag})))
    assert "the constant 0 in all 39 rows that are whole" in str(error)


def test_no_negative_zeros(tmp_path):
    a = np.where(np.arange(N) % 2, GOOD["a"], np.where(np.arange(N) % 4, -0.0, 0.0))
    data = read(csv(tmp_path, table_text({"a": a})), features=("a",))
    assert not np.signbit(data.x).any()
    zeros = [set(np.flatnonzero(data.x[:, 0] == 0)) <= set(data.split.rows(p)) for p in PARTS]
    assert sum(zeros) == 1


def test_duplicate_names(tmp_path):
    text = table_text({"c": GOOD["a"]}).replace("a,b,y,c", "a,b,y,a")
    path = csv(tmp_path, text)
    assert "2 columns of this name" in str(complaint(path))
    assert "2 columns of this name" in str(complaint(path, features=("a",)))
    assert read(path, drop=("a",)).names == ("b",)
    assert read(path, features=("b",)).names == ("b",)
    twice = csv(tmp_path, table_text().replace("a,b,y", "a,y,y"))
    assert "2 columns of this name" in str(complaint(twice))


def test_a_row_index_without_a_name(tmp_path):
    path = tmp_path / "t.csv"
    pd.DataFrame(GOOD).to_csv(path)
    error = complaint(path)
    assert "row index" in str(error)
    assert "drop: [column 1]" in str(error)
    assert read(path, drop=("column 1",)).names == ("a", "b")


def test_sixteen_rows_will_do_and_fifteen_will_not(tmp_path):
    assert len(read(csv(tmp_path, table_text(rows=16))).y) == 16
    assert "15 rows, expected at least 16" in str(complaint(csv(tmp_path, table_text(rows=15))))


def test_dropped_rows_are_counted_once_each(tmp_path):
    a, b = GOOD["a"].copy(), GOOD["b"].copy()
    a[[1, 2]], b[[2, 3]], b[4] = np.nan, np.nan, np.inf
    data = read(csv(tmp_path, table_text({"a": a, "b": b})))
    assert data.source.dropped == {
        "missing value in 'a'": 2,
        "missing value in 'b'": 1,
        "infinite value in 'b'": 1,
    }
    np.testing.assert_array_equal(data.y, np.delete(GOOD["y"], [1, 2, 3, 4]))


def test_a_gap_in_a_column_that_is_not_used_costs_nothing(tmp_path):
    assert len(read(csv(tmp_path, table_text({"a": GAP})), drop=("a",)).y) == N


def test_a_target_of_classes_takes_two_values(tmp_path):
    path = csv(tmp_path, table_text())
    said = str(complaint(path, task="classification"))
    assert "expected two values, for task: classification" in said
    two = csv(tmp_path, table_text({"y": np.arange(N) % 2 + 1.0}), name="two.csv")
    assert set(read(two, task="classification").y) == {1.0, 2.0}


def test_an_ordinal_target_lies_on_a_lattice(tmp_path):
    path = csv(tmp_path, table_text())
    assert "values without a common step" in str(complaint(path, task="ordinal"))
    even = csv(tmp_path, table_text({"y": 2.0 * (np.arange(N) % 5) - 4}))
    assert set(read(even, task="ordinal").y) == {-4, -2, 0, 2, 4}


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


def test_source_and_file_exclude_each_other(tmp_path):
    for config in (DataConfig(), DataConfig(source="planets", file="t.csv")):
        with pytest.raises(InputError, match="either source"):
            load(config, folder=tmp_path, seed=0)


def test_a_path_is_relative_to_the_recipe_and_never_absolute_in_the_source(tmp_path):
    (tmp_path / "data").mkdir()
    csv(tmp_path / "data", table_text())
    config = DataConfig(file="data/t.csv", target="y")
    assert load(config, folder=tmp_path, seed=0).source.path == "data/t.csv"
    assert read(tmp_path / "data" / "t.csv").source.path == "t.csv"
    assert len(read(tmp_path / "data" / "t.csv").source.sha256) == 64


def test_load_dataset_by_path_and_by_name(tmp_path):
    path = csv(tmp_path, table_text())
    data = load_dataset(path, "y", drop=["b"], units={"a": "m"})
    assert (data.names, data.features[0].unit) == (("a",), "m")
    assert load_dataset(str(path), "a", features=["y"]).names == ("y",)
    with pytest.raises(InputError, match="no shipped dataset"):
        load_dataset("knotz")


SHIPPED = """\
name: toy
title: A toy
file: toy.csv
sha256: {digest}
rows: 40
source: made up
version: "1"
license: CC0
target: y
split_by: who
columns:
  who: {{role: label}}
  b: {{symbol: "\\\\beta", unit: m, meaning: the second}}
  a: {{unit: s}}
  spare: {{role: other}}
  y: {{role: target, unit: kg, meaning: the effect}}
"""


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A shipped dataset whose columns beside a, b and y are a label and a constant."""
    folder = tmp_path / "toy"
    folder.mkdir()
    text = table_text({"who": [f"w{i // 2}" for i in range(N)], "spare": np.ones(N)})
    path = csv(folder, text, "toy.csv")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "card.yaml").write_text(SHIPPED.format(digest=digest))
    monkeypatch.setattr(shipped, "datasets", lambda: tmp_path)
    return path


def test_a_shipped_dataset_takes_its_defaults_from_the_card(toy):
    data = load_dataset("toy")
    assert (data.name, data.source.path, data.names) == ("toy", "toy", ("b", "a"))
    assert data.features[0] == Variable(name="b", symbol=r"\beta", unit="m", meaning="the second")
    assert (data.target.name, data.target.unit) == ("y", "kg")
    for part in PARTS:
        rows = data.split.rows(part)
        assert len({i // 2 for i in rows}) * 2 == len(rows)


def test_a_recipe_overrides_the_card(toy):
    config = DataConfig(
        source="toy", target="a", drop=("b",), features=("y",), units={"y": "g"}, split={"by": "b"}
    )
    data = load(config, folder=toy, seed=0)
    assert (data.names, data.target.name, data.features[0].unit) == (("y",), "a", "g")
    assert load_dataset("toy", drop=["a"]).names == ("b",)
    assert load_dataset("toy", "b").names == ("a",)


def test_a_shipped_file_that_changed_is_not_read(toy):
    toy.write_text(toy.read_text() + "\n")
    with pytest.raises(InputError, match="sha256"):
        load_dataset("toy")


# --- The deal ----------------------------------------------------------------------------------

tables = st.tuples(
    st.lists(st.integers(0, 40), min_size=16, max_size=150),
    st.integers(0, 1000),
    st.floats(0.1, 0.35),
    st.floats(0.1, 0.35),
)


@settings(max_examples=150, deadline=None)
@given(tables)
def test_the_deal_keeps_its_promises(drawn):
    values, seed, validation, test = drawn
    group = groups(np.array(values, dtype=float)[:, None], None)
    config = SplitConfig(validation=validation, test=test)
    try:
        split = deal(group, config, np.random.Generator(np.random.PCG64(seed)), "t")
    except InputError:
        assert np.bincount(group).max() * 2 > len(group) or len(set(values)) < 12
        return
    again = deal(group, config, np.random.Generator(np.random.PCG64(seed)), "t")
    parts = [split.rows(part) for part in PARTS]
    for part, rows in zip(PARTS, parts, strict=True):
        np.testing.assert_array_equal(rows, again.rows(part))
        assert (np.diff(rows) > 0).all()
        assert len(rows) >= 3
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(len(group)))
    dealt = [set(group[rows]) for rows in parts]
    assert not dealt[0] & dealt[1]
    assert not dealt[0] & dealt[2]
    assert not dealt[1] & dealt[2]
    for rows, share in ((split.validation, validation), (split.test, test)):
        assert abs(len(rows) - share * len(group)) <= max(3, np.bincount(group).max())


@settings(deadline=None)
@given(st.integers(16, 400), st.integers(0, 99))
def test_rows_without_groups_are_dealt_to_the_row(n, seed):
    generator = np.random.Generator(np.random.PCG64(seed))
    split = deal(np.arange(n), SplitConfig(), generator, "t")
    share = max(3, round(0.2 * n))
    assert (len(split.validation), len(split.test)) == (share, share)


def test_seeds_deal_differently():
    one, two = (
        deal(np.arange(100), SplitConfig(), np.random.Generator(np.random.PCG64(s)), "t")
        for s in (0, 1)
    )
    assert one.test.tolist() != two.test.tolist()


def test_a_table_of_one_big_group_is_refused():
    with pytest.raises(InputError, match="at least 3 rows in each part"):
        deal(np.zeros(50, dtype=int), SplitConfig(), np.random.default_rng(0), "t")


@pytest.mark.parametrize("size", [30, 100])
def test_groups_larger_than_a_share_still_fill_every_part(size):
    group = np.repeat(np.arange(4), size)
    split = deal(group, SplitConfig(validation=0.1), np.random.default_rng(0), "t")
    sizes = [len(split.rows(part)) for part in PARTS]
    assert sizes == [2 * size, size, size]


def test_groups_join_equal_labels_and_equal_rows():
    x = np.array([[1, 1], [1, 2], [1, 1], [3, 3], [4, 4.0]])
    assert groups(x, None).tolist() == [0, 1, 0, 2, 3]
    assert groups(x, np.array([0, 1, 2, 2, 3])).tolist() == [0, 1, 0, 0, 2]
    assert groups(np.array([[1.0, 2.0], [2.0, 1.0]]), None).tolist() == [0, 1]


@settings(deadline=None)
@given(st.floats(1e-200, 1e200), st.integers(1, 15))
def test_labels_compare_significant_digits(value, digits):
    text = f"{value:.{digits - 1}e}"
    rounded = float(text)
    off = rounded * (1 + 3 * 10.0 ** -(digits - 1))
    near = rounded * (1 + 1e-2 * 10.0**-digits)
    codes, missing = labels(np.array([rounded, near, off, -rounded]), digits)
    assert codes[0] == codes[1]
    assert len({codes[0], codes[2], codes[3]}) == 3
    assert not missing.any()


def test_labels_of_text_gaps_and_zero():
    codes, missing = labels(np.array(["u", "v", "u", None], dtype=object), 6)
    assert codes.tolist() == [0, 1, 0, -1]
    assert missing.tolist() == [False, False, False, True]
    codes, missing = labels(np.array([0.0, -0.0, 9.9999999, 10.0, np.inf]), 6)
    assert codes[0] == codes[1]
    assert codes[2] == codes[3]
    assert missing.tolist() == [False, False, False, False, True]


@settings(deadline=None)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=200), st.integers(1, 200))
def test_a_sample_holds_whole_groups(values, rows):
    group = groups(np.array(values, dtype=float)[:, None], None)
    kept = sample(group, rows, np.random.default_rng(0))
    assert len(kept) <= max(rows, 0)
    assert (np.diff(kept) > 0).all()
    inside = set(group[kept])
    assert len(kept) == sum(g in inside for g in group)
    if (np.bincount(group) == 1).all():
        assert len(kept) == min(rows, len(group))


def test_split_by_a_column_that_is_dropped(tmp_path):
    kinds = [f"knot {i // 4}" for i in range(N)]
    path = csv(tmp_path, table_text({"kind": kinds}))
    data = read(path, drop=("kind",), split={"by": "kind"})
    for part in PARTS:
        groups_in = {i // 4 for i in data.split.rows(part)}
        assert len(data.split.rows(part)) == 4 * len(groups_in)


def test_rows_without_a_group_are_counted(tmp_path):
    kinds = ["" if i == 0 else f"k{i}" for i in range(N)]
    path = csv(tmp_path, table_text({"kind": kinds}))
    data = read(path, drop=("kind",), split={"by": "kind"})
    assert data.source.dropped == {"missing value in 'kind', the grouping column": 1}


def test_a_sample_of_large_groups_is_dealt_like_any_other(tmp_path):
    columns = {name: np.tile(values, 3) + np.arange(3 * N) for name, values in GOOD.items()}
    kinds = [f"k{i // 20}" for i in range(3 * N)]
    path = csv(tmp_path, table_text({**columns, "kind": kinds}, rows=3 * N))
    data = read(path, drop=("kind",), rows=80, split={"by": "kind"})
    assert [len(data.split.rows(part)) for part in PARTS] == [40, 20, 20]


def test_a_sample_of_rows_is_seeded_and_counted(tmp_path):
    path = csv(tmp_path, table_text())
    data = read(path, rows=20)
    assert len(data.y) == 20
    assert data.source.dropped == {"not in the sample of 20 rows": 20}
    np.testing.assert_array_equal(data.y, read(path, rows=20).y)
    config = DataConfig(file=path, target="y", rows=20)
    assert not np.array_equal(data.y, load(config, folder=tmp_path, seed=1).y)
    assert "at least 16" in str(complaint(path, rows=10))


def test_many_rows_are_dealt_to_the_row(tmp_path):
    x = np.random.default_rng(0).normal(size=(300_000, 3))
    np.savez(tmp_path / "t.npz", a=x[:, 0], b=x[:, 1], y=x[:, 2])
    data = read(tmp_path / "t.npz")
    assert len(data.split.test) == 60_000


# --- Categories and conditions -----------------------------------------------------------------

KIND = [("star", "planet", "comet")[i % 3] for i in range(N)]


def test_a_category_becomes_indicators(tmp_path):
    path = csv(tmp_path, table_text({"kind": KIND}))
    data = read(path, categories=("kind",))
    assert data.names == ("a", "b", "kind=comet", "kind=planet", "kind=star")
    marks = data.x[:, 2:]
    assert np.array_equal(marks.sum(axis=1), np.ones(N))
    assert np.array_equal(marks[:, 2], [float(kind == "star") for kind in KIND])
    listed = read(path, categories=("kind",), features=("kind", "a"))
    assert listed.names == ("kind=comet", "kind=planet", "kind=star", "a")


def test_codes_are_categories_too_and_gaps_stay_gaps(tmp_path):
    codes = ["" if i == 4 else str(i % 2 + 1) for i in range(N)]
    data = read(csv(tmp_path, table_text({"code": codes})), categories=("code",))
    assert {"code=1", "code=2"} < set(data.names)
    assert len(data.y) == N - 1


@pytest.mark.parametrize(
    ("condition", "keep"),
    [
        ("a <= 1.5", lambda a, kind: a <= 1.5),
        ("a>1.5", lambda a, kind: a > 1.5),
        ("kind = comet", lambda a, kind: kind == "comet"),
        ("kind != 'comet'", lambda a, kind: kind != "comet"),
    ],
)
def test_conditions_keep_rows_and_the_rest_is_counted(tmp_path, condition, keep):
    a = np.linspace(1, 2, 3 * N)
    kind = np.array(["star", "comet", "planet"] * N)
    frame = pd.DataFrame({"a": a, "y": a**2, "kind": kind})
    frame.to_csv(tmp_path / "t.csv", index=False)
    data = read(tmp_path / "t.csv", features=("a",), where=(condition,))
    wanted = a[keep(a, kind)]
    assert np.array_equal(np.sort(data.x[:, 0]), wanted)
    assert data.source.dropped == {"outside `where`": 3 * N - len(wanted)}


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"where": ("c > 1",)}, "no column 'c' in 'c > 1'"),
        ({"where": ("a",)}, "one of < <= > >= = !="),
        ({"where": ("a >",)}, "one of < <= > >= = !="),
        ({"where": ("a > high",)}, "orders text"),
        ({"where": ("a > 1e9",)}, "40 rows, 0 of them usable (left out: outside `where`: 40)"),
        ({"categories": ("knd",)}, "no column 'knd'"),
        ({"categories": ("a",)}, "40 different values"),
    ],
)
def test_complaints_about_categories_and_conditions(tmp_path, config, words):
    assert words in str(complaint(csv(tmp_path, table_text({})), **config))


def test_a_category_of_a_shipped_table_counts_as_a_feature():
    config = DataConfig(source="planets", categories=("kind",))
    data = load(config, folder=Path(), seed=0)
    assert {"kind=planet", "kind=comet", "semi_major_axis"} < set(data.names)


UNITS = {
    "bare": ("length,time,y\nm,s,N\n", ["m", "s", "N"]),
    "in brackets": ("length,time,y\n[m],[s],(N)\n", ["m", "s", "N"]),
    "with a dash": ("length,time,y\nm,-,N\n", ["m", "1", "N"]),
}


@pytest.mark.parametrize(("head", "units"), UNITS.values(), ids=UNITS.keys())
def test_a_line_of_units_below_the_names(tmp_path, head, units):
    path = csv(tmp_path, head + "".join(f"{i},{i * i % 7},{3 * i}\n" for i in range(N)))
    data = read(path)
    assert [v.unit for v in (*data.features, data.target)] == units
    assert data.source.rows == N


def test_words_of_a_first_row_are_no_units(tmp_path):
    # The letter of a person is not a metre: nothing stands above the numbers.
    columns = read_columns(csv(tmp_path, "sex,age,y\nm,,\nf,23,70\nm,30,80\n"), where="t.csv")
    assert [c.unit for c in columns] == ["", "", ""]
    assert len(columns[0].values) == 3


SPELT = {
    "thousands": (["1,234.5", "17", "2,000,000"], [1234.5, 17.0, 2e6]),
    "european": (["1.234,5", "17", "-2,5"], [1234.5, 17.0, -2.5]),
    "swiss": (["1'234.5", "17.25", "3"], [1234.5, 17.25, 3.0]),
    "blanks": (["1\N{NO-BREAK SPACE}234,5", "17,5", "3"], [1234.5, 17.5, 3.0]),
    "fortran": (["1.5D+03", "-2.5d-01", "3.0D0"], [1500.0, -0.25, 3.0]),
    "minus": (["\N{MINUS SIGN}1.234", "5.678", "2"], [-1.234, 5.678, 2.0]),
    "gaps": (["1.5", "-", "#DIV/0!"], [1.5, np.nan, np.nan]),
}


@pytest.mark.parametrize(("texts", "numbers"), SPELT.values(), ids=SPELT.keys())
def test_numbers_as_they_are_spelt(texts, numbers):
    np.testing.assert_array_equal(as_numbers(np.array(texts, dtype=object)), numbers)


@pytest.mark.parametrize("texts", [["1,234", "5,678"], ["1.5", "3,14"], ["1D5", "2D7"], ["1,23,4"]])
def test_what_may_be_spelt_in_two_ways_is_left_to_a_person(texts):
    assert isinstance(as_numbers(np.array(texts, dtype=object)), Refusal)


def test_a_spreadsheet_may_say_its_separator(tmp_path):
    columns = read_columns(csv(tmp_path, "sep=;\nx;y\n1;2\n3;4\n"), where="t.csv")
    assert [(c.name, c.values.tolist()) for c in columns] == [("x", [1, 3]), ("y", [2, 4])]


def test_lines_above_the_names_are_named(tmp_path):
    path = csv(tmp_path, "Operator: Kim\n\nx,y\n1,2\n3,4\n")
    assert "must begin with '#'" in str(complaint(path))


def test_one_value_in_each_row_is_a_column(tmp_path):
    with h5py.File(tmp_path / "t.h5", "w") as file:
        for name, values in GOOD.items():
            file[name] = values[:, None]
    assert set(read(tmp_path / "t.h5").names) == {"a", "b"}
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file["data"] = np.ones((40, 3))
    assert "data: 40 x 3" in str(complaint(tmp_path / "m.h5"))


def test_a_structured_array_has_columns(tmp_path):
    held = np.zeros(N, dtype=[("a", "f8"), ("b", "f8"), ("y", "f8")])
    for name in ("a", "b", "y"):
        held[name] = GOOD[name]
    np.savez(tmp_path / "t.npz", table=held)
    np.testing.assert_array_equal(read(tmp_path / "t.npz").y, GOOD["y"])


def test_two_comments_are_names_and_units(tmp_path):
    text = "# taken in May\n# T P\n# K W\n" + "".join(f"{i}.5 {i * i}.0\n" for i in range(1, N))
    columns = read_columns(csv(tmp_path, text, "t.dat"), where="t.dat")
    assert [(c.name, c.unit) for c in columns] == [("T", "K"), ("P", "W")]


def test_one_comment_of_names_that_read_as_units(tmp_path):
    text = "# taken in May\n# T P\n" + "".join(f"{i}.5 {i * i}.0\n" for i in range(1, N))
    columns = read_columns(csv(tmp_path, text, "t.dat"), where="t.dat")
    assert [(c.name, c.unit) for c in columns] == [("T", ""), ("P", "")]


def test_a_target_of_words_is_not_sent_to_categories(tmp_path):
    error = complaint(csv(tmp_path, table_text({"y": ["yes", "no"] * (N // 2)})))
    assert "Write two kinds as 0 and 1" in str(error)
    assert "categories" not in str(error)
