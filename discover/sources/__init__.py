"""The shipped datasets: their cards, their hashes, and how each is built again.

A card says all that can be cited of a dataset: where it comes from, what each column means, in
which unit, and the hash of the file. This room reads cards and calls builders; the numbers
themselves are read by `tables`. A builder is a module of this folder with one function::

    build(path, *, seed, rows, processes, report) -> None

It is imported only when asked for, because builders need packages that running a recipe does not.
"""

import hashlib
import importlib
import os
import tempfile
from pathlib import Path
from typing import Annotated, Literal, Protocol, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from discover import shipped
from discover.errors import Finding, InputError, did_you_mean
from discover.progress import Listener, silent

Role = Literal["feature", "target", "label", "other"]


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)


class CardColumn(_Fact):
    """What one column of a shipped dataset means.

    Attributes:
        symbol: LaTeX symbol; empty for one made from the name.
        unit: Unit as text, ``"1"`` for none.
        role: A law may use a `feature`; `target` is what is usually explained; a `label` names
            the row; `other` is none of these.
        meaning: One line for the report.
    """

    symbol: str = ""
    unit: str = "1"
    role: Role = "feature"
    meaning: str = ""


class Reference(_Fact):
    """A publication that a user of the dataset should cite."""

    title: str
    authors: str | tuple[str, ...]
    year: int
    journal: str = ""
    doi: str = ""
    arxiv: str = ""
    url: str = ""


class Card(_Fact):
    """What is known of a shipped dataset.

    Attributes:
        name: Name by which recipes ask for it.
        title: One line.
        file: Name of the data file, beside the card.
        group: HDF5 group that holds the columns; ``None`` for other formats.
        sha256: Hash of the data file.
        rows: Number of rows.
        builder: Module of this folder that builds the file; ``None`` for typed-in data.
        source: Where the numbers come from.
        version: Version of the data; changes whenever the file does.
        license: Terms under which the data may be used.
        target: The column that is usually explained.
        split_by: The column whose equal values never sit on both sides of a split.
        references: What to cite.
        notes: What a careful user should know.
        columns: Every column of the file, by name.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    title: str
    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    group: str | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    rows: Annotated[int, Field(ge=1)]
    builder: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")] | None = None
    source: str
    version: str
    license: str
    target: str
    split_by: str | None = None
    references: tuple[Reference, ...] = ()
    notes: str = ""
    columns: dict[str, CardColumn]

    @model_validator(mode="after")
    def _names_agree(self) -> "Card":
        for role, name in (("target", self.target), ("split_by", self.split_by)):
            if name is not None and name not in self.columns:
                raise ValueError(f"{role} {name!r} is no column of the card")
        return self

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the columns a law may use, in the order of the card."""
        return tuple(name for name, column in self.columns.items() if column.role == "feature")

    @property
    def path(self) -> Path:
        """The data file."""
        return shipped.datasets() / self.name / self.file


class Builder(Protocol):
    """The one function of a builder module."""

    def __call__(
        self, path: Path, *, seed: int, rows: int, processes: int, report: Listener
    ) -> object:
        """Write the data file of a dataset at `path`."""
        ...


def names() -> tuple[str, ...]:
    """Names of the shipped datasets, in alphabetical order.

    Example:
        >>> "planets" in names()
        True
    """
    return tuple(sorted(card.parent.name for card in shipped.datasets().glob("*/card.yaml")))


def card(name: str) -> Card:
    """The card of the shipped dataset `name`.

    Raises:
        InputError: If there is no such dataset, or its card cannot be read.

    Example:
        >>> card("planets").target in card("planets").columns
        True
    """
    if name not in names():
        raise InputError.one(
            where="dataset",
            found=repr(name),
            expected="a shipped dataset: " + ", ".join(names()),
            advice=did_you_mean(name, names()),
        )
    path = shipped.datasets() / name / "card.yaml"
    try:
        facts = Card.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise InputError.one(
            where=f"{name}/card.yaml", found=f"text that is no YAML ({error})", expected="a card"
        ) from error
    except ValidationError as error:
        raise InputError(
            [
                Finding(
                    where=f"{name}/card.yaml: " + ".".join(str(step) for step in each["loc"]),
                    found=repr(each["input"])[:80],
                    expected=each["msg"],
                )
                for each in error.errors()
            ]
        ) from error
    if facts.name != name:
        raise InputError.one(
            where=f"{name}/card.yaml: name", found=repr(facts.name), expected=repr(name)
        )
    return facts


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(name: str) -> None:
    """Compare the data file of the dataset `name` with the hash on its card.

    Raises:
        InputError: If the file is missing or is not the one that the card describes.

    Example:
        >>> verify("planets")
    """
    facts = card(name)
    where = f"dataset {name}: {facts.file}"
    again = (
        f"Build it again with: discover data build {name}, or install the package again."
        if facts.builder
        else "Install the package again."
    )
    if not facts.path.is_file():
        raise InputError.one(
            where=where, found="no such file", expected="the data file of the card", advice=again
        )
    found = sha256(facts.path)
    if found != facts.sha256:
        raise InputError.one(
            where=where,
            found=f"a file with sha256 {found}",
            expected=f"sha256 {facts.sha256}, as on the card",
            advice=f"The file was changed or damaged; nothing was read from it. {again}",
        )


def build(
    name: str, out: Path, *, seed: int = 0, processes: int = 1, listen: Listener = silent
) -> Path:
    """Make the data file of the dataset `name` again, from its source.

    The file appears under its final name only when it is whole, so that an interrupted build
    leaves nothing that looks like data.

    Args:
        name: A shipped dataset whose card names a builder.
        out: The file to write, or a folder to write it into.
        seed: Seed of the sample of rows.
        processes: How many processes may work on it.
        listen: Called with the progress.

    Returns:
        The path of the finished file.

    Raises:
        InputError: If the dataset is unknown or was typed in by hand.
        MissingExtraError: If a package that the builder needs is not installed.
    """
    facts = card(name)
    if facts.builder is None:
        raise InputError.one(
            where=f"dataset {name}",
            found="a dataset without a builder",
            expected="one that is computed from its source",
            advice=f"Its numbers were typed in by hand: {facts.source}",
        )
    module = importlib.import_module(f"{__name__}.{facts.builder}")
    builder = cast(Builder, module.build)
    path = out / facts.file if out.is_dir() else out
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        unfinished = Path(folder) / facts.file  # its stem tells a builder of several which one
        builder(unfinished, seed=seed, rows=facts.rows, processes=processes, report=listen)
        os.replace(unfinished, path)
    return path
