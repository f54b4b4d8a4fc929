"""`discover` beside its peers: runs the comparisons that are not done yet, writes the page.

    python benchmarks/engine.py [CASE ...] [--peers PYTHON] [--cores N] [--out DIR]
                                [--again] [--short] [--page]

An answer is kept under the versions, the settings and the machine that it depends on, so a stopped
run goes on where it stopped, and after a change of `discover` only its own answers are asked again.
"""

import argparse
import sys
import time
from pathlib import Path

from cases import CASES
from cases.data import make
from engines import ENGINES, ROOT, Versions, installed, machine
from jobs import Answers, Job, Shelf, run
from report import write


def main() -> None:
    """Read the command line, ask, write."""
    options = _options()
    here = machine(options.cores)
    versions = {
        **installed(sys.executable, tuple(e for e in ENGINES if e.ours)),
        **installed(options.peers, tuple(e for e in ENGINES if not e.ours)),
    }
    start = time.monotonic()
    if not options.page:
        for name in options.cases or CASES:
            for job in CASES[name].jobs(options.short):
                shelf = Shelf(options.out / "answers" / name)
                _ask(name, job, shelf, options, versions[job.engine.module], here)
    answers, loads = {}, {}
    for name, case in CASES.items():
        shelf = Shelf(options.out / "answers" / name)
        jobs = case.jobs(options.short)
        kept = {(j.engine.name, j.label): shelf.kept(j) for j in jobs}
        if any(kept.values()):
            answers[name] = Answers(by={k: v["answer"] for k, v in kept.items() if v})
            loads[name] = max(v["load"] for v in kept.values() if v)
    write(options.out, answers, machine=here, versions=versions, loads=loads)
    print(f"{options.out / 'engine.md'} after {time.monotonic() - start:.0f} s")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of {', '.join(CASES)}; all")
    parser.add_argument(
        "--peers",
        metavar="PYTHON",
        default=str(ROOT / ".venv-peers" / "bin" / "python"),
        help="the interpreter of the environment with the peers (make bench makes it)",
    )
    parser.add_argument("--cores", type=int, default=2, help="how many each engine may use; 2")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results")
    parser.add_argument("--again", action="store_true", help="ask also what is answered")
    parser.add_argument("--short", action="store_true", help="a trial: figures say nothing")
    parser.add_argument("--page", action="store_true", help="ask nothing, only write the page")
    options = parser.parse_args()
    unknown = [name for name in options.cases if name not in CASES]
    if unknown:
        parser.error(f"no case {', '.join(unknown)}; there are {', '.join(CASES)}")
    # Jobs run in folders of their own. Not resolved: the link is what makes it that environment's.
    options.peers = str(Path(options.peers).absolute())
    if not Path(options.peers).exists():
        parser.error(f"no interpreter at {options.peers}; make bench makes it, --peers names one")
    if options.short and options.out == ROOT / "benchmarks" / "results":
        options.out = ROOT / "build" / "benchmarks"
    return options


def _ask(
    name: str,
    job: Job,
    shelf: Shelf,
    options: argparse.Namespace,
    versions: Versions | None,
    here: dict[str, str],
) -> None:
    if versions is None:
        shelf.put(job, "", {"ok": False, "reason": "not installed"})
        return
    arrays = make(*job.data) if job.data else None
    key = job.key(versions, here, arrays)
    if shelf.get(job, key) is not None and not options.again:
        return
    python = sys.executable if job.engine.ours else options.peers
    answer = run(job, python, arrays, cores=options.cores)
    shelf.put(job, key, answer)
    said = f"{answer['seconds']:.1f} s" if answer["ok"] else answer["reason"]
    print(f"{name}: {job.engine.name}, {job.label}: {said}", flush=True)


if __name__ == "__main__":
    main()
