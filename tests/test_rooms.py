"""The order of the house, read off its imports: no module is loaded for it, the source is parsed.

The table in docs/architecture.md is the plan; the tree must agree with it.
"""

import ast
import graphlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "discover"
# What every command loads, with all that these load in turn, may hold nothing that takes time.
DOORS = ("discover", "discover.__main__", "discover.cli")
HEAVY = {"torch", "sympy", "pandas", "matplotlib", "pyoperon", "numpy", "scipy", "sklearn"}
# The worker runs in a process of its own and answers on its standard output.
PRINTS = ("discover.cli", "discover.refine.pysr_worker")
FORBIDDEN = {"eval", "exec", "sympify", "S", "parse_expr", "compile", "__import__"}
UNSAFE = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal"}
UNSAFE_CALLS = {"yaml.load", "yaml.unsafe_load", "yaml.full_load", "torch.load", "joblib.load"}
# SnapPea knows no other way; the builder puts the old state back.
SEEDS = ("discover.sources.knot_row",)


@dataclass(frozen=True)
class Import:
    """One imported module of any package, and the line it stands on."""

    module: str
    line: int


@dataclass(frozen=True)
class Module:
    """One source file: its dotted name and its syntax tree."""

    name: str
    tree: ast.Module

    @property
    def room(self) -> str:
        return room(self.name)

    def imports(self, nodes: Iterator[ast.AST] | None = None) -> Iterator[Import]:
        """Every import, also those inside functions and those for types only."""
        for node in nodes or ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (Import(alias.name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.name}:{node.lineno}: write the full name"
                for alias in node.names:
                    whole = f"{node.module}.{alias.name}"
                    yield Import(whole if whole in NAMES else str(node.module), node.lineno)

    def at_top(self) -> Iterator[ast.AST]:
        """The nodes that run when the module is loaded: no function bodies, no type checking."""
        todo: list[ast.AST] = list(self.tree.body)
        while todo:
            node = todo.pop()
            skipped = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) or (
                isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
            )
            if not skipped:
                yield node
                todo += ast.iter_child_nodes(node)


def room(name: str) -> str:
    """The room of a dotted name; ``discover`` itself is ``__init__``."""
    return [*name.split("."), "__init__"][1]


def dotted(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {dotted(path): path for path in sorted(PACKAGE.rglob("*.py"))}
NAMES = frozenset(FILES)
MODULES = tuple(Module(n, ast.parse(p.read_text(encoding="utf-8"))) for n, p in FILES.items())
ROOMS = sorted({module.room for module in MODULES} - {"__init__", "__main__"})


def table() -> list[str]:
    """The rooms of docs/architecture.md, from the top."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    return [name.rstrip("/") for name in re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)]


def out_of_order(modules: tuple[Module, ...], order: list[str]) -> list[str]:
    """Imports of a room that is not above, in words."""
    rank = {name: at for at, name in enumerate(order)}
    return [
        f"{module.name}:{found.line} imports {found.module}, which is not above it"
        for module in modules
        if module.room in rank
        for found in module.imports()
        if found.module.split(".")[0] == "discover"
        and found.module != "discover"  # for its version
        and module.room != room(found.module)
        and rank.get(room(found.module), len(rank)) >= rank[module.room]
    ]


def cycle(edges: Mapping[str, set[str]]) -> list[str]:
    """A cycle of imports, empty where there is none."""
    try:
        tuple(graphlib.TopologicalSorter(edges).static_order())
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def at_once(modules: tuple[Module, ...], names: tuple[str, ...]) -> set[str]:
    """All modules that loading these loads, ours and others'."""
    by_name = {module.name: module for module in modules}
    loaded: set[str] = set()
    todo = list(names)
    while todo:
        name = todo.pop()
        parts = name.split(".")
        parents = [".".join(parts[:n]) for n in range(1, len(parts) + 1)]
        for each in (parent for parent in parents if parent not in loaded):
            loaded.add(each)
            if each in by_name:
                found = by_name[each]
                todo += [i.module for i in found.imports(found.at_top())]
    return loaded


def called(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """The dotted names of all calls."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node.lineno


def unsafe(tree: ast.AST, module: Module) -> list[str]:
    """Where text could become code."""
    found = [
        f"{module.name}:{line} calls {name}"
        for name, line in called(tree)
        if name in UNSAFE_CALLS
        # The method of an object may share a name with a dangerous builtin: re.compile.
        or (name.split(".")[-1] in FORBIDDEN and name.split(".")[0] in ("sp", "sympy", name))
    ]
    imported = [
        f"{module.name}:{each.line} imports {each.module}"
        for each in module.imports()
        if UNSAFE & set(each.module.split("."))
    ]
    names = [
        f"{module.name}:{node.lineno} imports {alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name in FORBIDDEN | {"sympify", "parse_expr"}
    ]
    return found + imported + names


def test_every_room_is_in_the_table_once() -> None:
    assert sorted(table()) == ROOMS


def test_a_room_imports_only_rooms_above_it() -> None:
    assert out_of_order(MODULES, table()) == []


def test_no_cycle_of_imports_between_modules() -> None:
    edges = {
        m.name: {
            i.module for i in m.imports(m.at_top()) if i.module in NAMES and i.module != m.name
        }
        for m in MODULES
    }
    assert cycle(edges) == []


def test_the_doors_load_nothing_heavy() -> None:
    loaded = {name.split(".")[0] for name in at_once(MODULES, DOORS)}
    assert loaded & HEAVY == set()
    assert "typer" in loaded


def test_only_the_front_door_prints() -> None:
    printing = [
        f"{module.name}:{line}"
        for module in MODULES
        if not module.name.startswith(PRINTS)
        for name, line in called(module.tree)
        if name == "print" or name.startswith(("sys.stdout", "sys.stderr", "typer.", "rich."))
    ]
    assert printing == []


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.name)
def test_no_text_becomes_code(module: Module) -> None:
    assert unsafe(module.tree, module) == []


def test_nobody_seeds_a_global_generator() -> None:
    seeding = {"torch.manual_seed", "np.random.seed", "random.seed", "numpy.random.seed"}
    found = {m.name for m in MODULES for name, _ in called(m.tree) if name in seeding}
    assert found - set(SEEDS) == set()


# The guards themselves: each of them must fail where it should.


def module(name: str, text: str) -> Module:
    return Module(name, ast.parse(text))


@pytest.mark.parametrize(
    "text",
    [
        "from discover.search import explore",
        "from discover import search",
        "import discover.search",
        "def late():\n    from discover.search import explore",
        "from discover import cli",
    ],
)
def test_the_guard_of_the_order_sees_an_import_from_below(text: str) -> None:
    assert out_of_order((module("discover.kan", text),), table())


def test_the_guard_of_the_order_sees_a_room_that_is_not_in_the_table() -> None:
    known = [name for name in table() if name != "basis"]
    assert out_of_order((module("discover.kan", "from discover.basis import basis"),), known)


def test_the_guard_of_cycles_sees_one() -> None:
    assert cycle({"a": {"b"}, "b": {"c"}, "c": {"a"}})


@pytest.mark.parametrize(
    "text",
    [
        "eval('1')",
        "exec('1')",
        "sp.sympify('x')",
        "sympy.S('x')",
        "from sympy import sympify",
        "from sympy.parsing.sympy_parser import parse_expr",
        "import pickle",
        "yaml.load(text)",
        "torch.load(path)",
        "compile('1', '', 'eval')",
    ],
)
def test_the_guard_of_text_sees(text: str) -> None:
    one = module("discover.kan", text)
    assert unsafe(one.tree, one)


def test_the_guard_of_doors_sees_what_runs_at_the_top_only() -> None:
    one = module(
        "discover.cli",
        "if TYPE_CHECKING:\n    import torch\ntry:\n    import scipy\nfinally:\n    pass\n"
        "def f():\n    import sympy\nclass A:\n    import pandas",
    )
    assert at_once((one,), ("discover.cli",)) == {"discover", "discover.cli", "scipy", "pandas"}


def test_the_guard_of_doors_sees_through_other_rooms() -> None:
    door, room = (
        module("discover.cli", "import discover.law"),
        module("discover.law", "import sympy"),
    )
    assert "sympy" in at_once((door, room), ("discover.cli",))
