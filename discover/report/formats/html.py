"""The page for a browser: ``report.html``."""

from collections.abc import Mapping

from discover.record import Run
from discover.report.page import page
from discover.report.pictures import Picture


def files(run: Run, pictures: Mapping[str, Picture]) -> dict[str, str | bytes]:
    """The page, by its path in the run folder."""
    return {"report.html": page(run, pictures)}
