r"""The symbol of a column, checked: a recipe says ``\lambda_{\mathrm{rel}}``, we set just that.

A symbol is LaTeX written by a user. It is read by a small grammar (letters, digits, Greek, a few
signs, subscripts, superscripts, accents, upright words) and written anew from the parsed tree, so
that no other command can reach a document. What the grammar does not know is replaced by the
column's name.
"""

import re

from discover.dataset import Variable
from discover.notation.boxes import (
    ACCENTS,
    THIN,
    Accent,
    Box,
    Leaf,
    Script,
    operator,
    row,
)
from discover.notation.text import GREEK, escape_latex

_SIGNS = {
    "ell": "ℓ", "hbar": "ℏ", "infty": "∞", "partial": "∂", "nabla": "∇", "Re": "ℜ", "Im": "ℑ",
    "prime": "′", "circ": "∘", "dagger": "†", "star": "⋆", "ast": "∗", "perp": "⊥",
    "parallel": "∥", "oplus": "⊕", "odot": "⊙", "pm": "±", "mp": "∓",
}  # fmt: skip
_OPERATORS = {"cdot": "·", "times": "×"}
_SPACES = {",", ";", ":", " ", "!", "quad"}
_UPRIGHT = {"mathrm", "text", "operatorname", "mathit", "mathsf", "textrm"}
_TOKEN = re.compile(r"\\[A-Za-z]+|\\[,;:! ]|.", re.DOTALL)
_WORD = re.compile(r"[A-Za-z0-9 .,/+\-]*")
_NAME = re.compile(r"(?P<base>[A-Za-z]+?)(?:_(?P<sub>[A-Za-z0-9]+)|(?P<digits>\d+))?")
_LONGEST = 80
_DEEPEST = 4


def symbol(variable: Variable) -> Box:
    r"""The box of a column: its own symbol where that is valid, else one made from its name.

    Example:
        >>> from discover.notation.boxes import latex
        >>> latex(symbol(Variable(name="a", symbol=r"\mu_{\mathrm{re}}")))
        '\\mu_{\\mathrm{re}}'
        >>> latex(symbol(Variable(name="speed", symbol=r"\input{x}")))
        '\\text{speed}'
    """
    parsed = parse_symbol(variable.symbol)
    return from_name(variable.name) if parsed is None else parsed


def has_symbol(variable: Variable) -> bool:
    """Whether the column is set by a sign rather than by its name spelt out."""
    return not (isinstance(box := symbol(variable), Leaf) and box.kind == "text")


def from_name(name: str) -> Box:
    r"""A sign made from a plain name (``x1``, ``mu_re``), else the name itself as text.

    Example:
        >>> from discover.notation.boxes import latex
        >>> latex(from_name("x1")), latex(from_name("omega")), latex(from_name("50%"))
        ('x_{1}', '\\omega', '\\text{50\\%}')
    """
    match = _NAME.fullmatch(name)
    if match and (len(match["base"]) == 1 or match["base"] in GREEK):
        base = _letter(match["base"])
        below = match["sub"] or match["digits"]
        if below is None:
            return base
        return Script(base=base, sub=_number(below) if below.isdigit() else _upright(below))
    shown = name if name.strip() else "?"
    return Leaf(tex=rf"\text{{{escape_latex(shown)}}}", text=shown, kind="text")


def parse_symbol(text: str) -> Box | None:
    r"""The box of a symbol written in LaTeX, or ``None`` where the grammar does not know it.

    Example:
        >>> parse_symbol(r"\write18{rm}") is None, parse_symbol("a^b^c") is None
        (True, True)
    """
    if not text.strip() or len(text) > _LONGEST:
        return None
    reader = _Reader(_TOKEN.findall(text.strip()))
    try:
        box = reader.row(depth=0)
    except _UnknownError:
        return None
    return box if reader.done else None


class _UnknownError(Exception):
    """The text is no symbol."""


class _Reader:
    """Recursive descent over the tokens of one symbol."""

    def __init__(self, tokens: list[str]):
        self._tokens = tokens
        self._at = 0

    @property
    def done(self) -> bool:
        return self._at == len(self._tokens)

    def row(self, *, depth: int) -> Box:
        """Read ``item+``."""
        if depth > _DEEPEST:
            raise _UnknownError
        items: list[Box] = []
        while not self.done and self._tokens[self._at] != "}":
            if self._tokens[self._at].isspace():
                self._at += 1
                continue
            items.append(self._item(depth=depth))
        if not items:
            raise _UnknownError
        return row(*items)

    def _item(self, *, depth: int) -> Box:
        """Read an atom with its scripts: ``atom (_ atom)? (^ atom)?``."""
        base = self._atom(depth=depth)
        scripts: dict[str, Box] = {}
        while not self.done and self._tokens[self._at] in ("_", "^", "'"):
            mark = self._next()
            key, body = (
                ("^", _sign_box("prime", "′")) if mark == "'" else (mark, self._atom(depth=depth))
            )
            if key in scripts:
                raise _UnknownError
            scripts[key] = body
        if not scripts:
            return base
        return Script(base=base, sub=scripts.get("_"), sup=scripts.get("^"))

    def _atom(self, *, depth: int) -> Box:
        sign = self._next()
        if sign == "{":
            inside = self.row(depth=depth + 1)
            self._close()
            return inside
        if sign.startswith("\\"):
            return self._command(sign[1:], depth=depth)
        if sign.isascii() and sign.isalpha():
            return _letter(sign)
        if sign.isascii() and sign.isdigit():
            return _number(sign)
        if sign in "+-*/|(),.":
            return operator(sign, "−" if sign == "-" else sign)
        raise _UnknownError

    def _command(self, name: str, *, depth: int) -> Box:
        if name in GREEK:
            return _letter(name)
        if name in _SIGNS:
            return _sign_box(name, _SIGNS[name])
        if name in _OPERATORS:
            return operator(f"\\{name}", _OPERATORS[name])
        if name in _SPACES:
            return THIN
        if name in _UPRIGHT:
            return _upright(self._word())
        if name in ACCENTS:
            return Accent(inside=self._atom(depth=depth + 1), accent=name)
        raise _UnknownError

    def _word(self) -> str:
        if self._next() != "{":
            raise _UnknownError
        start = self._at
        while not self.done and self._tokens[self._at] != "}":
            self._at += 1
        word = "".join(self._tokens[start : self._at])
        self._close()
        if not word.strip() or not _WORD.fullmatch(word):
            raise _UnknownError
        return word

    def _next(self) -> str:
        if self.done:
            raise _UnknownError
        self._at += 1
        return self._tokens[self._at - 1]

    def _close(self) -> None:
        if self.done or self._next() != "}":
            raise _UnknownError


def _letter(name: str) -> Leaf:
    if name in GREEK:
        kind = "upright" if name[0].isupper() else "identifier"
        return Leaf(tex=f"\\{name}", text=GREEK[name], kind=kind)  # type: ignore[arg-type]
    return Leaf(tex=name, text=name, kind="identifier")


def _number(digits: str) -> Leaf:
    return Leaf(tex=digits, text=digits, kind="number")


def _upright(word: str) -> Leaf:
    spaced = word.replace(" ", r"\ ")
    return Leaf(tex=rf"\mathrm{{{spaced}}}", text=word, kind="upright")


def _sign_box(name: str, text: str) -> Leaf:
    return Leaf(tex=f"\\{name}", text=text, kind="upright")
