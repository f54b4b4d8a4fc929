"""LaTeX for a paper: the law, the table, a report that stands alone, and the bibliography."""

import re
from collections.abc import Mapping

from jinja2 import Environment, PackageLoader, StrictUndefined

from discover import config
from discover.notation import Box, count, escape_latex, latex
from discover.record import Run
from discover.report import references, rows, story
from discover.report.display import Display, display, skeleton
from discover.report.pictures import Picture

ROOM = 36.0  # em of ten-point type in a line of 6.3 inches, less an equation number
# Where a long word may be broken: after signs, but after brackets only inside of a word, and after
# a point only where no number goes on.
_SIGNS = re.compile(r"(?<=[_/:;+=*^-])|(?<=\w\()|(?<=\))(?=\w)|(?<=[.,])(?!\d)")
# A word of more letters is a name that may be broken anywhere, in pieces of so many.
_LONG, _PIECE = 14, 10


class Tex(str):
    """LaTeX of our own making; every other text is escaped on its way into a template."""

    __slots__ = ()


def paper(run: Run, pictures: Mapping[str, Picture]) -> dict[str, str]:
    """The files of ``paper/`` by name; ``report.tex`` expects the PDFs in ``../figures``."""
    made = environment()
    cited = references.citations(run)
    facts = {
        "run": run,
        "title": story.title(run),
        "headline": story.headline(run),
        "abstract": story.abstract(run),
        "limits": story.limits(run),
        "rounding": story.rounding(run),
        "law": display(run.law, room=ROOM),
        "skeleton": skeleton(run.law, room=ROOM),
        "others": [display(equation.law, room=ROOM) for equation in run.others],
        "constants": rows.constant_rows(run.law),
        "front": rows.front_rows(run),
        "choice": rows.choice(run),
        "hypotheses": rows.law_rows((h.name, h.law) for h in run.hypotheses),
        "columns": rows.column_rows(run),
        "stages": rows.stage_rows(run),
        "pictures": pictures,
        "recipe": config.dump(run.recipe),
        "citations": cited,
    }
    files = {
        name: made.get_template(f"{name}.j2").render(facts)
        for name in ("law.tex", "table.tex", "report.tex")
    }
    files["references.bib"] = "\n\n".join(references.bibtex(c) for c in cited) + "\n"
    return files


def environment() -> Environment:
    """What templates of LaTeX are rendered with: all text escaped, formulas as mathematics."""
    made = Environment(
        loader=PackageLoader("discover.report"),
        autoescape=False,  # noqa: S701  (`finalize` escapes for LaTeX)
        finalize=_escaped,
        undefined=StrictUndefined,
        block_start_string="((*", block_end_string="*))",
        variable_start_string="<<", variable_end_string=">>",
        comment_start_string="((#", comment_end_string="#))",
        trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.filters |= {
        "maths": _maths,
        "lines": _lines,
        "unnumbered": lambda shown: _lines(shown, number=False),
        "cell": _cell,
        "breakable": breakable,
        "verbatim": _verbatim,
        "count": count,
        "plural": story.plural,
        "said": story.said,
        "span": story.span,
        "unit": unit,
    }
    return made


def _escaped(value: object) -> str:
    return str(value) if isinstance(value, Tex) else escape_latex(str(value))


def _maths(box: Box) -> Tex:
    return Tex(f"${latex(box)}$")


def _lines(shown: Display, number: bool = True) -> Tex:
    """The equations of a law in one ``align``, at most one of them numbered."""
    out = []
    for k, equation in enumerate(shown.equations):
        lines = [latex(line) for line in equation.lines]
        tag = "" if number and k == 0 else r" \notag"
        body = r" \notag \\" + "\n  &\\quad "
        # Only the last line of the law itself carries the number.
        out.append(f"  {latex(equation.left)} &= {body.join(lines)}{tag}")
    return Tex("\\begin{align}\n" + " \\\\\n".join(out) + "\n\\end{align}")


def unit(text: str) -> str:
    """A unit in a sentence; that of a pure number in words."""
    return "dimensionless" if text == "1" else f"in {text}"


def _cell(shown: Display) -> Tex:
    """The same in a cell of a table, without left-hand side; definitions follow after "with"."""
    out = []
    for k, equation in enumerate(shown.equations):
        start = "" if k == 0 else rf"with ${latex(equation.left)}=$ "
        lines = (rf"$\displaystyle {latex(line)}$" for line in equation.lines)
        out.append(start + r"\newline\hspace*{1em}".join(lines))
    return Tex(r"\raggedright\arraybackslash " + r"\newline ".join(out))


def breakable(text: object) -> Tex:
    r"""Escaped text whose long words may be broken: after signs, and else where they get too long.

    Numbers and words of a language, which TeX can hyphenate, stay whole.

    Example:
        >>> breakable("a_b"), breakable("recommended: 0.0057")
        ('a\\_\\allowbreak{}b', 'recommended: 0.0057')
        >>> breakable("f(x)g (p = 0.025).")
        'f(\\allowbreak{}x)\\allowbreak{}g (p = 0.025).'
    """
    out = []
    for word in re.split(r"(\s+)", str(text)):
        parts = [part for part in _SIGNS.split(word) if part]
        pieces = [piece for part in parts for piece in _pieces(part)]
        out.append(r"\allowbreak{}".join(map(escape_latex, pieces)))
    return Tex("".join(out))


def _pieces(word: str) -> list[str]:
    if len(word) <= _LONG:
        return [word]
    return [word[i : i + _PIECE] for i in range(0, len(word), _PIECE)]


def _verbatim(text: str) -> Tex:
    """Lines of a file in typewriter type, indented as they are, breakable where too long."""
    out = []
    for line in text.rstrip("\n").split("\n"):
        body = line.lstrip(" ")
        indent = 0.55 * (len(line) - len(body))
        out.append(rf"\noindent\hangindent={indent + 1.5:.2f}em\hspace*{{{indent:.2f}em}}"
                   f"{breakable(body) or '~'}\\par")  # fmt: skip
    return Tex("\n".join(out))
