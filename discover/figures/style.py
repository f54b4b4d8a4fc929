"""The one look of all figures, and the two ways to write them down.

Figures are made with matplotlib's object-oriented interface: nothing here touches pyplot, and the
style is applied for the length of one call only.
"""

import io
import warnings
from collections.abc import Callable
from functools import wraps
from typing import IO, Any, Literal, ParamSpec

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap, to_rgba
from matplotlib.figure import Figure
from matplotlib.patheffects import AbstractPathEffect, withStroke

from discover.dataset import Variable
from discover.notation import has_symbol, latex, symbol

COLUMN = 3.4  # inches: one column of a two-column paper

# Okabe and Ito's palette, told apart by colour-blind readers too.
BLUE, ORANGE, GREEN = "#0072b2", "#d55e00", "#009e73"
INK, QUIET, FAINT, PAPER = "#202124", "#75787d", "#d9dbde", "#fdfdfe"

STYLE: dict[str, object] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "mathtext.fontset": "dejavusans",
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "legend.handlelength": 1.4,
    "legend.borderaxespad": 0.3,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5,
    "lines.linewidth": 1.1,
    "lines.markersize": 4.5,
    "grid.color": FAINT,
    "grid.linewidth": 0.5,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "figure.constrained_layout.h_pad": 0.02,
    "figure.constrained_layout.w_pad": 0.02,
    "svg.hashsalt": "discover",
    "svg.fonttype": "path",
    "pdf.fonttype": 42,
    "path.simplify": True,
    "date.epoch": "1970-01-01",
}
# One colour whose opacity says how many: readable on white and on black.
DENSITY = LinearSegmentedColormap.from_list(
    "density", [to_rgba(BLUE, 0.12), to_rgba(BLUE, 0.55), to_rgba(BLUE, 1.0)]
)

_Params = ParamSpec("_Params")


def styled(draw: Callable[_Params, Figure]) -> Callable[_Params, Figure]:
    """Let `draw` see our style and nobody else's settings."""

    @wraps(draw)
    def drawn(*args: _Params.args, **kwargs: _Params.kwargs) -> Figure:
        with mpl.rc_context():
            mpl.rcdefaults()
            mpl.rcParams.update(STYLE)
            return draw(*args, **kwargs)

    return drawn


def blank(height: float, width: float = COLUMN) -> Figure:
    """An empty figure of `width` x `height` inches on a canvas of its own."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def plain(text: str, longest: int = 34) -> str:
    r"""`text` as matplotlib draws it letter for letter, cut in the middle where it is too long.

    Example:
        >>> plain("cost in $")
        'cost in \\$'
    """
    # A sign that breaks lines or does not print would move the layout.
    shown = "".join(sign if sign.isprintable() else " " for sign in text)
    if len(shown) > longest:
        half = (longest - 1) // 2
        shown = f"{shown[:half]}…{shown[-half:]}"
    return shown.replace("$", r"\$")


def label(variable: Variable, longest: int = 34) -> str:
    r"""The symbol of a column for an axis, or its name where it has none.

    Example:
        >>> label(Variable(name="mass", symbol=r"m_1")), label(Variable(name="mass"))
        ('$m_{1}$', 'mass')
    """
    if has_symbol(variable):
        return f"${latex(symbol(variable))}$"
    return plain(variable.name, longest)


def with_unit(text: str, unit: str) -> str:
    """An axis label with its unit in brackets; a pure number says so.

    Example:
        >>> with_unit("rms error", "m/s"), with_unit("rms error", "1")
        ('rms error [m/s]', 'rms error [1]')
    """
    return f"{text} [{plain(unit, 14)}]"


def quiet_grid(axes: Axes, axis: Literal["both", "x", "y"] = "both") -> None:
    """A faint grid behind everything."""
    axes.grid(visible=True, axis=axis, which="major")
    axes.set_axisbelow(True)


def halo() -> list[AbstractPathEffect]:
    """A rim in the colour of the page, so that a number stays legible on a line."""
    return [withStroke(linewidth=2.0, foreground=PAPER)]


def to_svg(figure: Figure) -> str:
    """The figure as an SVG document; the same bytes for the same figure.

    Example:
        >>> to_svg(blank(1.0)).count("<svg")
        1
    """
    buffer = io.StringIO()
    _save(figure, buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def to_pdf(figure: Figure) -> bytes:
    """The figure as PDF with embedded TrueType fonts; the same bytes for the same figure."""
    buffer = io.BytesIO()
    nothing = {"CreationDate": None, "ModDate": None, "Creator": None, "Producer": None}
    _save(figure, buffer, format="pdf", metadata=nothing)
    return buffer.getvalue()


def to_png(figure: Figure, dpi: int = 200) -> bytes:
    """The figure as PNG on white."""
    buffer = io.BytesIO()
    _save(figure, buffer, format="png", dpi=dpi, metadata={"Software": None}, facecolor="white")
    return buffer.getvalue()


def _save(figure: Figure, target: IO[Any], **options: Any) -> None:
    with mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        # A name in a script that the font lacks is drawn as boxes; the table beside it is whole.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(target, **options)
