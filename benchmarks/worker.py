"""One engine, one task, in a process of its own: a JSON request in, a JSON answer out.

    python benchmarks/worker.py < request.json

The request names the engine (a module of `peers`, or `ours`), the task (a function of it) and what
the function is given; arrays come in an ``.npz`` file, so that every engine sees the same bytes. It
is run by the interpreter that has the engine installed. What engines print goes to standard error;
the answer is the only line on standard output.
"""

import contextlib
import importlib
import json
import os
import resource
import sys
import time
from typing import Any

import numpy as np


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Run a task and say how it went; a failure is an answer too.

    Args:
        request: ``engine``, ``task``, ``given`` (keyword arguments), ``cores`` and, where there are
            arrays, ``arrays`` (path of an ``.npz`` file with more keyword arguments).
    """
    try:
        engine = importlib.import_module(request["engine"])
    except ImportError as error:
        return {"ok": False, "reason": f"not installed: {error}"}
    task = getattr(engine, request["task"], None)
    if task is None:
        return {"ok": False, "reason": "not offered"}
    arrays = dict(np.load(request["arrays"])) if request.get("arrays") else {}
    start = time.perf_counter()
    try:
        result = task(**arrays, **request["given"])
    except Exception as error:  # whatever a peer raises is what the table has to say of it
        reason = f"{type(error).__name__}: {error}".splitlines()[0][:200]
        return {"ok": False, "reason": reason}
    return {
        "ok": True,
        "result": result,
        "seconds": time.perf_counter() - start,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> None:
    """Read the request, do the work, write the answer."""
    request = json.load(sys.stdin)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: request["cores"]])
    with contextlib.redirect_stdout(sys.stderr):
        result = answer(request)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
