"""The pictures by themselves: ``figures/``, as SVG and PDF."""

from collections.abc import Mapping

from discover.record import Run
from discover.report.pictures import Picture


def files(run: Run, pictures: Mapping[str, Picture]) -> dict[str, str | bytes]:
    """Every picture twice, by its path in the run folder."""
    found: dict[str, str | bytes] = {}
    for name, picture in pictures.items():
        found[f"figures/{name}.svg"] = picture.svg
        found[f"figures/{name}.pdf"] = picture.pdf
    return found
