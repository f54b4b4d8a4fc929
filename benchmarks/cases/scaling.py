"""How the error falls with the grid, on the KAN paper's five toys."""

from collections.abc import Iterator
from typing import Any

from engines import OURS, PYKAN, Engine
from jobs import Answers, Job
from matplotlib.axes import Axes
from tables import slope, table

from cases.case import COLOURS, Case

_ROWS = 3000
_FINE = [3, 5, 10, 20, 40, 80, 160]
_TOYS: dict[str, tuple[list[Any], list[int]]] = {
    "J0(20x)": ([1, 1], [5, 10, 20, 40, 80, 160, 320, 640]),
    "exp(sin(pi x) + y^2)": ([2, 1, 1], _FINE),
    "xy": ([2, 2, 1], _FINE),
    "100 columns": ([100, 1, 1], [3, 5, 10]),
    "4 columns": ([4, 4, 2, 1], [3, 5, 10, 20]),
}
# So many networks start together, and more where a shape is deep and has many valleys.
_STARTS = {"4 columns": 16}
# pykan takes minutes for all of them; these two show how it goes.
_PYKAN = {"J0(20x)": [5, 10, 20, 50, 100], "exp(sin(pi x) + y^2)": [3, 5, 10, 20, 50]}
# Below this the error is rounding, whose slope says nothing.
_EXACT = 1e-8


def _jobs(short: bool) -> tuple[Job, ...]:
    jobs = []
    for name, (width, grids) in _TOYS.items():
        given = {"seed": 0, "width": width, "grids": grids[:2] if short else grids}
        jobs.append(_job(OURS, name, given | {"starts": _STARTS.get(name, 4)}))
        if name in _PYKAN:
            given = {"seed": 0, "width": width, "grids": _PYKAN[name], "steps": 20}
            if short:
                given |= {"grids": _PYKAN[name][:2], "steps": 2}
            jobs.append(_job(PYKAN, name, given))
    return tuple(jobs)


def _job(engine: Engine, name: str, given: dict[str, Any]) -> Job:
    return Job(
        engine=engine, task="scaling", label=name, given=given, data=(name, 0, _ROWS), limit=180
    )


def _curves(answers: Answers) -> Iterator[tuple[str, Engine, list[int], list[float], float]]:
    for name in _TOYS:
        for engine in (OURS, PYKAN):
            result = answers.good(engine).get(name)
            if result:
                levels = result["levels"]
                seconds = sum(level["seconds"] for level in levels)
                if engine is PYKAN:
                    seconds = levels[-1]["seconds"]
                yield (
                    name,
                    engine,
                    [level["grid"] for level in levels],
                    [level["rmse"] for level in levels],
                    seconds,
                )


def _table(answers: Answers) -> str:
    rows = [
        [
            f"{name} {_TOYS[name][0]}",
            f"**{engine.name}**" if engine is OURS else engine.name,
            f"{grids[0]}–{grids[-1]}",
            errors[0],
            min(errors),
            slope(grids, errors, floor=_EXACT),
            seconds,
        ]
        for name, engine, grids, errors, seconds in _curves(answers)
    ]
    head = ["toy", "engine", "grids", "RMSE, coarsest", "best RMSE", "slope", "seconds, all grids"]
    return table(head, rows)


def _draw(axes: Axes, answers: Answers) -> None:
    marks = dict(zip(_TOYS, "osD^v", strict=True))
    for name, engine, grids, errors, _ in _curves(answers):
        axes.plot(
            grids,
            errors,
            marker=marks[name],
            ms=4,
            lw=1,
            color=COLOURS[engine.name],
            label=f"{engine.name}: {name}",
        )
    ends = [3.0, 300.0]
    axes.plot(ends, [0.3 * (g / 3) ** -4 for g in ends], "k:", lw=1, label="slope -4")
    axes.set(xscale="log", yscale="log", xlabel="grid intervals", ylabel="test RMSE")
    axes.legend(fontsize=6)


CASE = Case(
    title="Error against grid: the five scaling toys",
    about=(
        "3000 rows in [-1, 1]^d, 1000 to test on. Slopes are least squares in double "
        f"logarithms, up to the first grid whose error is {_EXACT:g} or less. The KAN paper "
        "(arXiv 2404.19756, section 3.1) reports -4 in the median. Asked: -3.5 or steeper until "
        "1e-8 on the toys of one and two columns. Fits of `discover` start anew for every grid, "
        "four networks each (sixteen for the deep toy), of which the best is kept; "
        "pykan refines from grid to grid, 20 steps of L-BFGS on each."
    ),
    jobs=_jobs,
    table=_table,
    draw=_draw,
)
