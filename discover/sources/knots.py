"""Builds the knot dataset: hyperbolic knots of the census to 15 crossings, with invariants.

The census is that of Hoste and Thistlethwaite as it comes with SnapPy. This file draws a sample
and writes the table; :mod:`discover.sources.knot_row` measures a knot. The shipped dataset is read
without any of this.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np

from discover.progress import Event, Listener, silent
from discover.sources.knot_row import GROUPS, PROGRAMS, Row, measure, require_programs


class Stratum(NamedTuple):
    """A part of the census from which knots are drawn evenly."""

    crossings: int
    alternating: bool

    def knot(self, index: int) -> str:
        """Name of a knot of this stratum.

        Example:
            >>> Stratum(13, False).knot(500)
            'K13n500'
        """
        return f"K{self.crossings}{'a' if self.alternating else 'n'}{index}"


CENSUS: Mapping[Stratum, int] = {
    Stratum(crossings, alternating): size
    for alternating, sizes in (
        (True, (1, 1, 2, 3, 7, 18, 41, 123, 367, 1288, 4878, 19536, 85263)),
        (False, (0, 0, 0, 0, 0, 3, 8, 42, 185, 888, 5110, 27436, 168030)),
    )
    for crossings, size in enumerate(sizes, 3)
}
"""Prime knots of three to fifteen crossings, alternating or not.

Source: J. Hoste, M. Thistlethwaite and J. Weeks, The first 1,701,936 knots,
Math. Intelligencer 20 (1998), 33-48.
"""

DTYPES: Mapping[str, str] = {
    "name": "S10",
    "chern_simons": "f8",
    "cusp_volume": "f8",
    "hyperbolic_adjoint_torsion_degree": "i1",
    "hyperbolic_torsion_degree": "i1",
    "injectivity_radius": "f8",
    "longitudinal_translation": "f8",
    "meridinal_translation_imag": "f8",
    "meridinal_translation_real": "f8",
    "short_geodesic_imag_part": "f8",
    "short_geodesic_real_part": "f8",
    **{f"Symmetry_{group}": "i1" for group in GROUPS},
    "volume": "f8",
    "signature": "i1",
    "crossing_number": "i1",
    "alternating": "i1",
    "genus": "i1",
    "tau": "i1",
    "determinant": "i4",
    "symmetry_group": "S16",
}
"""Columns of the table in their order, with the type each is stored in."""

DECIMALS = 12
"""Decimals kept. Double-precision SnapPea gives no more; what lies beyond them is noise that
would differ from one processor to the next."""


def build(
    path: Path,
    *,
    seed: int = 0,
    rows: int = 20_000,
    processes: int = 1,
    report: Listener = silent,
) -> None:
    """Write a table of hyperbolic knots with all their invariants.

    Rows are shared equally among the strata of the census (crossing number, alternating or not);
    strata that are smaller than their share come whole. Knots that are not hyperbolic, or of
    which a column stays open, are left out, counted, and replaced by others of the census. The
    file is the same, byte for byte, for one seed and any number of processes.

    Args:
        path: HDF5 file to write. Its compound dataset ``table`` has one field for each column.
        seed: Seed of the sample and of SnapPea's random moves.
        rows: Rows to write; fewer if the census has no more.
        processes: Worker processes; with one the work is done in this process.
        report: Called after every knot.

    Raises:
        MissingExtraError: If SnapPy or one of its companions is not installed.
    """
    require_programs()
    orders = {
        stratum: np.random.default_rng([seed, *stratum]).permutation(size) + 1
        for stratum, size in CENSUS.items()
    }
    drawn = dict.fromkeys(CENSUS, 0)
    table: list[tuple[Stratum, int, Row]] = []
    left_out: Counter[str] = Counter()
    done = 0
    with workers(processes) as work:
        while len(table) < rows:
            left = [CENSUS[stratum] - drawn[stratum] for stratum in CENSUS]
            batch: list[tuple[Stratum, int]] = []
            for stratum, quota in zip(CENSUS, allot(rows - len(table), left), strict=True):
                start = drawn[stratum]
                batch += [(stratum, int(i)) for i in orders[stratum][start : start + quota]]
                drawn[stratum] += quota
            if not batch:
                break
            results = work(partial(measure, seed=seed), [knot.knot(i) for knot, i in batch])
            total = done + len(batch)
            for (stratum, index), result in zip(batch, results, strict=True):
                done += 1
                report(Event(stage="build", done=done, total=total, message="knots measured"))
                if isinstance(result, str):
                    left_out[result] += 1
                else:
                    table.append((stratum, index, result))
    table.sort(key=lambda entry: (entry[0].crossings, not entry[0].alternating, entry[1]))
    write(
        path,
        [row for *_, row in table],
        dtypes=DTYPES,
        facts={"source": "Hoste-Thistlethwaite census to 15 crossings, measured by SnapPy"}
        | {"seed": seed, "knots drawn": done}
        | {f"left out: {reason}": count for reason, count in sorted(left_out.items())},
    )


def allot(total: int, sizes: Sequence[int]) -> list[int]:
    """Share `total` places equally among groups of given sizes, whole groups where they fit.

    Places that do not divide go to the last groups.

    Example:
        >>> allot(12, [1, 3, 50, 100])
        [1, 3, 4, 4]
        >>> allot(3, [10, 10]), allot(9, [1, 2])
        ([1, 2], [1, 2])
    """
    shares = [0] * len(sizes)
    unserved = [i for i, size in enumerate(sizes) if size > 0]
    while unserved:
        share, extra = divmod(total, len(unserved))
        whole = [i for i in unserved if sizes[i] <= share]
        if not whole:
            for rank, i in enumerate(reversed(unserved)):
                shares[i] = share + (rank < extra)
            break
        for i in whole:
            shares[i] = sizes[i]
            total -= sizes[i]
        unserved = [i for i in unserved if i not in whole]
    return shares


Work = Callable[[Callable[[str], Row | str], Sequence[str]], Iterable[Row | str]]


@contextmanager
def workers(processes: int) -> Iterator[Work]:
    """A map that keeps the order, in this process or in several."""
    if processes <= 1:
        yield map
        return
    # Workers are started afresh, not forked, and read this at their start: the matrices are
    # small, and threads would only fight for the cores that the workers already use.
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = "1"
    try:
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            yield partial(pool.map, chunksize=8)
    finally:
        if before is None:
            del os.environ["OMP_NUM_THREADS"]
        else:
            os.environ["OMP_NUM_THREADS"] = before


def write(
    path: Path,
    table: Sequence[Row],
    *,
    dtypes: Mapping[str, str],
    facts: Mapping[str, int | str],
) -> None:
    """Write rows as a table, without anything that would differ between two runs.

    One compound dataset, and not a group of datasets: "Symmetry_Z/2 + Z/2" can be the name of a
    field, but as the name of a dataset its slashes would be read as a path.

    Args:
        path: HDF5 file to write.
        table: The rows.
        dtypes: The columns to write, and how each is stored.
        facts: What else is to be known of the file: its attributes.
    """
    records = np.zeros(len(table), dtype=list(dtypes.items()))
    for column, dtype in dtypes.items():
        values = np.array([row[column] for row in table], dtype=dtype)
        if values.dtype.kind == "f":
            # Adding zero makes an ordinary zero of a negative one.
            values = values.round(DECIMALS) + 0.0
        records[column] = values
    with h5py.File(path, "w") as file:
        data = file.create_dataset(
            "table",
            data=records,
            compression="gzip",
            compression_opts=9,
            shuffle=True,
            track_times=False,
        )
        versions = {f"version of {package}": version(package) for package in PROGRAMS}
        for name, fact in (versions | dict(facts)).items():
            data.attrs[name] = fact
