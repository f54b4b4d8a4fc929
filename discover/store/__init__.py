"""The run folder: its documents, the stage cache and resume; the only writer of files of a run."""

from discover.store.cache import TAKEN, Cache, FolderCache, NoCache
from discover.store.files import write_whole
from discover.store.folder import RunFolder

__all__ = ["TAKEN", "Cache", "FolderCache", "NoCache", "RunFolder", "write_whole"]
