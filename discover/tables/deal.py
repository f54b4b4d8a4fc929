"""Rows dealt to training, validation and test, so that near-copies stay on one side.

Rows with the same value of the grouping column, and rows whose features are exactly equal, form
groups; a group is never divided. The deal depends on the seed and the data alone.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from discover.config import SplitConfig
from discover.dataset import Matrix, Rows, Split, Vector
from discover.errors import InputError
from discover.tables.columns import Refusal, as_numbers

FEWEST_IN_PART = 3


def labels(values: NDArray[np.generic], digits: int) -> tuple[Rows, NDArray[np.bool_]]:
    """A label for each row, equal where the values are, and which rows have no value.

    Args:
        values: The grouping column ``[n]``, numbers or anything else.
        digits: Significant digits to which numbers are compared.

    Returns:
        Labels ``[n]`` from 0 and the mask of rows without one ``[n]``.

    Example:
        >>> labels(np.array([2.0000001, 2.0, np.nan, 3.0]), digits=6)[0].tolist()
        [0, 0, -1, 1]
    """
    numbers = as_numbers(values)
    key = values if isinstance(numbers, Refusal) else _significant(numbers, digits)
    codes, _ = pd.factorize(key if key.dtype.kind != "S" else key.astype(object))
    return codes.astype(np.int64), np.asarray(codes < 0)


def _significant(values: Vector, digits: int) -> Vector:
    finite = np.where(np.isfinite(values), values, 0.0)
    power = np.floor(np.log10(np.abs(finite), where=finite != 0, out=np.zeros_like(finite)))
    # Mantissa and power are rounded apart: 10**power alone is exact enough to be equal twice.
    mantissa = np.round(finite / 10.0**power, digits - 1)
    carried = np.abs(mantissa) >= 10
    mantissa = np.where(carried, mantissa / 10, mantissa)
    rounded = mantissa * 10.0 ** (power + carried)
    return np.where(np.isfinite(values), rounded, np.nan)


def groups(x: Matrix, by: Rows | None) -> Rows:
    """The group of each row: rows that share a label or all their features belong together.

    Args:
        x: Features ``[n, d]``.
        by: Labels ``[n]`` from 0, or ``None`` where no grouping was asked for.

    Returns:
        Group numbers ``[n]`` from 0.

    Example:
        >>> x = np.array([[1.0], [2.0], [1.0], [3.0]])
        >>> groups(x, None).tolist(), groups(x, np.array([0, 1, 2, 1])).tolist()
        ([0, 1, 0, 2], [0, 1, 0, 1])
    """
    mixed = np.zeros(len(x), dtype=np.uint64)
    for i in range(x.shape[1]):
        # A collision of hashes would keep two unlike rows together, which harms nobody.
        hashed = pd.util.hash_array(np.ascontiguousarray(x[:, i]))
        mixed = mixed * np.uint64(0x9E3779B97F4A7C15) + hashed
    copies = pd.factorize(mixed)[0].astype(np.int64)
    if by is None:
        return copies
    n_by, n_copies = int(by.max()) + 1, int(copies.max()) + 1
    ends = (by, n_by + copies)
    links = coo_array((np.ones(len(x), dtype=np.int8), ends), shape=(n_by + n_copies,) * 2)
    _, part = connected_components(links, directed=False)
    group: Rows = pd.factorize(part[by])[0].astype(np.int64)
    return group


def sample(group: Rows, rows: int, generator: np.random.Generator) -> Rows:
    """Row numbers of a random choice of whole groups, at most `rows` rows, ascending.

    Args:
        group: Group of each row ``[n]``.
        rows: Most rows to take.
        generator: Source of the choice.
    """
    if rows >= len(group):
        return np.arange(len(group), dtype=np.int64)
    sizes = np.bincount(group)
    room, taken = rows, np.zeros(len(sizes), dtype=bool)
    for g in generator.permutation(len(sizes)):
        if sizes[g] <= room:
            taken[g] = True
            room -= int(sizes[g])
            if room == 0:
                break
    return np.flatnonzero(taken[group]).astype(np.int64)


def deal(group: Rows, config: SplitConfig, generator: np.random.Generator, where: str) -> Split:
    """Whole groups to each part, the shares as near as the groups allow.

    Groups come in random order; each goes to the test part while it fits there, else to the
    validation part, else to training. A part that no group fitted takes the smallest one if that
    brings it nearer to its share; what it held and was too little gives way, if that is nearer
    still.

    Args:
        group: Group of each row ``[n]``; numbers may be left out.
        config: The shares.
        generator: Source of the order.
        where: The file as the user knows it.

    Raises:
        InputError: If a part would hold fewer than three rows.
    """
    n = len(group)
    sizes = np.bincount(group)
    shares = {1: config.validation, 2: config.test}
    room = {part: max(FEWEST_IN_PART, round(share * n)) for part, share in shares.items()}
    part_of = np.zeros(len(sizes), dtype=np.int64)
    for g in generator.permutation(len(sizes)):
        for part in (2, 1):
            if sizes[g] <= room[part]:
                part_of[g] = part
                room[part] -= int(sizes[g])
                break
        if not any(room.values()):
            break
    counts = np.bincount(part_of, weights=sizes, minlength=3)
    for part in (2, 1):
        training = np.flatnonzero((part_of == 0) & (sizes > 0))
        if len(training) < 2 or room[part] <= 0:
            continue
        g = training[sizes[training].argmin()]
        if sizes[g] < 2 * room[part] or counts[part] < FEWEST_IN_PART:
            too_little = counts[part] < FEWEST_IN_PART <= sizes[g]
            if too_little and sizes[g] - room[part] > counts[part] / 2:
                part_of[part_of == part] = 0
            part_of[g] = part
    dealt = part_of[group]
    train, validation, test = (np.flatnonzero(dealt == part).astype(np.int64) for part in range(3))
    _refuse_small(train, validation, test, sizes, where)
    return Split(train=train, validation=validation, test=test)


def _refuse_small(train: Rows, validation: Rows, test: Rows, sizes: Rows, where: str) -> None:
    if min(len(train), len(validation), len(test)) >= FEWEST_IN_PART:
        return
    raise InputError.one(
        where=f"{where}: split",
        found=f"{np.count_nonzero(sizes)} groups of rows, the largest of {sizes.max()} rows, "
        f"which leaves {len(train)} rows to train, {len(validation)} to validate and "
        f"{len(test)} to test",
        expected=f"at least {FEWEST_IN_PART} rows in each part",
        advice="Rows with equal features, or equal values of the column split.by, stay together: "
        "group by another column or to more digits, or change the shares.",
    )
