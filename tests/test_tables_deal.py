"""Rows dealt to parts: near-copies on one side, seeded, counted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from discover.config import DataConfig, SplitConfig
from discover.dataset import PARTS
from discover.errors import InputError
from discover.tables import load
from discover.tables.deal import deal, groups, labels, sample
from tests.small_tables import GOOD, N, complaint, csv, read, table_text

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


def test_a_group_too_small_to_stand_alone_gives_way():
    group = np.repeat([0, 1, 2, 3], [5, 2, 5, 4])
    config = SplitConfig(validation=0.25, test=0.1)
    for seed in range(50):
        split = deal(group, config, np.random.Generator(np.random.PCG64(seed)), "t")
        assert 3 <= len(split.test) <= 5
        assert 3 <= len(split.validation) <= 5


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
