"""Progress on stderr: a bar for each stage on a terminal, quiet lines elsewhere."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import typer

from discover.progress import Event, Listener, silent

_HEARTBEAT = 15.0


@contextlib.contextmanager
def shown(*, quiet: bool) -> Iterator[Listener]:
    """A listener that shows what it hears, as long as the block lasts."""
    if quiet:
        yield silent
    elif sys.stderr.isatty():
        with _bars() as listen:
            yield listen
    else:
        yield Lines(lambda line: typer.echo(line, err=True))


class Lines:
    """One line when a stage starts, one when it ends, and a sign of life between.

    Example:
        >>> lines = Lines(print)
        >>> lines(Event(stage="train", done=0, total=2))
        train 0/2
        >>> lines(Event(stage="train", done=1, total=2))
        >>> lines(Event(stage="train", done=2, total=2, error=0.031))
        train 2/2, error 0.031, done
    """

    def __init__(self, write: Callable[[str], None]):
        self._write = write
        self._stage = ""
        self._finished: set[str] = set()
        self._last = 0.0

    def __call__(self, event: Event) -> None:
        """Write a line for `event`, if it is time for one."""
        if event.stage in self._finished:
            return
        now = time.monotonic()
        finished = 0 < event.total <= event.done
        if not finished and event.stage == self._stage and now - self._last < _HEARTBEAT:
            return
        if finished:
            self._finished.add(event.stage)
        self._stage, self._last = event.stage, now
        message = event.message or ("done" if finished else "")
        parts = [f"{event.stage} {_count(event)}".strip(), _error(event), message]
        self._write(", ".join(part for part in parts if part))


@contextlib.contextmanager
def _bars() -> Iterator[Listener]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=16),
        TextColumn("{task.fields[count]}"),
        TextColumn("{task.fields[error]}", style="cyan"),
        TimeElapsedColumn(),
        TextColumn("{task.fields[message]}", style="dim", markup=False),
    )
    tasks: dict[str, Any] = {}
    with Progress(*columns, console=Console(stderr=True)) as progress:

        def listen(event: Event) -> None:
            if event.stage not in tasks:
                tasks[event.stage] = progress.add_task(
                    event.stage, total=None, count="", error="", message=""
                )
            progress.update(
                tasks[event.stage],
                completed=event.done,
                total=event.total or None,
                count=_count(event),
                error=_error(event),
                message=event.message,
            )

        yield listen


def _count(event: Event) -> str:
    return f"{event.done}/{event.total}" if event.total > 1 else ""


def _error(event: Event) -> str:
    return "" if event.error is None else f"error {event.error:.3g}"
