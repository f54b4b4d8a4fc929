"""Fields from files: HDF5, NPZ, NetCDF, and every complaint about a grid."""

import h5py
import numpy as np
import pytest
from scipy.io import netcdf_file

from discover import grids
from discover.config import DataConfig
from discover.errors import InputError
from discover.field import Axis, Field

T, X = np.linspace(0, 1, 50), np.arange(16) * 0.5
VALUES = np.sin(X[None, :] - T[:, None])


@pytest.fixture
def load(tmp_path):
    """Writes arrays as NPZ and loads them."""

    def loaded(task="pde", seed=0, noise=0.0, axes=None, arrays=None, **config) -> Field:
        np.savez(tmp_path / "f.npz", **(arrays or {"t": T, "x": X, "u": VALUES}))
        data = DataConfig(file="f.npz", noise=noise, axes=axes, **config)
        return grids.load(data, folder=tmp_path, seed=seed, task=task)

    return loaded


def test_an_npz_is_a_field(load) -> None:
    field = load(periodic=("x",), units={"u": "m", "x": "m"})
    assert field.values.shape == (1, 1, 50, 16)
    assert [axis.name for axis in field.axes] == ["t", "x"]
    assert field.space[0].periodic
    assert field.space[0].length == pytest.approx(8.0)
    assert field.variables[0].unit == "m"
    assert field.source.path == "f.npz"
    assert len(field.source.sha256) == 64


def test_hdf5_says_units_axes_and_periods_itself(tmp_path) -> None:
    with h5py.File(tmp_path / "f.h5", "w") as file:
        group = file.create_group("run")
        for name, values, unit in (("when", T, "s"), ("x", X, "m"), ("u", VALUES, "K")):
            group[name] = values
            group[name].attrs["units"] = unit
        group["x"].attrs["periodic"] = True
        group.attrs["axes"] = ["when", "x"]
    field = grids.load(DataConfig(file="f.h5"), folder=tmp_path, seed=0)
    assert [(a.name, a.unit, a.periodic) for a in field.axes] == [
        ("when", "s", False), ("x", "m", True),
    ]  # fmt: skip
    assert field.variables[0].unit == "K"


def test_classic_netcdf_is_a_field(tmp_path) -> None:
    with netcdf_file(tmp_path / "f.nc", "w") as file:
        for name, values in (("t", T), ("x", X)):
            file.createDimension(name, len(values))
            file.createVariable(name, "d", (name,))[:] = values
        u = file.createVariable("u", "d", ("t", "x"))
        u[:] = VALUES
        u.units = b"m"
    field = grids.load(DataConfig(file="f.nc"), folder=tmp_path, seed=0)
    assert np.array_equal(field.values[0, 0], VALUES)
    assert field.variables[0].unit == "m"


def test_trajectories_come_in_front(load) -> None:
    many = np.stack([VALUES[:, 0] + k for k in range(6)])
    field = load(task="ode", arrays={"time": T, "u": many, "v": 2 * many})
    assert field.names == ("u", "v")
    assert field.trajectories == 6
    assert [field.part(p).trajectories for p in ("train", "validation", "test")] == [4, 1, 1]


def test_few_trajectories_are_split_by_time(load) -> None:
    field = load()
    parts = [field.part(part).time.values for part in ("train", "validation", "test")]
    assert np.array_equal(np.concatenate(parts), T)
    assert parts[2].min() > parts[1].max() > parts[0].max()


def test_noise_is_a_share_of_the_spread_and_seeded(load) -> None:
    clean, noisy, again, other = load(), load(noise=0.1), load(noise=0.1), load(noise=0.1, seed=1)
    assert np.array_equal(noisy.values, again.values)
    assert not np.array_equal(noisy.values, other.values)
    assert (noisy.values - clean.values).std() == pytest.approx(0.1 * VALUES.std(), rel=0.2)
    assert noisy.noise["u"] == pytest.approx(0.1 * VALUES.std())


BROKEN = VALUES.copy()
BROKEN[3, 4] = np.nan
UNEVEN = X.copy()
UNEVEN[5] += 0.1


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"t": T, "x": X, "u": VALUES.T}, "the shape 16 x 50, expected 50 x 16"),
        ({"t": T, "x": X, "u": BROKEN}, "1 missing or infinite values"),
        ({"t": T, "x": UNEVEN, "u": VALUES}, "even spacing"),
        ({"t": T[::-1], "x": X, "u": VALUES}, "ascending"),
        ({"t": T, "x": X[:8], "u": VALUES[:, :8]}, "8 points"),
        ({"t": T, "x": X, "u": np.ones_like(VALUES)}, "one value everywhere"),
        ({"t": T[:20], "x": X, "u": VALUES[:20]}, "at least 50, or five trajectories"),
        ({"t": T, "x": X}, "no fields"),
        ({"x": X, "u": VALUES}, "no axes"),
        ({"t": T, "u": VALUES[:, 0]}, "found the axes t, u|no fields"),
    ],
)
def test_what_is_wrong_with_a_grid_is_said(load, arrays, words) -> None:
    with pytest.raises(InputError, match=words):
        load(arrays=arrays)


def test_mistakes_of_a_recipe_are_said(load) -> None:
    with pytest.raises(InputError, match="Did you mean 'x'"):
        load(axes=("t", "X"))
    with pytest.raises(InputError, match="periodic: found y"):
        load(periodic=("y",))
    with pytest.raises(InputError, match="no field 'w'"):
        load(features=("w",))
    with pytest.raises(InputError, match="time and space"):
        load(axes=("t",))
    with pytest.raises(InputError, match=r"units\.u"):
        load(units={"u": "no unit"})


def test_several_mistakes_come_together(load) -> None:
    with pytest.raises(InputError) as caught:
        load(arrays={"t": T, "x": UNEVEN, "u": BROKEN})
    assert len(caught.value.findings) == 2


def test_files_that_are_none(tmp_path) -> None:
    (tmp_path / "f.h5").write_text("no HDF5")
    (tmp_path / "f.pkl").write_text("")
    np.savez(tmp_path / "o.npz", u=np.array([{}], dtype=object))
    for name, words in (
        ("f.h5", "cannot be read"), ("f.pkl", "ending"), ("o.npz", "Python objects"),
        ("none.h5", "no such file"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=words):
            grids.load(DataConfig(file=name), folder=tmp_path, seed=0)


def test_the_group_has_to_be_named_where_there_are_two(tmp_path) -> None:
    with h5py.File(tmp_path / "f.h5", "w") as file:
        for name in "ab":
            for key, values in (("t", T), ("x", X), ("u", VALUES)):
                file[f"{name}/{key}"] = values
    with pytest.raises(InputError, match="2 groups"):
        grids.load(DataConfig(file="f.h5"), folder=tmp_path, seed=0)
    with pytest.raises(InputError, match="one of: a, b"):
        grids.load(DataConfig(file="f.h5", group="c"), folder=tmp_path, seed=0)
    assert grids.load(DataConfig(file="f.h5", group="b"), folder=tmp_path, seed=0).names == ("u",)


def test_links_into_other_files_are_not_followed(tmp_path) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["secret"] = VALUES
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file["t"], file["x"], file["u"] = T, X, VALUES
        file["w"] = h5py.ExternalLink("other.h5", "/secret")
    assert grids.load(DataConfig(file="f.h5"), folder=tmp_path, seed=0).names == ("u",)


def test_an_axis_forgets_its_period_when_it_is_cut() -> None:
    axis = Axis(name="x", values=X, periodic=True)
    assert not axis.cut(0, 8).periodic
