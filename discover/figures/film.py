"""A film of a network: pictures of it one after another, each part in its place throughout.

A :class:`Camera` is a listener: hand it to a run, and it takes a picture of every network that a
stage shows (:attr:`~discover.progress.Event.graph`). Nothing is drawn before :func:`film`.
"""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import matplotlib as mpl
import numpy as np
from matplotlib.animation import AbstractMovieWriter, ArtistAnimation, FFMpegWriter, PillowWriter
from matplotlib.artist import Artist

from discover.dataset import Dataset
from discover.errors import InputError
from discover.figures.drawn import drawn
from discover.figures.network import draw
from discover.figures.picture import Layout, NetworkPicture, PictureEdge, PictureNode, arrange
from discover.figures.style import PAPER, QUIET, STYLE, blank
from discover.progress import Event

FilmFormat = Literal["gif", "mp4"]

_MOST = 160  # frames; a longer series is thinned
_PER_SECOND = 12
_REST = 18  # how many frames long the last picture stays
_HEAD = 0.3  # inches for the caption
_DPI = 110


@dataclass(frozen=True, kw_only=True, eq=False)
class Frame:
    """One picture of a film.

    Attributes:
        picture: The network at this moment.
        caption: What happens, in a few words.
    """

    picture: NetworkPicture
    caption: str = ""


@dataclass(kw_only=True, eq=False)
class Camera:
    """A listener that takes a picture of every network that a stage shows.

    Attributes:
        dataset: The table of the run; training rows set the ranges of the curves.
        frames: The pictures so far.
    """

    dataset: Dataset
    frames: list[Frame] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        """Take a picture if `event` shows a network."""
        if event.graph is None:
            return
        error = "" if event.error is None else f"error {event.error:.3g}"
        words = [word for word in (event.stage, event.message, error) if word]
        self.frames.append(
            Frame(picture=drawn(event.graph(), self.dataset), caption="   ".join(words))
        )


def film(frames: Sequence[Frame]) -> ArtistAnimation:
    """The frames as an animation; :func:`filmed` writes it down.

    Frames that follow one another and show the same network share its places, so that a pruned
    edge leaves a gap and nothing jumps; a network of another shape begins a new chapter.

    Args:
        frames: The pictures in their order; at least one.

    Raises:
        ValueError: If there is no frame.
    """
    if not frames:
        raise ValueError("a film needs at least one frame")
    shown = [frames[round(i)] for i in np.linspace(0, len(frames) - 1, min(len(frames), _MOST))]
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        return _film(shown)


def _film(frames: Sequence[Frame]) -> ArtistAnimation:
    chapters = [(chapter, arrange(_whole(chapter))) for chapter in _chapters(frames)]
    width = max(layout.width for _, layout in chapters)
    height = max(layout.height for _, layout in chapters)
    figure = blank(height + _HEAD, width)
    figure.set_layout_engine("none")
    shots: list[list[Artist]] = []
    for chapter, layout in chapters:
        placed = _moved(layout, (width - layout.width) / 2, (height - layout.height) / 2)
        for frame in chapter:
            axes = figure.add_axes((0, 0, 1, 1), label=f"frame {len(shots)}")
            axes.set_xlim(0, width)
            axes.set_ylim(0, height + _HEAD)
            axes.set_axis_off()
            axes.text(0.12, height + 0.12, frame.caption, fontsize=8, color=QUIET, va="center")
            draw(axes, frame.picture, placed)
            shots.append([axes])
    rest = [shots[-1]] * _REST
    return ArtistAnimation(figure, [*shots, *rest], interval=1000 / _PER_SECOND, blit=False)


def _chapters(frames: Sequence[Frame]) -> list[list[Frame]]:
    """The frames in groups, each of one network at different times."""
    chapters: list[list[Frame]] = []
    known: dict[str, PictureNode] = {}
    for frame in frames:
        nodes = {node.id: node for node in frame.picture.nodes}
        moved = any(known.get(name, node) != node for name, node in nodes.items())
        if moved or known.keys().isdisjoint(nodes):
            chapters.append([])
            known = {}
        known |= nodes
        chapters[-1].append(frame)
    return chapters


def _whole(chapter: Sequence[Frame]) -> NetworkPicture:
    """All nodes and edges that ever stand in these frames."""
    nodes: dict[str, PictureNode] = {}
    edges: dict[tuple[str, str], PictureEdge] = {}
    for frame in chapter:
        nodes |= {node.id: node for node in frame.picture.nodes}
        for edge in frame.picture.edges:
            before = edges.get((edge.source, edge.target), edge)
            # Once named, room for the name is kept from the beginning.
            edges[edge.source, edge.target] = before if before.name else edge
    return NetworkPicture(nodes=tuple(nodes.values()), edges=tuple(edges.values()))


def _moved(layout: Layout, across: float, up: float) -> Layout:
    return replace(
        layout,
        nodes={name: (x + across, y + up) for name, (x, y) in layout.nodes.items()},
        boxes={ends: (x + across, y + up) for ends, (x, y) in layout.boxes.items()},
    )


def require(style: FilmFormat) -> None:
    """See to it that films of this format can be written here.

    Raises:
        InputError: If an MP4 is asked for and there is no ffmpeg.
    """
    if style == "mp4" and shutil.which("ffmpeg") is None:
        raise InputError.one(
            where="--film mp4",
            found="no program ffmpeg",
            expected="ffmpeg, which writes MP4",
            advice="Install it (on Debian and Ubuntu: apt-get install ffmpeg), or say --film gif.",
        )


def filmed(frames: Sequence[Frame], style: FilmFormat) -> bytes:
    """The film of `frames` as the bytes of a GIF or an MP4.

    Args:
        frames: The pictures in their order; at least one.
        style: The format.

    Raises:
        InputError: If there is no ffmpeg for an MP4.
    """
    require(style)
    movie = film(frames)
    writer: AbstractMovieWriter
    writer = PillowWriter(fps=_PER_SECOND) if style == "gif" else FFMpegWriter(fps=_PER_SECOND)
    # Writers of matplotlib know files only.
    with tempfile.TemporaryDirectory() as folder, mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update({**STYLE, "savefig.facecolor": PAPER})
        path = Path(folder) / f"film.{style}"
        movie.save(path, writer=writer, dpi=_DPI)
        return path.read_bytes()
