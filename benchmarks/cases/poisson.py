"""Poisson's equation as a physics-informed fit."""

from typing import Any

from engines import OURS
from jobs import Answers, Job
from tables import table

from cases.case import Case

# The paper's shape, and the one whose only product node can be exact.
_SHAPES: dict[str, tuple[list[Any], list[int]]] = {
    "[2,10,1]": ([2, 10, 1], [5, 10]),
    "one product node": ([2, [0, 1], 1], [5, 10, 20, 40]),
}


def _jobs(short: bool) -> tuple[Job, ...]:
    return tuple(
        Job(
            engine=OURS,
            task="poisson",
            label=label,
            given={"seed": 0, "width": width, "grids": grids[:1] if short else grids},
            limit=120,
        )
        for label, (width, grids) in _SHAPES.items()
    )


def _table(answers: Answers) -> str:
    rows: list[list[object]] = [
        [f"**discover**, {label}", r["mse"], r["parameters"], r["seconds"]]
        for label, r in answers.good(OURS).items()
    ]
    rows += [
        ["KAN paper, [2,10,1]", 1e-7, "about 1e2", None],
        ["its MLP", 1e-5, "about 1e4", None],
    ]
    return table(["engine", "mean squared error", "parameters", "seconds"], rows)


CASE = Case(
    title="Poisson's equation",
    about=(
        "u = sin(πx) sin(πy) on [-1, 1]² from its Laplacian and its boundary alone; the error "
        "is that of u on a grid. The paper's figures: arXiv 2404.19756, section 3.4."
    ),
    jobs=_jobs,
    table=_table,
)
