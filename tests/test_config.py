"""Recipes: all mistakes at once with their paths, YAML without its traps, and the way back."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from discover import shipped
from discover.config import (
    DataConfig,
    HypothesisConfig,
    KanConfig,
    LawConfig,
    Recipe,
    SplitConfig,
    dump,
    find,
    read,
)
from discover.config.text import BadYamlError, inline, load
from discover.config.text import dump as dump_yaml
from discover.errors import InputError

GOOD = """
data:
  file: fall.csv
  target: t
"""


@pytest.fixture
def recipe(tmp_path: Path):
    """Write a recipe and read it."""

    def write(text: str, *overrides: str, name: str = "fall.yaml") -> Recipe:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return read(path, overrides)

    return write


@pytest.fixture
def complaints(recipe):
    """Read a bad recipe: what is said, by place."""

    def said(text: str, *overrides: str, name: str = "fall.yaml") -> dict[str, str]:
        with pytest.raises(InputError) as caught:
            recipe(text, *overrides, name=name)
        return {finding.where: str(finding) for finding in caught.value.findings}

    return said


def test_a_small_recipe_takes_its_name_from_the_file(recipe) -> None:
    assert recipe(GOOD) == Recipe(name="fall", data=DataConfig(file=Path("fall.csv"), target="t"))
    assert recipe(GOOD, name="my fall (2).yaml").name == "my-fall-2-"
    assert recipe("name: other" + GOOD).name == "other"


def test_five_mistakes_are_five_findings(complaints) -> None:
    said = complaints(
        """
        titel: Free fall
        task: ordinary
        data: {file: fall.csv, target: t, features: [h, t]}
        kan: {seeds: four}
        law: {max_complexity: 0}
        """
    )
    assert said == {
        "fall.yaml: titel": "fall.yaml: titel: found an unknown key, expected one of name, title, "
        "task, seed, data, kan, edges, law, equation, validate, hypotheses. Did you mean 'title'?",
        "fall.yaml: task": "fall.yaml: task: found 'ordinary', expected 'regression', "
        "'ordinal', 'classification', 'relation', 'pde' or 'ode'. Did you mean 'ordinal'?",
        "fall.yaml: data.features": "fall.yaml: data.features: found the target 't', expected "
        "only columns that may explain it",
        "fall.yaml: kan.seeds": "fall.yaml: kan.seeds: found 'four', expected an integer from 1",
        "fall.yaml: law.max_complexity": "fall.yaml: law.max_complexity: found 0, expected an "
        "integer from 1 to 200",
    }


@pytest.mark.parametrize(
    ("part", "place", "words"),
    [
        ("kan: {seeds: true}", "kan.seeds", "found true, expected an integer from 1"),
        ("kan: {seeds: 2.5}", "kan.seeds", "found 2.5"),
        ("kan: {seeds: 0}", "kan.seeds", "found 0"),
        ("kan: {seeds: }", "kan.seeds", "found nothing"),
        ("kan: {order: 9}", "kan.order", "an integer from 1 to 7"),
        ("kan: {grids: 3}", "kan.grids", "a list of integers from 1"),
        ("kan: {grids: []}", "kan.grids", "an empty list, expected a list of integers from 1"),
        ("kan: {grids: [3, x]}", "kan.grids[1]", "found 'x'"),
        ("kan: {grids: [6, 3, 3]}", "kan.grids", "Write [3, 6]"),
        ("kan: {penalties: []}", "kan.penalties", "an empty list"),
        ("kan: {penalties: [1, 1.0]}", "kan.penalties", "each weight once"),
        ("kan: {penalties: [-1]}", "kan.penalties[0]", "a number from 0"),
        ("kan: {penalties: [.nan]}", "kan.penalties[0]", "found '.nan'"),
        ("kan: {penalties: [inf]}", "kan.penalties[0]", "found 'inf'"),
        ("kan: {penalties: [nan]}", "kan.penalties[0]", "a number from 0"),
        ("kan: {hidden: [[1], [a]]}", "kan.hidden[1][0]", "found 'a'"),
        ("kan: {hidden: [[[0, 0]]]}", "kan.hidden", "without nodes"),
        ("kan: {hidden: autom}", "kan.hidden", "Did you mean 'auto'?"),
        ("kan: {device: gpu}", "kan.device", "'cuda'"),
        ("kan: 3", "kan", "a mapping with the keys hidden, basis"),
        ("edges: {functions: []}", "edges.functions", "an empty list"),
        ("edges: {functions: [1.5]}", "edges.functions[0]", "expected text"),
        ("edges: {functions: {}}", "edges.functions", "functions of your own such as {mine: x"),
        ("edges: {functions: {mine: [x]}}", "edges.functions.mine", "expected text"),
        ("law: {refine: pysrr}", "law.refine", "Did you mean 'pysr'?"),
        ("validate: {level: 95}", "validate.level", "a number above 0 and below 1"),
        ("validation: {level: 0.5}", "validation", "Did you mean 'validate'?"),
        ("seed: -1", "seed", "an integer from 0 to 2147483647"),
        ("seed: 99999999999999999999", "seed", "an integer from 0 to 2147483647"),
        ("name: a/b", "name", "a name of letters, digits"),
        ("hypotheses: {a: ' '}", "hypotheses.a", "empty formula"),
        ("hypotheses: {a: [x]}", "hypotheses.a", "a formula such as c*a/b, or a mapping"),
        ("hypotheses: {a: {expression: x, sorce: me}}", "hypotheses.a.sorce", "'source'?"),
        ("hypotheses: {a: {source: me}}", "hypotheses.a.expression", "found nothing"),
        ("hypotheses: [x]", "hypotheses", "a mapping of names"),
        ("1: x", "1", "unknown key"),
    ],
)
def test_each_mistake_has_its_place_and_words(complaints, part, place, words) -> None:
    said = complaints(f"{part}\n{GOOD}")
    assert list(said) == [f"fall.yaml: {place}"]
    assert words in next(iter(said.values()))


@pytest.mark.parametrize(
    ("part", "place", "words"),
    [
        ("{}", "data", "neither source nor file"),
        ("{source: x, file: y}", "data", "both source and file"),
        ("{source: no-such}", "data.source", "a shipped dataset"),
        ("{file: x, features: [a, b, a]}", "data.features", "'a' twice"),
        ("{file: x, drop: [a, a]}", "data.drop", "'a' twice"),
        ("{file: x, features: [a], drop: [b, a]}", "data.drop", "also a feature"),
        ("{file: x, target: t, features: [t]}", "data.features", "the target 't'"),
        ("{file: x, target: t, drop: [t]}", "data.drop", "the target 't'"),
        ("{file: x, features: []}", "data.features", "at least one"),
        ("{file: x, features: a}", "data.features", "a list of texts"),
        ("{file: x, units: m}", "data.units", "a mapping of names to texts"),
        ("{file: x, units: {a: [m]}}", "data.units.a", "expected text"),
        ("{file: [x]}", "data.file", "a path"),
        ("{file: x, missing: keep}", "data.missing", "'drop' or 'refuse'"),
        ("{file: x, split: {test: 0.5, validation: 0.5}}", "data.split", "less than 1"),
        ("{file: x, split: {test: 1}}", "data.split.test", "above 0 and below 1"),
        ("{file: x, split: {test: true}}", "data.split.test", "found true"),
    ],
)
def test_contradictions_of_the_data(complaints, part, place, words) -> None:
    said = complaints(f"data: {part}")
    assert words in said[f"fall.yaml: {place}"]


def test_no_data_at_all(complaints) -> None:
    assert "found nothing" in complaints("title: x")["fall.yaml: data"]


def test_a_mistake_is_not_told_twice_as_a_contradiction(complaints) -> None:
    assert list(complaints("data: {source: [x], target: t}")) == ["fall.yaml: data.source"]
    assert list(complaints("data: {file: x, split: {test: 2, validation: 0.9}}")) == [
        "fall.yaml: data.split.test"
    ]


def test_findings_come_in_the_order_of_the_recipe(complaints) -> None:
    said = complaints("law: {effort: x}\nkan: {steps: x, keep: x}\ndata: {}\nseed: x")
    keys = ["law.effort", "kan.steps", "kan.keep", "data", "seed"]
    assert list(said) == [f"fall.yaml: {key}" for key in keys]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("", "fall.yaml", "an empty file"),
        ("# nothing", "fall.yaml", "an empty file"),
        ("- a", "fall.yaml", "found a list"),
        ("just text", "fall.yaml", "found 'just text'"),
        ("a: [1", "fall.yaml, line 1, column 6", "YAML"),
        ("a: b: c", "fall.yaml, line 1, column 5", "mapping values"),
        ("a:\n\tb: 1", "fall.yaml, line 2, column 1", "Indent with spaces"),
        ("a: &x 1\nb: *x", "fall.yaml, line 2, column 4", "an alias"),
        ("a: !!python/object:os.system x", "fall.yaml, line 1, column 4", "could not determine"),
        ("? [a]\n: 1", "fall.yaml, line 1, column 3", "in the place of a key"),
        ("a: \x01", "fall.yaml, line 1, column 1", "does not allow"),
        ("a: 1\n---\nb: 2", "fall.yaml, line 2, column 1", "document"),
        ("[" * 5000, "fall.yaml", "nested too deeply"),
    ],
)
def test_text_that_is_no_recipe(complaints, text, place, words) -> None:
    assert words in complaints(text)[place]


def test_a_key_given_twice_is_told_beside_the_rest(complaints) -> None:
    said = complaints("kan:\n  seeds: 2\n  seeds: x\n" + GOOD)
    assert list(said) == ["fall.yaml, line 3", "fall.yaml: kan.seeds"]
    assert "'seeds' for the second time" in said["fall.yaml, line 3"]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"title: caf\xe9")
    (tmp_path / "table.csv").write_bytes(b"a,b\n1,2\n")
    (tmp_path / "big.yaml").write_text("#" * 1_000_001)
    (tmp_path / "fall.yaml").write_text(GOOD)
    for name, words in [
        ("latin.yaml", "no UTF-8"),
        ("table.csv", "discover fit TABLE"),
        ("big.yaml", "1000001 bytes"),
        ("", "a folder"),
        ("fal.yaml", "no such file, expected a recipe (YAML, UTF-8). Did you mean 'fall.yaml'?"),
        ("no/where.yaml", "no such file"),
    ]:
        with pytest.raises(InputError) as caught:
            read(tmp_path / name)
        assert words in str(caught.value)


def test_yaml_traps_are_closed() -> None:
    text = "{a: 1e-3, b: no, c: 010, d: 1:30, e: 2020-01-01, f: true, g: 1_000, on: ~, 1: x}"
    assert load(text)[0] == {
        "a": 1e-3, "b": "no", "c": 10, "d": "1:30", "e": "2020-01-01", "f": True, "g": "1_000",
        "on": None, "1": "x",
    }  # fmt: skip


def test_numbers_and_names_as_physicists_write_them(recipe) -> None:
    read_back = recipe(
        "data: {file: a.csv, target: 1, features: [no, 2], units: {2: 1}, rows: 1e3}\n"
        "kan: {penalties: [1e-1, 1e-3], hidden: [[], [1], [2, [1, 1]]]}\n"
        'hypotheses: {natural slope: "c*a/b", half: 0.5, cited: {expression: a, source: me}}\n'
    )
    assert read_back.data.features == ("no", "2")
    assert read_back.data.units == {"2": "1"}
    assert read_back.data.rows == 1000
    assert read_back.kan.penalties == (0.1, 0.001)
    assert read_back.kan.hidden == ((), (1,), (2, (1, 1)))
    assert read_back.hypotheses["natural slope"] == HypothesisConfig(expression="c*a/b")
    assert read_back.hypotheses["half"].expression == "0.5"
    assert read_back.hypotheses["cited"].source == "me"


def test_overrides(recipe) -> None:
    changed = recipe(
        GOOD + "hypotheses: {slope: c*h}",
        "kan.seeds=7",
        "data.split.test=1e-1",
        "kan.grids=[2, 4]",
        "hypotheses.slope.source=me",
        "hypotheses.other one=c*h=1",
        "validate.null=0",
    )
    assert changed.kan.seeds == 7
    assert changed.data.split.test == 0.1
    assert changed.kan.grids == (2, 4)
    assert changed.hypotheses["slope"] == HypothesisConfig(expression="c*h", source="me")
    assert changed.hypotheses["other one"].expression == "c*h=1"
    assert changed.validation.null == 0


@pytest.mark.parametrize(
    ("overrides", "places"),
    [
        (["kan.seeds"], ["--set kan.seeds"]),
        (["=3"], ["--set =3"]),
        (["kan..seeds=3"], ["--set kan..seeds=3"]),
        (["kan.seeds=["], ["--set kan.seeds=["]),
        (["title.x=3"], ["--set title.x=3"]),
        (["kan.seeds=x"], ["--set kan.seeds"]),
        (["kan.grids=[1, x]"], ["--set kan.grids[1]"]),
        (["kan.sedes=1", "law.effort=no"], ["--set kan.sedes", "--set law.effort"]),
        (["law.refine.x=3"], ["--set law.refine.x"]),
        (["data.rows=10", "data.source=nope"], ["fall.yaml: data", "--set data.source"]),
    ],
)
def test_mistakes_in_overrides_are_told_there(complaints, overrides, places) -> None:
    assert list(complaints("title: x" + GOOD, *overrides)) == places


def test_find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = tmp_path / "shipped"
    known.mkdir()
    (known / "knots.yaml").write_text(GOOD)
    (tmp_path / "mine.yaml").write_text(GOOD)
    (tmp_path / "knots").mkdir()
    monkeypatch.setattr(shipped, "recipes", lambda: known)
    monkeypatch.chdir(tmp_path)
    assert find("knots") == find("knots.yaml") == known / "knots.yaml"
    assert find("mine.yaml") == Path("mine.yaml")
    (tmp_path / "knots.yaml").write_text(GOOD)
    assert find("knots.yaml") == Path("knots.yaml")  # a file of one's own comes first
    for name, words in [
        ("knot", "Did you mean 'knots'?"),
        ("mine.yml", "Did you mean 'mine.yaml'?"),
        ("shipped", "a folder"),
        ("a/knots", "no such file"),
    ]:
        with pytest.raises(InputError) as caught:
            find(name)
        assert words in str(caught.value)


def test_shipped_recipes_are_good() -> None:
    for path in shipped.recipes().glob("*.yaml"):
        assert read(path).name == path.stem


words = st.text(min_size=1, max_size=12)
shares = st.floats(0.01, 0.49)
recipes = st.builds(
    Recipe,
    name=st.just("r"),
    title=st.text(max_size=30),
    seed=st.integers(0, 2**31 - 1),
    task=st.sampled_from(["regression", "ordinal"]),
    data=st.builds(
        DataConfig,
        file=st.sampled_from(["a.csv", "../no", "1e-3", "~/x y.h5"]),
        features=st.none() | st.lists(words, min_size=1, max_size=4, unique=True).map(tuple),
        units=st.dictionaries(words, st.sampled_from(["m", "1", "no", "1e3", "null", ""])),
        symbols=st.dictionaries(words, words),
        split=st.builds(SplitConfig, validation=shares, test=shares, by=st.none() | words),
    ),
    kan=st.builds(
        KanConfig,
        hidden=st.just("auto") | st.just(((), (1,), (2, (0, 1)))),
        penalties=st.lists(st.floats(0, 1e9), min_size=1, unique=True).map(tuple),
    ),
    law=st.builds(LawConfig, max_complexity=st.integers(1, 200)),
    hypotheses=st.dictionaries(
        words, st.builds(HypothesisConfig, expression=words.filter(str.strip), source=words)
    ),
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that every example of a property writes anew."""
    return tmp_path_factory.mktemp("recipes") / "other.yaml"


@given(recipe=recipes)
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_again(path: Path, recipe: Recipe) -> None:
    path.write_text(dump(recipe), encoding="utf-8")
    assert read(path) == recipe


def test_every_default_is_written_out(recipe) -> None:
    written = load(dump(recipe(GOOD)))[0]
    assert set(written) == {f.alias or n for n, f in Recipe.model_fields.items()}
    assert set(written["kan"]) == set(KanConfig.model_fields)


scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
plain = st.recursive(
    scalars.filter(lambda v: v not in (float("inf"), -float("inf"))),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(plain)
def test_plain_values_survive_yaml(value) -> None:
    again, twice = load(dump_yaml(value))
    assert again == value
    assert not twice


@given(plain)
def test_plain_values_survive_as_a_part_of_a_line(value) -> None:
    line = inline(value)
    assert len(line.splitlines()) == 1
    assert load(f"{{key: {line}, other: [{line}, end]}}")[0] == {
        "key": value,
        "other": [value, "end"],
    }


@given(st.text(alphabet="ab:-[]{},&*!'\"#|>? \n\t01e.~%@`\\", max_size=60))
@settings(max_examples=400)
def test_any_text_is_yaml_or_said_not_to_be(text: str) -> None:
    with contextlib.suppress(BadYamlError):
        load(text)


@given(raw=st.dictionaries(st.sampled_from([*Recipe.model_fields, "validate", "x"]), plain))
@settings(max_examples=100, deadline=None)
def test_any_mapping_is_a_recipe_or_an_input_error(path: Path, raw) -> None:
    path.write_text(dump_yaml(raw), encoding="utf-8")
    try:
        read(path)
    except InputError as error:
        said = [(finding.found, finding.expected) for finding in error.findings]
    else:
        said = []
    assert all(found and expected for found, expected in said)


def test_recipes_are_frozen_and_closed_in_python_too() -> None:
    recipe = Recipe(name="a", data=DataConfig())
    with pytest.raises(ValidationError):
        recipe.seed = 3  # type: ignore[misc]
    with pytest.raises(ValidationError):
        KanConfig(sedes=3)  # type: ignore[call-arg]
