"""A function for every edge of a network of twenty."""

from engines import OURS, PYKAN
from jobs import Answers, Job
from tables import table

from cases.case import Case


def _jobs(short: bool) -> tuple[Job, ...]:
    rows = 60 if short else 300
    return tuple(
        Job(engine=engine, task="edges", label="20", data=("edges", 0, rows), limit=900)
        for engine in (OURS, PYKAN)
    )


def _table(answers: Answers) -> str:
    found = {engine: answers.good(engine).get("20") for engine in (OURS, PYKAN)}
    ours = found[OURS]
    rows: list[list[object]] = []
    for engine, result in found.items():
        if result is None:
            rows.append([engine.name, None, None, None, None, None])
            continue
        left = result["unexplained"]
        times = result["seconds"] / ours["seconds"] if ours else None
        better = (
            sum(b < a for a, b in zip(left, ours["unexplained"], strict=True)) if ours else None
        )
        beaten = None if engine is OURS else better
        rows.append(
            [engine.name, result["seconds"], times, max(left), sorted(left)[len(left) // 2], beaten]
        )
    head = [
        "engine",
        "seconds",
        "times ours (asked: 100)",
        "worst 1 - r2",
        "median 1 - r2",
        "edges on which ours is nearer (asked: 20)",
    ]
    return table(head, rows)


CASE = Case(
    title="Functions for twenty edges",
    about=(
        "A layer [5,4] whose edges are twenty curves of use in physics, given as splines; each "
        "engine looks for the best function of its whole library on every edge, in the form "
        "c f(a x + b) + d. pykan by `auto_symbolic(weight_simple=0)`, the setting that fits best."
    ),
    jobs=_jobs,
    table=_table,
)
