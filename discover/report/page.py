"""The HTML page: one file that reads like the first page of a paper and needs nothing else."""

from collections.abc import Mapping
from functools import partial

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from discover import config
from discover.notation import EQUALS, Box, count, mathml, row
from discover.record import Run
from discover.report import references, rows, story
from discover.report.display import Display, display, skeleton
from discover.report.inline import inline_svg
from discover.report.pictures import Picture

_ROOM = 31.0  # em of formula that fit beside the margins of the page


def page(run: Run, pictures: Mapping[str, Picture]) -> str:
    """The whole page; every text of a recipe or a table in it is escaped."""
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            run=run,
            title=story.title(run),
            headline=story.headline(run),
            abstract=story.abstract(run),
            limits=story.limits(run),
            rounding=story.rounding(run),
            law=display(run.law, room=_ROOM),
            skeleton=skeleton(run.law, room=_ROOM),
            others=[
                (equation, display(equation.law, room=_ROOM), rows.constant_rows(equation.law))
                for equation in run.others
            ],
            constants=rows.constant_rows(run.law),
            front=rows.front_rows(run),
            choice=rows.choice(run),
            ours=rows.law_rows([("recommended law", run.law)]),
            hypotheses=rows.law_rows((h.name, h.law) for h in run.hypotheses),
            columns=rows.column_rows(run),
            stages=rows.stage_rows(run),
            pictures={
                name: {
                    "svg": Markup(inline_svg(p.svg, name=name, alt=p.caption)),  # noqa: S704
                    "caption": p.caption,
                }
                for name, p in pictures.items()
            },
            recipe=config.dump(run.recipe),
            citations=references.citations(run),
        )
    )


def environment() -> Environment:
    """What templates of pages are rendered with: all text escaped, formulas as MathML."""
    made = Environment(
        loader=PackageLoader("discover.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"maths": _maths, "lines": _lines, "right": _right, "count": count}
    made.filters |= {"solved": partial(_right, solved=True), "breakable": _breakable}
    made.filters |= {"plural": story.plural, "said": story.said, "span": story.span}
    return made


def _maths(box: Box) -> Markup:
    """A box inside a line of text."""
    return Markup(f"<math>{mathml(box)}</math>")  # noqa: S704  (written by our own emitter)


def _breakable(name: str) -> Markup:
    """A name that may be broken after its underscores."""
    return Markup("_<wbr>").join(name.split("_"))


def _right(shown: Display, *, solved: bool = False) -> Markup:
    """A law in a cell of a table: its right-hand side, definitions below it.

    Args:
        shown: The law.
        solved: Say what it is solved for, because it is another column in each row.
    """
    out = []
    for k, equation in enumerate(shown.equations):
        sign = equation.left if k else shown.signs[0][1]
        left = f"<math>{mathml(row(sign, EQUALS))}</math>" if k or solved else ""
        lines = "".join(
            f'<math displaystyle="true">{mathml(line)}</math>' for line in equation.lines
        )
        out.append(f"<div>{left}{lines}</div>")
    return Markup("".join(out))  # noqa: S704  (written by our own emitter)


def _lines(shown: Display) -> Markup:
    """A law as a block: a grid with the left-hand sides in one column, the lines in the other."""
    out = []
    for equation in shown.equations:
        left = f'<math class="left">{mathml(row(equation.left, EQUALS))}</math>'
        right = "".join(
            f'<math class="line" displaystyle="true">{mathml(line)}</math>'
            for line in equation.lines
        )
        out.append(f'{left}<div class="right">{right}</div>')
    return Markup("".join(out))  # noqa: S704  (written by our own emitter)
