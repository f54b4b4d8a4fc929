"""All shipped examples, each run as a user would run it and compared with what is known.

    python benchmarks/science.py                     # all of them, two at a time
    python benchmarks/science.py --only burgers,maam --jobs 1
    python benchmarks/science.py --peers .venv-peers/bin/python

Every run has a process of its own with one thread. Outcomes are kept with a hash of what they
depend on (all code, or the samples and settings of a peer), so that an interrupted call goes on
where it was; `benchmarks/results/science.md` is written from the newest outcome of each.
"""

import argparse
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # a script finds its own folder only

from benchmarks import science_report  # noqa: E402
from discover import config, grids, shipped, sources, tables  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results"
KEPT = RESULTS / "answers" / "science"
NOISES = (0.0, 0.01, 0.05, 0.1)
FIELDS = ("burgers", "kdv", "ks", "allen-cahn", "fisher", "wave")
TRAJECTORIES = ("lorenz", "pendulum", "lotka-volterra")
# What PySINDy is told beyond the recipe of the same data.
_PEER = {"domains": 400, "thresholds": [0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8]}
APART = "columns=apart"
"""In place of a change: every column is shuffled by itself, so that nothing ties it to another."""
_SINES = ("pendulum",)  # no polynomial is right there: it gets sines as well, and we do not
_SCRIPT = ROOT / "benchmarks" / "science_sindy.py"
_PATIENCE = 600  # seconds of processor time


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One run: a recipe with changes, by `discover` or by a peer."""

    recipe: str
    changes: tuple[str, ...] = ()
    peer: bool = False

    @property
    def label(self) -> str:
        """What it is called in file names."""
        return "-".join([self.recipe, *(c.replace("=", "") for c in self.changes)]) + (
            "-pysindy" if self.peer else ""
        )


def main() -> None:
    """Run what is not there yet, and write the page."""
    parser = argparse.ArgumentParser(description="The shipped examples beside what is known.")
    parser.add_argument("--only", default="", help="recipes or labels, with commas")
    parser.add_argument("--jobs", type=int, default=2, help="runs at the same time")
    parser.add_argument("--peers", default="", help="interpreter that has pysindy")
    parser.add_argument("--report", action="store_true", help="write the page, run nothing")
    given = parser.parse_args()
    wanted = [name for name in given.only.split(",") if name]
    asked = [
        each
        for each in _all(bool(given.peers))
        if not wanted or {each.recipe, each.label} & {*wanted}
    ]
    KEPT.mkdir(parents=True, exist_ok=True)
    ours = code()

    def run(each: Asked) -> None:
        if given.report:
            return
        path = _path(each)
        samples = _Samples.of(each) if each.peer else None
        key = samples.key if samples else ours
        if path.exists() and json.loads(path.read_text())["code"] == key:
            return
        started = time.time()
        outcome = _peer(samples, given.peers) if samples else _ours(each)
        kept = {"code": key, "when": started, "load": os.getloadavg()[0]} | outcome
        path.write_text(json.dumps(kept, indent=1) + "\n")
        print(f"{each.label}: {time.time() - started:.0f} s", flush=True)

    with ThreadPoolExecutor(given.jobs) as pool:
        list(pool.map(run, asked))
    kept = {
        each: json.loads(_path(each).read_text()) for each in _all(True) if _path(each).exists()
    }
    answers = {(e.recipe, e.changes, e.peer): value for e, value in kept.items()}
    page = science_report.page(answers, code=ours)
    (RESULTS / "science.md").write_text(page)


def _all(peers: bool) -> Iterator[Asked]:
    """Everything there is to run, the long ones first."""
    recipes = sorted(path.stem for path in shipped.recipes().glob("*.yaml"))
    first = [name for name in ("knots", "knots-relations", "maam", "mosaic3") if name in recipes]
    noisy = {*FIELDS, *TRAJECTORIES, "reaction-diffusion", "diffusion-nonlinear"}
    for name in [*first, *(name for name in recipes if name not in first)]:
        if name not in noisy:
            yield Asked(recipe=name)
            if name == "knots-relations":
                yield Asked(recipe=name, changes=(APART,))
            continue
        for noise in NOISES if name in FIELDS else NOISES[:2]:
            yield Asked(recipe=name, changes=(f"data.noise={noise:g}",))
            if peers and name != "diffusion-nonlinear":  # whose terms no library holds
                yield Asked(recipe=name, changes=(f"data.noise={noise:g}",), peer=True)


def _ours(asked: Asked) -> dict[str, Any]:
    """One run, as the command line makes it."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "discover", "run", asked.recipe, "--quiet", "--json"]
        command += ["--out", str(Path(folder) / "run")]
        changes = _apart(asked, folder) if APART in asked.changes else asked.changes
        command += [part for change in changes for part in ("--set", change)]
        done = _called(command, folder)
    if done.status not in (0, 3):
        return {"ok": False, "reason": done.last_words}
    return {"ok": True, "status": done.status, "found": json.loads(done.out)} | {
        "seconds": done.seconds
    }


def _apart(asked: Asked, folder: str) -> tuple[str, ...]:
    """Write the table of a recipe with each column in an order of its own; how to ask for it."""
    recipe = config.inspect(config.find(asked.recipe), ()).recipe
    assert recipe is not None
    assert recipe.data.source is not None
    card = sources.card(recipe.data.source)
    read = tables.read_columns(card.path, where=card.name, group=card.group)
    rng, path = np.random.default_rng(0), Path(folder) / "apart.csv"
    columns = {column.name: rng.permutation(np.asarray(column.values)) for column in read}
    pd.DataFrame(columns).to_csv(path, index=False)
    return "data.source=null", f"data.file={path}"


@dataclass(frozen=True, kw_only=True)
class _Samples:
    """What a peer is given: the field as the recipe loads it, noise and all, and its settings."""

    arrays: dict[str, np.ndarray]
    settings: dict[str, Any]

    @classmethod
    def of(cls, asked: Asked) -> "_Samples":
        """Load the field of a recipe."""
        recipe = config.inspect(config.find(asked.recipe), asked.changes).recipe
        assert recipe is not None
        field = grids.load(recipe.data, folder=Path(), seed=recipe.seed, task=recipe.task)
        arrays = {axis.name: axis.values for axis in field.axes}
        arrays["u"] = np.moveaxis(field.values, (0, 2), (-1, -2))
        told = {"names": list(field.names), "space": [axis.name for axis in field.space]}
        told |= recipe.equation.model_dump(include={"degree", "derivatives", "order"})
        told |= {"sines": asked.recipe in _SINES}
        return cls(arrays=arrays, settings=_PEER | told)

    @property
    def key(self) -> str:
        """Changes whenever the answer may."""
        digest = hashlib.sha256(_SCRIPT.read_bytes() + json.dumps(self.settings).encode())
        for name in sorted(self.arrays):
            digest.update(np.ascontiguousarray(self.arrays[name]).tobytes())
        return digest.hexdigest()[:16]


def _peer(samples: _Samples, python: str) -> dict[str, Any]:
    """PySINDy on the same samples."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "field.npz"
        np.savez(path, **samples.arrays)
        command = [python, str(_SCRIPT), str(path)]
        done = _called(command, folder, json.dumps(samples.settings))
    if done.status:
        return {"ok": False, "reason": done.last_words}
    answer = json.loads(done.out.strip().splitlines()[-1])
    told = {name: samples.settings[name] for name in ("names", "space")}
    return {"ok": True, **answer, "seconds": done.seconds, **told}


@dataclass(frozen=True, kw_only=True)
class _Done:
    """A process that has ended: its status, what it said, and the processor time it took."""

    status: int
    out: str
    err: str
    seconds: float

    @property
    def last_words(self) -> str:
        """The last line of its complaints."""
        if self.status in (-signal.SIGKILL, -signal.SIGXCPU):
            return f"not done after {_PATIENCE} s"
        return (self.err.strip().splitlines() or [f"status {self.status}"])[-1][:200]


def _called(command: list[str], folder: str, text: str = "") -> _Done:
    """Run a command with one thread; it is stopped after ten minutes of processor time."""
    limited = ["sh", "-c", f'ulimit -t {_PATIENCE}; exec "$@"', "sh", *command]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    given, out, err = (Path(folder) / name for name in (".in", ".out", ".err"))
    given.write_text(text)
    with given.open() as stdin, out.open("w") as stdout, err.open("w") as stderr:
        process = subprocess.Popen(
            limited, stdin=stdin, stdout=stdout, stderr=stderr, cwd=folder, env=environment
        )
        # The processor time of this process alone: others may run beside it.
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return _Done(
        status=process.returncode,
        out=out.read_text(),
        err=err.read_text(),
        seconds=usage.ru_utime + usage.ru_stime,
    )


def _path(asked: Asked) -> Path:
    return KEPT / f"{asked.label}.json"


def code() -> str:
    """Changes whenever an answer of ours may."""
    digest = hashlib.sha256()
    for folder in ("discover", "pipelines", "datasets"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".py", ".yaml"}:
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


if __name__ == "__main__":
    main()
