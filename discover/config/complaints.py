"""All that is wrong with a recipe, as findings with dotted paths."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from pydantic import ValidationError

from discover import shipped
from discover.config import words
from discover.config.models import DataConfig, KanConfig, Recipe, ValidateConfig
from discover.errors import Finding, did_you_mean

Path = tuple[str | int, ...]
_DEPTH = 5


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """A finding whose place is still a path.

    Attributes:
        path: Keys and indices from the top of the recipe.
        found: What stands there.
        expected: What could stand there.
        advice: What to do now; may be empty.
        others: Further places that take part in a contradiction.
    """

    path: Path
    found: str
    expected: str
    advice: str = ""
    others: tuple[Path, ...] = ()

    def finding(self, where: str) -> Finding:
        """The finding at `where`."""
        return Finding(where=where, found=self.found, expected=self.expected, advice=self.advice)


def dotted(path: Path) -> str:
    """A path as text.

    Example:
        >>> dotted(("kan", "grids", 1))
        'kan.grids[1]'
    """
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return text.removeprefix(".")


def validate(raw: dict[str, Any]) -> tuple[Recipe | None, list[Complaint]]:
    """The recipe that `raw` stands for, and all that is wrong with it.

    Contradictions are sought even in a recipe with other mistakes: those are left out, and the
    defaults stand in for them.

    Returns:
        The recipe, without its mistakes where there are any (``None`` if nothing can stand in for
        them), and the complaints in the order of the keys.
    """
    complaints: list[Complaint] = []
    recipe: Recipe | None
    try:
        recipe = Recipe.model_validate(raw)
    except ValidationError as error:
        complaints = _mistakes(error, raw)
        recipe = _healed(raw)
    bad = {complaint.path for complaint in complaints}
    if recipe is not None:
        for complaint in _contradictions(recipe):
            if not any(_touches(path, bad) for path in (complaint.path, *complaint.others)):
                complaints.append(complaint)
    return recipe, sorted(complaints, key=lambda c: _rank(c.path, raw))


def _rank(path: Path, raw: dict[str, Any]) -> list[int]:
    """Where a path stands in the recipe as it was written."""
    rank = []
    value: Any = raw
    for key in path:
        if isinstance(value, dict):
            rank.append(list(value).index(key) if key in value else len(value))
        elif isinstance(key, int):
            rank.append(key)
        value = _inside(value, key)
    return rank


def _inside(value: Any, key: str | int) -> Any:
    """What stands under `key`; ``None`` if nothing can."""
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        return value[key]
    return None


def _touches(path: Path, bad: set[Path]) -> bool:
    return any(path[: len(other)] == other or other[: len(path)] == path for other in bad)


# --- mistakes: one value at a time ----------------------------------------------------------------


def _mistakes(error: ValidationError, raw: dict[str, Any]) -> list[Complaint]:
    plain: dict[Path, Complaint] = {}
    wrong: set[Path] = set()
    for detail in error.errors(include_url=False):
        path = detail["loc"]
        if detail["type"] == "extra_forbidden":
            plain[path] = _unknown(path)
        elif detail["type"] == "missing":
            expected = words.expected(_hint(path))
            plain[path] = Complaint(path=path, found="nothing", expected=expected)
        else:
            wrong.add(_real(path, raw))
    # Every branch of a union complains for itself: the one that came furthest says most.
    ends = [a for a in wrong if not any(a != b and b[: len(a)] == a for b in wrong)]
    return [*plain.values(), *(_wrong(path, raw) for path in ends)]


def _unknown(path: Path) -> Complaint:
    hint = _hint(path[:-1])
    allowed = list(words.keys(hint))
    return Complaint(
        path=path,
        found="an unknown key",
        expected=f"one of {', '.join(allowed)}",
        advice=did_you_mean(str(path[-1]), allowed),
    )


def _wrong(path: Path, raw: dict[str, Any]) -> Complaint:
    hint = _hint(path)
    value = _value(path, raw)
    advice = did_you_mean(value, words.choices(hint)) if isinstance(value, str) else ""
    found, expected = words.found(value), words.expected(hint)
    return Complaint(path=path, found=found, expected=expected, advice=advice)


def _hint(path: Path) -> Any:
    hint: Any = Recipe
    for key in path:
        hint = words.part(hint, key)
    return hint


def _real(path: Path, raw: dict[str, Any]) -> Path:
    """The place in the recipe that a pydantic path means: it also names branches of unions."""
    value: Any = raw
    real: Path = ()
    for key in path:
        inside = _inside(value, key)
        is_place = inside is not None or (isinstance(value, dict) and key in value)
        if is_place and words.part(_hint(real), key) is not None:
            value, real = inside, (*real, key)
    return real


def _value(path: Path, raw: dict[str, Any]) -> Any:
    value: Any = raw
    for key in path:
        value = value[key]
    return value


def _healed(raw: dict[str, Any]) -> Recipe | None:
    """The recipe without its mistakes; ``None`` if nothing can stand in for one of them."""
    healed = deepcopy(raw)
    for _ in range(_DEPTH):  # a part that lacks something goes as a whole, the next time
        try:
            return Recipe.model_validate(healed)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                is_unknown = detail["type"] == "extra_forbidden"
                path = detail["loc"] if is_unknown else _real(detail["loc"], healed)
                _take_out(healed, path)
    return None


def _take_out(healed: dict[str, Any], path: Path) -> None:
    # An item goes with its whole list: the others would change their places.
    names = list(takewhile(lambda key: isinstance(key, str), path))
    place: Any = healed
    for name in names[:-1]:
        place = _inside(place, name)
    if names and isinstance(place, dict):  # else an earlier mistake took it along
        place.pop(names[-1], None)


# --- contradictions: several values together ------------------------------------------------------


def _contradictions(recipe: Recipe) -> Iterator[Complaint]:
    yield from _origin(recipe.data)
    yield from _columns(recipe.data)
    yield from _shares(recipe)
    yield from _network(recipe.kan)
    yield from _control(recipe.validation)
    yield from _grid(recipe)
    yield from _kinds(recipe)
    for name, hypothesis in recipe.hypotheses.items():
        if not hypothesis.expression.strip():
            yield Complaint(
                path=("hypotheses", name), found="an empty formula", expected="one such as c*a/b"
            )


def _grid(recipe: Recipe) -> Iterator[Complaint]:
    """Keys that belong to fields on a grid where the task is a table's, and the other way round."""
    data = recipe.data
    if recipe.task in ("pde", "ode"):
        if recipe.hypotheses:
            yield Complaint(
                path=("hypotheses",),
                found=f"hypotheses for the task {recipe.task}",
                expected="none: equations are compared by their forecasts",
                others=(("task",),),
            )
        if data.target is not None:
            yield Complaint(
                path=("data", "target"),
                found=repr(data.target),
                expected="no target: every field gets an equation for its time derivative",
                advice="Name the fields to be used in data.features.",
                others=(("task",),),
            )
        for key in ("formula", "special", "where", "categories", "rows", "sigma"):
            if getattr(data, key):
                yield Complaint(
                    path=("data", key),
                    found=f"{key} for the task {recipe.task}",
                    expected="a file of fields on a grid as it is, or no such key",
                    others=(("task",),),
                )
        return
    if data.sigma is not None and recipe.task != "regression":
        yield Complaint(
            path=("data", "sigma"),
            found=f"sigma for the task {recipe.task}",
            expected="the task regression, or no such key",
            advice="Only a measured amount has a standard deviation.",
            others=(("task",),),
        )
    for key, value in (("axes", data.axes), ("periodic", data.periodic), ("noise", data.noise)):
        if value:
            yield Complaint(
                path=("data", key),
                found=f"{key} for the task {recipe.task}",
                expected="the task pde or ode, or no such key",
                others=(("task",),),
            )


def _kinds(recipe: Recipe) -> Iterator[Complaint]:
    """What the column of kinds cannot be besides."""
    data = recipe.data
    if data.per is None:
        return
    if recipe.task in ("pde", "ode", "relation"):
        yield Complaint(
            path=("data", "per"),
            found=f"per for the task {recipe.task}",
            expected="a task with a target, or no such key",
            others=(("task",),),
        )
    parts = {"target": (data.target,), "features": data.features or (), "sigma": (data.sigma,)}
    for key, names in (parts | {"categories": data.categories}).items():
        if data.per in names:
            yield Complaint(
                path=("data", "per"),
                found=f"{data.per!r}, which stands in data.{key} too",
                expected="a column that only names the kinds of rows",
                advice="Within one kind it is the same in each row, and explains nothing.",
                others=(("data", key),),
            )


def _origin(data: DataConfig) -> Iterator[Complaint]:
    origins = ("source", "file", "formula", "special")
    given = [key for key in origins if getattr(data, key) is not None]
    if len(given) != 1:
        yield Complaint(
            path=("data",),
            found="neither source nor file" if not given else f"both {' and '.join(given)}",
            expected="either source (a shipped dataset) or file (a path)",
            advice="A known function can be rehearsed with formula or special.",
            others=tuple(("data", key) for key in origins),
        )
    known = sorted(card.parent.name for card in shipped.datasets().glob("*/card.yaml"))
    if data.source is not None and data.source not in known:
        advice = did_you_mean(data.source, known)
        yield Complaint(
            path=("data", "source"),
            found=repr(data.source),
            expected=f"a shipped dataset, one of {', '.join(known)}",
            advice=advice or "A table of your own goes under data.file.",
        )


def _columns(data: DataConfig) -> Iterator[Complaint]:
    features = data.features or ()
    for key, names in (("features", features), ("drop", data.drop)):
        for name in dict.fromkeys(n for n in names if names.count(n) > 1):
            yield Complaint(
                path=("data", key), found=f"{name!r} twice", expected="each column once"
            )
    if data.target in features:
        yield Complaint(
            path=("data", "features"),
            found=f"the target {data.target!r}",
            expected="only columns that may explain it",
            others=(("data", "target"),),
        )
    for name in dict.fromkeys(features):
        if name in data.drop:
            yield Complaint(
                path=("data", "drop"),
                found=f"{name!r}, which is also a feature",
                expected="columns that are not used",
                others=(("data", "features"),),
            )
    if data.target in data.drop:
        yield Complaint(
            path=("data", "drop"),
            found=f"the target {data.target!r}",
            expected="columns that are not used",
            others=(("data", "target"),),
        )


def _shares(recipe: Recipe) -> Iterator[Complaint]:
    split = recipe.data.split
    if split.validation + split.test >= 1:
        yield Complaint(
            path=("data", "split"),
            found=f"validation {split.validation:g} and test {split.test:g}",
            expected="together less than 1",
            advice="The rest of the rows is for training.",
            others=(("data", "split", "validation"), ("data", "split", "test")),
        )


def _control(validation: ValidateConfig) -> Iterator[Complaint]:
    # Below 1/20 even a law that beats every shuffle has a p-value above 0.05.
    if 0 < validation.null < 19:
        yield Complaint(
            path=("validate", "null"),
            found=str(validation.null),
            expected="0 (no control) or at least 19 shuffles",
            advice="With fewer no law could ever stand clear of chance at the 5 % level.",
        )


def _network(kan: KanConfig) -> Iterator[Complaint]:
    if any(a >= b for a, b in zip(kan.grids, kan.grids[1:], strict=False)):
        yield Complaint(
            path=("kan", "grids"),
            found=str(list(kan.grids)),
            expected="growing numbers, from the coarsest grid to the finest",
            advice=f"Write {sorted(set(kan.grids))}.",
        )
    if len(set(kan.penalties)) < len(kan.penalties):
        yield Complaint(
            path=("kan", "penalties"), found=str(list(kan.penalties)), expected="each weight once"
        )
    shapes = () if kan.hidden == "auto" else kan.hidden
    if any(layer == (0, 0) for shape in shapes for layer in shape):
        yield Complaint(
            path=("kan", "hidden"),
            found="a layer [0, 0] without nodes",
            expected="at least one node in each layer",
        )
