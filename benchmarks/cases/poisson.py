"""Poisson's equation as a physics-informed fit."""

from engines import OURS
from jobs import Answers, Job
from tables import table

from cases.case import Case


def _jobs(short: bool) -> tuple[Job, ...]:
    return (Job(engine=OURS, task="poisson", label="seed 0", given={"seed": 0}, limit=120),)


def _table(answers: Answers) -> str:
    rows: list[list[object]] = [
        ["**discover**", r["mse"], r["parameters"], r["seconds"]]
        for r in answers.good(OURS).values()
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
