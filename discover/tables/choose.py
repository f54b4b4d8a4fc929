"""Which columns of a table play which part, and every complaint about their names."""

from collections.abc import Sequence
from dataclasses import dataclass

from discover.config import DataConfig
from discover.config.text import inline
from discover.errors import Finding, did_you_mean
from discover.tables.columns import Column, Refusal


@dataclass(frozen=True, kw_only=True, eq=False)
class Chosen:
    """The columns that were found for each part.

    Attributes:
        target: The column to be explained; ``None`` if it was not found.
        features: The columns that may explain it.
        sigma: The column of the target's standard deviations, if one was asked for and found.
        by: The column by which rows are grouped for the split, if one was asked for and found.
        listed: Whether the user listed the features; else they are all other columns.
        misnamed: Features without a name of their own, and why that will not do.
    """

    target: Column | None
    features: tuple[Column, ...]
    sigma: Column | None
    by: Column | None
    listed: bool
    misnamed: dict[str, Refusal]


def choose(
    columns: Sequence[Column], config: DataConfig, where: str
) -> tuple[Chosen, list[Finding]]:
    """Find the columns that the recipe asks for, with all complaints about names.

    A column answers to its name and to its whole header, unit included.

    Args:
        columns: All of the table.
        config: What the recipe asks for.
        where: The file as the user knows it, for complaints.
    """
    seek = _Seeker(columns, where)
    target = None
    if config.target is None:
        seek.findings.append(
            Finding(
                where=f"{where}: target",
                found="no target",
                expected=f"the name of the column to be explained, one of: {listing(columns)}",
            )
        )
    else:
        target = seek.find(config.target, "target")
    drop = [seek.find(name, "drop", unique=False) for name in config.drop]
    for mapping, key in ((config.units, "units"), (config.symbols, "symbols")):
        for name in mapping:
            seek.find(name, key, unique=False)
    sigma = None if config.sigma is None else seek.find(config.sigma, "sigma")
    by = None if config.split.by is None else seek.find(config.split.by, "split.by")
    misnamed: dict[str, Refusal] = {}
    if config.features is not None:
        found = [seek.find(name, "features") for name in dict.fromkeys(config.features)]
        features = [column for column in found if column is not None]
        seek.findings += _contradictions(features, target, drop, where)
    else:
        dropped = {column.name for column in drop if column is not None}
        dropped |= {column.name for column in (target, sigma) if column is not None}
        features = [column for column in columns if column.name not in dropped]
        misnamed = _misnamed(features)
    seek.findings += _no_error(sigma, features, target, where)
    if target is not None and not features and (config.features is None or not config.features):
        seek.findings.append(
            Finding(
                where=where,
                found=f"no column beside the target {target.name!r}",
                expected="at least one column that may explain it",
            )
        )
    chosen = Chosen(
        target=target,
        features=tuple({column.name: column for column in features}.values()),
        sigma=sigma,
        by=by,
        listed=config.features is not None,
        misnamed=misnamed,
    )
    return chosen, seek.findings


def drop_line(config: DataConfig, names: Sequence[str]) -> str:
    """The line of a recipe that leaves `names` out, beside what it leaves out already."""
    every = list(dict.fromkeys([*config.drop, *names]))
    return f"drop: {inline(every)}"


def listing(columns: Sequence[Column]) -> str:
    """The names of columns, for a message; long lists are cut."""
    names = list(dict.fromkeys(column.name for column in columns))
    more = f" and {len(names) - 30} more" if len(names) > 30 else ""
    return (", ".join(names[:30]) or "(none)") + more


class _Seeker:
    """Finds columns by name and keeps a complaint for each that it cannot."""

    def __init__(self, columns: Sequence[Column], where: str):
        self._columns = columns
        self._where = where
        self.findings: list[Finding] = []

    def find(self, name: str, key: str, *, unique: bool = True) -> Column | None:
        """The column of this name or header; complaints say in which `key` it was asked for."""
        hits = [column for column in self._columns if column.name == name]
        hits = hits or [column for column in self._columns if column.header == name]
        if not hits:
            options = [column.name for column in self._columns]
            self._complain(
                f"{self._where}: {key}",
                f"no column {name!r}",
                f"one of: {listing(self._columns)}",
                self._bracketed(name) or did_you_mean(name, options),
            )
            return None
        if len(hits) > 1 and unique:
            double = _duplicate(len(hits))
            self._complain(f"{self._where}: {name}", double.found, double.expected, double.advice)
        return hits[0]

    def _bracketed(self, name: str) -> str:
        """Advice where only a bracket, which holds no unit, parts `name` from a column."""
        for column in self._columns:
            rest = column.name.removeprefix(name).strip()
            if column.name.startswith(name) and rest[:1] in {"[", "("} and rest[-1] in {"]", ")"}:
                return (
                    f"{rest} is no unit that is known, so it counts as a part of the name: "
                    f"write {column.name!r}, or mend the header."
                )
        return ""

    def _complain(self, where: str, found: str, expected: str, advice: str) -> None:
        finding = Finding(where=where, found=found, expected=expected, advice=advice)
        if finding not in self.findings:
            self.findings.append(finding)


def _contradictions(
    features: Sequence[Column], target: Column | None, drop: Sequence[Column | None], where: str
) -> list[Finding]:
    dropped = {column.name for column in drop if column is not None}
    findings = []
    for column in features:
        if target is not None and column.name == target.name:
            findings.append(
                Finding(
                    where=f"{where}: features",
                    found=f"the target {column.name!r}",
                    expected="columns other than the target",
                    advice="Take it out of `features`: a column explains itself.",
                )
            )
        elif column.name in dropped:
            findings.append(
                Finding(
                    where=f"{where}: features",
                    found=f"{column.name!r}, which `drop` leaves out",
                    expected="a column that is either a feature or dropped",
                )
            )
    return findings


def _no_error(
    sigma: Column | None, features: Sequence[Column], target: Column | None, where: str
) -> list[Finding]:
    """A complaint where the column of errors is the target or a feature as well."""
    played = [("the target", target), *(("a feature", column) for column in features)]
    return [
        Finding(
            where=f"{where}: sigma",
            found=f"{sigma.name!r}, which is {part} as well",
            expected="a column of its own: the standard deviation of the target on each row",
        )
        for part, column in played
        if sigma is not None and column is not None and column.name == sigma.name
    ]


def _misnamed(features: Sequence[Column]) -> dict[str, Refusal]:
    names = [column.name for column in features]
    refused = {}
    for column in features:
        if names.count(column.name) > 1:
            refused[column.name] = _duplicate(names.count(column.name))
        elif not column.header:
            refused[column.name] = Refusal(
                found="a column without a name",
                expected="a name in the header",
                advice="It may be a row index that was saved with the table.",
            )
    return refused


def _duplicate(count: int) -> Refusal:
    return Refusal(
        found=f"{count} columns of this name",
        expected="a name of its own for each column",
        advice="Rename them in the header.",
    )
