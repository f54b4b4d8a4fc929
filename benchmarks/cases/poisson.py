"""Poisson's equation as a physics-informed fit."""

from typing import Any

from engines import OURS
from jobs import Answers, Job
from tables import table

from cases.case import Case

# The paper's shape for its solution and for the one asked for, and the shape whose only product
# node can be exact: widths, grids, power of y.
_SHAPES: dict[str, tuple[list[Any], list[int], int]] = {
    "[2,10,1]": ([2, 10, 1], [5, 10], 1),
    "one product node": ([2, [0, 1], 1], [5, 10, 20, 40], 1),
    "[2,10,1], with y²": ([2, 10, 1], [5, 10], 2),
}


def _jobs(short: bool) -> tuple[Job, ...]:
    return tuple(
        Job(
            engine=OURS,
            task="poisson",
            label=label,
            given={
                "seed": 0,
                "width": width,
                "grids": grids[:1] if short else grids,
                "power": power,
            },
            limit=180,
        )
        for label, (width, grids, power) in _SHAPES.items()
    )


def _table(answers: Answers) -> str:
    rows: list[list[object]] = [
        [f"**discover**, {label}", r["mse"], r["parameters"], r["seconds"]]
        for label, r in answers.good(OURS).items()
    ]
    rows += [
        ["KAN paper, [2,10,1], with y²", 1e-7, "about 1e2", None],
        ["its MLP", 1e-5, "about 1e4", None],
    ]
    return table(["engine", "mean squared error", "parameters", "seconds"], rows)


CASE = Case(
    title="Poisson's equation",
    about=(
        "u = sin(πx) sin(πy) on [-1, 1]² from its Laplacian at 900 points and its boundary at 200; "
        "splines of degree 5; the error is that of u on a grid. The paper's figures (arXiv "
        "2404.19756, section 3.4) are for sin(πx) sin(πy²), with 10,000 and 800 points: the row "
        "*with y²* is that one."
    ),
    jobs=_jobs,
    table=_table,
)
