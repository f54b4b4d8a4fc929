"""What finished stages leave behind, so that a killed run goes on where it stopped.

One entry for each stage, the latest. An entry is used only under the key it was put with: a hash,
made by the pipeline, of all that the stage depends on.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from discover.progress import Event, Listener, silent
from discover.store import codec

T = TypeVar("T")

TAKEN = "taken from the run folder"


class Cache(Protocol):
    """Where a pipeline keeps the results of its stages."""

    def get(self, stage: str, key: str, kind: type[T]) -> T | None:
        """The result of `stage` under `key`, or ``None`` if it has to be computed."""
        ...

    def put(self, stage: str, key: str, value: Any) -> None:
        """Keep the result of `stage` under `key`."""
        ...


class NoCache:
    """The cache of those who write nothing: every stage is computed.

    Example:
        >>> NoCache().get("train", "f00d", tuple) is None
        True
    """

    def get(self, stage: str, key: str, kind: type[T]) -> T | None:
        """Nothing, always."""
        return None

    def put(self, stage: str, key: str, value: Any) -> None:
        """Nothing is kept."""


@dataclass(frozen=True, kw_only=True)
class FolderCache:
    """A cache in a folder, one pair of files for each stage.

    Attributes:
        folder: An existing folder.
        listen: Told of every result that was taken from the folder.
    """

    folder: Path
    listen: Listener = silent

    def get(self, stage: str, key: str, kind: type[T]) -> T | None:
        """The result of `stage` under `key`; a damaged or older one counts as absent."""
        value = codec.load(self.folder / stage, kind, key=key)
        if value is not None:
            self.listen(Event(stage=stage, done=1, total=1, message=TAKEN))
        return value

    def put(self, stage: str, key: str, value: Any) -> None:
        """Keep the result of `stage`, whole or not at all.

        Raises:
            TypeError: If a part of `value` could not be read back.
        """
        codec.save(value, self.folder / stage, type(value), key=key)
