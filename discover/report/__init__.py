"""A finished run as files to read: one HTML page, LaTeX for a paper, and the figures.

This room writes no files: it returns their contents by relative path, and `store` puts them into
the run folder. Each format is a file of ``formats/`` with one function,
``files(run, pictures)``; a new one needs no other line.
"""

from discover import offers
from discover.dataset import Beyond, Dataset
from discover.figures import NetworkPicture
from discover.record import Run
from discover.report.family import family_files
from discover.report.pictures import pictures

__all__ = ["family_files", "render"]


def render(
    run: Run,
    dataset: Dataset | None = None,
    network: NetworkPicture | None = None,
    second: Beyond | None = None,
) -> dict[str, str | bytes]:
    """Everything a reader gets, by path in the run folder.

    Args:
        run: A finished run.
        dataset: The table of that run, whose test rows are drawn; ``None`` for a run of fields.
        network: The pruned network, where it is to be shown.
        second: The rows beyond the range of the table, where the laws were tried on such.

    Returns:
        ``report.html``; ``paper/law.tex``, ``paper/table.tex``, ``paper/report.tex`` and
        ``paper/references.bib``; ``figures/*.pdf`` and ``figures/*.svg``. The same run gives the
        same bytes.
    """
    drawn = pictures(run, dataset, network, second)
    found: dict[str, str | bytes] = {}
    for name in offers.names("report.formats"):
        found |= offers.module("report.formats", name).files(run, drawn)
    return found
