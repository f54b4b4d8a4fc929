"""Builds the table of random knots: far beyond the census, with the same invariants.

A random planar map with random crossings is drawn, and simplified as far as spherogram can. What is
left is a knot of some size that nobody chose; those of 16 to 60 crossings are kept. The columns are
measured as for the census, by :mod:`discover.sources.knot_row`.
"""

from collections import Counter
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from discover.progress import Event, Listener, silent
from discover.sources.knot_row import LeftOut, Row, measured, require_programs
from discover.sources.knots import DTYPES, workers, write

FEWEST, MOST = 16, 60
"""Crossings of a kept diagram; the census ends at fifteen."""

_DRAWN = (50, 250)
"""Crossings of the diagrams that are drawn; most of them come undone."""

_BATCH = 64

_MISSING = (
    "hyperbolic_adjoint_torsion_degree",
    "hyperbolic_torsion_degree",
    "alternating",
    "genus",
    "tau",
)
COLUMNS = {name: dtype for name, dtype in DTYPES.items() if name not in _MISSING} | {
    "determinant": "f8"
}
"""Columns of the table in their order, with the type each is stored in.

Torsion polynomials and knot Floer homology, and with them genus and tau, are out of reach for most
knots of this size."""


def build(
    path: Path,
    *,
    seed: int = 0,
    rows: int = 1500,
    processes: int = 1,
    report: Listener = silent,
) -> None:
    """Write a table of random hyperbolic knots.

    The file is the same, byte for byte, for one seed and any number of processes.

    Args:
        path: HDF5 file to write. Its compound dataset ``table`` has one field for each column.
        seed: Seed of the diagrams and of SnapPea's random moves.
        rows: Rows to write.
        processes: Worker processes; with one the work is done in this process.
        report: Called after every batch.

    Raises:
        MissingExtraError: If SnapPy or one of its companions is not installed.
    """
    require_programs()
    table: list[Row] = []
    left_out: Counter[str] = Counter()
    drawn = 0
    with workers(processes) as work:
        for start in count(0, _BATCH):
            batch = [f"R{start + i}" for i in range(_BATCH)]
            for result in work(partial(random_knot, seed=seed), batch):
                if len(table) == rows:
                    break
                drawn += 1
                if isinstance(result, str):
                    left_out[result] += 1
                else:
                    table.append(result)
            report(Event(stage="build", done=len(table), total=rows, message="knots measured"))
            if len(table) == rows:
                break
    write(
        path,
        table,
        dtypes=COLUMNS,
        facts={"source": "Random planar maps with random crossings, measured by SnapPy"}
        | {"seed": seed, "diagrams drawn": drawn}
        | {f"left out: {reason}": n for reason, n in sorted(left_out.items())},
    )


def random_knot(name: str, seed: int = 0) -> Row | str:
    """All columns of the random knot of this name, or the reason why it gets no row.

    Args:
        name: Any text; together with `seed` it decides the diagram.
        seed: Seed of the whole table.
    """
    return measured(name, _diagram, seed)


def _diagram() -> Any:
    import random

    import spherogram

    size = random.randint(*_DRAWN)  # noqa: S311 - `measured` has seeded it
    link = spherogram.random_link(size, num_components=1, simplify="global")
    if not FEWEST <= len(link.crossings) <= MOST:
        raise LeftOut(f"not of {FEWEST} to {MOST} crossings")
    return link
