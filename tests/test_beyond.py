"""A second table beyond the range of the first: where laws are tried and nothing is fitted."""

import numpy as np
import pandas as pd
import pytest

from discover.accuracy import Levels
from discover.config import BeyondConfig, DataConfig
from discover.dataset import Variable
from discover.errors import InputError
from discover.law import Law
from discover.score import extrapolated, score
from discover.tables import load, load_beyond


def write(path, x, **more):
    pd.DataFrame({"x [m]": x, "z": x**2, "y": 3 * x, **more}).to_csv(path, index=False)


@pytest.fixture
def first(tmp_path):
    write(tmp_path / "near.csv", np.linspace(1, 2, 40))
    return load(DataConfig(file="near.csv", target="y"), folder=tmp_path, seed=0)


def far(tmp_path, **settings):
    return BeyondConfig(file="far.csv", **settings)


def test_a_true_law_holds_there_and_a_false_one_fails_by_what_it_should(first, tmp_path):
    x = np.linspace(10, 20, 7)
    write(tmp_path / "far.csv", x)
    beyond = load_beyond(far(tmp_path), first, folder=tmp_path)
    feature = first.features[0]
    true = score(Law.of(3 * feature.sympy, [feature], first.target, "graph"), first)
    false = score(Law.of(2 * feature.sympy, [feature], first.target, "graph"), first)
    reached = [extrapolated(law, first, beyond).accuracy["extrapolation"] for law in (true, false)]
    assert (reached[0].n, reached[0].split, reached[0].rms) == (7, "extrapolation", 0.0)
    assert reached[1].rms == pytest.approx(np.sqrt(np.mean(x**2)))


def test_rows_are_chosen_and_gaps_are_counted(first, tmp_path):
    x = np.array([10.0, 20.0, np.nan, 40.0])
    write(tmp_path / "far.csv", x)
    beyond = load_beyond(far(tmp_path, where=["z > 200"]), first, folder=tmp_path)
    assert beyond.columns["x"].tolist() == [20.0, 40.0]
    assert beyond.source.rows == 4
    assert beyond.source.dropped == {"where": 2}


def test_a_law_in_a_column_that_it_lacks_is_not_tried(first, tmp_path):
    pd.DataFrame({"x": [10.0], "y": [30.0]}).to_csv(tmp_path / "far.csv", index=False)
    beyond = load_beyond(far(tmp_path), first, folder=tmp_path)
    z = first.features[1]
    law = score(Law.of(z.sympy, [z], first.target, "graph"), first)
    assert "extrapolation" not in extrapolated(law, first, beyond).accuracy


@pytest.mark.parametrize(
    ("table", "found"),
    [
        ({"x": [1.0]}, "no column 'y', the target"),
        ({"w": [1.0], "y": [1.0]}, "the columns w, y"),
        ({"x [km]": [1.0], "y": [1.0]}, "the unit km"),
        ({"x": ["far"], "y": [1.0]}, "far"),
        ({"x": [np.nan], "y": [1.0]}, "no row with a value"),
    ],
)
def test_what_cannot_be_used_is_named(first, tmp_path, table, found):
    pd.DataFrame(table).to_csv(tmp_path / "far.csv", index=False)
    with pytest.raises(InputError, match=found):
        load_beyond(far(tmp_path), first, folder=tmp_path)


@pytest.mark.parametrize("unit", ["m s-1", "km/ks", "m/s", ""])
def test_units_are_compared_by_what_they_mean(tmp_path, unit):
    x = np.linspace(1, 2, 40)
    pd.DataFrame({"v [m/s]": x, "y": 3 * x}).to_csv(tmp_path / "near.csv", index=False)
    first = load(DataConfig(file="near.csv", target="y"), folder=tmp_path, seed=0)
    head = f"v [{unit}]" if unit else "v"
    pd.DataFrame({head: [9.0], "y": [27.0]}).to_csv(tmp_path / "far.csv", index=False)
    beyond = load_beyond(far(tmp_path), first, folder=tmp_path)
    assert beyond.columns["v"].tolist() == [9.0]


@pytest.mark.parametrize(("unit", "advice"), [("km/s", "multiply it by 1000"), ("kg", "Convert")])
def test_other_units_are_refused_with_the_factor(tmp_path, unit, advice):
    x = np.linspace(1, 2, 40)
    pd.DataFrame({"v [m/s]": x, "y": 3 * x}).to_csv(tmp_path / "near.csv", index=False)
    first = load(DataConfig(file="near.csv", target="y"), folder=tmp_path, seed=0)
    pd.DataFrame({f"v [{unit}]": [9.0], "y": [27.0]}).to_csv(tmp_path / "far.csv", index=False)
    with pytest.raises(InputError, match=advice):
        load_beyond(far(tmp_path), first, folder=tmp_path)


def test_kinds_are_marked_as_in_the_first_table(tmp_path):
    x = np.linspace(1, 2, 40)
    near = {"kind": ["star", "comet"] * 20, "x": x, "y": 3 * x}
    pd.DataFrame(near).to_csv(tmp_path / "near.csv", index=False)
    config = DataConfig(file="near.csv", target="y", categories=("kind",))
    first = load(config, folder=tmp_path, seed=0)
    there = {"kind": ["comet", "star", "moon", None], "x": [9.0, 8, 7, 6], "y": [1.0, 2, 3, 4]}
    pd.DataFrame(there).to_csv(tmp_path / "far.csv", index=False)
    beyond = load_beyond(far(tmp_path), first, folder=tmp_path, categories=("kind",))
    assert beyond.columns["kind=comet"].tolist() == [1.0, 0.0]
    assert beyond.columns["x"].tolist() == [9.0, 8.0]
    assert beyond.source.dropped == {"missing values": 2}


def test_the_rounding_is_that_of_the_first_table(tmp_path):
    x = np.linspace(-3, 3, 61)
    pd.DataFrame({"x": x, "y": 2 * np.round(x)}).to_csv(tmp_path / "near.csv", index=False)
    first = load(DataConfig(file="near.csv", target="y"), folder=tmp_path, seed=0, task="ordinal")
    pd.DataFrame({"x": [10.2, 11.9], "y": [20.0, 24.0]}).to_csv(tmp_path / "far.csv", index=False)
    beyond = load_beyond(far(tmp_path), first, folder=tmp_path)
    feature = Variable(name="x")
    law = score(
        Law.of(2 * feature.sympy, [feature], first.target, "graph"),
        first,
        Levels(offset=0.0, step=2.0),
    )
    reached = extrapolated(law, first, beyond, Levels(offset=0.0, step=2.0))
    assert reached.accuracy["extrapolation"].accuracy == 1.0
