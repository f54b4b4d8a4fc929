"""Values in files: nothing is lost, nothing is half there, nothing foreign is believed."""

import json
import math
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
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

from discover.config import Recipe
from discover.record import Run
from discover.store import codec, expressions
from discover.store.files import write_whole
from tests import small_run

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
        st.builds(lambda f, a, b: f(a, b, evaluate=False), two, inner, inner).filter(_ordered),
        st.builds(lambda f, a, b: f(a, b), st.sampled_from([sp.Add, sp.Mul]), atoms, atoms),
    )


def _ordered(expr: sp.Expr) -> bool:
    """Whether sympy has an order for all arguments; those that look alike come as in a set."""
    return list(sp.ordered(expr.args)) == list(sp.ordered(expr.args[::-1]))


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
