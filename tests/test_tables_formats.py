"""Each format gives back the very numbers; files that are none of them are refused."""

import h5py
import numpy as np
import pandas as pd
import pytest

from discover.tables import read_columns
from discover.tables.columns import Refusal, as_numbers
from tests.small_tables import GOOD, N, as_root, complaint, csv, read, table_text


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


def test_units_in_hdf5_attributes(tmp_path):
    as_root(tmp_path / "t.h5", GOOD)
    with h5py.File(tmp_path / "t.h5", "a") as file:
        file["a"].attrs["units"] = "m s-1"
    assert read(tmp_path / "t.h5").features[0].unit == "m s-1"


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
