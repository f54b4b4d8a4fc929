"""What a field of a recipe expects, and what was found there, in plain words."""

import types
import typing
from pathlib import Path
from typing import Annotated, Any, Literal, Union

import annotated_types
from pydantic import BaseModel
from pydantic.fields import FieldInfo

Hint = Any
_PLAIN = {str: "text", int: "an integer", float: "a number", Path: "a path", type(None): "null"}


def _taken_apart(hint: Hint) -> tuple[Any, tuple[Any, ...]]:
    return typing.get_origin(hint), typing.get_args(hint)


def keys(hint: Hint) -> dict[str, Hint]:
    """The keys of a part of the recipe as the user writes them, with the type of each."""
    model: type[BaseModel] = hint.__origin__ if _taken_apart(hint)[0] is Annotated else hint
    hints = typing.get_type_hints(model, include_extras=True)
    return {field.alias or name: hints[name] for name, field in model.model_fields.items()}


def part(hint: Hint, key: str | int) -> Hint | None:
    """The type of what stands under `key` of a value of type `hint`; ``None`` if nothing can."""
    origin, arguments = _taken_apart(hint)
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return keys(hint).get(str(key))
    if origin is Annotated:
        return part(arguments[0], key)
    if origin in (Union, types.UnionType):
        return next((found for one in arguments if (found := part(one, key)) is not None), None)
    if origin is dict:
        return arguments[1]
    if origin is tuple and isinstance(key, int):
        return arguments[0]
    return None


def choices(hint: Hint) -> list[str]:
    """The fixed words that a value of type `hint` may be, if any."""
    origin, arguments = _taken_apart(hint)
    if origin is Literal:
        return [str(value) for value in arguments]
    if origin in (Union, types.UnionType):
        return [word for one in arguments for word in choices(one)]
    return []


def expected(hint: Hint, *, plural: bool = False) -> str:
    """What a value of type `hint` looks like.

    Example:
        >>> from discover.config.models import Positive, Share
        >>> expected(Positive), expected(Share), expected(tuple[Positive, ...])
        ('an integer from 1', 'a number above 0 and below 1', 'a list of integers from 1')
    """
    origin, arguments = _taken_apart(hint)
    if origin is Annotated:
        return _annotated(arguments[0], arguments[1:], plural=plural)
    if origin is Literal:
        return _joined([repr(value) for value in arguments])
    if origin in (Union, types.UnionType):
        return _joined([expected(one) for one in arguments if one is not type(None)])
    if origin is tuple:
        return f"a list of {expected(arguments[0], plural=True)}"
    if origin is dict:
        return "a mapping of names to " + expected(arguments[1], plural=True)
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return f"a mapping with the keys {', '.join(keys(hint))}"
    word = _PLAIN[hint]
    return word if not plural else {"text": "texts"}.get(word, word.split()[-1] + "s")


def _annotated(hint: Hint, metadata: tuple[Any, ...], *, plural: bool) -> str:
    facts = list(metadata)
    for fact in metadata:
        if isinstance(fact, FieldInfo):
            if fact.description:
                return fact.description
            facts += fact.metadata
    words = expected(hint, plural=plural)
    for fact in facts:
        match fact:
            case annotated_types.Ge():
                words += f" from {fact.ge:g}"
            case annotated_types.Gt():
                words += f" above {fact.gt:g}"
            case annotated_types.Le():
                words += f" to {fact.le}"
            case annotated_types.Lt():
                words += f" and below {fact.lt:g}"
            case annotated_types.MinLen():
                words += ", at least one" if words.startswith("a list") else ""
    return words


def _joined(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def found(value: object) -> str:
    """A value as its author knows it.

    Example:
        >>> found("four"), found(True), found(None), found({"a": 1})
        ("'four'", 'true', 'nothing', 'a mapping')
    """
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case dict():
            return "a mapping"
        case list():
            return "an empty list" if not value else "a list"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
