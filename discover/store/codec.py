"""Frozen values to one JSON file and one safetensors file, and back without a loss.

A stage result is a tree of frozen dataclasses, tuples, mappings, numbers, text, arrays, tensors,
sympy expressions, recipes and networkx graphs. Whatever JSON cannot tell apart carries a tag
``{"$": ...}``; arrays lie in the safetensors file under their path in the tree. A file is believed
only if its checksums hold, and builds only classes that the type hints of the wanted kind name:
no pickle, no import by name. What is truncated, foreign or of another version counts as absent.
"""

import hashlib
import inspect
import json
import math
import sys
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar

import networkx as nx
import numpy as np
import safetensors.numpy
import sympy as sp
from numpy.typing import NDArray
from pydantic import BaseModel

from discover.store import expressions
from discover.store.files import write_whole

FORMAT = 1
T = TypeVar("T")
Arrays = dict[str, NDArray[Any]]
Classes = Mapping[str, type]


def save(value: Any, stem: Path, kind: Any, *, key: str = "") -> None:
    """Write `value` to ``<stem>.json``, and its arrays to ``<stem>.safetensors``.

    Args:
        value: A tree as described above.
        stem: Path of the two files, without their endings.
        kind: The class (or generic alias) under which it will be loaded.
        key: What the value depends on, in one hash; :func:`load` asks for it.

    Raises:
        TypeError: If a part of `value` could not be read back; says which.

    Example:
        >>> import tempfile
        >>> from discover.law import Constant
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save(Constant(name="c0", value=0.1), Path(folder) / "c", Constant)
        ...     load(Path(folder) / "c", Constant)
        Constant(name='c0', value=0.1, low=None, high=None, level=None)
    """
    writer = _Writer(classes=admitted(kind), arrays={})
    body = _text(writer.encode(value, ""))
    raw = safetensors.numpy.save(writer.arrays) if writer.arrays else b""
    seal = {"format": FORMAT, "key": key, "body": _hash(body.encode()), "arrays": _hash(raw)}
    if raw:
        write_whole(_beside(stem, ".safetensors"), raw)
    head = ",\n".join(f"{_text(name)}: {_text(item)}" for name, item in seal.items())
    write_whole(_beside(stem, ".json"), f'{{{head},\n"value": {body}}}\n')


def load(stem: Path, kind: type[T], *, key: str = "") -> T | None:
    """What :func:`save` wrote, or ``None`` where nothing trustworthy of this kind and key lies.

    Args:
        stem: Path of the two files, without their endings.
        kind: The wanted class (or generic alias); it lists the classes that may be built.
        key: Must equal the key at saving.
    """
    try:
        stored = json.loads(_beside(stem, ".json").read_bytes())
        body = _text(stored["value"])
        has_arrays = stored["arrays"] != _hash(b"")
        raw = _beside(stem, ".safetensors").read_bytes() if has_arrays else b""
        seal = {"format": FORMAT, "key": key, "body": _hash(body.encode()), "arrays": _hash(raw)}
        if any(stored[name] != item for name, item in seal.items()):
            return None
        arrays = safetensors.numpy.load(raw) if raw else {}
        value = _Reader(classes=admitted(kind), arrays=arrays).decode(stored["value"])
    except Exception:
        # Whatever fails on the way, a cut file, a class that has changed since, the answer is the
        # same and safe: there is no such value, compute it.
        return None
    return value if isinstance(value, typing.get_origin(kind) or kind) else None


def admitted(kind: Any) -> dict[str, type]:
    """The classes that a file of this kind may name: all that its type hints reach.

    Subclasses of a named class count as named. For what hints cannot say (attributes of a graph,
    members of a protocol) the hint lists the classes: ``Annotated[nx.DiGraph, Curve, Line]``.

    Raises:
        TypeError: If two of the classes have one name.

    Example:
        >>> from discover.law import Law
        >>> sorted(admitted(Law))
        ['Accuracy', 'Constant', 'Law', 'Variable']
    """
    found: dict[str, type] = {}
    seen: set[Any] = set()
    waiting = [kind]
    while waiting:
        hint = waiting.pop()
        waiting += typing.get_args(hint)
        if not isinstance(hint, type) or typing.get_origin(hint) or hint in seen:
            continue
        seen.add(hint)
        if is_dataclass(hint) or issubclass(hint, BaseModel) or inspect.isabstract(hint):
            waiting += hint.__subclasses__()
        if is_dataclass(hint):
            waiting += typing.get_type_hints(hint, include_extras=True).values()
        if is_dataclass(hint) or issubclass(hint, BaseModel):
            known = found.setdefault(hint.__name__, hint)
            if known is not hint:
                raise TypeError(f"two classes are named {hint.__name__}: {known} and {hint}")
    return found


@dataclass(frozen=True, kw_only=True)
class _Writer:
    classes: Classes
    arrays: Arrays

    def encode(self, value: Any, at: str) -> Any:
        """The JSON form of `value`, whose path in the tree is `at`."""
        if value is None or isinstance(value, bool | str):
            return value
        if isinstance(value, int | np.integer | np.bool_):
            return value.item() if isinstance(value, np.generic) else int(value)
        if isinstance(value, float | np.floating):
            number = float(value)
            return number if math.isfinite(number) else {"$": "float", "is": repr(number)}
        if isinstance(value, tuple):
            return self._items(value, at)
        if isinstance(value, list):
            return {"$": "list", "is": self._items(value, at)}
        if isinstance(value, Mapping):
            return self._mapping(value, at)
        if isinstance(value, np.ndarray):
            return self._array("array", value, at)
        if isinstance(value, sp.Basic):
            return {"$": "expr", "is": expressions.encode(value)}
        if isinstance(value, nx.Graph):
            return self._graph(value, at)
        if "torch" in sys.modules and isinstance(value, sys.modules["torch"].Tensor):
            return self._array("tensor", value.detach().cpu().numpy(), at)
        return self._object(value, at)

    def _items(self, values: Iterable[Any], at: str) -> list[Any]:
        return [self.encode(value, f"{at}.{i}") for i, value in enumerate(values)]

    def _mapping(self, value: Mapping[Any, Any], at: str) -> Any:
        if all(type(key) is str and key != "$" for key in value):
            return {key: self.encode(item, f"{at}.{key}") for key, item in value.items()}
        return {"$": "pairs", "is": self._items(value.items(), at)}

    def _array(self, tag: str, value: NDArray[Any], at: str) -> Any:
        if value.dtype.kind not in "fiub":
            raise TypeError(f"{at or 'the value'}: an array of {value.dtype} cannot be stored")
        name = at.removeprefix(".") or "value"
        self.arrays[name] = np.array(value, dtype=value.dtype.newbyteorder("="), order="C")
        return {"$": tag, "is": name}

    def _graph(self, graph: nx.Graph, at: str) -> Any:
        if type(graph) is not nx.DiGraph:
            raise TypeError(f"{at or 'the value'}: of graphs only a DiGraph can be stored")
        return {
            "$": "graph",
            "frozen": nx.is_frozen(graph),
            "graph": self.encode(dict(graph.graph), f"{at}.graph"),
            "nodes": self._items(
                ((node, dict(graph.nodes[node])) for node in graph), f"{at}.nodes"
            ),
            "edges": self._items(
                ((u, v, dict(d)) for u, v, d in graph.edges.data()), f"{at}.edges"
            ),
        }

    def _object(self, value: Any, at: str) -> Any:
        name = type(value).__name__
        if self.classes.get(name) is not type(value):
            raise TypeError(
                f"{at or 'the value'}: a {name} cannot be stored, the type hints do not name it; "
                f"list it beside a hint, as in Annotated[nx.DiGraph, {name}]"
            )
        if isinstance(value, BaseModel):
            return {"$": name, "is": value.model_dump(mode="json", by_alias=True)}
        parts = {part: self.encode(item, f"{at}.{part}") for part, item in _parts(value)}
        return {"$": name} | parts


@dataclass(frozen=True, kw_only=True)
class _Reader:
    classes: Classes
    arrays: Arrays

    def decode(self, stored: Any) -> Any:
        """The value of which `stored` is the JSON form."""
        if isinstance(stored, list):
            return tuple(self.decode(item) for item in stored)
        if not isinstance(stored, dict):
            return stored
        if "$" not in stored:
            return {key: self.decode(item) for key, item in stored.items()}
        tag = stored["$"]
        build = getattr(self, f"_{tag}", None) if tag in _TAGS else None
        return build(stored) if build else self._object(stored)

    def _float(self, stored: dict[str, Any]) -> float:
        return {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}[stored["is"]]

    def _list(self, stored: dict[str, Any]) -> list[Any]:
        return [self.decode(item) for item in stored["is"]]

    def _pairs(self, stored: dict[str, Any]) -> dict[Any, Any]:
        return dict(self.decode(item) for item in stored["is"])

    def _array(self, stored: dict[str, Any]) -> NDArray[Any]:
        return self.arrays[stored["is"]]

    def _tensor(self, stored: dict[str, Any]) -> Any:
        import torch  # a run without tensors is shown without waiting for torch

        return torch.from_numpy(self.arrays[stored["is"]].copy())

    def _expr(self, stored: dict[str, Any]) -> sp.Expr:
        return expressions.decode(stored["is"])

    def _graph(self, stored: dict[str, Any]) -> nx.DiGraph:
        graph = nx.DiGraph(**self.decode(stored["graph"]))
        graph.add_nodes_from(self.decode(stored["nodes"]))
        graph.add_edges_from(self.decode(stored["edges"]))
        return nx.freeze(graph) if stored["frozen"] else graph

    def _object(self, stored: dict[str, Any]) -> Any:
        cls = self.classes[stored["$"]]
        if issubclass(cls, BaseModel):
            return cls.model_validate(stored["is"])
        return cls(**{name: self.decode(item) for name, item in stored.items() if name != "$"})


_TAGS = frozenset({"float", "list", "pairs", "array", "tensor", "expr", "graph"})


def _parts(value: Any) -> Iterable[tuple[str, Any]]:
    return ((item.name, getattr(value, item.name)) for item in fields(value) if item.init)


def _text(value: Any) -> str:
    return json.dumps(value, allow_nan=False, ensure_ascii=True)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _beside(stem: Path, ending: str) -> Path:
    return stem.with_name(stem.name + ending)
