"""How a long stage says where it is: one event type, one callback.

Stages never print. They call the :data:`Listener` they were given; the command line draws bars
from it, the store writes ``log.jsonl``, tests collect it, and a library user passes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True, kw_only=True)
class Event:
    """One sign of life of a stage.

    Attributes:
        stage: Name of the stage, such as ``train``.
        done: Units of work finished.
        total: Units of work in all (0: not known).
        message: What happens now, in words; may be empty.
        error: Current error of the stage (validation rms in units of the target's spread), or
            ``None`` where none exists yet.
        graph: Makes the graph of the network that the stage has at this moment (as
            :func:`discover.graph.prune`), for those who want to see it; ``None`` where there is
            none. It costs nothing unless it is called, and holds only while the listener runs.
    """

    stage: str
    done: int
    total: int
    message: str = ""
    error: float | None = None
    graph: "Callable[[], nx.DiGraph] | None" = None


Listener = Callable[[Event], None]


def silent(event: Event) -> None:
    """The listener of those who do not listen."""
