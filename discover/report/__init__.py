"""A finished run as files to read: one HTML page, LaTeX for a paper, and the figures.

This room writes no files: it returns their contents by relative path, and `store` puts them into
the run folder.
"""

from discover.dataset import Beyond, Dataset
from discover.figures import NetworkPicture
from discover.record import Run
from discover.report.family import family_files as family_files
from discover.report.page import page
from discover.report.paper import paper
from discover.report.pictures import pictures


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
    files: dict[str, str | bytes] = {"report.html": page(run, drawn)}
    files |= {f"paper/{name}": text for name, text in paper(run, drawn).items()}
    for name, picture in drawn.items():
        files[f"figures/{name}.svg"] = picture.svg
        files[f"figures/{name}.pdf"] = picture.pdf
    return files
