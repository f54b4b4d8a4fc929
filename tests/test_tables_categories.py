"""Columns of categories and conditions on rows."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from discover.config import DataConfig
from discover.tables import load
from tests.small_tables import N, complaint, csv, read, table_text

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


def test_a_target_of_words_is_not_sent_to_categories(tmp_path):
    error = complaint(csv(tmp_path, table_text({"y": ["yes", "no"] * (N // 2)})))
    assert "Write two kinds as 0 and 1" in str(error)
    assert "categories" not in str(error)
