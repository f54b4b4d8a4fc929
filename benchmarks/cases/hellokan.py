"""hellokan as users know it: from [2,5,1] to a formula."""

from typing import Any

from engines import OURS, PYKAN
from jobs import Answers, Job
from tables import NOTHING, table

from cases.case import Case

_ENGINES = {OURS: 10, PYKAN: 2}


def _jobs(short: bool) -> tuple[Job, ...]:
    jobs = []
    for engine, seeds in _ENGINES.items():
        for seed in range(1 if short else seeds):
            given = {"seed": seed}
            if short and engine is PYKAN:
                given["steps"] = 2
            jobs.append(
                Job(
                    engine=engine,
                    task="hellokan",
                    label=f"seed {seed}",
                    given=given,
                    data=("toy", seed, 1000),
                    limit=240 if engine is PYKAN else 60,
                )
            )
    return tuple(jobs)


def _table(answers: Answers) -> str:
    rows = []
    for engine in _ENGINES:
        for label, result in answers.good(engine).items():
            rows.append(
                [
                    engine.name,
                    label.removeprefix("seed "),
                    result["seconds"],
                    result.get("trained"),
                    result["rmse"],
                    f"`{_short(result['expression'])}`",
                ]
            )
    head = ["engine", "seed", "seconds", "test RMSE as trained", "of the formula", "formula"]
    good = [r for r in answers.good(OURS).values() if _found(r) and r["seconds"] <= 5]
    count = len(answers.good(OURS))
    verdict = (
        f"discover: a formula with a test RMSE below 1e-9 within 5 s from {len(good)} of {count} "
        "seeds (asked: 8 of 10)."
        if count
        else f"discover: {NOTHING}"
    )
    return f"{table(head, rows)}\n\n{verdict}"


def _found(result: dict[str, Any]) -> bool:
    return result["rmse"] is not None and result["rmse"] < 1e-9


def _short(text: str, most: int = 90) -> str:
    text = text.replace("|", "\\|")
    return text if len(text) <= most else f"{text[: most - 1]}…"


CASE = Case(
    title="hellokan: from [2,5,1] to the formula",
    about=(
        "exp(sin(πx) + y²), 1000 rows: sparsify, prune, extend the grid, choose a function for "
        "every edge, refit, print the formula. `discover` starts two networks: of one alone, one "
        "seed in ten keeps so many edges that no short formula is left. Seconds are those of the "
        "whole; the error of the formula is that of the unrounded formula on 1000 other rows."
    ),
    jobs=_jobs,
    table=_table,
)
