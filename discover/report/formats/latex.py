"""LaTeX for a paper: ``paper/``."""

from collections.abc import Mapping

from discover.record import Run
from discover.report.paper import paper
from discover.report.pictures import Picture


def files(run: Run, pictures: Mapping[str, Picture]) -> dict[str, str | bytes]:
    """Law, table, report and bibliography, by their paths in the run folder."""
    return {f"paper/{name}": text for name, text in paper(run, pictures).items()}
