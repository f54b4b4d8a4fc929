"""PySR, the optional engine: symbolic regression in Julia, by the extra ``discover[pysr]``.

PySR needs a Julia, and would fetch one over the network as soon as it is imported. A run of ours
never does that: it first asks, offline and in a process of its own, whether PySR can start here,
and says in one message what is missing. The search too runs in a process of its own, which prints
into a file and answers by PySR's hall of fame.

Source: M. Cranmer, "Interpretable machine learning for science with PySR and
SymbolicRegression.jl", arXiv:2305.01582.
"""

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Never

import numpy as np
import sympy as sp

from discover import formula
from discover.dataset import Matrix, Variable, Vector
from discover.errors import InputError, MissingExtraError
from discover.progress import Event, Listener, silent
from discover.refine.candidates import candidates, front
from discover.refine.sample import Sample

_WHERE = "refine: pysr"
_ROWS = 1000
_ITERATIONS = 40
_WORKER = Path(__file__).parents[1] / "pysr_worker.py"
_PROBE = "import pysr"
# Julia writes small and large single-precision numbers as 1.2f-5.
_JULIA_FLOAT = re.compile(r"(?<![\w.])((?:\d+\.?\d*|\.\d+))f([+-]?\d+)(?!\w)")


@dataclass(frozen=True, kw_only=True)
class PySR:
    """The engine in Julia; one unit of effort is forty iterations of all its populations.

    Attributes:
        iterations: Iterations for one unit of effort.
    """

    iterations: int = _ITERATIONS

    def search(
        self,
        x: Matrix,
        y: Vector,
        variables: Sequence[Variable],
        *,
        effort: int,
        max_complexity: int,
        seed: int,
        listen: Listener = silent,
    ) -> tuple[sp.Expr, ...]:
        """Propose laws; see :class:`discover.refine.Engine`.

        Raises:
            MissingExtraError: If pysr is not installed.
            InputError: If it has no working Julia, or fails.
        """
        require()
        sample = Sample.of(x, y, variables, rows=_ROWS, seed=seed)
        if not sample.searchable:
            return ()
        listen(Event(stage="refine", done=0, total=1, message="pysr"))
        with TemporaryDirectory(prefix="discover-pysr-") as name:
            folder = Path(name)
            chosen = settings(self.iterations * effort, max_complexity, seed)
            (folder / "settings.json").write_text(json.dumps(chosen), encoding="utf-8")
            np.savez(folder / "table.npz", x=sample.x, y=sample.y)
            _run(folder)
            formulas = list(hall_of_fame(folder / "run", sample.inputs))
        found = [each for expr in formulas for each in candidates(expr, sample)]
        error = min((c.error for c in found), default=None)
        listen(
            Event(
                stage="refine",
                done=1,
                total=1,
                message="pysr",
                error=None if error is None else error**0.5,
            )
        )
        return front(found, sample, max_complexity)


def settings(iterations: int, max_complexity: int, seed: int) -> dict[str, Any]:
    """Our keywords of ``PySRRegressor``, in plain values.

    Args:
        iterations: How long to search.
        max_complexity: Largest formula, in PySR's own count of nodes.
        seed: Repeats a search exactly; PySR needs one thread for that.

    Example:
        >>> settings(40, 30, 7)["random_state"]
        7
    """
    return {
        "niterations": iterations,
        "binary_operators": ["+", "-", "*", "/", "^"],
        "unary_operators": ["exp", "log", "sin", "cos", "sqrt"],
        # An exponent is a number or a column: anything larger is no law of physics.
        "constraints": {"^": [-1, 1]},
        "nested_constraints": {
            "sin": {"sin": 0, "cos": 0},
            "cos": {"sin": 0, "cos": 0},
            "exp": {"exp": 0},
            "log": {"log": 0},
        },
        "maxsize": max(max_complexity, 7),
        "precision": 64,
        "print_precision": 17,
        "batching": False,
        "random_state": seed,
        "deterministic": True,
        "parallelism": "serial",
        "verbosity": 0,
        "progress": False,
        "input_stream": "devnull",
        "temp_equation_file": False,
    }


def hall_of_fame(folder: Path, inputs: Sequence[sp.Symbol]) -> Iterator[sp.Expr]:
    """The formulas that PySR left in a folder; rows that are no finite real formula stay out.

    Args:
        folder: Holds ``hall_of_fame.csv``, and perhaps the backup that PySR itself prefers.
        inputs: What ``x0``, ``x1``, ... stand for.

    Raises:
        InputError: If there is no such file, or it has no column ``Equation``.
    """
    files = [folder / "hall_of_fame.csv.bak", folder / "hall_of_fame.csv"]
    file = next((file for file in files if file.is_file()), None)
    if file is None:
        _refuse("no hall_of_fame.csv after the search", "PySR's table of formulas")
    with file.open(newline="", encoding="utf-8") as lines:
        table = csv.DictReader(lines)
        if "Equation" not in (table.fieldnames or ()):
            _refuse(f"no column 'Equation' in {file.name}", "PySR's table of formulas")
        texts = [row["Equation"] for row in table if row["Equation"]]
    for text in texts:
        expr = equation(text, inputs)
        if expr is not None:
            yield expr


def equation(text: str, inputs: Sequence[sp.Symbol]) -> sp.Expr | None:
    """One formula in PySR's spelling, or ``None`` where it is none in finite real numbers.

    Example:
        >>> a = sp.Symbol("a", real=True)
        >>> equation("(x0 ^ 2.0) * 1.5f-2", [a])
        0.015*a**2.0
        >>> equation("x0 * NaN", [a]) is None
        True
    """
    names = [f"x{i}" for i in range(len(inputs))]
    try:
        read = formula.parse(_JULIA_FLOAT.sub(r"\1e\2", text), names, where=_WHERE)
    except InputError:
        return None
    if read.constants:
        return None
    places = {sp.Symbol(name, real=True): z for name, z in zip(names, inputs, strict=True)}
    return read.expr.xreplace(places)


def require() -> None:
    """Make sure that PySR can start on this machine, without any download.

    Raises:
        MissingExtraError: If pysr is not installed.
        InputError: If no Julia is found, or not the packages that PySR needs in it.
    """
    if find_spec("pysr") is None:
        raise MissingExtraError(package="pysr", extra="pysr", purpose=_WHERE)
    probe = _python("-c", _PROBE)
    if probe.returncode:
        _refuse(_last_line(probe.stdout), "a Julia with PySR's packages")


def _run(folder: Path) -> None:
    done = _python(str(_WORKER), str(folder))
    if done.returncode:
        _refuse(f"a search that stopped: {_last_line(done.stdout)}", "one that ends")


def _python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python apart from this process, offline; its output is caught, both streams as one."""
    # -P: what lies beside the worker must not stand on its path.
    return subprocess.run(  # noqa: S603
        [sys.executable, "-P", *arguments],
        env={**os.environ, "PYTHON_JULIAPKG_OFFLINE": "yes"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )


def _last_line(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[-1].removeprefix("Exception: ") if lines else "a process without an answer"


def _refuse(found: str, expected: str) -> Never:
    raise InputError.one(
        where=_WHERE,
        found=found,
        expected=expected,
        advice=(
            "Install Julia (https://julialang.org/downloads) and run once: python -c 'import pysr'."
            " Or write refine: operon, which needs neither."
        ),
    )


ENGINE = PySR()
