"""Files -> :class:`~discover.dataset.Dataset`, and every complaint about a table.

A table that cannot be used is refused with all that is wrong with it, at once; a table that can
be used loses only rows that are counted. Nothing is repaired, guessed or left out in silence.
No format that could run code on reading (pickle in any dress) is opened.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from discover import sources
from discover.config import BeyondConfig, DataConfig, Task
from discover.dataset import Beyond, Dataset, Source, Split, Variable, Vector
from discover.errors import Finding, InputError, did_you_mean
from discover.sources import Card
from discover.tables.beyond import beyond, recoded
from discover.tables.categories import encode, kinds
from discover.tables.choose import Chosen, choose
from discover.tables.clean import FEWEST_ROWS, Clean, clean, matrix
from discover.tables.columns import Column
from discover.tables.conditions import kept
from discover.tables.deal import deal, groups, labels, sample
from discover.tables.files import FORMATS, read_columns
from discover.tables.origin import Origin, origin, with_card
from discover.tables.sampled import sampled
from discover.units import dimension

__all__ = [
    "FEWEST_ROWS",
    "load",
    "load_beyond",
    "load_dataset",
    "load_kinds",
    "pictured",
    "read_columns",
]


def load(config: DataConfig, *, folder: Path, seed: int, task: Task = "regression") -> Dataset:
    """The table that a recipe asks for, checked whole and dealt to its parts.

    Args:
        config: The recipe's word on the data.
        folder: Folder of the recipe, from which a relative `config.file` is understood.
        seed: Seed of the sample of rows and of the split.
        task: An ordinal target must take evenly spaced values. Where relations are looked for,
            some column is called the target, but is one like the others.

    Raises:
        InputError: With everything that is wrong with the file, its columns and its values.
        MissingExtraError: If the format needs a package that is not installed.

    Example:
        >>> data = load(DataConfig(source="planets"), folder=Path(), seed=0)
        >>> data.name, data.source.rows - sum(data.source.dropped.values()) == len(data.y)
        ('planets', True)
    """
    made = origin(config, folder)
    config = with_card(config, made.card)
    drawn = sampled(config)
    columns = drawn or read_columns(made.path, where=made.where, group=config.group)
    rows, findings = kept(columns, config.where, made.where)
    columns, config, more = encode(columns, config, made.where)
    findings += more
    if task == "relation":
        config = _any_target(config, columns)
    chosen, more = choose(columns, config, made.where)
    findings += more
    cleaned, more = clean(chosen, config, rows=rows, task=task, where=made.where)
    findings += more + _unit_findings(chosen, config, made)
    if findings:
        raise InputError(findings)
    return _assemble(made, config, chosen, cleaned, seed=seed)


def load_beyond(
    config: BeyondConfig, dataset: Dataset, *, folder: Path, categories: Sequence[str] = ()
) -> Beyond:
    """The second table of a recipe, on which laws are tried beyond the range of the first.

    Args:
        config: Which table.
        dataset: The first table.
        folder: Folder of the recipe, from which a relative `config.file` is understood.
        categories: Columns that became indicators in the first table.

    Raises:
        InputError: With everything that is wrong with it.

    Example:
        >>> first = load_dataset("planets")
        >>> far = BeyondConfig(source="planets", where=("semi_major_axis > 30",))
        >>> bool(load_beyond(far, first, folder=Path()).columns["semi_major_axis"].min() > 30)
        True
    """
    data = DataConfig(
        source=config.source,
        file=config.file,
        group=config.group,
        where=config.where,
        target=dataset.target.name,
    )
    made, columns, rows = _filtered(data, folder)
    source = Source(path=made.where, sha256=sources.sha256(made.path))
    return beyond(recoded(columns, categories, dataset), rows, dataset, source)


def load_kinds(config: DataConfig, *, folder: Path) -> tuple[tuple[str, ...], int]:
    """The kinds of rows that the column `per` of a recipe names, and the rows of no kind.

    Args:
        config: The recipe's word on the data.
        folder: Folder of the recipe, from which a relative `config.file` is understood.

    Raises:
        InputError: If there is no such column, or it names one kind, or more than are kinds.
    """
    assert config.per is not None
    made, columns, rows = _filtered(config, folder)
    return kinds(columns, config.per, rows, made.where)


def _filtered(config: DataConfig, folder: Path) -> tuple[Origin, list[Column], NDArray[np.bool_]]:
    """The raw columns of a table, and which of its rows its filters keep."""
    made = origin(config, folder)
    group = with_card(config, made.card).group
    columns = read_columns(made.path, where=made.where, group=group)
    rows, findings = kept(columns, config.where, made.where)
    if findings:
        raise InputError(findings)
    return made, columns, rows


def load_dataset(
    source_or_path: str | Path,
    target: str | None = None,
    *,
    features: Sequence[str] | None = None,
    units: Mapping[str, str] | None = None,
    drop: Sequence[str] = (),
    seed: int = 0,
) -> Dataset:
    """A shipped dataset by its name, or the table in a file.

    Args:
        source_or_path: Such as ``"knots"`` or ``"measurements.csv"``.
        target: The column to be explained; may be left out for a shipped dataset.
        features: The columns that may explain it; all others by default.
        units: Units by column, over those found in the file.
        drop: Columns to leave out.
        seed: Seed of the split.

    Raises:
        InputError: With everything that is wrong with the table.

    Example:
        >>> data = load_dataset("planets")
        >>> data.x.shape == (len(data.y), len(data.names))
        True
    """
    path = Path(source_or_path)
    is_source = not path.suffix and not path.is_file() and len(path.parts) == 1
    if is_source and str(source_or_path) not in sources.names():
        raise InputError.one(
            where=str(source_or_path),
            found="no such file, and no shipped dataset of this name",
            expected=f"a table ({', '.join(FORMATS)}) or one of: {', '.join(sources.names())}",
            advice=did_you_mean(str(source_or_path), sources.names()),
        )
    config = DataConfig(
        source=str(source_or_path) if is_source else None,
        file=None if is_source else path,
        target=target,
        features=None if features is None else tuple(features),
        units=dict(units or {}),
        drop=tuple(drop),
    )
    return load(config, folder=Path(), seed=seed)


def pictured(card: Card) -> tuple[dict[str, Vector], list[Variable]]:
    """What the picture of a shipped dataset shows.

    Args:
        card: The card of a dataset with a figure.

    Returns:
        The columns by name, each ``[n]``, and what lies along x, along y and (if so) in colour.

    Raises:
        InputError: If the data file is not the one of the card.
    """
    assert card.figure is not None
    sources.verify(card.name)
    read = {c.name: c for c in read_columns(card.path, where=card.name, group=card.group)}
    shown = [name for name in (card.figure.x, card.figure.y, card.figure.colour) if name]
    columns = {name: np.asarray(read[name].values, dtype=np.float64) for name in shown}
    facts = [(name, card.columns[name]) for name in shown]
    return columns, [
        Variable(name=name, symbol=each.symbol, unit=each.unit, meaning=each.meaning)
        for name, each in facts
    ]


def _any_target(config: DataConfig, columns: Sequence[Column]) -> DataConfig:
    """The recipe with a target: the last of the columns that may be tied to one another."""
    if config.features is not None:
        offered = [*config.features, *([config.target] if config.target else [])]
    else:
        offered = [column.name for column in columns if column.name not in config.drop]
    names = tuple(dict.fromkeys(offered))
    return config.model_copy(update={"target": names[-1], "features": names[:-1]})


def _unit_findings(chosen: Chosen, config: DataConfig, made: Origin) -> list[Finding]:
    """A complaint for each unit that is none, wherever it was written."""
    findings: list[Finding] = []
    target = () if chosen.target is None else (chosen.target,)
    for column in (*chosen.features, *target):
        try:
            dimension(_variable(column, config, made.card).unit, where=f"{made.where}: units")
        except InputError as error:
            findings += [
                replace(each, where=f"{made.where}: units.{column.name}") for each in error.findings
            ]
    return findings


def _assemble(
    made: Origin, config: DataConfig, chosen: Chosen, cleaned: Clean, *, seed: int
) -> Dataset:
    """Sample and deal the whole rows, and name the columns."""
    assert chosen.target is not None
    generator = np.random.Generator(np.random.PCG64(seed))
    by, whole, dropped = None, cleaned.whole, dict(cleaned.dropped)
    if chosen.by is not None:
        by, without = labels(chosen.by.values, config.split.digits)
        if lost := int((without & whole).sum()):
            dropped[f"missing value in {chosen.by.name!r}, the grouping column"] = lost
        whole = whole & ~without
        by = by[whole]
    x, y = matrix(cleaned, chosen.features, whole), matrix(cleaned, (chosen.target,), whole)[:, 0]
    sigma = None if cleaned.sigma is None else cleaned.sigma[whole]
    group = groups(x, by)
    if config.rows is not None and config.rows < len(y):
        kept = sample(group, config.rows, generator)
        dropped[f"not in the sample of {config.rows} rows"] = len(y) - len(kept)
        x, y, group = x[kept], y[kept], group[kept]
        sigma = None if sigma is None else sigma[kept]
    if len(y) < FEWEST_ROWS:
        raise InputError.one(
            where=made.where,
            found=f"{len(y)} rows after grouping and sampling",
            expected=f"at least {FEWEST_ROWS}",
            advice="Take more rows (`rows`), or group by another column (`split.by`).",
        )
    split: Split = deal(group, config.split, generator, made.where)
    return Dataset(
        name=made.name,
        features=tuple(_variable(column, config, made.card) for column in chosen.features),
        target=_variable(chosen.target, config, made.card),
        x=x,
        y=np.ascontiguousarray(y),
        split=split,
        # In units of the least one, so that squares stay inside float64.
        weights=None if sigma is None else (sigma.min() / sigma) ** 2,
        source=Source(
            path=made.where,
            sha256=sources.sha256(made.path) if made.path.is_file() else "",
            rows=len(cleaned.whole),
            dropped=dropped,
        ),
    )


def _variable(column: Column, config: DataConfig, card: Card | None) -> Variable:
    def given(mapping: Mapping[str, str]) -> str:
        return mapping.get(column.name) or mapping.get(column.header) or ""

    meaning = card.columns[column.name].meaning if card and column.name in card.columns else ""
    return Variable(
        name=column.name,
        symbol=given(config.symbols),
        unit=given(config.units) or column.unit or "1",
        meaning=meaning,
    )
