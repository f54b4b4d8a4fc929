"""NetCDF and MATLAB files, written by scipy and, where they are HDF5, as the formats say."""

import contextlib
from pathlib import Path

import h5py
import numpy as np
import pytest
from scipy.io import netcdf_file, savemat

from discover.errors import InputError
from discover.tables import load_dataset, read_columns

N = 40
A = np.linspace(1.0, 2.0, N)
Y = 3 * A**2
LAT, TIME = np.array([-45.0, 0.0, 45.0]), np.arange(20.0)
FIELD = TIME[:, None] + LAT[None, :]


def columns(path: Path, group: str | None = None) -> dict[str, tuple[np.ndarray, str]]:
    return {c.name: (c.values, c.unit) for c in read_columns(path, where=path.name, group=group)}


def classic(path: Path, variables: dict) -> Path:
    """A NetCDF file: name -> (axes, values, attributes)."""
    with netcdf_file(path, "w") as file:
        for axes, values, _ in variables.values():
            for axis, size in zip(axes, np.shape(values), strict=True):
                if axis not in file.dimensions:
                    file.createDimension(axis, size)
        for name, (axes, values, attributes) in variables.items():
            held = file.createVariable(name, np.asarray(values).dtype, axes)
            held[...] = values
            for key, value in attributes.items():
                setattr(held, key, value)
    return path


def version_4(path: Path, variables: dict) -> Path:
    """The same as HDF5 with dimension scales (NetCDF-4 format specification, appendix)."""
    with h5py.File(path, "w") as file:
        for name, (_, values, attributes) in variables.items():
            file[name] = values
            file[name].attrs.update(attributes)
        pairs = [zip(axes, v.shape, strict=True) for axes, v, _ in variables.values()]
        sizes = dict(pair for each in pairs for pair in each)
        for axis, size in sizes.items():
            if axis not in file:
                file[axis] = np.zeros(size, dtype=">f4")
                told = f"This is a netCDF dimension but not a netCDF variable.{size:10d}"
                file[axis].make_scale(told)
            else:
                file[axis].make_scale(axis)
        for name, (axes, _, _) in variables.items():
            if axes != (name,):
                for i, axis in enumerate(axes):
                    file[name].dims[i].attach_scale(file[axis])
    return path


WRITERS = {"classic": classic, "version 4": version_4}
TABLE = {
    "a": (("row",), A, {"units": "m"}),
    "y": (("row",), Y, {"units": b"m2"}),
}
GRID = {
    "time": (("time",), TIME, {"units": "days since 1970-01-01"}),
    "lat": (("lat",), LAT, {"units": "degree"}),
    "field": (("time", "lat"), FIELD, {"units": "K"}),
}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_variables_along_one_axis_are_a_table(tmp_path, write):
    held = columns(write(tmp_path / "t.nc", TABLE))
    assert list(held) == ["a", "y"]
    assert np.array_equal(held["y"][0], Y)
    assert [unit for _, unit in held.values()] == ["m", "m2"]
    data = load_dataset(tmp_path / "t.nc", "y")
    assert data.x.shape == (N, 1)


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_a_field_becomes_a_row_for_each_point(tmp_path, write):
    held = columns(write(tmp_path / "t.nc", GRID))
    assert list(held) == ["time", "lat", "field"]
    assert np.array_equal(held["time"][0] + held["lat"][0], held["field"][0])
    assert len(held["field"][0]) == FIELD.size
    assert held["time"][1] == "days"


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_packed_values_are_unpacked_and_fill_values_are_missing(tmp_path, write):
    packed = np.arange(N, dtype=np.int16)
    packed[3] = -999
    attributes = {"scale_factor": 0.5, "add_offset": 10.0, "_FillValue": np.int16(-999)}
    held = columns(write(tmp_path / "t.nc", {"a": (("row",), packed, attributes)}))
    values = held["a"][0]
    assert np.isnan(values[3])
    assert np.array_equal(np.delete(values, 3), np.delete(10 + 0.5 * np.arange(N), 3))


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_axes_are_asked_for_where_there_is_a_choice(tmp_path, write):
    path = write(tmp_path / "t.nc", GRID | {"mean": (("time",), TIME**2, {})})
    with pytest.raises(InputError, match=r"time,lat: field.*such as: group: time$"):
        columns(path)
    assert list(columns(path, "time")) == ["time", "mean"]
    assert list(columns(path, "time, lat")) == ["time", "lat", "field"]
    with pytest.raises(InputError, match="Did you mean 'time,lat'"):
        columns(path, "time,lt")


def modern(path: Path, variables: dict) -> Path:
    """A MATLAB file of version 7.3: HDF5 behind a header of 512 bytes, arrays columns first."""
    with h5py.File(path, "w", userblock_size=512) as file:

        def put(group, name, value):
            if isinstance(value, dict):
                inner = group.create_group(name)
                inner.attrs["MATLAB_class"] = np.bytes_("struct")
                for key, item in value.items():
                    put(inner, key, item)
            elif isinstance(value, str):
                group[name] = np.array([[ord(sign)] for sign in value], dtype=np.uint16)
                group[name].attrs["MATLAB_class"] = np.bytes_("char")
            else:
                group[name] = np.atleast_2d(value).T
                group[name].attrs["MATLAB_class"] = np.bytes_("double")

        for name, value in variables.items():
            put(file, name, value)
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(508) + b"\x00\x02IM")
    return path


def older(path: Path, variables: dict) -> Path:
    savemat(path, variables)
    return path


MATLAB = {"5": older, "7.3": modern}


@pytest.mark.parametrize("write", MATLAB.values(), ids=MATLAB)
def test_vectors_are_columns_whichever_way_they_lie(tmp_path, write):
    held = columns(
        write(tmp_path / "t.mat", {"a": A[:, None], "y": Y[None, :], "g": 9.81, "s": "ab"})
    )
    assert sorted(held) == ["a", "y"]
    assert np.array_equal(held["a"][0], A)
    assert np.array_equal(held["y"][0], Y)


@pytest.mark.parametrize("write", MATLAB.values(), ids=MATLAB)
def test_the_columns_of_a_matrix_are_numbered(tmp_path, write):
    held = columns(write(tmp_path / "t.mat", {"data": np.column_stack([A, Y, A + Y])}))
    assert list(held) == ["data_1", "data_2", "data_3"]
    assert np.array_equal(held["data_2"][0], Y)


@pytest.mark.parametrize("write", MATLAB.values(), ids=MATLAB)
def test_fields_of_a_structure_are_columns(tmp_path, write):
    one = {"a": A[:, None], "y": Y[:, None], "note": "run"}
    assert sorted(columns(write(tmp_path / "t.mat", {"run1": one}))) == ["a", "y"]
    path = write(tmp_path / "two.mat", {"run1": one, "run2": one | {"y": A[:, None]}})
    with pytest.raises(InputError, match=r"2 structures \(run1, run2\).*group: run1"):
        columns(path)
    assert np.array_equal(columns(path, "run2")["y"][0], A)
    with pytest.raises(InputError, match="Did you mean 'run2'"):
        columns(path, "rum2")


@pytest.mark.parametrize("write", MATLAB.values(), ids=MATLAB)
def test_matlab_files_without_a_table(tmp_path, write):
    with pytest.raises(InputError, match="no vector of numbers"):
        columns(write(tmp_path / "t.mat", {"s": "only text"}))
    with pytest.raises(InputError, match="different lengths"):
        columns(write(tmp_path / "u.mat", {"a": A, "b": A[1:]}))


@pytest.mark.parametrize("name", ["t.nc", "t.mat"])
@pytest.mark.parametrize(
    "content", [b"CDF\x01", b"not a table", b"MATLAB 7.3 MAT-file" + b" " * 600]
)
def test_a_file_of_something_else_is_refused(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match="no readable"):
        columns(tmp_path / name)


def test_a_file_that_is_cut_off_is_refused_or_read(tmp_path):
    whole = [
        classic(tmp_path / "a.nc", TABLE),
        version_4(tmp_path / "b.nc", GRID),
        older(tmp_path / "a.mat", {"a": A, "y": Y}),
        modern(tmp_path / "b.mat", {"a": A, "y": Y}),
    ]
    savemat(tmp_path / "c.mat", {"a": A, "y": Y}, do_compression=True)
    for path in [*whole, tmp_path / "c.mat"]:
        content = path.read_bytes()
        for size in range(1, len(content), max(1, len(content) // 60)):
            path.write_bytes(content[:size])
            with contextlib.suppress(InputError):  # anything else would be a trace to the user
                columns(path)


def test_structures_in_structures_and_arrays_of_them(tmp_path):
    a, y = np.arange(20.0), np.arange(20.0) ** 2
    savemat(tmp_path / "deep.mat", {"exp": {"run": {"a": a, "y": y}, "note": "warm"}})
    each = np.array([(p, q) for p, q in zip(a, y, strict=True)], dtype=[("a", "O"), ("y", "O")])
    savemat(tmp_path / "many.mat", {"exp": each})
    for name in ("deep.mat", "many.mat"):
        columns = {c.name: c.values for c in read_columns(tmp_path / name, where=name)}
        np.testing.assert_array_equal(columns["a"], a)
        np.testing.assert_array_equal(columns["y"], y)


def test_what_was_never_written_to_netcdf_is_missing(tmp_path):
    with netcdf_file(tmp_path / "t.nc", "w") as file:
        file.createDimension("row", 3)
        for name, kind, gap in (("a", "f8", 9.969209968386869e36), ("n", "i4", -2147483647)):
            file.createVariable(name, kind, ("row",))[:] = np.array([1, gap, 3], dtype=kind)
    for column in read_columns(tmp_path / "t.nc", where="t.nc"):
        np.testing.assert_array_equal(column.values, [1.0, np.nan, 3.0])
