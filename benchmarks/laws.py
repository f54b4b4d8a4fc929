"""Known laws searched for again: what share of them comes back.

    python benchmarks/laws.py srbench --noise 0 0.01 --only I.6.2a,I.12.1
    python benchmarks/laws.py srsd --units --dummies 3 --jobs 2

Each law has a process of its own with one thread. Outcomes are kept under a hash of the setting and
of all code, so that an interrupted run goes on where it was; `benchmarks/results/laws.md` is
written anew from the newest outcome of each law in each setting.
"""

import argparse
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # a script finds its own folder only

from benchmarks import laws_report  # noqa: E402
from benchmarks.laws_problems import DATA, Problem, read  # noqa: E402
from benchmarks.laws_worker import Outcome, Setting, Task  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results"
KEPT = RESULTS / "laws"
# The worker stops itself by its processor time; this is for one that hangs, on a busy machine.
_PATIENCE = 30.0


def main() -> None:
    """Run what the command line asks for, and write the table."""
    asked = _arguments()
    problems = read(DATA / f"{asked.file}.yaml")
    tasks = list(_tasks(asked, problems))
    code = _code(asked.file)
    KEPT.mkdir(parents=True, exist_ok=True)

    def run(task: Task) -> None:
        path = _path(task, code)
        if not path.exists():
            outcome = _searched(task)
            path.write_text(
                json.dumps(
                    {
                        "task": asdict(task),
                        "outcome": asdict(outcome),
                        "difficulty": problems[task.law].difficulty,
                        "code": code,
                        "when": time.time(),
                    }
                )
            )
        outcome = Outcome(**json.loads(path.read_text())["outcome"])
        mark = "yes  " if outcome.recovered else "front" if outcome.on_front else "no   "
        print(
            f"{mark} {task.law:10} noise {task.setting.noise:<6g} {outcome.origin:8} "
            f"{outcome.seconds:6.1f} s  {outcome.error:8.1e}  {outcome.expression[:90]}"
            f"  [{outcome.reason}]",
            flush=True,
        )

    with ThreadPoolExecutor(asked.jobs) as pool:
        list(pool.map(run, tasks))
    laws_report.write(KEPT, RESULTS)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Which known laws are found again.")
    files = sorted(path.stem for path in DATA.glob("*.yaml"))
    parser.add_argument("file", choices=files, help="the law file")
    parser.add_argument("--noise", type=float, nargs="+", default=[0.0], help="relative to the RMS")
    parser.add_argument("--seeds", type=int, default=1, help="tables of each law")
    parser.add_argument("--budget", type=float, default=60.0, help="seconds for each law")
    parser.add_argument("--jobs", type=int, default=2, help="laws at a time")
    parser.add_argument("--only", default="", help="names of laws, with commas between them")
    parser.add_argument("--difficulty", default="", help="easy, medium or hard")
    parser.add_argument("--every", type=int, default=1, help="each so many-th law only")
    parser.add_argument("--units", action="store_true", help="tell the units of the columns")
    parser.add_argument("--rows", type=int, default=1000, help="rows of each table")
    parser.add_argument("--dummies", type=int, default=0, help="irrelevant columns to add")
    return parser.parse_args()


def _tasks(asked: argparse.Namespace, problems: dict[str, Problem]) -> Iterator[Task]:
    names = asked.only.split(",") if asked.only else list(problems)[:: asked.every]
    unknown = [name for name in names if name not in problems]
    if unknown:
        sys.exit(f"no such law in {asked.file}: {', '.join(unknown)}")
    if asked.difficulty:
        names = [name for name in names if problems[name].difficulty == asked.difficulty]
    for noise in asked.noise:
        setting = Setting(
            file=asked.file,
            noise=noise,
            units=asked.units,
            dummies=asked.dummies,
            rows=asked.rows,
            budget=asked.budget,
        )
        for seed in range(asked.seeds):
            for law in names:
                yield Task(setting=setting, law=law, seed=seed)


def _searched(task: Task) -> Outcome:
    """The outcome of a task, whatever becomes of its process."""
    limit = _PATIENCE * task.setting.budget
    one = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    start = time.perf_counter()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.laws_worker", json.dumps(asdict(task))],
            cwd=ROOT, env=os.environ | one, capture_output=True, text=True, timeout=limit,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return _failed(f"stopped after {limit:.0f} s", limit)
    if done.returncode == -signal.SIGXCPU:
        return _failed("stopped: far beyond its budget", time.perf_counter() - start)
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        return _failed(said[-1], time.perf_counter() - start)
    return Outcome(**json.loads(done.stdout.splitlines()[-1]))


def _failed(reason: str, seconds: float) -> Outcome:
    return Outcome(
        recovered=False, on_front=False, origin="none", complexity=0, seconds=round(seconds, 1),
        error=float("nan"), expression="", reason=reason,
    )  # fmt: skip


def _code(file: str) -> str:
    """A hash of everything that an outcome depends on but its task."""
    digest = hashlib.sha256()
    sources = [*(ROOT / "discover").rglob("*.py"), *(ROOT / "benchmarks").glob("laws_*.py")]
    for path in [*sorted(sources), DATA / f"{file}.yaml"]:
        if path.name != "laws_report.py":
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _path(task: Task, code: str) -> Path:
    text = json.dumps([asdict(task), code], sort_keys=True)
    key = hashlib.sha256(text.encode()).hexdigest()[:12]
    return KEPT / f"{task.setting.file}-{task.law}-{key}.json"


if __name__ == "__main__":
    main()
