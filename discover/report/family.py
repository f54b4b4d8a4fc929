"""The page on all kinds of rows: one form with constants for each, or a law for each."""

from collections.abc import Mapping
from dataclasses import dataclass

from discover.law import Law
from discover.record import Family
from discover.report.display import Display, display, skeleton
from discover.report.page import environment
from discover.report.rows import ConstantRow, LawRow, constant_rows, law_rows

_ROOM = 31.0


@dataclass(frozen=True, kw_only=True)
class KindRow:
    """One kind of rows: its law, the constants of that, and where its own report lies."""

    kind: str
    folder: str
    law: Display
    numbers: LawRow
    constants: tuple[ConstantRow, ...]


def family_page(family: Family, folders: Mapping[str, str]) -> str:
    """The whole page; every text of a recipe or a table in it is escaped.

    Args:
        family: The runs of all kinds.
        folders: The folder of each run, as seen from the page.
    """
    first = next(iter(family.runs.values()))
    target = first.table.target
    common = None if family.common is None else next(iter(family.common.values()))
    return (
        environment()
        .get_template("family.html.j2")
        .render(
            title=f"{target.name} by {family.column}",
            family=family,
            target=target,
            law=None if common is None else skeleton(common, room=_ROOM),
            rows=[_row(kind, folders[kind], law) for kind, law in family.laws.items()],
            ordinal=first.rounding is not None,
        )
    )


def _row(kind: str, folder: str, law: Law) -> KindRow:
    (numbers,) = law_rows([(kind, law)])
    return KindRow(
        kind=kind,
        folder=folder,
        law=display(law, room=_ROOM),
        numbers=numbers,
        constants=constant_rows(law),
    )
