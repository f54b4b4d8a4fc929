"""Stages are kept under their keys; the run folder is whole, closed and read again."""

import csv
import json
import math
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
import torch
from hypothesis import given
from sympy.core.random import rng as sympy_rng

from discover.assignment import Choice
from discover.edges import Candidate
from discover.errors import InputError
from discover.functions import LIBRARY, Affine
from discover.law import Law
from discover.progress import Event
from discover.record import Run
from discover.stages import Stages
from discover.store import TAKEN, NoCache, RunFolder, documents
from discover.store.plain import csv_text, plain
from tests import small_run
from tests.test_store import (
    Leaf,
    Marked,
    Square,
    Tree,
    same,
    values,
)

ROOT = Path(__file__).resolve().parent.parent


def test_a_stage_is_found_under_its_key_only(tmp_path: Path) -> None:
    folder, told = RunFolder(tmp_path / "run"), []
    with folder.locked():
        cache = folder.cache(told.append)
        cache.put("train", "k1", Leaf(number=0.1))
        assert cache.get("train", "k1", Leaf) == Leaf(number=0.1)
        assert cache.get("train", "k2", Leaf) is None
        assert cache.get("edges", "k1", Leaf) is None
        assert cache.get("train", "k1", Square) is None
        assert told == [Event(stage="train", done=1, total=1, message=TAKEN)]
        folder.forget()
        assert cache.get("train", "k1", Leaf) is None


def test_each_stage_finds_the_same_lots_whatever_was_drawn_before() -> None:
    stages = Stages(NoCache(), lambda event: None, "key")
    drawn = [stages.result(name, float, sympy_rng.random) for name in ("train", "edges")]
    assert drawn[0] == drawn[1]


def test_no_cache_keeps_nothing() -> None:
    cache = NoCache()
    cache.put("train", "k", Leaf())
    assert cache.get("train", "k", Leaf) is None


def write(path: Path, run: Run | None = None) -> RunFolder:
    folder = RunFolder(path)
    with folder.locked():
        folder.write(run or small_run.run(), recipe="name: planets\n", home=Path())
    return folder


def test_a_finished_run_is_read_again(tmp_path: Path) -> None:
    folder = write(tmp_path / "runs" / "planets")
    assert same(folder.read(), small_run.run())
    assert folder.home() == Path().resolve()
    (folder.path / ".origin.json").write_text("{")
    assert folder.home() == folder.path


def test_the_documents_of_the_contract(tmp_path: Path) -> None:
    path = write(tmp_path / "run").path
    laws = json.loads((path / "laws.json").read_text())
    assert list(laws)[:8] == [
        "schema", "task", "target", "unit", "selected", "stages", "laws", "hypotheses",
    ]  # fmt: skip
    assert laws["schema"] == 1
    assert laws["unit"] == "yr"
    assert laws["stages"][0].items() >= {"stage": "trained", "split": "test", "n": 10}.items()
    best = laws["laws"][laws["selected"]]
    assert best["expression"] == "1.0000000000000002*axis**1.5"
    assert best["variables"] == ["axis"]
    assert set(best["constants"][0]) == {"name", "value", "low", "high", "level"}
    assert {"n", "rms", "relative", "r2", "worst", "accuracy"} <= set(best["accuracy"]["test"])
    assert laws["hypotheses"][0]["expression"] == "k*axis^1.5"
    assert laws["null"]["r2"] == [0.1, None, 0.0]
    assert same(Law.from_json(best).expr, small_run.run().law.expr)

    rows = list(csv.DictReader((path / "laws.csv").open()))
    assert [row["selected"] for row in rows] == ["False", "True", "False"]
    assert float(rows[1]["test_rms"]) == best["accuracy"]["test"]["rms"]

    data = json.loads((path / "dataset.json").read_text())
    assert data["sizes"] == {"train": 10, "validation": 10, "test": 10}
    assert [c["unit"] for c in data["columns"]] == ["yr", "au", "kg"]
    environment = json.loads((path / "environment.json").read_text())
    assert environment["durations"] == {"train": 1.5}
    assert "torch" in environment["versions"]


def test_laws_are_the_same_bytes_whatever_the_times(tmp_path: Path) -> None:
    first = write(tmp_path / "a").path / "laws.json"
    other = replace(small_run.run(), durations={"train": 99.0})
    second = write(tmp_path / "elsewhere" / "b", other).path / "laws.json"
    assert first.read_bytes() == second.read_bytes()
    assert str(tmp_path) not in first.read_text()
    # Nor does the order of sets and hashes in another process matter.
    code = (
        "import sys, pathlib; from tests import small_run; from discover.store import documents\n"
        "from discover.store.plain import json_text\n"
        "sys.stdout.write(json_text(documents.laws(small_run.run())))"
    )
    again = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": "7"},
        capture_output=True, check=True,
    )  # fmt: skip
    assert again.stdout == first.read_bytes()


def test_graph_edges_and_network(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    graph = nx.DiGraph()
    graph.add_node("x:a", kind="input")
    graph.add_edge("x:a", "y", function=Marked((0.5, math.inf)), coef=torch.ones(2))
    with folder.locked():
        folder.write_graph(graph)
        folder.write_kan(Tree(array=np.arange(3.0)))
    read = nx.node_link_graph(json.loads((folder.path / "graph.json").read_text()), edges="edges")
    assert read.edges["x:a", "y"]["function"] == {"type": "Marked", "at": [0.5, None]}
    assert read.edges["x:a", "y"]["coef"] == [1.0, 1.0]
    assert (folder.path / "kan.safetensors").exists()


def test_edges_list_their_candidates_and_what_they_became() -> None:
    wave, line = (Affine(atom=LIBRARY[name], a=2.0) for name in ("sin", "x"))
    fits = tuple(
        Candidate(function=f, residual=0.1, r2=0.99, complexity=5, score=math.nan)
        for f in (wave, line)
    )
    choice = Choice(edge=("x:a", "y"), candidates=fits, chosen=replace(wave, a=2.5))
    text = csv_text(documents.edge_rows(replace(small_run.run(), choices=(choice,))))
    rows = list(csv.DictReader(text.splitlines()))
    assert [row["function"] for row in rows] == ["sin", "x", "sin"]
    assert [row["chosen"] for row in rows] == ["False", "False", "True"]
    assert [row["a"] for row in rows] == ["2.0", "2.0", "2.5"]
    assert [row["r2"] for row in rows] == ["0.99", "0.99", ""]


def test_csv_keeps_full_precision() -> None:
    assert csv_text([{"r2": 0.1 + 0.2}]) == "r2\n0.30000000000000004\n"


@given(value=values)
def test_plain_values_are_strict_json(value: Any) -> None:
    json.loads(json.dumps(plain(value), allow_nan=False))


@pytest.mark.parametrize("number", [math.nan, math.inf, np.float64(-math.inf), np.array(math.nan)])
def test_a_number_that_json_lacks_becomes_null(number: Any) -> None:
    assert plain({"a": (number,)}) == {"a": [None]}


def test_files_stay_inside(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    with folder.locked():
        folder.write_files({"paper/law.tex": "x", "figures/a.pdf": b"%PDF"})
        for name in ("../law.tex", "/tmp/law.tex", "a/../../b"):
            with pytest.raises(ValueError, match="not inside"):
                folder.write_files({name: "x"})
    assert (folder.path / "figures" / "a.pdf").read_bytes() == b"%PDF"


def test_somebody_elses_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match="other files in it"), RunFolder(tmp_path).locked():
        pass
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]
    with pytest.raises(InputError, match="found a file"):
        RunFolder(tmp_path / "thesis.tex").check()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    folder = RunFolder(tmp_path / "file" / "run")
    with pytest.raises(InputError, match="Choose another folder"), folder.locked():
        pass


def test_two_runs_do_not_share_a_folder(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    busy = pytest.raises(InputError, match=f"a run at work \\(process {os.getpid()} on")
    with folder.locked(), busy, RunFolder(tmp_path / "run").locked():
        pass
    with folder.locked():
        pass


def test_the_lock_of_a_killed_run_is_free(tmp_path: Path) -> None:
    code = (
        "import sys, time; from discover.store import RunFolder\n"
        "with RunFolder(sys.argv[1]).locked():\n    print('locked', flush=True); time.sleep(60)"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "run")], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"locked\n"
    folder = RunFolder(tmp_path / "run")
    try:
        with pytest.raises(InputError, match=f"process {child.pid} "), folder.locked():
            pass
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
    with folder.locked():
        pass


def test_what_is_not_a_run_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no such folder.*discover run RECIPE"):
        RunFolder(tmp_path / "nowhere").read()
    with pytest.raises(InputError, match=r"found no run"):
        RunFolder(tmp_path).read()
    folder = RunFolder(tmp_path / "run")
    with folder.locked():
        pass
    with pytest.raises(InputError, match="an unfinished run"):
        folder.read()
    write(folder.path)
    (folder.path / ".run.json").write_text("{}")
    with pytest.raises(InputError, match="cannot read"):
        folder.read()


def test_writing_again_first_withdraws_the_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "run")

    def broken(self: RunFolder, files: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(RunFolder, "write_files", broken)
    with pytest.raises(KeyboardInterrupt):
        write(folder.path)
    with pytest.raises(InputError, match="unfinished"):
        folder.read()


def test_the_log_has_one_event_a_line_also_from_threads(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    with folder.locked(), folder.logging() as listen:
        event = Event(stage="train", done=1, total=9, message="grid 3\n", error=math.nan)
        threads = [threading.Thread(target=listen, args=(event,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    lines = (folder.path / "log.jsonl").read_text().splitlines()
    assert len(lines) == 8
    assert json.loads(lines[0]).items() >= {"stage": "train", "done": 1, "error": None}.items()
