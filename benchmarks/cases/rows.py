"""Memory and time from 1e5 to 1e7 rows."""

from engines import OURS
from jobs import Answers, Job
from tables import table

from cases.case import Case

_COUNTS = (100_000, 1_000_000, 10_000_000)
_PLACES = {"memory": "memory", "hdf5": "HDF5", "parquet": "Parquet"}


def _jobs(short: bool) -> tuple[Job, ...]:
    return tuple(
        Job(
            engine=OURS,
            task="rows",
            label=f"{count:.0e}, {name}",
            given={"count": count, "steps": 3, "where": where},
            limit=240,
        )
        for where, name in _PLACES.items()
        for count in (_COUNTS[:1] if short else _COUNTS)
    )


def _table(answers: Answers) -> str:
    rows, first = [], {}
    for (_, label), answer in answers.by.items():
        if answer["ok"]:
            each = answer["result"]["per_row"]
            alike = first.setdefault(label.split(", ")[1], each)
            rows.append([label, 1e9 * each, each / alike, answer["peak_mib"] / 1024])
    head = ["rows", "ns a row and step", "times that at 1e5 (asked: 1.2)", "peak GiB (asked: 2)"]
    return table(head, rows)


CASE = Case(
    title="Ten million rows",
    about=(
        "Levenberg-Marquardt steps of [4,2,1], grid 5, on rows in memory, and on rows of a file "
        "that is read again in every pass (at least two a step, of four fifths of the rows). Each "
        "place is compared with itself at 1e5 rows. The peak is that of the whole process: Python, "
        "torch and, where they are in memory, the float64 rows themselves (0.37 GiB at 1e7) "
        "included."
    ),
    jobs=_jobs,
    table=_table,
)
