"""A drafted recipe explains its guesses and works."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from discover import config
from discover.draft import draft
from discover.errors import InputError
from discover.tables import load

N = 60


def columns():
    a = np.random.default_rng(0).normal(size=N)
    return {"a": a, "b": np.cos(7 * np.arange(N)), "y": a**3}


def drafted(tmp_path, frame, target=None, **how):
    path = tmp_path / "table.csv"
    pd.DataFrame(frame).to_csv(path, index=how.pop("index", False), **how)
    text = draft(path, target)
    (tmp_path / "recipe.yaml").write_text(text, encoding="utf-8")
    recipe = config.read(tmp_path / "recipe.yaml")
    return text, recipe, load(recipe.data, folder=tmp_path, seed=0, task=recipe.task)


def test_the_last_column_of_numbers_is_the_target(tmp_path):
    text, recipe, data = drafted(tmp_path, {**columns(), "who": ["x"] * N})
    assert recipe.data.target == "y"
    assert recipe.data.drop == ("who",)
    assert data.names == ("a", "b")
    assert recipe.task == "regression"
    assert "# text 'x' in row 1" in text


def test_the_target_can_be_told(tmp_path):
    text, recipe, data = drafted(tmp_path, columns(), "a")
    assert (recipe.data.target, data.names) == ("a", ("b", "y"))
    assert "As you said" in text


def test_what_is_left_out_and_why(tmp_path):
    frame = {
        "id": np.arange(N) + 1,
        **columns(),
        "k": 1.5,
        "copy": columns()["a"],
        "gaps": [1.0, 2.0] + [np.nan] * (N - 2),
        "t": np.arange(N),
    }
    text, recipe, data = drafted(tmp_path, frame, "y", index=True)
    assert recipe.data.drop == ("column 1", "id", "k", "gaps", "copy")
    assert data.names == ("a", "b", "t")
    for words in ("row index", "row number", "constant: 1.5", "58 of 60", "exact copy of 'a'"):
        assert words in text


def test_a_copy_of_the_target_explains_nothing(tmp_path):
    text, recipe, _ = drafted(tmp_path, {"leak": columns()["y"], **columns()})
    assert recipe.data.drop == ("leak",)
    assert "exact copy of the target 'y'" in text


def test_a_target_of_few_levels_is_ordinal(tmp_path):
    text, recipe, _ = drafted(tmp_path, {**columns(), "s": 2 * (np.arange(N) % 5) - 4})
    assert recipe.task == "ordinal"
    assert "5 whole numbers from -4 to 4 in steps of 2" in text


def test_a_target_of_two_values_is_one_of_classes(tmp_path):
    text, recipe, _ = drafted(tmp_path, {**columns(), "s": np.arange(N) % 2})
    assert recipe.task == "classification"
    assert "boundary between them" in text


@pytest.mark.parametrize(
    "target",
    [
        np.arange(N),
        np.arange(N) % 25,
        np.arange(N) % 15,
        0.5 * (np.arange(N) % 5),
        np.where(np.arange(N) % 2, 1000, np.arange(N) % 3),
    ],
)
def test_other_targets_are_not(tmp_path, target):
    assert drafted(tmp_path, {**columns(), "s": target})[1].task == "regression"


def test_units_of_headers_are_shown(tmp_path):
    frame = {"a [m]": columns()["a"], "b": columns()["b"], "y (kg)": columns()["y"]}
    _, recipe, data = drafted(tmp_path, frame)
    assert recipe.data.units == {"a": "m", "y": "kg"}
    assert [v.unit for v in (*data.features, data.target)] == ["m", "1", "kg"]


def test_near_copies_are_grouped(tmp_path):
    a = np.repeat(columns()["a"][: N // 2], 2)
    frame = {"a": a * (1 + 1e-9 * np.arange(N)), "b": np.repeat(np.arange(N // 2) % 9, 2)}
    _, recipe, _ = drafted(tmp_path, {**frame, "y": a**2 + 0.1})
    assert recipe.data.split.by == "a"
    assert drafted(tmp_path, columns())[1].data.split.by is None


def test_rows_with_gaps_are_announced(tmp_path):
    frame = columns()
    frame["a"][3] = np.nan
    text, recipe, _ = drafted(tmp_path, frame)
    assert "1 of 60 rows" in text
    assert recipe.data.missing == "drop"


def test_a_hopeless_table_is_refused(tmp_path):
    with pytest.raises(InputError, match="no column of numbers"):
        drafted(tmp_path, {"a": ["x"] * N, "b": 1})
    short = {name: values[:9] for name, values in columns().items()}
    pd.DataFrame(short).to_csv(tmp_path / "short.csv", index=False)
    with pytest.raises(InputError, match="at least 16"):
        draft(tmp_path / "short.csv")
    with pytest.raises(InputError, match="Did you mean 'y'"):
        drafted(tmp_path, columns(), "Y ")
    with pytest.raises(InputError, match="no column beside"):
        drafted(tmp_path, {"y": columns()["y"]})
    with pytest.raises(InputError, match="A target must be"):
        drafted(tmp_path, {**columns(), "who": ["x"] * N}, "who")


def test_a_name_cannot_break_out_of_its_comment(tmp_path):
    name = "a\nseed: 7\n#"
    held = {name: columns()["a"], "gone\nseed: 8": np.ones(N), "y": columns()["y"]}
    np.savez(tmp_path / "t.npz", **held)
    (tmp_path / "t.yaml").write_text(draft(tmp_path / "t.npz"), encoding="utf-8")
    recipe = config.read(tmp_path / "t.yaml")
    assert recipe.seed == 0
    assert recipe.data.drop == ("gone\nseed: 8",)
    assert load(recipe.data, folder=tmp_path, seed=0).names == (name.strip(),)


names = st.text(
    st.characters(codec="utf-8", exclude_characters="\n\r\0", exclude_categories=("Cs",)),
    min_size=1,
    max_size=20,
).filter(lambda name: name.strip() == name and not name.startswith("#"))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=names, text=names)
@example(name="0E0", text="0").via("a number to us, but none in YAML 1.1")
@example(name="no", text="1e-3").via("the other way round")
def test_any_name_and_any_cell_survive_the_yaml(tmp_path, name, text):
    frame = pd.DataFrame(columns())
    frame.columns = ["a", "b", name]
    frame.insert(0, "note", [text] * N)
    if not name.isprintable() or name in {"a", "b", "note"} or not _is_word(name):
        return
    _, recipe, data = drafted(tmp_path, frame, name)
    assert recipe.data.target == data.target.name


def _is_word(name):
    """Whether a CSV header can carry the name at all, beside comments and units in it."""
    return '"' not in name and not any(c in name for c in "[]()\\") and name.isascii()


@pytest.mark.parametrize(
    "name", ["yes", "1.5", "null", "a: b", "# x", "- x", "'", "{}", "x, y", "ü", "*x", "!y", "%z"]
)
def test_odd_names(tmp_path, name):
    frame = pd.DataFrame(columns())
    frame.columns = ["a", name, "y"]
    assert drafted(tmp_path, frame)[2].names == ("a", name)
    assert drafted(tmp_path, frame, name)[2].target.name == name
    frame[name] = "text"
    assert drafted(tmp_path, frame)[1].data.drop == (name,)


def test_names_without_rows_are_refused(tmp_path):
    with pytest.raises(InputError, match="column names and no rows"):
        drafted(tmp_path, {"a": [], "y": []})
