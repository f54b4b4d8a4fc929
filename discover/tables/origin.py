"""Where the rows of a recipe come from: a shipped dataset, a file, or a formula."""

from dataclasses import dataclass
from pathlib import Path

from discover import sources
from discover.config import DataConfig
from discover.errors import InputError
from discover.sources import Card
from discover.tables.sampled import TARGET


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Which file is read, and what it is called in messages and in the report."""

    path: Path
    where: str
    name: str
    card: Card | None = None


def origin(config: DataConfig, folder: Path) -> Origin:
    """Where a recipe's rows come from.

    Args:
        config: The recipe's word on the data.
        folder: Folder of the recipe, from which a relative `config.file` is understood.

    Raises:
        InputError: If it names none or two, or a shipped dataset that is not there or changed.
    """
    if config.formula is not None or config.special is not None:
        kind = "formula" if config.special is None else config.special.name
        return Origin(path=Path(), where=f"data.{kind}", name=kind)
    if (config.source is None) == (config.file is None):
        raise InputError.one(
            where="data",
            found="neither source nor file" if config.source is None else "both source and file",
            expected="either source (a shipped dataset) or file (a path)",
        )
    if config.source is not None:
        sources.verify(config.source)
        card = sources.card(config.source)
        return Origin(path=card.path, where=card.name, name=card.name, card=card)
    assert config.file is not None
    file = config.file.expanduser()
    # The report may travel: it names the file as the recipe does, never where it lay.
    where = file.name if file.is_absolute() else file.as_posix()
    return Origin(path=folder / file, where=where, name=file.stem)


def with_card(config: DataConfig, card: Card | None) -> DataConfig:
    """What the recipe leaves open, filled in from the card of a shipped dataset."""
    if config.formula is not None or config.special is not None:
        return config.model_copy(update={"target": config.target or TARGET})
    if card is None:
        return config
    target = config.target or card.target
    features = config.features
    if features is None:
        offered = (*card.features, *config.categories)
        out = {target, config.sigma, *config.drop}
        features = tuple(name for name in offered if name not in out)
    units = {name: column.unit for name, column in card.columns.items()}
    symbols = {name: column.symbol for name, column in card.columns.items()}
    split = config.split
    if split.by is None:
        split = split.model_copy(update={"by": card.split_by})
    return config.model_copy(
        update={
            "group": config.group or card.group,
            "target": target,
            "features": features,
            "units": {**units, **config.units},
            "symbols": {**symbols, **config.symbols},
            "split": split,
        }
    )
