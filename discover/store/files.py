"""Files that are whole or absent: written aside, flushed to the disk, then renamed.

This file knows nothing of runs. A reader never meets a half-written file, even after a power cut.
"""

import contextlib
import os
from pathlib import Path


def write_whole(path: Path, data: str | bytes) -> None:
    """Write `path` in one step, so that it holds the old content or all of the new.

    Args:
        path: Where the file shall be; its folder exists.
        data: The content; text is written as UTF-8.

    Raises:
        OSError: If the disk refuses; `path` is then as it was before.

    Source: write aside, fsync, rename, fsync the folder: the recipe of every database.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     write_whole(Path(folder) / "a.txt", "whole")
        ...     (Path(folder) / "a.txt").read_text()
        'whole'
    """
    content = data.encode() if isinstance(data, str) else data
    aside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with open(aside, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            aside.unlink()
        raise
    _settle(path.parent)


def _settle(folder: Path) -> None:
    # The rename itself lives in the folder. Some file systems cannot flush one: then it is done.
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
