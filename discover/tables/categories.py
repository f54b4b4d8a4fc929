"""Columns of categories become columns of indicators: 1 where a row has that value, 0 elsewhere."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from discover.config import DataConfig
from discover.errors import Finding, InputError, did_you_mean
from discover.tables.columns import MOST_KINDS, Column, as_words


def encode(
    columns: Sequence[Column], config: DataConfig, where: str
) -> tuple[list[Column], DataConfig, list[Finding]]:
    """The columns with each category replaced by its indicators, such as ``kind=comet``.

    A row without a value has none in the indicators either, so it counts as one with a gap.

    Args:
        columns: The columns of the file.
        config: `categories` names those to replace; where `features` or `drop` name one, all its
            indicators are meant; its unit and symbol are left out.
        where: The file as the user knows it.

    Returns:
        The columns, the recipe's word in their names, and what is wrong.
    """
    out: list[Column] = []
    made: dict[str, tuple[str, ...]] = {}
    findings = [
        Finding(
            where=f"{where}: categories",
            found=f"no column {name!r}",
            expected=f"one of: {', '.join(column.name for column in columns)}",
            advice=did_you_mean(name, [column.name for column in columns]),
        )
        for name in config.categories
        if not any(column.name == name for column in columns)
    ]
    for column in columns:
        if column.name not in config.categories:
            out.append(column)
            continue
        words = as_words(column.values)
        values = sorted(set(words) - {""})
        if not 2 <= len(values) <= MOST_KINDS:
            findings.append(
                Finding(
                    where=f"{where}: {column.name}",
                    found=f"{len(values)} different values",
                    expected=f"2 to {MOST_KINDS}, for a column of categories",
                )
            )
        indicators = [_indicator(column.name, words, value) for value in values[:MOST_KINDS]]
        made[column.name] = tuple(indicator.name for indicator in indicators)
        out += indicators
    renamed = {
        key: None if names is None else tuple(new for n in names for new in made.get(n, (n,)))
        for key, names in (("features", config.features), ("drop", config.drop))
    }
    left = {
        key: {name: text for name, text in mapping.items() if name not in made}
        for key, mapping in (("units", config.units), ("symbols", config.symbols))
    }
    return out, config.model_copy(update=renamed | left), findings


def kinds(
    columns: Sequence[Column], name: str, rows: NDArray[np.bool_], where: str
) -> tuple[tuple[str, ...], int]:
    """The kinds that a column names on some rows, in alphabetical order, and how many it does not.

    Args:
        columns: The columns of the file.
        name: Which column.
        rows: The rows that count, boolean ``[rows]``.
        where: The file as the user knows it.

    Raises:
        InputError: If there is no such column, or it does not name a few kinds.
    """
    names = [column.name for column in columns]
    if name not in names:
        raise InputError.one(
            where=f"{where}: per",
            found=f"no column {name!r}",
            expected=f"one of: {', '.join(names)}",
            advice=did_you_mean(name, names),
        )
    words = np.array(as_words(columns[names.index(name)].values))[rows]
    found = sorted(set(words.tolist()) - {""})
    if not 2 <= len(found) <= MOST_KINDS:
        raise InputError.one(
            where=f"{where}: per: {name}",
            found=f"{len(found)} different values",
            expected=f"2 to {MOST_KINDS} kinds of rows",
        )
    return tuple(found), int(np.count_nonzero(words == ""))


def _indicator(name: str, words: Sequence[str], value: str) -> Column:
    marks = np.array([np.nan if word == "" else float(word == value) for word in words])
    return Column(name=f"{name}={value}", header=f"{name}={value}", unit="1", values=marks)
