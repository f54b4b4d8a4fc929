"""One measurement: what is asked of an engine, how it is run, and where its answer is kept."""

import hashlib
import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from engines import ROOT, Engine, Versions

_WORKER: Final = ROOT / "benchmarks" / "worker.py"

Answer = dict[str, Any]
Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Job:
    """One task of one engine.

    Attributes:
        engine: Who.
        task: Name of a function of the engine's module.
        label: Distinguishes the jobs of one engine and case; what tables sort by.
        given: Keyword arguments, as JSON can say them.
        data: ``(name, seed, rows)`` for `cases.data.make`, where arrays are given too.
        limit: Seconds after which it is stopped and reported as not finished.
    """

    engine: Engine
    task: str
    label: str
    given: Mapping[str, Any] = field(default_factory=dict)
    data: tuple[str, int, int] | None = None
    limit: float = 120.0

    def key(self, versions: Versions, machine: Mapping[str, str], arrays: Arrays | None) -> str:
        """Changes whenever the answer may."""
        text = json.dumps([asdict(self), dict(versions), dict(machine)], sort_keys=True)
        digest = hashlib.sha256(text.encode())
        for name, array in sorted((arrays or {}).items()):
            digest.update(name.encode() + array.tobytes())
        return digest.hexdigest()[:16]


def run(job: Job, python: str, arrays: Arrays | None = None, *, cores: int = 2) -> Answer:
    """The answer of an engine, or why there is none.

    Args:
        job: What to ask.
        python: The interpreter that has the engine.
        arrays: What it is given besides.
        cores: How many it may use.
    """
    with tempfile.TemporaryDirectory() as folder:
        request: Answer = {"engine": job.engine.module, "task": job.task, "cores": cores}
        request["given"] = dict(job.given)
        if arrays is not None:
            path = Path(folder) / "arrays.npz"
            np.savez(path, **arrays)
            request["arrays"] = str(path)
        return _asked(request, job, python, folder)


def _asked(request: Answer, job: Job, python: str, folder: str) -> Answer:
    paths = [str(_WORKER.parent), *([str(ROOT)] if job.engine.ours else [])]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([*paths, os.environ.get("PYTHONPATH", "")]),
        "OMP_NUM_THREADS": str(request["cores"]),
    }
    process = subprocess.Popen(
        [python, str(_WORKER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=environment,
        start_new_session=True,
    )
    try:
        out, err = process.communicate(json.dumps(request), timeout=job.limit)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return {"ok": False, "reason": f"not done after {job.limit:.0f} s"}
    if process.returncode:
        last = err.strip().splitlines()[-1:] or [f"exit code {process.returncode}"]
        return {"ok": False, "reason": last[0][:200]}
    return dict(json.loads(out.strip().splitlines()[-1]))


class Shelf:
    """The answers of one case, a file for each engine; one is good as long as its key holds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, job: Job, key: str) -> Answer | None:
        """An answer that is still good."""
        kept = self._read(job.engine).get(job.label)
        return kept["answer"] if kept and kept["key"] == key else None

    def put(self, job: Job, key: str, answer: Answer) -> None:
        """Keep an answer."""
        kept = self._read(job.engine)
        load = round(os.getloadavg()[0], 1)
        kept[job.label] = {
            "key": key,
            "date": time.strftime("%Y-%m-%d %H:%M"),
            "load": load,
            "answer": answer,
        }
        path = self._path(job.engine)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(kept, indent=1) + "\n")

    def kept(self, job: Job) -> dict[str, Any] | None:
        """What there is, whatever it was measured on."""
        return self._read(job.engine).get(job.label)

    def _path(self, engine: Engine) -> Path:
        return self._folder / f"{engine.module.removeprefix('peers.')}.json"

    def _read(self, engine: Engine) -> dict[str, Any]:
        path = self._path(engine)
        return dict(json.loads(path.read_text())) if path.exists() else {}


@dataclass(frozen=True, kw_only=True)
class Answers:
    """All answers of one case.

    Attributes:
        by: Answer of each engine (its name) and label, failures too.
    """

    by: Mapping[tuple[str, str], Answer]

    def good(self, engine: Engine) -> dict[str, Any]:
        """Results of an engine by label, without its failures."""
        return {
            label: answer["result"]
            for (name, label), answer in self.by.items()
            if name == engine.name and answer["ok"]
        }

    def failures(self) -> Iterator[tuple[str, str, str]]:
        """Engine, label and reason of what did not work."""
        for (name, label), answer in self.by.items():
            if not answer["ok"]:
                yield name, label, answer["reason"]
