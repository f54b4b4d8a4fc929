"""exp(sin(pi x) + y^2) from 1000 rows: how accurate, how soon."""

from typing import Any

from engines import EFFICIENT, INKAN, JAXKAN, MLP, OURS, PYKAN, SKLEARN, Engine
from jobs import Answers, Job
from matplotlib.axes import Axes
from tables import lowest, median, number, table, time_to

from cases.case import COLOURS, Case

_ROWS = 1000
# What a fit has to reach, and within which time, from at least eight of ten seeds.
_ERROR, _SECONDS = 1e-6, 5.0
# An engine is at its final error when it is within one per cent of it: kind to those that creep.
_NEAR = 1.01
# Those that are slow to start, or slow, are asked fewer times.
_SEEDS = {PYKAN: 2, JAXKAN: 2, EFFICIENT: 3, INKAN: 3, MLP: 3, SKLEARN: 3}
_OURS = {"[2,1,1]": ([2, 1, 1], 10), "shape searched": (None, 1)}


def _jobs(short: bool) -> tuple[Job, ...]:
    jobs = []
    for label, (width, seeds) in _OURS.items():
        for seed in range(1 if short else seeds):
            given = {"seed": seed, "width": width}
            jobs.append(_job(OURS, f"{label} seed {seed}", seed, given))
    for engine, seeds in _SEEDS.items():
        for seed in range(1 if short else seeds):
            given = {"seed": seed, "steps": 4 if short else 50}
            if engine is not PYKAN:
                given = {"seed": seed, "seconds": 0.5 if short else _SECONDS}
            jobs.append(_job(engine, f"seed {seed}", seed, given))
    return tuple(jobs)


def _job(engine: Engine, label: str, seed: int, given: dict[str, Any]) -> Job:
    return Job(
        engine=engine, task="fit", label=label, given=given, data=("toy", seed, _ROWS), limit=180
    )


def _table(answers: Answers) -> str:
    rows = []
    ours = answers.good(OURS)
    for label in _OURS:
        mine = {k: v for k, v in ours.items() if k.startswith(label)}
        if mine:
            rows.append([f"**discover**, {label}", *_figures(mine), None, None])
    for engine in _SEEDS:
        good = answers.good(engine)
        if good:
            rows.append([engine.name, *_figures(good), *_sooner(good, ours)])
    head = [
        "engine",
        "seeds",
        "median test RMSE",
        "best",
        "worst",
        "seconds",
        "parameters",
        "discover [2,1,1] at that RMSE after (s)",
        "times sooner",
    ]
    return table(head, rows) + "\n\n" + _reached(ours) + _loading(answers.good(PYKAN), ours)


def _figures(results: dict[str, Any]) -> list[object]:
    errors = [r["rmse"] for r in results.values()]
    seconds = median(r["seconds"] for r in results.values())
    parameters = median(r["parameters"] for r in results.values())
    return [len(results), median(errors), min(errors), max(errors), seconds, parameters]


def _sooner(
    theirs: dict[str, Any], ours: dict[str, Any], loading: float = 0.0
) -> tuple[float | None, float | None]:
    """How long `discover` takes to a peer's own final error, and the ratio of times, in medians."""
    times, ratios = [], []
    for label, result in theirs.items():
        mine = ours.get(f"[2,1,1] {label}")
        goal = _NEAR * result["rmse"]
        there = time_to(result["trace"], goal)
        here = time_to(mine["trace"], goal) if mine else None
        if here is not None and there is not None:
            times.append(here + loading)
            ratios.append(there / times[-1])
    return median(times), median(ratios)


def _loading(pykan: dict[str, Any], ours: dict[str, Any]) -> str:
    """What would be if the loading of `discover`'s compiled code, and of nothing else, counted."""
    loading = median(r["loading"] for r in ours.values())
    _, ratio = _sooner(pykan, ours, loading or 0.0)
    if loading is None or ratio is None:
        return ""
    return (
        f"\n- Loading numba and what it compiled takes {number(loading)} s in each process and is "
        f"not counted. If it were, and nothing of pykan's, its error would be reached "
        f"{number(ratio)} times sooner."
    )


def _reached(ours: dict[str, Any]) -> str:
    lines = []
    for label in _OURS:
        mine = [v for k, v in ours.items() if k.startswith(label)]
        good = sum(v["rmse"] <= _ERROR and v["seconds"] <= _SECONDS for v in mine)
        if mine:
            lines.append(
                f"- discover, {label}: test RMSE of at most {number(_ERROR, 1)} within "
                f"{number(_SECONDS)} s from {good} of {len(mine)} seeds (asked: 8 of 10)."
            )
    return "\n".join(lines)


def _draw(axes: Axes, answers: Answers) -> None:
    for engine in (OURS, *_SEEDS):
        name, legend = engine.name, engine.name
        for label, result in answers.good(engine).items():
            if label.startswith("shape"):
                continue
            trace = lowest(result["trace"])
            axes.plot(*zip(*trace, strict=True), "-", color=COLOURS[name], lw=1, alpha=0.6)
            axes.plot(*trace[-1], "o", color=COLOURS[name], ms=4, label=legend)
            legend = "_"
    axes.set(xscale="log", yscale="log", xlabel="seconds", ylabel="test RMSE")
    axes.legend(fontsize=7)


CASE = Case(
    title="exp(sin(πx) + y²) from 1000 rows",
    about=(
        "Features uniform in [-1, 1]², 1000 other rows to test on, float64. `discover` starts "
        "four networks and chooses grids by validation rows of its own; once with the shape "
        "given, once with the shape searched for. pykan does what its `hellokan` notebook does "
        "before the formula: [2,5,1], 50 steps of L-BFGS with penalty 0.001, prune, 50 steps, "
        "grid 10, 50 steps. The other KANs are [2,5,1] on 20 intervals and, like the MLPs (50 "
        "and 50 tanh), train by L-BFGS for 5 s. Time to compile is not counted for jaxkan. The "
        "last columns: when `discover` reaches the final error (within 1 %) of that engine from "
        "the same seed's rows, and how many times sooner that is. Test errors are those after "
        "every step of an optimiser, taken off the clock."
    ),
    jobs=_jobs,
    table=_table,
    draw=_draw,
)
