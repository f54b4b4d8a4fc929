"""All that is wrong with a recipe: mistakes and contradictions, in the order of its keys."""

from typing import Any

from pydantic import ValidationError

from discover.config.complaint import Complaint, Path, inside
from discover.config.contradictions import contradictions
from discover.config.mistakes import healed, mistakes
from discover.config.models import Recipe


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
        complaints = mistakes(error, raw)
        recipe = healed(raw)
    bad = {complaint.path for complaint in complaints}
    if recipe is not None:
        for complaint in contradictions(recipe):
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
        value = inside(value, key)
    return rank


def _touches(path: Path, bad: set[Path]) -> bool:
    return any(path[: len(other)] == other or other[: len(path)] == path for other in bad)
