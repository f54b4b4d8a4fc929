"""What a population saves, and where the time of a step goes."""

from engines import OURS
from jobs import Answers, Job
from tables import table

from cases.case import Case


def _jobs(short: bool) -> tuple[Job, ...]:
    count = 8 if short else 256
    together = Job(
        engine=OURS,
        task="population",
        label="together",
        given={"count": count, "alone": min(count, 64)},
        data=("toy", 0, 200),
        limit=180,
    )
    steps = [
        Job(
            engine=OURS,
            task="normal",
            label=f"population {population}, {'one thread' if threads == 1 else 'two threads'}",
            given={
                "width": [4, 3, 1],
                "grid": 5,
                "rows": 2000,
                "population": population,
                "steps": 3 if short else 20,
                "threads": threads,
            },
        )
        for population in (1, 16)
        for threads in (1, 2)
    ]
    return (together, *steps)


def _table(answers: Answers) -> str:
    good = answers.good(OURS)
    parts = []
    if "together" in good:
        r = good["together"]
        note = f" ({r['alone']} of them timed)" if r["alone"] < r["count"] else ""
        rows = [
            [f"{r['count']} networks as one population", r["together"]],
            [f"{r['count']} trainings one by one{note}", r["single"]],
            ["times cheaper (asked: 20)", r["single"] / r["together"]],
        ]
        parts.append(table(["[2,1,1], grid 5, 200 rows", "seconds"], rows))
    rows = []
    for label, r in good.items():
        if label != "together":
            rate = r["flops"] / r["step"]
            rows.append(
                [
                    label,
                    1e3 * r["step"],
                    1e3 * r["squares"],
                    1e3 * r["dense"],
                    rate / 1e9,
                    r["thread"] / 1e9,
                    100 * rate / r["thread"],
                    r["machine"] / 1e9,
                    100 * rate / r["machine"],
                ]
            )
    head = [
        "[4,3,1], grid 5, 2000 rows",
        "ms a step",
        "of it JᵀJ, ms",
        "as a product, ms",
        "GFLOP/s of the product over the whole step",
        "one thread's product",
        "% of it",
        "machine's product",
        "% of it (asked: 40)",
    ]
    if rows:
        parts.append(table(head, rows))
    return "\n\n".join(parts)


CASE = Case(
    title="Populations, and the arithmetic of a Levenberg-Marquardt step",
    about=(
        "Trainings of at most 40 steps from other seeds on the same rows. For the step: the 2nP² "
        "operations that JᵀJ takes as a product of matrices, for each member, over the time of the "
        "whole step (acceptance test, factorisation and all), against a float64 product of two "
        "1536² matrices in the same process, on one thread and on all. `discover` multiplies only "
        "the splines that are not zero, so it does not make all of these operations: the rate is "
        "that at which a matrix product would have to run for a step as short. JᵀJ alone is timed "
        "on one thread, in both ways. The step is made on one thread, as by default, and with "
        "members dealt to two; both make the same step to the last digit."
    ),
    jobs=_jobs,
    table=_table,
)
