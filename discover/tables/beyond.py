"""A second table, beyond the range of the first: the same columns by name, nothing is dealt."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from discover.dataset import Beyond, Dataset, Source, Variable, Vector
from discover.errors import Finding, InputError
from discover.tables.columns import Column, Refusal, as_numbers


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


def _other_unit(column: Column, variable: Variable) -> Refusal | None:
    if column.unit in ("", variable.unit):
        return None
    return Refusal(
        found=f"the unit {column.unit}",
        expected=f"{variable.unit}, as in the first table",
        advice="Convert the column.",
    )


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
