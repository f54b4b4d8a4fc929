"""Cards of shipped datasets, their hashes, and rebuilding."""

import hashlib
import sys
import types

import pytest
import yaml

from discover import shipped, sources
from discover.errors import InputError
from discover.progress import silent

CARD = {
    "name": "toy",
    "title": "A toy",
    "file": "toy.csv",
    "group": None,
    "rows": 20,
    "builder": "toymaker",
    "source": "made up",
    "version": "1",
    "license": "CC0",
    "target": "y",
    "split_by": "x",
    "figure": {"x": "x", "y": "y"},
    "references": [{"title": "On toys", "authors": "A. Nobody", "year": 2024, "doi": "10.1/1"}],
    "columns": {
        "name": {"role": "label"},
        "x": {"symbol": r"\xi", "unit": "m", "meaning": "where"},
        "y": {"role": "target", "unit": "s"},
    },
}


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A folder of datasets with one in it; returns a function that rewrites its card."""
    folder = tmp_path / "datasets" / "toy"
    folder.mkdir(parents=True)
    table = "name,x,y\n" + "".join(f"r{i},{i},{i * i}\n" for i in range(20))
    (folder / "toy.csv").write_text(table)
    digest = hashlib.sha256(table.encode()).hexdigest()

    def write(**changes):
        card = {**CARD, "sha256": digest, **changes}
        (folder / "card.yaml").write_text(yaml.safe_dump(card))

    write()
    monkeypatch.setattr(shipped, "datasets", lambda: tmp_path / "datasets")
    return write


def test_a_card_is_read_whole(toy):
    assert sources.names() == ("toy",)
    card = sources.card("toy")
    assert card.features == ("x",)
    assert card.columns["x"].unit == "m"
    assert card.columns["y"].role == "target"
    assert card.references[0].doi == "10.1/1"
    assert card.path.read_text().startswith("name,x,y")


def test_an_unknown_name_is_answered_with_the_nearest(toy):
    with pytest.raises(InputError, match="Did you mean 'toy'"):
        sources.card("tyo")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"target": "z"}, "no column of the card"),
        ({"split_by": "z"}, "no column of the card"),
        ({"sha256": "abc"}, "sha256"),
        ({"builder": "../evil"}, "builder"),
        ({"file": "../../secret.csv"}, "file"),
        ({"colour": "red"}, "colour"),
        ({"name": "other"}, "'other'"),
    ],
)
def test_a_wrong_card_is_refused(toy, changes, words):
    toy(**changes)
    with pytest.raises(InputError, match=words):
        sources.card("toy")


def test_a_card_builds_no_python_objects(toy, tmp_path):
    card = tmp_path / "datasets" / "toy" / "card.yaml"
    card.write_text("!!python/object/apply:os.system ['true']")
    with pytest.raises(InputError, match="no YAML"):
        sources.card("toy")


def test_verify_accepts_the_file_of_the_card(toy):
    sources.verify("toy")


def test_verify_is_loud_about_a_changed_file(toy):
    with sources.card("toy").path.open("a") as file:
        file.write("r20,20,400\n")
    with pytest.raises(InputError, match="sha256") as caught:
        sources.verify("toy")
    assert "discover data build toy" in str(caught.value)


def test_verify_is_loud_about_a_missing_file(toy):
    sources.card("toy").path.unlink()
    with pytest.raises(InputError, match="no such file"):
        sources.verify("toy")


@pytest.fixture
def toymaker(monkeypatch):
    """A builder module that notes how it was called."""
    module = types.ModuleType("discover.sources.toymaker")
    module.calls = []

    def build(path, *, seed, rows, processes, report):
        module.calls.append((seed, rows, processes))
        path.write_text("half")
        if module.calls[-1][0] == 13:
            raise KeyboardInterrupt
        path.write_text("whole")

    module.build = build
    monkeypatch.setitem(sys.modules, "discover.sources.toymaker", module)
    return module


def test_build_calls_the_builder_of_the_card(toy, toymaker, tmp_path):
    out = tmp_path / "new" / "again.csv"
    assert sources.build("toy", out, seed=3, processes=2, listen=silent) == out
    assert out.read_text() == "whole"
    assert toymaker.calls == [(3, 20, 2)]


def test_build_into_a_folder_uses_the_name_of_the_card(toy, toymaker, tmp_path):
    assert sources.build("toy", tmp_path) == tmp_path / "toy.csv"


def test_an_interrupted_build_leaves_nothing(toy, toymaker, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(KeyboardInterrupt):
        sources.build("toy", out, seed=13)
    assert list(out.iterdir()) == []


def test_typed_data_cannot_be_built(toy, tmp_path):
    toy(builder=None)
    with pytest.raises(InputError, match="typed in by hand"):
        sources.build("toy", tmp_path)


@pytest.mark.parametrize("name", sources.names())
def test_shipped_cards_describe_their_files(name):
    card = sources.card(name)
    sources.verify(name)
    assert card.features
    assert card.columns[card.target].role == "target"
    assert all(column.meaning for column in card.columns.values())
    assert card.references
