"""A second table, beyond the range of the first: the same columns by name, nothing is dealt."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from discover.dataset import Beyond, Dataset, Source, Variable, Vector
from discover.errors import Finding, InputError
from discover.tables.columns import Column, Refusal, as_numbers, as_words
from discover.units import dimension, scale

# Factors of units are products of rounded ones.
_SAME = 1e-9


def beyond(
    columns: Sequence[Column], rows: NDArray[np.bool_], dataset: Dataset, source: Source
) -> Beyond:
    """The rows of a second table in the columns of the first.

    Args:
        columns: What the file holds; features of the first table may be missing.
        rows: Rows that the recipe keeps, boolean ``[rows]``.
        dataset: The first table.
        source: Where the second one lies; the rows left out are added.

    Raises:
        InputError: If the target or all features are missing, a column is not of numbers or in
            another unit, or no row is whole.
    """
    held = {column.name: column for column in columns}
    findings: list[Finding] = []
    numbers: dict[str, Vector] = {}
    for variable in (*dataset.features, dataset.target):
        column = held.get(variable.name)
        if column is None:
            continue
        read = _other_unit(column, variable) or as_numbers(column.values)
        if isinstance(read, Refusal):
            findings.append(read.finding(f"{source.path}: {column.name}"))
        else:
            numbers[column.name] = read
    findings += _absent(held, dataset, source.path)
    if findings:
        raise InputError(findings)
    whole = rows & np.all([np.isfinite(values) for values in numbers.values()], axis=0)
    if not whole.any():
        raise InputError.one(
            where=source.path,
            found="no row with a value in each column of the first table that it has",
            expected="at least one",
        )
    left = {"where": int((~rows).sum()), "missing values": int((rows & ~whole).sum())}
    return Beyond(
        columns={name: numbers[name][whole] for name in dataset.names if name in numbers},
        y=numbers[dataset.target.name][whole],
        source=Source(
            path=source.path,
            sha256=source.sha256,
            rows=len(rows),
            dropped={reason: count for reason, count in left.items() if count},
        ),
    )


def recoded(columns: Sequence[Column], categories: Sequence[str], dataset: Dataset) -> list[Column]:
    """The columns with each category as the indicators that the first table has of it.

    A kind that the first table does not know is a gap: no law can speak of it.

    Args:
        columns: What the second file holds.
        categories: Columns that name kinds.
        dataset: The first table, with features such as ``kind=comet``.
    """
    out: list[Column] = []
    for column in columns:
        known = [name for name in dataset.names if name.startswith(f"{column.name}=")]
        if column.name not in categories or not known:
            out.append(column)
            continue
        words = np.array([f"{column.name}={word}" for word in as_words(column.values)])
        here = np.column_stack([words == name for name in known]).astype(np.float64)
        # Where a kind has no indicator of its own, a row without a mark is of that kind.
        complete = bool((dataset.select(known).x.sum(axis=1) == 1).all())
        gap = words == f"{column.name}="
        if complete:
            gap |= here.sum(axis=1) == 0
        here[gap] = np.nan
        out += [
            Column(name=name, header=name, unit="1", values=here[:, i])
            for i, name in enumerate(known)
        ]
    return out


def _other_unit(column: Column, variable: Variable) -> Refusal | None:
    """Why values in the unit of this column are not those of the first table."""
    if column.unit in ("", variable.unit):
        return None
    expected, advice = f"{variable.unit}, as in the first table", "Convert the column."
    try:
        theirs, ours = (dimension(unit, where="") for unit in (column.unit, variable.unit))
        sizes = [scale(unit, where="") for unit in (column.unit, variable.unit)]
    except InputError:
        return Refusal(found=f"the unit {column.unit}", expected=expected, advice=advice)
    if theirs == ours and sizes[0] is not None and sizes[1] is not None:
        factor = sizes[0] / sizes[1]
        if abs(factor - 1) < _SAME:
            return None
        advice = f"Convert the column: multiply it by {factor:.12g}."
    return Refusal(found=f"the unit {column.unit}", expected=expected, advice=advice)


def _absent(held: dict[str, Column], dataset: Dataset, where: str) -> list[Finding]:
    names = ", ".join(held)
    if dataset.target.name not in held:
        return [
            Finding(
                where=where,
                found=f"no column {dataset.target.name!r}, the target",
                expected=f"it among: {names}",
            )
        ]
    if not set(dataset.names) & set(held):
        return [
            Finding(
                where=where,
                found=f"the columns {names}",
                expected="a feature of the first table",
            )
        ]
    return []
