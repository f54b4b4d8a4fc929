"""One law searched for in a process of its own: a task in, a result out, both JSON.

python -m benchmarks.laws_worker '{"file": "srbench", "law": "I.12.5", ...}'
"""

import json
import resource
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd
import sympy as sp

from benchmarks.laws_judge import CLEAN, NOISY, judge
from benchmarks.laws_problems import DATA, Problem, read


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What all laws of a table have in common.

    Attributes:
        file: Name of the law file.
        noise: Of the target, relative to its RMS.
        units: Whether the columns' units are told.
        dummies: Irrelevant columns beside the law's own.
        rows: Rows of each table.
        budget: Seconds to aim at for each law.
    """

    file: str
    noise: float
    units: bool
    dummies: int
    rows: int
    budget: float


@dataclass(frozen=True, kw_only=True)
class Task:
    """One law, one seed, one setting."""

    setting: Setting
    law: str
    seed: int


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a task.

    Attributes:
        recovered: The recommended law is the true one.
        on_front: It is, or another law of the front is.
        origin: Who proposed the true law, else the recommended one.
        complexity: Nodes of that law.
        seconds: Processor time of the search, on one thread.
        error: Test error of the recommended law, relative to the target's RMS.
        expression: The recommended law.
        reason: What the judge said of it; or how the search failed.
    """

    recovered: bool
    on_front: bool
    origin: str
    complexity: int
    seconds: float
    error: float
    expression: str
    reason: str


#: A search that takes this many times its budget is stopped, and counts as a failure; beside it
#: the seconds for what is loaded before and for the judge.
_PATIENCE = 1.5
_STARTING = 20.0


def work(task: Task) -> Outcome:
    """Search for the law of a task."""
    from discover import LawRegressor

    setting = task.setting
    problem = read(DATA / f"{setting.file}.yaml")[task.law]
    if setting.dummies:
        problem = problem.with_dummies(setting.dummies, task.seed)
    x, y = problem.rows(setting.rows, noise=setting.noise, seed=task.seed)
    model = LawRegressor(
        units=problem.units if setting.units else None,
        time_budget=setting.budget,
        random_state=task.seed,
    )
    start = time.process_time()
    model.fit(
        pd.DataFrame(x, columns=[column.name for column in problem.columns]),
        pd.Series(y, name=problem.target),
    )
    return _judged(model, problem, setting, time.process_time() - start)


def _judged(model: Any, problem: Problem, setting: Setting, seconds: float) -> Outcome:
    tolerance = NOISY if setting.noise else CLEAN
    verdict = judge(model.law_.expr, problem, tolerance=tolerance)
    right = [model.law_] if verdict.recovered else [
        law for law in model.laws_
        if law is not model.law_ and judge(law.expr, problem, tolerance=tolerance).recovered
    ]  # fmt: skip
    shown = right[0] if right else model.law_
    return Outcome(
        recovered=verdict.recovered,
        on_front=bool(right),
        origin=shown.origin,
        complexity=shown.complexity,
        seconds=round(seconds, 1),
        error=model.law_.accuracy["test"].relative,
        expression=str(sp.N(model.law_.expr, 6)),
        reason=verdict.reason,
    )


def main() -> None:
    """Read a task from the command line, write its outcome to standard output."""
    given = json.loads(sys.argv[1])
    task = Task(**given | {"setting": Setting(**given["setting"])})
    most = int(_PATIENCE * task.setting.budget + _STARTING)
    resource.setrlimit(resource.RLIMIT_CPU, (most, most + 5))
    outcome = work(task)
    print(json.dumps(asdict(outcome)))


if __name__ == "__main__":
    main()
