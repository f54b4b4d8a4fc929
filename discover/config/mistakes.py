"""Mistakes in a recipe: one value at a time that cannot stand where it stands."""

from copy import deepcopy
from itertools import takewhile
from typing import Any

from pydantic import ValidationError

from discover.config import words
from discover.config.complaint import Complaint, Path, inside
from discover.config.models import Recipe
from discover.errors import did_you_mean

_DEPTH = 5


def mistakes(error: ValidationError, raw: dict[str, Any]) -> list[Complaint]:
    """Every value that cannot stand where it stands, each with its place."""
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
        there = inside(value, key)
        is_place = there is not None or (isinstance(value, dict) and key in value)
        if is_place and words.part(_hint(real), key) is not None:
            value, real = there, (*real, key)
    return real


def _value(path: Path, raw: dict[str, Any]) -> Any:
    value: Any = raw
    for key in path:
        value = value[key]
    return value


def healed(raw: dict[str, Any]) -> Recipe | None:
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
        place = inside(place, name)
    if names and isinstance(place, dict):  # else an earlier mistake took it along
        place.pop(names[-1], None)
