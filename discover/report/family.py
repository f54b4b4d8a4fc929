"""All kinds of rows, on a page and as a table for a paper: one form, or a law for each."""

from collections.abc import Mapping
from dataclasses import dataclass

from discover.notation import count
from discover.record import Family
from discover.report.display import Display, display, skeleton
from discover.report.page import environment as html
from discover.report.paper import ROOM, environment
from discover.report.rows import ConstantRow, LawRow, constant_rows, law_rows

_ROOM_ON_PAGE = 31.0


@dataclass(frozen=True, kw_only=True)
class KindRow:
    """One kind of rows: its law, the constants of that, and where its own report lies."""

    kind: str
    folder: str
    n: str
    law: Display
    numbers: LawRow
    constants: tuple[ConstantRow, ...]


def family_files(family: Family, folders: Mapping[str, str]) -> dict[str, str]:
    """What a reader gets of all kinds together, by path in the run folder.

    Every text of a recipe or a table in it is escaped.

    Args:
        family: The runs of all kinds.
        folders: The folder of each run, as seen from the page.

    Returns:
        ``report.html``, and ``paper/kinds.tex`` with the common form and a row for each kind.
    """
    facts, tex = _facts(family, folders, _ROOM_ON_PAGE), _facts(family, folders, ROOM)
    table = environment().get_template("kinds.tex.j2")
    return {
        "report.html": html().get_template("family.html.j2").render(facts),
        "paper/kinds.tex": table.render(tex),
    }


def _facts(family: Family, folders: Mapping[str, str], room: float) -> dict[str, object]:
    first = next(iter(family.runs.values()))
    target = first.table.target
    common = None if family.common is None else next(iter(family.common.values()))
    rows = [_row(kind, folders[kind], family, room) for kind in family.laws]
    levels = {constant.level for row in rows for constant in row.constants if constant.level}
    return {
        "title": f"{target.name} by {family.column}",
        "sentences": family.sentences(),
        "column": family.column,
        "target": target,
        "law": None if common is None else skeleton(common, room=room),
        "rows": rows,
        "level": "" if common is None else ", ".join(sorted(levels)),
        "ordinal": first.rounding is not None,
    }


def _row(kind: str, folder: str, family: Family, room: float) -> KindRow:
    law = family.laws[kind]
    (numbers,) = law_rows([(kind, law)])
    return KindRow(
        kind=kind,
        folder=folder,
        n=count(sum(family.runs[kind].table.sizes.values())),
        law=display(law, room=room),
        numbers=numbers,
        constants=constant_rows(law),
    )
