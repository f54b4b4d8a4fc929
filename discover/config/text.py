"""YAML, with its traps closed.

The YAML that Python reads is version 1.1, in which ``no`` (a column of nitric oxide) is false,
``010`` is 8, ``1:30`` is 90, ``1e-3`` is text and a key given twice silently wins the second time.
Here only ``true`` and ``false`` are booleans, numbers are read as Python reads them, keys are
always text, and a key given twice is reported. Aliases are refused: a recipe needs none, and a few
lines of them can fill the memory.
"""

import re
from collections.abc import Hashable
from typing import Any

import yaml

_SCALARS = (
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?[0-9]+$", list("-+0123456789")),
    ("float", r"^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$", list("-+.0123456789")),
)


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (the name is PyYAML's)

    def __init__(self, stream: str):
        super().__init__(stream)
        self.twice: list[tuple[str, int]] = []

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "an alias, which is not supported", mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        mapping: dict[Hashable, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                problem = "a list or mapping in the place of a key"
                raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
            key = str(key_node.value)
            if key in mapping:
                self.twice.append((key, line))
            mapping[key] = self.construct_object(value_node, deep=True)
        return mapping


class _Dumper(yaml.SafeDumper):
    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 (the name is PyYAML's)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    # PyYAML breaks lines where the text does, and writes line ends of other scripts bare.
    style = None if text.isprintable() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _number(loader: _Loader, node: yaml.ScalarNode) -> int | float | str:
    text = str(node.value)
    try:
        return int(text) if node.tag.endswith(":int") else float(text)
    except ValueError:  # more digits than Python reads
        return text


for _name, _pattern, _first in _SCALARS:
    for _kind in (_Loader, _Dumper):
        _kind.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(_pattern), _first)
_Dumper.add_representer(str, _text)
for _name in ("int", "float"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_name}", _number)


class BadYamlError(ValueError):
    """Text that is no YAML.

    Attributes:
        problem: What is wrong, in words.
        line: Line, from 1; 0 where it is not known.
        column: Column, from 1.
    """

    def __init__(self, problem: str, line: int = 0, column: int = 0):
        super().__init__(problem)
        self.problem = problem
        self.line = line
        self.column = column


def load(text: str) -> tuple[Any, list[tuple[str, int]]]:
    """The value that YAML `text` stands for, and every key given twice, with its line.

    Raises:
        BadYamlError: If it is no YAML of plain values.

    Example:
        >>> load("{rate: 1e-3, gas: no, gas: yes}")
        ({'rate': 0.001, 'gas': 'yes'}, [('gas', 1)])
    """
    try:
        loader = _Loader(text)
        try:
            return loader.get_single_data(), loader.twice
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        problem = error.problem or "something that is no YAML"
        line, column = (0, 0) if mark is None else (mark.line + 1, mark.column + 1)
        raise BadYamlError(problem, line, column) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise BadYamlError("a character that YAML does not allow", line, 1) from error
    except RecursionError as error:
        raise BadYamlError("lists nested too deeply") from error
    except ValueError as error:  # a timestamp or binary value by explicit tag
        raise BadYamlError(str(error)) from error


def dump(value: Any) -> str:
    """`value` as YAML that `load` reads back; keys keep their order.

    Example:
        >>> dump({"rate": 0.001, "gas": "no", "text": "1e-3"}).splitlines()
        ['rate: 0.001', 'gas: no', "text: '1e-3'"]
    """
    return _written(value, width=88)  # what a page of print holds


def inline(value: Any) -> str:
    """The same on one line, fit to be a part of other YAML.

    Example:
        >>> inline("speed"), inline("a: b"), inline(["no", "1e-3"])
        ('speed', "'a: b'", "[no, '1e-3']")
    """
    # In a list, for a text alone would be followed by the end of its document.
    return _written([value], width=10**9, default_flow_style=True).strip()[1:-1]


def _written(value: Any, **how: Any) -> str:
    return str(yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, **how))
