"""Values as plain JSON for other programs: one way, readable, no number that JSON lacks.

`codec` writes for ourselves and reads back exactly; here a non-finite number becomes ``null``,
an expression its text, an array nested lists.
"""

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np
import sympy as sp
from pydantic import BaseModel

from discover import formula


def plain(value: Any) -> Any:
    """`value` in the types of JSON.

    Example:
        >>> plain({"r2": float("-inf"), "at": (np.float64(0.5), sp.Symbol("x", real=True) ** 2)})
        {'r2': None, 'at': [0.5, 'x**2']}
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, sp.Basic):
        return formula.render(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    if is_dataclass(value):
        named = {item.name: plain(getattr(value, item.name)) for item in fields(value)}
        return {"type": type(value).__name__} | named
    if hasattr(value, "tolist"):  # arrays of numpy and tensors of torch alike
        return plain(value.tolist())
    return [plain(item) for item in value]


def json_text(value: Any) -> str:
    r"""`value` as JSON for people and programs: indented, keys in the order given.

    Example:
        >>> json_text({"n": 3})
        '{\n  "n": 3\n}\n'
    """
    return json.dumps(plain(value), indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def csv_text(rows: Sequence[Mapping[str, Any]]) -> str:
    r"""`rows` as CSV with the columns of the first; an absent or non-finite number is left empty.

    Example:
        >>> csv_text([{"a": 0.1, "b": float("nan")}])
        'a,b\n0.1,\n'
    """
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: plain(item) for key, item in row.items()} for row in rows)
    return buffer.getvalue()
