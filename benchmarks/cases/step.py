"""One gradient step at equal shape, grid and rows."""

from collections.abc import Iterator

import numpy as np
from engines import KANS, OURS
from jobs import Answers, Job
from matplotlib.axes import Axes
from tables import table

from cases.case import COLOURS, Case

_SHAPES = ([2, 5, 1], [17, 5, 1], [64, 64, 1])
_DTYPES = ("float64", "float32")
_ROWS, _GRID = 1000, 5
# What is asked, as a multiple of the best peer's rate.
_ASKED = {"[2, 5, 1]": 3, "[17, 5, 1]": 3, "[64, 64, 1]": 1}
_FRESH = ", basis in every step"


def _jobs(short: bool) -> tuple[Job, ...]:
    jobs = []
    for engine in KANS:
        for extra in ({}, {"fresh": True}) if engine is OURS else ({},):
            for dtype in _DTYPES:
                for width in _SHAPES:
                    given = {
                        "width": width,
                        "grid": _GRID,
                        "rows": _ROWS,
                        "dtype": dtype,
                        "seconds": 0.3 if short else 1.5,
                        **extra,
                    }
                    label = f"{dtype} {width}{_FRESH if extra else ''}"
                    jobs.append(
                        Job(engine=engine, task="step", label=label, given=given, limit=120)
                    )
    return tuple(jobs)


def _rates(answers: Answers, dtype: str) -> Iterator[tuple[str, str, list[float | None]]]:
    """Engine, variant and its rates by shape."""
    for engine in KANS:
        good = answers.good(engine)
        for variant in ("", _FRESH) if engine is OURS else ("",):
            found = [good.get(f"{dtype} {width}{variant}") for width in _SHAPES]
            yield engine.name, variant, [r["median"] if r else None for r in found]


def _table(answers: Answers) -> str:
    parts = []
    for dtype in _DTYPES:
        rates = list(_rates(answers, dtype))
        rows: list[list[object]] = [
            [f"**{name}**{variant}" if name == OURS.name else name, *values]
            for name, variant, values in rates
        ]
        best = [
            max((v[i] or 0.0 for name, _, v in rates if name != OURS.name), default=0.0)
            for i in range(len(_SHAPES))
        ]
        for name, variant, values in rates:
            if name == OURS.name:
                ratios = [a / b if a and b else None for a, b in zip(values, best, strict=True)]
                rows.append([f"times the best peer's{variant}", *ratios])
        rows.append(["asked", *[_ASKED[str(w)] for w in _SHAPES]])
        parts.append(table([f"steps/s, {dtype}", *map(str, _SHAPES)], rows))
    return "\n\n".join(parts)


def _draw(axes: Axes, answers: Answers) -> None:
    rates = [r for r in _rates(answers, "float64") if any(r[2])]
    place = np.arange(len(_SHAPES))
    size = 0.8 / max(1, len(rates))
    for number, (name, variant, values) in enumerate(rates):
        axes.bar(
            place + (number - (len(rates) - 1) / 2) * size,
            [v or np.nan for v in values],
            size,
            color=COLOURS[name],
            alpha=0.5 if variant else 1.0,
            label=f"{name}{variant}",
        )
    axes.set_xticks(place, [str(w) for w in _SHAPES])
    axes.set(yscale="log", ylabel="gradient steps/s (float64)")
    axes.legend(fontsize=7)


CASE = Case(
    title="One gradient step",
    about=(
        "Forward, backward and update by Adam on 1000 rows, grid 5, cubic splines with a SiLU "
        "base; median of seven blocks, warm. pykan runs without its symbolic "
        "branch (`speed()`), inkan with its compiled basis, jaxkan as one jitted function. "
        "`discover` computes the first layer's functions once, as all rows are in every step; "
        "the row *basis in every step* does without that. It works in float64; the peers are "
        "usually run in float32, so both are shown."
    ),
    jobs=_jobs,
    table=_table,
    draw=_draw,
)
