"""What a run folder says in words and numbers: the content of its files, as values.

Nothing here touches a disk. ``laws.json`` holds no time and no path: the same seed gives the same
bytes.
"""

import importlib.metadata
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from discover import __version__, formula
from discover.boundary import solved
from discover.functions import Affine
from discover.law import Law
from discover.record import Equation, Hypothesis, Run
from discover.store.plain import plain

SCHEMA = 1
_MEASURES = ("n", "rms", "relative", "r2", "worst", "accuracy")
_PACKAGES = (
    "h5py", "networkx", "numpy", "pandas", "pydantic", "pyoperon", "pysr",
    "safetensors", "scikit-learn", "scipy", "snappy", "sympy", "torch",
)  # fmt: skip


def laws(run: Run) -> dict[str, Any]:
    """The content of ``laws.json``, in plain values."""
    content = {
        "schema": SCHEMA,
        "task": run.recipe.task,
        "target": run.table.target.name,
        "unit": run.table.target.unit,
        "selected": run.selected,
        "stages": [{"stage": stage.stage} | stage.accuracy.to_json() for stage in run.stages],
        "laws": [_law(law) for law in run.laws],
        "hypotheses": [_hypothesis(hypothesis) for hypothesis in run.hypotheses],
        "null": None if run.null is None else asdict(run.null),
        "cautions": run.cautions,
        "rounding": None if run.rounding is None else asdict(run.rounding),
    }
    if run.others:
        content["equations"] = [_equation(equation) for equation in run.equations]
    if run.forecast is not None:
        content["forecast"] = {
            "times": run.forecast.times,
            "errors": run.forecast.errors,
            "floor": run.forecast.floor,
            "note": run.forecast.note,
        }
    return plain(content)  # type: ignore[no-any-return]


def law_rows(run: Run) -> list[dict[str, Any]]:
    """The rows of ``laws.csv``: one law each, its accuracy on every split side by side."""
    return [
        {
            "index": index,
            "selected": index == run.selected,
            "complexity": law.complexity,
            "expression": law.expression,
            "origin": law.origin,
        }
        | {
            f"{split}_{name}": accuracy.to_json()[name]
            for split, accuracy in law.accuracy.items()
            for name in _MEASURES
        }
        for index, law in enumerate(run.laws)
    ]


def edge_rows(run: Run) -> list[dict[str, Any]]:
    """The rows of ``edges.csv``: for each edge its candidates, best first, and what it became.

    A candidate has the constants of its own fit to the curve. The chosen function was refitted
    together with all others; it has a row of its own, the last of its edge.
    """
    rows = []
    for choice in run.choices:
        edge = " -> ".join(choice.edge)
        for rank, candidate in enumerate(choice.candidates, start=1):
            row = {"edge": edge, "rank": rank, "chosen": False} | _function(candidate.function)
            measures = ("complexity", "r2", "residual", "score")
            rows.append(row | {name: getattr(candidate, name) for name in measures})
        chosen = _function(choice.chosen) | {"complexity": choice.chosen.complexity}
        rows.append({"edge": edge, "rank": None, "chosen": True} | chosen)
    return rows


def dataset(run: Run) -> dict[str, Any]:
    """The content of ``dataset.json``: source, hash, columns with units, sizes of the splits."""
    table = run.table
    columns = [("target", table.target), *(("feature", variable) for variable in table.features)]
    return {
        "name": table.name,
        "source": asdict(table.source),
        "columns": [{"role": role} | asdict(variable) for role, variable in columns],
        "sizes": dict(table.sizes),
    }


def environment(run: Run) -> dict[str, Any]:
    """The content of ``environment.json``: what ran, where, with which seed, for how long."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpus": os.cpu_count(),
        "seed": run.recipe.seed,
        "versions": _versions(),
        "durations": dict(run.durations),
    }


def _law(law: Law) -> dict[str, Any]:
    """A law; a boundary also solved for the columns that stand alone in it."""
    if law.claim == "value":
        return law.to_json()
    values = {name: formula.render(value) for name, value in solved(law).items()}
    return law.to_json() | {"solved": values}


def _equation(equation: Equation) -> dict[str, Any]:
    return {
        "target": equation.target.name,
        "unit": equation.target.unit,
        "selected": equation.selected,
        "laws": [law.to_json() for law in equation.laws],
        "null": None if equation.null is None else asdict(equation.null),
    }


def _hypothesis(hypothesis: Hypothesis) -> Mapping[str, Any]:
    law = hypothesis.law.to_json()
    return law | {
        "name": hypothesis.name,
        "source": hypothesis.source,
        "expression": hypothesis.expression,
        "fitted": law["expression"],
    }


def _function(function: Affine) -> dict[str, Any]:
    constants = {name: getattr(function, name) for name in ("a", "b", "c", "d")}
    return {"function": function.atom.name} | constants


def _versions() -> dict[str, str]:
    found = {"discover": __version__}
    for package in _PACKAGES:
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
