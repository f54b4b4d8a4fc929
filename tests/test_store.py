"""The run folder: nothing is lost, nothing is half there, nothing foreign is believed."""

import csv
import json
import math
import os
import signal
import subprocess
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import networkx as nx
import numpy as np
import pytest
import sympy as sp
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from discover.assignment import Choice
from discover.config import Recipe
from discover.edges import Candidate
from discover.errors import InputError
from discover.functions import LIBRARY, Affine
from discover.law import Law
from discover.progress import Event
from discover.record import Run
from discover.store import TAKEN, NoCache, RunFolder, codec, documents, expressions
from discover.store.files import write_whole
from discover.store.plain import csv_text, plain
from tests import small_run

ROOT = Path(__file__).resolve().parent.parent
quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@dataclass(frozen=True, kw_only=True)
class Leaf:
    number: float = 0.0
    text: str = ""
    count: int | None = None


class Shape(ABC):
    @abstractmethod
    def size(self) -> int: ...


@dataclass(frozen=True)
class Square(Shape):
    side: int

    def size(self) -> int:
        return self.side**2


@dataclass(frozen=True)
class Marked:
    at: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Tree:
    leaves: tuple[Leaf, ...] = ()
    named: Mapping[Any, Any] = field(default_factory=dict)
    either: Leaf | float | None = None
    array: Any = None
    formula: sp.Expr | None = None
    shape: Shape | None = None
    graph: Annotated[nx.DiGraph, Marked] | None = None
    recipe: Recipe | None = None
    free: Any = None


@dataclass(frozen=True)
class Stranger:
    number: float


def same(a: Any, b: Any) -> bool:
    """Structural equality, with types; the independent oracle of the round trips."""
    if isinstance(a, torch.Tensor):
        return isinstance(b, torch.Tensor) and same(a.detach().numpy(), b.numpy())
    if isinstance(a, np.ndarray):
        equal = isinstance(b, np.ndarray) and a.dtype == b.dtype and a.shape == b.shape
        return equal and a.tobytes() == b.tobytes()
    if isinstance(a, nx.DiGraph):
        return (
            type(b) is nx.DiGraph
            and list(a.nodes) == list(b.nodes)
            and list(a.edges) == list(b.edges)
            and same(dict(a.nodes.data()), dict(b.nodes.data()))
            and same(list(a.edges.data()), list(b.edges.data()))
            and same(a.graph, b.graph)
            and nx.is_frozen(a) == nx.is_frozen(b)
        )
    if type(a) is not type(b):
        return False
    if is_dataclass(a):
        return all(same(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float):
        return a.hex() == b.hex() or (math.isnan(a) and math.isnan(b))
    return bool(a == b)


floats = st.floats(allow_nan=True, allow_infinity=True)
arrays = hnp.arrays(
    dtype=st.sampled_from(["f8", "f4", "i8", "i4", "u1", "bool"]),
    shape=hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
)
x, y = sp.symbols("x y", real=True)
atoms = st.one_of(
    st.sampled_from([x, y, sp.Symbol("Z/2 + Z/2", real=True), sp.Symbol("n", positive=True)]),
    st.sampled_from([sp.pi, sp.E, sp.S.Half, sp.I]),
    st.integers(-(10**20), 10**20).map(sp.Integer),
    st.floats(allow_nan=False, allow_infinity=False).map(sp.Float),
    st.floats(0.1, 9).map(lambda v: sp.Float(v, 30)),
)


def _grow(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    # Unevaluated, for powers of powers of large numbers would not end; sums and products of
    # atoms are built both ways.
    one = st.sampled_from([sp.sin, sp.exp, sp.log, sp.Abs, sp.sign])
    two = st.sampled_from([sp.Add, sp.Mul, sp.Pow, sp.besselj, sp.atan2, sp.Max])
    return st.one_of(
        st.builds(lambda f, a: f(a, evaluate=False), one, inner),
        st.builds(lambda f, a, b: f(a, b, evaluate=False), two, inner, inner),
        st.builds(lambda f, a, b: f(a, b), st.sampled_from([sp.Add, sp.Mul]), atoms, atoms),
    )


trees = st.recursive(atoms, _grow, max_leaves=6)
leaves = st.builds(Leaf, number=floats, text=st.text(), count=st.none() | st.integers())
scalars = st.one_of(st.none(), st.booleans(), st.integers(), floats, st.text(), leaves, arrays)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.text(max_size=3) | st.just("$"), inner, max_size=3),
        st.dictionaries(st.tuples(st.integers(), st.text(max_size=2)), inner, max_size=2),
    ),
    max_leaves=6,
)


@st.composite
def graphs(draw: Any) -> nx.DiGraph:
    graph = nx.DiGraph(name=draw(st.text(max_size=3)))
    nodes = draw(st.lists(st.text(max_size=3) | st.integers(), min_size=1, max_size=4))
    for node in nodes:
        graph.add_node(node, kind=draw(st.text(max_size=3)), value=draw(floats))
    for u, v in draw(st.lists(st.tuples(st.sampled_from(nodes), st.sampled_from(nodes)))):
        graph.add_edge(u, v, mark=Marked((draw(floats),)), samples=draw(arrays))
    return nx.freeze(graph) if draw(st.booleans()) else graph


@pytest.fixture
def stem(tmp_path: Path) -> Path:
    return tmp_path / "value"


# --- the codec ---------------------------------------------------------------------------------


@quick
@given(
    leaves=st.lists(leaves, max_size=3),
    named=st.dictionaries(st.text(max_size=3), values, max_size=3),
    free=values,
    array=arrays,
    graph=graphs(),
)
def test_any_value_comes_back_exactly(
    stem: Path, leaves: Any, named: Any, free: Any, array: Any, graph: nx.DiGraph
) -> None:
    tree = Tree(
        leaves=tuple(leaves), named=named, free=free, array=array, graph=graph,
        either=leaves[0] if leaves else math.inf, shape=Square(3),
        recipe=small_run.recipe(seed=3, kan={"hidden": [[2, [1, 1]], []]}),
    )  # fmt: skip
    codec.save(tree, stem, Tree)
    assert same(codec.load(stem, Tree), tree)


@quick
@given(expr=trees)
def test_an_expression_keeps_its_structure(expr: sp.Expr) -> None:
    back = expressions.decode(json.loads(json.dumps(expressions.encode(expr))))
    assert back == expr
    assert expressions.encode(back) == expressions.encode(expr)


@pytest.mark.parametrize("expr", [sp.oo, -sp.oo, sp.zoo, sp.nan, sp.Float(0.0), sp.Float(-2.5)])
def test_odd_numbers_keep_their_kind(expr: sp.Expr) -> None:
    assert type(expressions.decode(expressions.encode(expr))) is type(expr)


def test_reading_an_expression_does_not_evaluate_it() -> None:
    factored = sp.factor(2 * x + 2)
    assert str(expressions.decode(expressions.encode(factored))) == "2*(x + 1)"


@pytest.mark.parametrize(
    "node", [["system", ["#symbol", "ls"]], ["lambdify", ["#symbol", "x"]], ["Lambda"], ["sympify"]]
)
def test_only_operations_and_functions_are_built(node: list[Any]) -> None:
    with pytest.raises(TypeError, match="no head"):
        expressions.decode(node)


def test_tensors_come_back_as_tensors(stem: Path) -> None:
    tensor = torch.arange(6, dtype=torch.float64).reshape(2, 3).T.requires_grad_()
    codec.save(Tree(array=tensor), stem, Tree)
    back = codec.load(stem, Tree)
    assert back is not None
    assert torch.equal(back.array, tensor.detach())
    back.array[0, 0] = 7.0  # its memory is its own


def test_a_whole_run_comes_back(stem: Path) -> None:
    run = small_run.run()
    codec.save(run, stem, Run)
    assert same(codec.load(stem, Run), run)
    assert not stem.with_suffix(".safetensors").exists()


def test_a_class_that_the_hints_do_not_name_is_refused_with_advice(stem: Path) -> None:
    with pytest.raises(TypeError, match=r"free\.0: a Stranger cannot be stored.*Annotated"):
        codec.save(Tree(free=(Stranger(1.0),)), stem, Tree)
    assert not stem.with_suffix(".json").exists()


def test_a_file_cannot_build_a_class_of_its_own_choice(stem: Path) -> None:
    @dataclass(frozen=True)
    class Open:
        free: Any
        stranger: Stranger | None = None

    codec.save(Open(Stranger(1.0)), stem, Open)
    assert codec.load(stem, Open) is not None
    assert codec.load(stem, Tree) is None
    assert codec.load(stem, tuple) is None
    codec.save((0.5,), stem, tuple)
    assert codec.load(stem, tuple) == (0.5,)
    assert codec.load(stem, Leaf) is None  # well read, and of another kind


def test_classes_of_one_name_are_refused() -> None:
    other = dataclass(frozen=True)(type("Leaf", (), {"__annotations__": {"a": int}}))
    with pytest.raises(TypeError, match="two classes are named Leaf"):
        codec.admitted(tuple[Leaf, other])  # type: ignore[valid-type]


def test_object_arrays_and_other_graphs_are_refused(stem: Path) -> None:
    with pytest.raises(TypeError, match=r"array: an array of object"):
        codec.save(Tree(array=np.array([None])), stem, Tree)
    with pytest.raises(TypeError, match="only a DiGraph"):
        codec.save(Tree(free=nx.Graph()), stem, Tree)


@quick
@given(cut=st.floats(0, 1, exclude_max=True), which=st.sampled_from([".json", ".safetensors"]))
def test_a_truncated_file_counts_as_absent(stem: Path, cut: float, which: str) -> None:
    codec.save(Tree(array=np.arange(9.0), free=tuple(range(9))), stem, Tree)
    path = stem.with_suffix(which)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(cut * len(whole))])
    # Only the last newline may be missing.
    assert codec.load(stem, Tree) is None or whole.strip() == path.read_bytes()


@quick
@given(data=st.data(), which=st.sampled_from([".json", ".safetensors"]))
def test_a_changed_byte_is_absent_or_harmless(stem: Path, data: Any, which: str) -> None:
    tree = Tree(array=np.arange(3.0), free=("a", 0.1, 12345))
    codec.save(tree, stem, Tree)
    path = stem.with_suffix(which)
    raw = bytearray(path.read_bytes())
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(raw))
    back = codec.load(stem, Tree)
    assert back is None or same(back, tree)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b"\xff\xfe", b"[" * 100_000])
def test_a_foreign_file_counts_as_absent(stem: Path, content: bytes) -> None:
    stem.with_suffix(".json").write_bytes(content)
    assert codec.load(stem, Tree) is None


def test_arrays_of_another_value_are_not_believed(stem: Path) -> None:
    codec.save(Tree(array=np.arange(3.0)), stem, Tree)
    old = stem.with_suffix(".json").read_bytes()
    codec.save(Tree(array=np.arange(3.0) + 1), stem, Tree)
    stem.with_suffix(".json").write_bytes(old)
    assert codec.load(stem, Tree) is None


def test_a_write_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    write_whole(path, "old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_rename_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_whole(tmp_path / "a.txt", "old")

    def refuse(old: Path, new: Path) -> None:
        raise OSError("no")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match="no"):
        write_whole(tmp_path / "a.txt", "new")
    assert (tmp_path / "a.txt").read_text() == "old"


# --- the cache ---------------------------------------------------------------------------------


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


def test_no_cache_keeps_nothing() -> None:
    cache = NoCache()
    cache.put("train", "k", Leaf())
    assert cache.get("train", "k", Leaf) is None


# --- the folder --------------------------------------------------------------------------------


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
