"""One thing that is wrong with a recipe, and the place of it."""

from dataclasses import dataclass
from typing import Any

from discover.errors import Finding

Path = tuple[str | int, ...]


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


def inside(value: Any, key: str | int) -> Any:
    """What stands under `key`; ``None`` if nothing can."""
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        return value[key]
    return None
