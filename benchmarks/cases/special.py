"""The fifteen special functions of the KAN paper."""

from typing import Any

from engines import OURS
from jobs import Answers, Job
from matplotlib.axes import Axes
from tables import table

from cases.case import COLOURS, Case
from cases.data import SPECIAL

# arXiv 2404.19756, the table of special functions in section 3.2: best RMSE of a KAN, of an MLP.
PAPER: dict[str, tuple[float, float]] = {
    "ellipj": (1.3e-4, 6.5e-4),
    "ellipkinc": (1.2e-4, 5.5e-4),
    "ellipeinc": (8.3e-5, 3.0e-4),
    "jv": (1.6e-3, 5.5e-3),
    "yv": (1.5e-5, 3.5e-4),
    "kv": (2.5e-5, 1.7e-4),
    "iv": (9.3e-3, 1.1e-2),
    "lpmv m=0": (5.3e-5, 1.7e-2),
    "lpmv m=1": (6.9e-4, 1.5e-3),
    "lpmv m=2": (2.3e-4, 9.4e-4),
    "sph_harm (0,1)": (2.2e-7, 1.3e-6),
    "sph_harm (1,1)": (1.2e-4, 6.7e-4),
    "sph_harm (0,2)": (2.0e-7, 2.9e-6),
    "sph_harm (1,2)": (1.5e-5, 1.8e-3),
    "sph_harm (2,2)": (9.5e-5, 6.2e-4),
}
# Its best shapes, from the same table. Grids went from 3 to 200 intervals, 200 steps of L-BFGS and
# three seeds on each; it does not say on which grid each was best.
SHAPES: dict[str, list[int]] = {
    "ellipj": [2, 3, 2, 1, 1, 1],
    "ellipkinc": [2, 2, 1, 1, 1],
    "ellipeinc": [2, 2, 1, 1],
    "jv": [2, 3, 1, 1, 1],
    "yv": [2, 2, 2, 1],
    "kv": [2, 2, 1],
    "iv": [2, 4, 3, 2, 1, 1],
    "lpmv m=0": [2, 2, 1],
    "lpmv m=1": [2, 4, 1],
    "lpmv m=2": [2, 3, 2, 1],
    "sph_harm (0,1)": [2, 1, 1],
    "sph_harm (1,1)": [2, 3, 2, 1],
    "sph_harm (0,2)": [2, 1, 1],
    "sph_harm (1,2)": [2, 2, 1, 1],
    "sph_harm (2,2)": [2, 2, 3, 2, 1],
}


# The largest grid of the paper, and the cubic splines on it.
_PAPER_GRID, _ORDER = 200, 3


def edges(width: list[Any]) -> int:
    """Number of edges of a shape of sums; a layer ``[sums, products]`` has two factors a product.

    Example:
        >>> edges([2, 3, 1]), edges([2, [0, 1], 1])
        (9, 5)
    """
    reads = [w if isinstance(w, int) else sum(w[:2]) for w in width]
    writes = [w if isinstance(w, int) else w[0] + 2 * w[1] for w in width]
    return sum(a * b for a, b in zip(reads, writes[1:], strict=False))


def _jobs(short: bool) -> tuple[Job, ...]:
    names = list(SPECIAL)[:1] if short else list(SPECIAL)
    return tuple(
        Job(
            engine=OURS,
            task="special",
            label=name,
            given={"seed": 0, "width": [2, 1, 1] if short else SHAPES[name]},
            data=(name, 0, 1000 if short else 3000),
            limit=120,
        )
        for name in names
    )


def _table(answers: Answers) -> str:
    good = answers.good(OURS)
    rows = []
    for name, result in good.items():
        kan, mlp = PAPER[name]
        rows.append(
            [
                name,
                result["width"],
                result["parameters"],
                edges(SHAPES[name]) * (_PAPER_GRID + _ORDER),
                result["seconds"],
                result["rmse"],
                kan,
                mlp,
                kan / result["rmse"],
            ]
        )
    head = [
        "function",
        "shape",
        "parameters",
        "most of the paper's",
        "seconds",
        "test RMSE",
        "KAN paper",
        "its MLP",
        "times better",
    ]
    below = sum(
        r["rmse"] < PAPER[name][0]
        and r["parameters"] <= edges(SHAPES[name]) * (_PAPER_GRID + _ORDER)
        for name, r in good.items()
    )
    verdict = (
        f"{below} of {len(good)} below the KAN paper's best with no more parameters than its "
        "shape has on its largest grid (asked: 13 of 15)."
    )
    return f"{table(head, rows)}\n\n{verdict}"


def _draw(axes: Axes, answers: Answers) -> None:
    good = answers.good(OURS)
    names = [name for name in SPECIAL if name in good]
    place = range(len(names))
    axes.plot(place, [PAPER[n][1] for n in names], "x", color="0.5", label="MLP of the KAN paper")
    axes.plot(place, [PAPER[n][0] for n in names], "s", color=COLOURS["pykan"], label="KAN paper")
    mine = [good[n]["rmse"] for n in names]
    axes.plot(place, mine, "o", color=COLOURS["discover"], label="discover")
    axes.set_xticks(list(place), names, rotation=60, ha="right", fontsize=6)
    axes.set(yscale="log", ylabel="test RMSE")
    axes.legend(fontsize=7)


CASE = Case(
    title="The fifteen special functions",
    about=(
        "3000 rows, 1000 to test on; sixteen networks start, the best goes on. The shapes are "
        "the KAN paper's best ones (arXiv 2404.19756, section 3.2); grids are chosen by "
        "validation rows, up to 200 intervals as in the paper. The paper does not print the "
        "ranges of its arguments, so they are not the same rows: the ranges here "
        "(`benchmarks/cases/data.py`) are the unit square, moved or widened where a function "
        "has a pole or is nearly constant. Beside its figures these are an orientation, not a "
        "like-for-like comparison."
    ),
    jobs=_jobs,
    table=_table,
    draw=_draw,
)
