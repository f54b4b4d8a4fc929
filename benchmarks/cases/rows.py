"""Memory and time from 1e5 to 1e7 rows."""

from engines import OURS
from jobs import Answers, Job
from tables import table

from cases.case import Case

_COUNTS = (100_000, 1_000_000, 10_000_000)


def _jobs(short: bool) -> tuple[Job, ...]:
    return tuple(
        Job(
            engine=OURS,
            task="rows",
            label=f"{count:.0e}",
            given={"count": count, "steps": 3},
            limit=240,
        )
        for count in (_COUNTS[:1] if short else _COUNTS)
    )


def _table(answers: Answers) -> str:
    by = {label: a for (_, label), a in answers.by.items() if a["ok"]}
    first = next(iter(by.values()), None)
    rows = []
    for label, answer in by.items():
        each = answer["result"]["per_row"]
        rows.append(
            [label, 1e9 * each, each / first["result"]["per_row"], answer["peak_mib"] / 1024]
        )
    head = ["rows", "ns a row and step", "times that at 1e5 (asked: 1.2)", "peak GiB (asked: 2)"]
    return table(head, rows)


CASE = Case(
    title="Ten million rows",
    about=(
        "Levenberg-Marquardt steps of [4,2,1], grid 5, on rows in memory. The peak is that of "
        "the whole process: Python, torch and the float64 rows themselves (0.37 GiB at 1e7) "
        "included."
    ),
    jobs=_jobs,
    table=_table,
)
