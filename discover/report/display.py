"""A law laid out for a page: rounded numbers, lines that fit, and parts with a name of their own.

The same layout feeds HTML and LaTeX. A sum is broken between its terms; a term too wide for a
line gets its widest parts taken out and defined below it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import sympy as sp

from discover.dataset import Variable
from discover.law import Law
from discover.notation import (
    Box,
    Quantity,
    from_name,
    is_negative,
    number,
    row,
    symbol,
    terms,
    typeset,
    width,
)
from discover.notation.boxes import MINUS, PLUS

_WIDEST_SIGN = 9.0  # em; a column whose sign is wider gets a letter instead
_LETTERS = ("u", "w", "q", "h", "z")


@dataclass(frozen=True, kw_only=True)
class Equation:
    """One equation, its right-hand side broken into lines.

    Attributes:
        left: What is defined.
        lines: The right-hand side; lines after the first begin with a sign.
    """

    left: Box
    lines: tuple[Box, ...]


@dataclass(frozen=True, kw_only=True)
class Display:
    """A law as a reader sees it.

    Attributes:
        equations: The law, and below it the parts that were taken out of it.
        signs: How the target and then each column is written in it.
    """

    equations: tuple[Equation, ...]
    signs: tuple[tuple[Variable, Box], ...]


def display(law: Law, *, room: float) -> Display:
    r"""The law with rounded constants, in lines of at most about `room` em.

    Example:
        >>> from discover.notation import latex
        >>> a = Variable(name="a")
        >>> law = Law.of(2.5 * a.sympy, [a], Variable(name="T"), "graph")
        >>> latex(display(law, room=40).equations[0].lines[0])
        '2.500\\,a'
    """
    law = law.solved
    expr, names = law.drawn()
    return _laid_out(law, expr, names, room)


def skeleton(law: Law, *, room: float) -> Display:
    """The law with its constants as letters, as the table of constants names them."""
    law = law.solved
    names = {constant.sympy: from_name(constant.name) for constant in law.constants}
    shown = {c.sympy: Quantity(c.name, real=True) for c in law.constants}
    drawn = {shown[s]: box for s, box in names.items()}
    return _laid_out(law, law.form.xreplace(shown), drawn, room)


def _laid_out(law: Law, expr: sp.Expr, names: dict[sp.Symbol, Box], room: float) -> Display:
    signs = _signs([law.target, *law.variables])
    drawn = dict(names) | {variable.sympy: box for variable, box in signs[1:]}
    left = signs[0][1] if law.claim == "value" else number(0.0)
    taken = {variable.name for variable in law.variables} | {c.name for c in law.constants}
    letter = next((c for c in _LETTERS if not any(n.startswith(c) for n in taken)), "u")
    narrow = room - width(left) - 2
    whole, parts = _apart(expr, drawn, narrow, letter)
    named = [(left, whole), *((drawn[part], value) for part, value in parts)]
    equations = tuple(
        Equation(left=sign, lines=_lines(value, drawn, narrow)) for sign, value in named
    )
    return Display(equations=equations, signs=signs)


def _signs(variables: Iterable[Variable]) -> tuple[tuple[Variable, Box], ...]:
    """The sign of each column; names too long for a formula become x1, x2, ..."""
    signs, spare = [], 0
    for variable in variables:
        box = symbol(variable)
        if width(box) > _WIDEST_SIGN:
            spare += 1
            box = from_name(f"x{spare}")
        signs.append((variable, box))
    return tuple(signs)


def _apart(
    expr: sp.Expr, drawn: dict[sp.Symbol, Box], room: float, letter: str
) -> tuple[sp.Expr, list[tuple[sp.Symbol, sp.Expr]]]:
    """`expr` with parts replaced by letters until every term fits; `drawn` learns the letters."""
    parts: list[tuple[sp.Symbol, sp.Expr]] = []
    queue = [expr]
    out: list[sp.Expr] = []
    while queue:
        current = queue.pop(0)
        if out:  # what already has a letter is not spelt out again
            current = current.xreplace({v: s for s, v in parts if v != current})
        while (wide := _too_wide(current, drawn, room)) is not None:
            part = _widest_part(wide, drawn, room)
            if part is None:
                break
            sign = sp.Dummy(letter, real=True)
            drawn[sign] = from_name(f"{letter}{len(parts) + 1}")
            parts.append((sign, part))
            current = current.xreplace({part: sign})
            queue.append(part)
        out.append(current)
    return out[0], [(sign, value) for (sign, _), value in zip(parts, out[1:], strict=True)]


def _too_wide(expr: sp.Expr, drawn: dict[sp.Symbol, Box], room: float) -> sp.Expr | None:
    wide = (term for term in terms(expr) if width(typeset(term, drawn)) > room)
    return next(wide, None)


def _widest_part(expr: sp.Expr, drawn: dict[sp.Symbol, Box], room: float) -> sp.Expr | None:
    """The widest proper part that fits on a line or breaks into lines, if worth a letter."""
    best, most = None, 6.0
    for part in sp.preorder_traversal(expr):
        if part in (expr, -expr) or part.is_Atom or not isinstance(part, sp.Expr):
            continue
        wide = width(typeset(part, drawn))
        if wide > most and (wide <= room or isinstance(part, sp.Add)):
            best, most = part, wide
    return best


def _lines(expr: sp.Expr, drawn: dict[sp.Symbol, Box], room: float) -> tuple[Box, ...]:
    """The terms of `expr` packed into lines."""
    lines: list[Box] = []
    for term in terms(expr):
        negative = is_negative(term)
        body = typeset(-term if negative else term, drawn)
        first = not lines
        piece = row(MINUS, body) if negative else body if first else row(PLUS, body)
        if lines and width(lines[-1]) + width(piece) <= room:
            lines[-1] = row(lines[-1], piece)
        else:
            lines.append(piece)
    return tuple(lines)
