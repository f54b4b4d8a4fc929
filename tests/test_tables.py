"""Files become datasets; what cannot is refused with all that is wrong."""

import hashlib

import numpy as np
import pandas as pd
import pytest

from discover import shipped
from discover.config import DataConfig
from discover.config.text import load as read_yaml
from discover.dataset import PARTS, Variable
from discover.errors import InputError
from discover.tables import load, load_dataset
from tests.small_tables import GOOD, TEXT, N, complaint, csv, read, table_text

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
    drop = read_yaml(line)[0]["drop"]
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
