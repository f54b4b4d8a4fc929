"""Find a recipe, read it with the changes from the command line, and write it out again."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from discover import shipped
from discover.config import text as yaml_text
from discover.config import words
from discover.config.complaint import Complaint, dotted
from discover.config.models import Recipe
from discover.config.validation import validate
from discover.errors import Finding, InputError, did_you_mean

_TABLES = {
    ".csv",
    ".tsv",
    ".tab",
    ".txt",
    ".dat",
    ".parquet",
    ".h5",
    ".hdf5",
    ".npz",
    ".nc",
    ".mat",
}
_MAX_SIZE = 1_000_000
# Keys of `data` that say nothing of which table and which columns are meant.
_ASIDE = {"rows", "missing", "split", "symbols", "units"}


@dataclass(frozen=True, kw_only=True)
class Inspection:
    """A recipe as far as it can be read.

    Attributes:
        recipe: The recipe, its mistakes replaced by defaults; ``None`` if that cannot be done.
        findings: Every mistake.
        names_table: Whether what it says of its table and columns is without mistakes, so that
            they can be looked at all the same.
    """

    recipe: Recipe | None
    findings: tuple[Finding, ...]
    names_table: bool


def find(name_or_path: str) -> Path:
    """The file of a recipe, given by its path or by the name of a shipped one.

    Raises:
        InputError: If there is neither, with the names of the shipped recipes.

    Example:
        >>> find("no such recipe")
        Traceback (most recent call last):
        ...
        discover.errors.InputError: no such recipe: found no such file, ...
    """
    path = Path(name_or_path).expanduser()
    if path.is_file():
        return path
    known = sorted(recipe.stem for recipe in shipped.recipes().glob("*.yaml"))
    if len(path.parts) == 1 and re.sub(r"\.ya?ml$", "", path.name) in known:
        return shipped.recipes() / (re.sub(r"\.ya?ml$", "", path.name) + ".yaml")
    siblings = [p.name for p in path.parent.glob("*.y*ml")] if path.parent.is_dir() else []
    raise InputError.one(
        where=name_or_path,
        found="a folder" if path.is_dir() else "no such file, and no shipped recipe of this name",
        expected=f"a recipe (YAML), or one of the shipped ones: {', '.join(known)}",
        advice=did_you_mean(path.name, [*known, *siblings]),
    )


def read(path: Path, overrides: Sequence[str] = ()) -> Recipe:
    """The recipe in a file, checked whole.

    Args:
        path: A YAML file.
        overrides: Changes such as ``kan.seeds=4``: a path of keys, and a value in YAML. A ``name``
            that is missing from the recipe becomes that of the file.

    Raises:
        InputError: With every mistake and its place, such as ``knots.yaml: kan.seeds``.
    """
    inspection = inspect(path, overrides)
    if inspection.findings or inspection.recipe is None:
        raise InputError(inspection.findings)
    return inspection.recipe


def inspect(path: Path, overrides: Sequence[str] = ()) -> Inspection:
    """The recipe in a file with all that is wrong with it; as :func:`read`, which refuses it then.

    Raises:
        InputError: If the file holds no YAML mapping.
    """
    raw, findings = _mapping(path)
    raw.setdefault("name", _name(path))
    changed: list[tuple[str, str]] = []
    for override in overrides:
        try:
            changed.append(_override(raw, override))
        except InputError as error:
            findings += error.findings
    recipe, complaints = validate(raw)
    findings += [c.finding(_where(c, path.name, changed)) for c in complaints]
    return Inspection(
        recipe=recipe,
        findings=tuple(findings),
        names_table=not any(c.path[:1] == ("data",) and not _aside(c.path) for c in complaints),
    )


def _aside(path: tuple[str | int, ...]) -> bool:
    return len(path) > 1 and path[1] in _ASIDE


def dump(recipe: Recipe) -> str:
    """A recipe as YAML with every default written out; `read` gives an equal one back.

    Example:
        >>> from discover.config import DataConfig
        >>> recipe = Recipe(name="fall", data=DataConfig(file="fall.csv", target="t"))
        >>> print(dump(recipe).splitlines()[4:7])
        ['data:', '  source: null', '  file: fall.csv']
    """
    return yaml_text.dump(recipe.model_dump(mode="json", by_alias=True))


def _where(complaint: Complaint, name: str, changed: Sequence[tuple[str, str]]) -> str:
    place = dotted(complaint.path)
    for key, _ in changed:
        if _within(place, key):
            return f"--set {place}"
    for key, made in changed:
        if _within(place, made):
            return f"--set {key}"
    return f"{name}: {place}"


def _within(place: str, key: str) -> bool:
    return place == key or place.startswith((f"{key}.", f"{key}["))


def _name(path: Path) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem).lstrip("._-") or "recipe"


def _mapping(path: Path) -> tuple[dict[str, Any], list[Finding]]:
    text = _text(path)
    try:
        raw, twice = yaml_text.load(text)
    except yaml_text.BadYamlError as error:
        place = f", line {error.line}, column {error.column}" if error.line else ""
        advice = "Indent with spaces." if r"'\t'" in error.problem else ""
        raise InputError.one(
            where=f"{path.name}{place}",
            found=error.problem,
            expected="YAML",
            advice=advice or _advice_for(path) or "Quote text that holds ': ', '#' or a bracket.",
        ) from error
    if not isinstance(raw, dict):
        raise InputError.one(
            where=path.name,
            found="an empty file" if raw is None else words.found(raw),
            expected=f"a recipe: {words.expected(Recipe)}",
            advice=_advice_for(path),
        )
    findings = [
        Finding(
            where=f"{path.name}, line {line}",
            found=f"the key {key!r} for the second time",
            expected="each key once",
        )
        for key, line in twice
    ]
    return raw, findings


def _text(path: Path) -> str:
    found = advice = ""
    try:
        if path.stat().st_size > _MAX_SIZE:
            found = f"{path.stat().st_size} bytes"
        else:
            return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        found = "no such file"
        if path.parent.is_dir():
            advice = did_you_mean(path.name, [p.name for p in path.parent.glob("*.y*ml")])
    except IsADirectoryError:
        found = "a folder"
    except UnicodeDecodeError:
        found = "something that is no UTF-8 text"
    except OSError as error:
        found = f"a file that cannot be read ({error.strerror})"
    raise InputError.one(
        where=path.name or str(path),
        found=found,
        expected="a recipe (YAML, UTF-8)",
        advice=advice or _advice_for(path),
    )


def _advice_for(path: Path) -> str:
    if path.suffix.lower() not in _TABLES:
        return ""
    return "A table needs no recipe: discover fit TABLE --target COLUMN."


def _override(raw: dict[str, Any], override: str) -> tuple[str, str]:
    """Set one key of `raw`, in place.

    Returns:
        Its dotted path, and the beginning of that path that was not in `raw` before.
    """
    where = f"--set {override}"
    key, sign, text = override.partition("=")
    names = [name.strip() for name in key.split(".")]
    if not sign or not all(names):
        raise InputError.one(where=where, found="no key=value", expected="such as kan.seeds=4")
    try:
        value, _ = yaml_text.load(text)
    except yaml_text.BadYamlError as error:
        raise InputError.one(where=where, found=error.problem, expected="a value") from error
    made = len(names)
    place = raw
    for depth, name in enumerate(names[:-1], start=1):
        if place.get(name) is None:
            made = min(made, depth)
        place[name] = _opened(names[:depth], place.get(name), where)
        place = place[name]
    place[names[-1]] = value
    return ".".join(names), ".".join(names[:made])


def _opened(names: Sequence[str], value: object, where: str) -> dict[str, Any]:
    """What a key may go into: a mapping, or a hypothesis that was given as its bare formula."""
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    if names[0] == "hypotheses" and len(names) == 2:
        return {"expression": value}
    raise InputError.one(
        where=where, found=f"{words.found(value)} at {'.'.join(names)}", expected="a mapping there"
    )
