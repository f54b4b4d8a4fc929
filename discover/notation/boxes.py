"""Boxes of mathematics: a small tree that is written once and read as LaTeX or as MathML.

Everything typeset in a report (symbols, numbers, laws) is such a tree. Leaves hold their LaTeX and
their plain text; nothing from a user ever reaches an output unescaped, because only the emitters
here write markup.
"""

import re
from dataclasses import dataclass
from html import escape
from typing import Literal

Kind = Literal["identifier", "upright", "number", "operator", "text", "space"]


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """One sign or one word.

    Attributes:
        tex: Its LaTeX (math mode), already safe.
        text: The same in Unicode.
        kind: What it is, which decides fonts and spaces.
    """

    tex: str
    text: str
    kind: Kind


@dataclass(frozen=True)
class Row:
    """Boxes side by side."""

    parts: "tuple[Box, ...]"


@dataclass(frozen=True)
class Fraction:
    """One box over another."""

    top: "Box"
    bottom: "Box"


@dataclass(frozen=True, kw_only=True)
class Script:
    """A box with something below and above its right side."""

    base: "Box"
    sub: "Box | None" = None
    sup: "Box | None" = None


@dataclass(frozen=True, kw_only=True)
class Root:
    """A root; square where `index` is ``None``."""

    inside: "Box"
    index: "Box | None" = None


@dataclass(frozen=True, kw_only=True)
class Fenced:
    """A box between delimiters that grow with it."""

    inside: "Box"
    left: Literal["(", "|", "⌊", "⌈"] = "("

    @property
    def right(self) -> str:
        """The delimiter that closes."""
        return {"(": ")", "|": "|", "⌊": "⌋", "⌈": "⌉"}[self.left]


@dataclass(frozen=True, kw_only=True)
class Accent:
    """A sign above a box: ``bar``, ``hat``, ``tilde``, ``vec``, ``dot`` or ``ddot``."""

    inside: "Box"
    accent: str


Box = Leaf | Row | Fraction | Script | Root | Fenced | Accent

ACCENTS = {"bar": "¯", "hat": "^", "tilde": "~", "vec": "→", "dot": "˙", "ddot": "¨"}
_DELIMITERS = {
    "(": "(", ")": ")", "|": "|",
    "⌊": r"\lfloor", "⌋": r"\rfloor", "⌈": r"\lceil", "⌉": r"\rceil",
}  # fmt: skip
_TAGS = {
    "identifier": "mi",
    "upright": "mi",
    "number": "mn",
    "operator": "mo",
    "text": "mi",  # beside <mtext>, which counts as space, signs lose the space before them
    "space": "mspace",
}
_OPEN_COMMAND = re.compile(r"\\[A-Za-z]+$")
_NARROW = set("ijltfrI1.,:;'|()[]! ")


def operator(tex: str, text: str) -> Leaf:
    """A sign between boxes."""
    return Leaf(tex=tex, text=text, kind="operator")


PLUS, MINUS, EQUALS = operator("+", "+"), operator("-", "−"), operator("=", "=")
TIMES, DOT = operator(r"\times", "×"), operator(r"\cdot", "·")
COMMA = operator(", ", ",")
THIN = Leaf(tex=r"\,", text="\u2009", kind="space")


def row(*parts: Box) -> Box:
    """Boxes side by side, rows within rows made flat; one part stays itself.

    Example:
        >>> latex(row(MINUS, row(Leaf(tex="x", text="x", kind="identifier"))))
        '-x'
    """
    flat: list[Box] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, Row) else (part,))
    return flat[0] if len(flat) == 1 else Row(tuple(flat))


def latex(box: Box) -> str:
    r"""The box in LaTeX math mode (amsmath); matplotlib's mathtext reads it too.

    Example:
        >>> x = Leaf(tex="x", text="x", kind="identifier")
        >>> latex(Fraction(x, Script(base=x, sup=Leaf(tex="2", text="2", kind="number"))))
        '\\frac{x}{x^{2}}'
    """
    match box:
        case Leaf(tex=tex):
            return tex
        case Row(parts=parts):
            return _joined(*(latex(part) for part in parts))
        case Fraction(top=top, bottom=bottom):
            return rf"\frac{{{latex(top)}}}{{{latex(bottom)}}}"
        case Script(base=base, sub=sub, sup=sup):
            body = latex(base) if isinstance(base, Leaf) else f"{{{latex(base)}}}"
            below = "" if sub is None else f"_{{{latex(sub)}}}"
            above = "" if sup is None else f"^{{{latex(sup)}}}"
            return body + below + above
        case Root(inside=inside, index=index):
            degree = "" if index is None else f"[{latex(index)}]"
            return rf"\sqrt{degree}{{{latex(inside)}}}"
        case Fenced(inside=inside, left=left, right=right):
            return _fenced(_DELIMITERS[left], latex(inside), _DELIMITERS[right], grow=tall(inside))
        case Accent(inside=inside, accent=accent):
            return rf"\{accent}{{{latex(inside)}}}"


def _fenced(left: str, inside: str, right: str, *, grow: bool) -> str:
    if grow:
        left, right = rf"\left{left}", rf"\right{right}"
    return _joined(left, inside, right)


def _joined(*parts: str) -> str:
    """LaTeX pieces one after another, a command kept apart from the letter that follows it."""
    text = ""
    for part in parts:
        apart = _OPEN_COMMAND.search(text) and part[:1].isalpha()
        text += f" {part}" if apart else part
    return text


def mathml(box: Box) -> str:
    """The box as presentation MathML, to stand inside ``<math>``.

    Example:
        >>> mathml(Leaf(tex="a", text="<b>", kind="upright"))
        '<mi mathvariant="normal">&lt;b&gt;</mi>'
    """
    match box:
        case Leaf():
            return _leaf(box)
        case Row(parts=parts):
            return "<mrow>" + "".join(mathml(part) for part in parts) + "</mrow>"
        case Fraction(top=top, bottom=bottom):
            return f"<mfrac>{mathml(top)}{mathml(bottom)}</mfrac>"
        case Script(base=base, sub=None, sup=None):
            return mathml(base)
        case Script(base=base, sub=None, sup=above) if above is not None:
            return f"<msup>{mathml(base)}{mathml(above)}</msup>"
        case Script(base=base, sub=below, sup=None) if below is not None:
            return f"<msub>{mathml(base)}{mathml(below)}</msub>"
        case Script(base=base, sub=below, sup=above) if below is not None and above is not None:
            return f"<msubsup>{mathml(base)}{mathml(below)}{mathml(above)}</msubsup>"
        case Root(inside=inside, index=None):
            return f"<msqrt>{mathml(inside)}</msqrt>"
        case Root(inside=inside, index=index) if index is not None:
            return f"<mroot>{mathml(inside)}{mathml(index)}</mroot>"
        case Fenced(inside=inside, left=left, right=right):
            grows = "true" if tall(inside) else "false"
            open_, close = (
                f'<mo stretchy="{grows}" fence="true" form="{form}">{sign}</mo>'
                for form, sign in (("prefix", left), ("postfix", right))
            )
            return f"<mrow>{open_}{mathml(inside)}{close}</mrow>"
        case Accent(inside=inside, accent=accent):
            sign = f'<mo stretchy="false">{ACCENTS[accent]}</mo>'
            return f'<mover accent="true">{mathml(inside)}{sign}</mover>'
    raise TypeError(f"not a box: {box!r}")


def _leaf(leaf: Leaf) -> str:
    if leaf.kind == "space":
        return '<mspace width="0.17em"/>'
    # A single letter in <mi> is set in italics unless it is told not to be.
    normal = ' mathvariant="normal"' if leaf.kind in ("upright", "text") else ""
    tag = _TAGS[leaf.kind]
    return f"<{tag}{normal}>{escape(leaf.text)}</{tag}>"


def spelt(box: Box) -> str:
    r"""The box of a symbol as a word of a plain text, empty where it has no such form.

    Example:
        >>> mu = Leaf(tex=r"\mu", text="μ", kind="identifier")
        >>> spelt(Script(base=mu, sub=mu)), spelt(Fraction(mu, mu))
        ('μ_μ', '')
    """
    match box:
        case Leaf(text=text):
            return text if text.isidentifier() or text.isdigit() else ""
        case Script(base=base, sub=below, sup=None) if below is not None:
            parts = (spelt(base), spelt(below))
            return "_".join(parts) if all(parts) else ""
    return ""


def width(box: Box) -> float:
    """A rough width in em of ten-point Computer Modern, good enough to break lines by.

    Example:
        >>> width(Leaf(tex="x", text="x", kind="identifier"))
        0.55
    """
    match box:
        case Leaf(kind="operator", text=text):
            return 0.45 if text in ",()" else 1.2
        case Leaf(kind="space"):
            return 0.17
        case Leaf(text=text):
            return sum(0.32 if sign in _NARROW else 0.55 for sign in text)
        case Row(parts=parts):
            return sum(width(part) for part in parts)
        case Fraction(top=top, bottom=bottom):
            return max(width(top), width(bottom)) + 0.25
        case Script(base=base, sub=sub, sup=sup):
            scripts = [width(part) for part in (sub, sup) if part is not None]
            return width(base) + 0.7 * max(scripts, default=0.0)
        case Root(inside=inside):
            return width(inside) + 0.9
        case Fenced(inside=inside):
            return width(inside) + 0.9
        case Accent(inside=inside):
            return width(inside)


def tall(box: Box) -> bool:
    """Whether the box is higher than a line of text (it holds a fraction)."""
    match box:
        case Leaf():
            return False
        case Row(parts=parts):
            return any(tall(part) for part in parts)
        case Fraction():
            return True
        case Script(base=base):
            return tall(base)
        case Root(inside=inside) | Fenced(inside=inside) | Accent(inside=inside):
            return tall(inside)
