"""Names that another language accepts, and text that is safe in its comments."""

import keyword
import re
import unicodedata
from collections.abc import Iterable

# Words that mean something in one of the languages; a column so called gets an underscore.
_WORDS = """
abs acos acosh and asin asinh atan atan2 atanh auto begin bool break case catch char class
const continue copysign cos cosh default do double else end enum erf exp export extern false
fabs float floor fmax fmin for function gamma global goto if import inf inline int j0 j1 jn let
local log long main math max min module mutable nan new np numpy pi pow quote register restrict
return short sign signbit signed sin sinh sizeof sp sqrt static struct switch sympy tan tanh
torch true try type typedef union unsigned using void volatile where while y0 y1 yn
"""
_TAKEN = frozenset(keyword.kwlist) | frozenset(_WORDS.split())
_MATHEMATICA = frozenset("CDEIKNO")
_GREEK = re.compile(r"GREEK (?:SMALL|CAPITAL) LETTER (\w+)")


def identifiers(names: Iterable[str], *, underscore: str = "_") -> dict[str, str]:
    """A distinct plain identifier for each of `names`.

    Args:
        names: Names of columns and constants, any text, each once.
        underscore: What stands for other characters; empty for Mathematica, whose
            names have none.

    Example:
        >>> identifiers(["x", "Z/2", "Z 2", "λ", "1st"])
        {'x': 'x', 'Z/2': 'Z_2', 'Z 2': 'Z_2_2', 'λ': 'lambda_', '1st': 'x1st'}
    """
    names = list(names)
    # A name that can stay keeps its own identifier, whatever comes before it.
    plain = {name: name for name in names if _plain(name, underscore) == name}
    used = set(plain.values())
    found: dict[str, str] = {}
    for name in names:
        found[name] = plain.get(name) or _distinct(_plain(name, underscore), used, underscore)
        used.add(found[name])
    return found


def _distinct(word: str, used: set[str], underscore: str) -> str:
    if word not in used:
        return word
    join = underscore or "x"
    return next(w for i in range(2, len(used) + 3) if (w := f"{word}{join}{i}") not in used)


def _plain(name: str, underscore: str) -> str:
    word = "".join(_letter(char) for char in name)
    word = re.sub(r"[^A-Za-z0-9]+", underscore, word).strip("_") or "x"
    if word[0].isdigit():
        word = f"x{word}"
    taken = _TAKEN if underscore else _TAKEN | _MATHEMATICA
    return word + (underscore or "x") if word in taken else word


def _letter(char: str) -> str:
    """An ASCII letter for one with accents, a word for a Greek one."""
    if char.isascii():
        return char
    greek = _GREEK.match(unicodedata.name(char, ""))
    if greek:
        word = greek[1].lower()
        word = "lambda" if word == "lamda" else word
        return word.capitalize() if char.isupper() else word
    base = unicodedata.normalize("NFKD", char)[0]
    return base if base.isascii() else "_"


def remark(text: str) -> str:
    """`text` on one line, with nothing that could end a comment or a docstring.

    Example:
        >>> remark('a */ b' + chr(10) + chr(34) * 3)
        "a * / b '''"
    """
    text = "".join(char if char.isprintable() else " " for char in text)
    text = text.replace("\\", "/").replace('"', "'")
    for mark in ("*/", "/*", "*)", "(*", "#=", "=#", "??"):
        text = text.replace(mark, f"{mark[0]} {mark[1]}")
    return text
