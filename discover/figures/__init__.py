"""The pictures of a run: pure functions that return a matplotlib ``Figure`` and never show it.

Each takes what it draws and nothing else; :func:`to_svg` and :func:`to_pdf` write a figure down,
always with the same bytes.
"""

from discover.figures.bars import attribution, losses
from discover.figures.control import null
from discover.figures.drawn import drawn
from discover.figures.fields import field
from discover.figures.film import Camera, FilmFormat, Frame, film, filmed, require
from discover.figures.forecast import forecast
from discover.figures.front import front
from discover.figures.network import network
from discover.figures.parity import beyond, parity, residuals
from discover.figures.phases import boundary, rows
from discover.figures.picture import NetworkPicture, PictureEdge, PictureNode
from discover.figures.relations import relations
from discover.figures.search import rungs
from discover.figures.style import to_pdf, to_png, to_svg

__all__ = [
    "Camera",
    "FilmFormat",
    "Frame",
    "NetworkPicture",
    "PictureEdge",
    "PictureNode",
    "attribution",
    "beyond",
    "boundary",
    "drawn",
    "field",
    "film",
    "filmed",
    "forecast",
    "front",
    "losses",
    "network",
    "null",
    "parity",
    "relations",
    "require",
    "residuals",
    "rows",
    "rungs",
    "to_pdf",
    "to_png",
    "to_svg",
]
