"""An SVG figure as a part of an HTML page: no prologue, no clashing ids, colours of the page."""

import re
from html import escape

from discover.figures.style import BLUE, FAINT, GREEN, INK, ORANGE, PAPER, QUIET

# The page redefines these for dark mode; the figure follows.
COLOURS = {
    INK: "ink", QUIET: "quiet", FAINT: "faint", PAPER: "paper",
    BLUE: "blue", ORANGE: "orange", GREEN: "green",
}  # fmt: skip
_PROLOGUE = re.compile(r"<\?xml.*?\?>|<!DOCTYPE.*?>|<metadata>.*?</metadata>", re.DOTALL)
_OPENING = re.compile(r"<svg\b[^>]*>")
_VIEW_BOX = re.compile(r'viewBox="([-0-9. ]+)"')
_ID = re.compile(r'\bid="([^"]+)"')
_LINK = re.compile(r'(?:xlink:href="#|url\(#)([^")]+)')
_COLOUR = re.compile("|".join(COLOURS), re.IGNORECASE)


def inline_svg(svg: str, *, name: str, alt: str) -> str:
    """`svg` (written by our own figures) ready to stand inside HTML.

    Args:
        svg: A whole SVG document of `figures.to_svg`.
        name: Prefix of its ids, unique on the page.
        alt: What it shows, for those who cannot see it.

    Raises:
        ValueError: If `svg` is no SVG document with a view box.
    """
    body = _PROLOGUE.sub("", svg)
    opening = _OPENING.search(body)
    box = _VIEW_BOX.search(opening[0]) if opening else None
    if opening is None or box is None:
        raise ValueError("no SVG document with a view box")
    head = f'<svg viewBox="{box[1]}" role="img" aria-label="{escape(alt)}">'
    inside = body[opening.end() :].strip()
    used = set(_LINK.findall(inside))

    def renamed(match: re.Match[str]) -> str:
        return f'id="{name}-{match[1]}"' if match[1] in used else ""

    inside = _ID.sub(renamed, inside)
    inside = inside.replace('xlink:href="#', f'href="#{name}-').replace("url(#", f"url(#{name}-")
    return head + _COLOUR.sub(lambda m: f"var(--{COLOURS[m[0].lower()]})", inside)
