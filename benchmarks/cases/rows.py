"""Memory and time from 1e5 to 1e7 rows."""

from engines import OURS
from jobs import Answers, Job
from tables import table

from cases.case import Case

_COUNTS = (100_000, 1_000_000, 10_000_000)
# A file is read in every pass, which takes longer: one step shows how long, and the memory.
_FILES = {"hdf5": "HDF5", "parquet": "Parquet"}


def _jobs(short: bool) -> tuple[Job, ...]:
    jobs = [
        _job(f"{count:.0e}", {"count": count, "steps": 3})
        for count in (_COUNTS[:1] if short else _COUNTS)
    ]
    count = _COUNTS[0] if short else _COUNTS[-1]
    for where, name in _FILES.items():
        given = {"count": count, "steps": 1, "where": where}
        jobs.append(_job(f"{count:.0e}, {name}", given))
    return tuple(jobs)


def _job(label: str, given: dict[str, object]) -> Job:
    return Job(engine=OURS, task="rows", label=label, given=given, limit=240)


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
        "Levenberg-Marquardt steps of [4,2,1], grid 5, on rows in memory, and on rows of a file "
        "that is read again in every pass (at least two a step, of four fifths of the rows). The "
        "peak is that of the whole process: Python, torch and, where they are in memory, the "
        "float64 rows themselves (0.37 GiB at 1e7) included."
    ),
    jobs=_jobs,
    table=_table,
)
