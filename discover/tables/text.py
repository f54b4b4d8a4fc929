"""Text tables: comma, tab, semicolon, bar or blank separated, with one line of names.

Lines that begin with ``#`` are comments; a comment directly above the numbers that has as many
words as there are columns is taken for their names, as ``numpy.savetxt`` writes them, two of them
for names and units. Only whole lines are comments: a ``#`` inside a line is data. A line of units
may follow that of the names, and a spreadsheet's ``sep=;`` may stand above it.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from discover.errors import InputError
from discover.tables.columns import Column, is_unit, named

BLANKS = r"\s+"
_SEPARATORS = (",", "\t", ";", "|")
_HEAD_BYTES = 1 << 18
_SAMPLE_LINES = 40
_TOLD_SEPARATOR = re.compile(r'"?sep=[,;|\t]"?', re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class _Layout:
    """How the text is laid out.

    Attributes:
        separator: What stands between cells.
        headers: The names of the columns.
        units: The units in a line of their own; empty where there is none.
        skip: Lines above the numbers.
    """

    separator: str
    headers: tuple[str, ...]
    units: tuple[str, ...]
    skip: int


def read(path: Path, where: str) -> list[Column]:
    """The columns of a text table.

    Args:
        path: The file.
        where: The file as the user knows it, for complaints.

    Raises:
        InputError: If the text is not UTF-8, has no line of names, or its lines do not have as
            many cells as there are names.
    """
    lines = _head(path, where)
    layout = _layout(lines, where)
    frame = _parse(path, layout, where)
    headers = list(layout.headers)
    values = [frame[i].to_numpy() for i in range(len(headers))]
    kept = [i for i, header in enumerate(headers) if header or not _all_missing(values[i])]
    units = layout.units or ("",) * len(headers)
    columns = named(
        [headers[i] or f"column {i + 1}" for i in kept],
        [values[i] for i in kept],
        [units[i] for i in kept],
    )
    return [
        column if headers[i] else replace(column, header="")
        for i, column in zip(kept, columns, strict=True)
    ]


def _head(path: Path, where: str) -> list[str]:
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        whole = not file.read(1)
    if not whole:
        head = head[: head.rfind(b"\n") + 1] or head
    try:
        if b"\0" in head:
            raise UnicodeError("it holds zero bytes")
        text = head.decode("utf-8-sig")
    except UnicodeError as error:
        raise _not_utf8(where, error) from error
    return text.splitlines()


def _not_utf8(where: str, error: UnicodeError) -> InputError:
    code, why = "utf-16", str(error)
    if isinstance(error, UnicodeDecodeError):
        code, why = "latin1", f"0x{error.object[error.start]:02x} at position {error.start}"
    return InputError.one(
        where=where,
        found=f"bytes that are no UTF-8 text ({why})",
        expected="text in UTF-8",
        advice=f"Save it as 'CSV UTF-8', or convert it: iconv -f {code} -t utf-8 FILE > NEW",
    )


def _layout(lines: list[str], where: str) -> _Layout:
    filled = [i for i, line in enumerate(lines) if line.strip()]
    data = [i for i in filled if not lines[i].lstrip().startswith("#")]
    if data and _TOLD_SEPARATOR.fullmatch(lines[data[0]].strip()):
        data = data[1:]
    if not data:
        raise InputError.one(
            where=where,
            found="no table" if not filled else "comments only",
            expected="a line of column names and rows of numbers below it",
        )
    sample = [lines[i] for i in data[:_SAMPLE_LINES]]
    separator = _separator(sample)
    headers = _cells(sample[0], separator)
    if len(headers) == 1 and any(len(_cells(line, separator)) > 1 for line in sample):
        raise _above(where, sample[0])
    # Such a first row would make pandas take its leading cells for row labels.
    if len(sample) > 1 and (cells := len(_cells(sample[1], separator))) > len(headers) + 1:
        raise _uneven(where, f"{cells} cells in the first row", headers)
    if not all(_is_number(cell) for cell in headers):
        units = _units([_cells(line, separator) for line in sample[1:3]])
        skip = data[1 if units else 0] + 1
        return _Layout(separator=separator, headers=tuple(headers), units=units, skip=skip)
    above = [lines[i] for i in filled if i < data[0]]
    said = [_cells(line.lstrip().lstrip("#").strip(), separator) for line in above[-2:]]
    names = said[-1] if said else []
    # Two comments may be the names and, below them, the units.
    units = _units([names, headers]) if list(map(len, said)) == [len(headers)] * 2 else ()
    names = said[0] if units else names
    if len(names) != len(headers) or all(_is_number(name) for name in names):
        raise InputError.one(
            where=where,
            found=f"numbers in the first line ({sample[0].strip()[:60]})",
            expected="column names in the first line",
            advice="Add a line above the numbers, such as: "
            + ("," if separator == BLANKS else separator).join(
                f"x{i + 1}" for i in range(len(headers))
            ),
        )
    return _Layout(separator=separator, headers=tuple(names), units=units, skip=data[0])


def _units(rows: list[list[str]]) -> tuple[str, ...]:
    """The units in the first of two rows below the names; empty where that is no row of units.

    It holds no number, and what stands above the numbers of the row below is a unit, at least
    once, a dash, or nothing.
    """
    if len(rows) < 2 or len(rows[0]) != len(rows[1]) or any(_is_number(cell) for cell in rows[0]):
        return ()
    bare = [re.sub(r"^\[(.*)\]$|^\((.*)\)$", r"\1\2", cell).strip() for cell in rows[0]]
    above = [unit for unit, cell in zip(bare, rows[1], strict=True) if _begins_number(cell)]
    if not any(map(is_unit, above)) or not all(is_unit(u) or u in ("", "-") for u in above):
        return ()
    return tuple(unit if is_unit(unit) else "" for unit in bare)


def _begins_number(cell: str) -> bool:
    return bool(re.match(r"[+-]?[.,]?\d", cell))


def _separator(sample: list[str]) -> str:
    """The separator that gives every line the same number of cells, the most of them."""
    counts = {sep: [len(_cells(line, sep)) for line in sample] for sep in (*_SEPARATORS, BLANKS)}
    even = [sep for sep in _SEPARATORS if len(set(counts[sep])) == 1 and counts[sep][0] > 1]
    if even:
        return max(even, key=lambda sep: counts[sep][0])
    if len(set(counts[BLANKS])) == 1 and counts[BLANKS][0] > 1:
        return BLANKS
    # Uneven lines: the likeliest separator, so that the complaint can name the uneven line.
    best = max(_SEPARATORS, key=lambda sep: sum(count > 1 for count in counts[sep]))
    return best if max(counts[best]) > 1 else ("," if max(counts[BLANKS]) == 1 else BLANKS)


def _cells(line: str, separator: str) -> list[str]:
    if separator == BLANKS:
        return line.split()
    row = next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
    return [cell.strip() for cell in row]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _parse(path: Path, layout: _Layout, where: str) -> pd.DataFrame:
    """The cells below the names, typed by pandas; one integer label for each column.

    One column more than there are names is asked for: it stays empty unless a line is too long.
    """
    width = len(layout.headers)
    try:
        frame: pd.DataFrame = pd.read_csv(
            path,
            sep=layout.separator,
            header=None,
            names=list(range(width + 1)),
            skiprows=[*range(layout.skip), *_comments(path, after=layout.skip)],
            skipinitialspace=True,
            encoding="utf-8-sig",
            low_memory=False,
        )
    except pd.errors.EmptyDataError:
        return pd.DataFrame({i: np.empty(0) for i in range(width)})
    except UnicodeDecodeError as error:
        raise _not_utf8(where, error) from error
    except pd.errors.ParserError as error:
        place = re.search(r"line (\d+), saw (\d+)", str(error))
        found = f"{place[2]} cells in line {place[1]}" if place else str(error).strip()
        raise _uneven(where, found, layout.headers) from error
    if (extra := frame[width].notna()).any():
        found = f"more than {width} cells in row {int(extra.argmax()) + 1}"
        raise _uneven(where, found, layout.headers)
    return frame


def _above(where: str, line: str) -> InputError:
    return InputError.one(
        where=where,
        found=f"a line without the separator of those below it ({line.strip()[:60]})",
        expected="column names in the first line",
        advice="Lines above the names must begin with '#', or go.",
    )


def _uneven(where: str, found: str, headers: Sequence[str]) -> InputError:
    return InputError.one(
        where=where,
        found=f"lines of different length: {found}",
        expected=f"{len(headers)} cells in every line, one for each name "
        f"({', '.join(headers)[:80]})",
        advice="Text that holds the separator must stand in double quotes.",
    )


def _comments(path: Path, *, after: int) -> list[int]:
    """Numbers of the comment lines below line `after`, counted from 0."""
    with path.open("rb") as file:
        return [
            number
            for number, line in enumerate(file)
            if number >= after and line.lstrip().startswith(b"#")
        ]


def _all_missing(values: NDArray[Any]) -> bool:
    return bool(pd.isna(values).all())
