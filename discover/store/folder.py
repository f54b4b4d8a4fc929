"""The run folder, and the only code that writes into it.

A folder is made when a run starts, after its recipe and table have passed all checks. Until the
run is finished it holds the results of finished stages and the log; the documents then appear,
each whole, and last of all the record that makes the folder readable again.
"""

import contextlib
import json
import os
import platform
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

import filelock
import networkx as nx

from discover.errors import InputError
from discover.progress import Event, Listener, silent
from discover.record import Run
from discover.store import codec, documents
from discover.store.cache import FolderCache
from discover.store.files import write_whole
from discover.store.plain import csv_text, json_text, plain

_RECORD = ".run"
_ORIGIN = ".origin.json"
_STAGES = ".stages"
_LOCK = ".lock"
_OWNER = ".owner"


class RunFolder:
    """A folder with one run, finished or on its way.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as home:
        ...     folder = RunFolder(Path(home) / "runs" / "kepler")
        ...     with folder.locked():
        ...         folder.write_files({"figures/parity.svg": "<svg/>"})
        ...     (folder.path / "figures" / "parity.svg").read_text()
        '<svg/>'
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Make the folder if need be, and keep other runs out of it while the block lasts.

        The lock is the operating system's: it ends with the process that holds it, however that
        process ends.

        Raises:
            InputError: If the folder is no run's, cannot be made, or belongs to a run at work.
        """
        self.check()
        try:
            (self.path / _STAGES).mkdir(parents=True, exist_ok=True)
            lock = filelock.FileLock(self.path / _LOCK)
            lock.acquire(blocking=False)
        except filelock.Timeout as error:
            raise InputError.one(
                where=str(self.path),
                found=f"a run at work ({self._owner()})",
                expected="a folder for this run alone",
                advice="Wait for it, end it, or choose another folder with --out.",
            ) from error
        except OSError as error:
            raise _unwritable(self.path, error) from error
        try:
            write_whole(self.path / _OWNER, f"process {os.getpid()} on {platform.node()}")
            yield
        finally:
            (self.path / _OWNER).unlink(missing_ok=True)
            lock.release()

    def check(self) -> None:
        """Refuse a path that could not become a run folder; nothing is written.

        Raises:
            InputError: If a file, or a folder with something else in it, lies there.
        """
        if self.path.exists() and not self.path.is_dir():
            raise InputError.one(
                where=str(self.path),
                found="a file",
                expected="a new or empty folder, or the folder of an earlier run",
                advice="Choose another folder with --out.",
            )
        if self.path.is_dir() and not self._is_ours() and any(self.path.iterdir()):
            raise InputError.one(
                where=str(self.path),
                found="a folder with other files in it",
                expected="a new or empty folder, or the folder of an earlier run",
                advice="Nothing there was touched. Choose another folder with --out.",
            )

    def cache(self, listen: Listener = silent) -> FolderCache:
        """The results of finished stages; `listen` is told of each that is used again."""
        return FolderCache(folder=self.path / _STAGES, listen=listen)

    def forget(self) -> None:
        """Delete the results of finished stages, so that all are computed anew."""
        shutil.rmtree(self.path / _STAGES, ignore_errors=True)
        (self.path / _STAGES).mkdir()

    @contextlib.contextmanager
    def logging(self) -> Iterator[Listener]:
        """A listener that adds each event to ``log.jsonl`` with its time, one a line."""
        with open(self.path / "log.jsonl", "a", encoding="utf-8", buffering=1) as log:

            def write(event: Event) -> None:
                told = {key: value for key, value in vars(event).items() if key != "graph"}
                content = plain({"time": datetime.now(UTC).isoformat()} | told)
                log.write(json.dumps(content) + "\n")

            yield write

    def write(self, run: Run, *, recipe: str, home: Path) -> None:
        """Write the documents of a finished run, and last the record of the run itself.

        Args:
            run: The run.
            recipe: The text of the resolved recipe.
            home: The folder from which the recipe's file name is understood; kept in a private
                file, because a path of one machine means nothing on another.
        """
        self._record().unlink(missing_ok=True)
        self.write_files(
            {
                "recipe.yaml": recipe,
                "environment.json": json_text(documents.environment(run)),
                "dataset.json": json_text(documents.dataset(run)),
                "laws.json": json_text(documents.laws(run)),
                "laws.csv": csv_text(documents.law_rows(run)),
                _ORIGIN: json_text({"home": str(home.resolve())}),
            }
        )
        if run.network is not None:
            self.write_kan(run.network)
        if run.graph is not None:
            self.write_graph(run.graph)
            self.write_files({"edges.csv": csv_text(documents.edge_rows(run))})
        codec.save(run, self.path / _RECORD, Run)

    def write_files(self, files: Mapping[str, str | bytes]) -> None:
        """Write `files`, by their paths inside the folder (with ``/``), each whole.

        Raises:
            ValueError: If a path would leave the folder.
        """
        for name, content in files.items():
            inside = PurePosixPath(name)
            if inside.is_absolute() or ".." in inside.parts:
                raise ValueError(f"{name} is not inside the run folder")
            path = self.path.joinpath(*inside.parts)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, content)

    def write_graph(self, graph: nx.DiGraph) -> None:
        """``graph.json``: the pruned network in networkx' node-link format."""
        self.write_files({"graph.json": json_text(nx.node_link_data(graph, edges="edges"))})

    def write_kan(self, kan: Any) -> None:
        """``kan.json`` and ``kan.safetensors``: a network, its arrays named by their path."""
        codec.save(kan, self.path / "kan", type(kan))

    def read(self) -> Run:
        """The finished run of this folder.

        Raises:
            InputError: If there is none, or it is not finished.
        """
        run = codec.load(self.path / _RECORD, Run)
        if run is not None:
            return run
        if self._record().exists():
            found, advice = "a run that this version cannot read", "Run its recipe again."
        elif below := sorted(record.parent for record in self.path.glob(f"*/{_RECORD}.json")):
            found, advice = f"the folder of {len(below)} runs", f"Name one, such as: {below[0]}"
        elif self._is_ours():
            found, advice = "an unfinished run", "Repeat its `discover run`: it goes on there."
        else:
            found = "no run" if self.path.is_dir() else "no such folder"
            advice = "Make one with: discover run RECIPE"
        raise InputError.one(
            where=str(self.path), found=found, expected="the folder of a finished run",
            advice=advice,
        )  # fmt: skip

    def home(self) -> Path:
        """The folder from which the file name in the run's recipe is understood.

        The folder itself, if the note of it is lost.
        """
        try:
            return Path(json.loads((self.path / _ORIGIN).read_bytes())["home"])
        except (OSError, ValueError, KeyError, TypeError):
            return self.path

    def _record(self) -> Path:
        return self.path / f"{_RECORD}.json"

    def _is_ours(self) -> bool:
        return (self.path / _STAGES).is_dir() or self._record().is_file()

    def _owner(self) -> str:
        try:
            return (self.path / _OWNER).read_text()
        except OSError:
            return "just starting"


def _unwritable(path: Path, error: OSError) -> InputError:
    return InputError.one(
        where=str(path),
        found=error.strerror or str(error),
        expected="a folder that can be written",
        advice="Choose another folder with --out.",
    )
