"""The figures of one run with their captions, made once for the page and the paper."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure

from discover import figures
from discover.dataset import Beyond, Dataset
from discover.figures import NetworkPicture
from discover.record import Run


@dataclass(frozen=True, kw_only=True, eq=False)
class Picture:
    """One figure of the report.

    Attributes:
        name: File name without ending.
        caption: What it shows, in a sentence or two of plain text.
        svg: The figure as an SVG document.
        pdf: The figure as PDF.
        width: Its natural width in inches.
    """

    name: str
    caption: str
    svg: str
    pdf: bytes
    width: float


def pictures(
    run: Run,
    dataset: Dataset | None,
    network: NetworkPicture | None = None,
    second: Beyond | None = None,
) -> dict[str, Picture]:
    """All figures that this run has something to show for, by name.

    Args:
        run: A finished run.
        dataset: Its table, whose test rows are drawn; ``None`` for a run of fields.
        network: The pruned network, where it is to be shown.
        second: Rows beyond the range of the table, where laws were tried on such.
    """
    return {
        name: Picture(
            name=name,
            caption=caption,
            svg=figures.to_svg(figure),
            pdf=figures.to_pdf(figure),
            width=float(figure.get_figwidth()),
        )
        for name, caption, figure in _drawn(run, dataset, network, second)
    }


_FRONT_CAPTION = (
    "Error of the laws of the Pareto front against their complexity, on the rows that chose "
    "the law and on rows that nobody used (test). Numbers are those of the "
    "table; the orange dot is the recommended law."
)
_FORECAST_CAPTION = (
    "The found equations, integrated from one measured state, against data that nobody "
    "fitted: measurement and forecast, and their difference in spreads of each field (dotted: "
    "the noise of the measurement)."
)
_RELATIONS_CAPTION = (
    "What the first relations say of the column that each is solved for, against its measured "
    "value on the test rows; the dashed line is equality."
)


def _drawn(
    run: Run, dataset: Dataset | None, network: NetworkPicture | None, second: Beyond | None
) -> Iterator[tuple[str, str, Figure]]:
    tied = run.recipe.task == "relation"
    if not tied:
        yield "front", _FRONT_CAPTION, figures.front(run)
    if tied and dataset is not None and run.beats_null:
        yield "relations", _RELATIONS_CAPTION, figures.relations(run, dataset)
    elif not tied and run.law.claim == "zero" and dataset is not None:
        yield "boundary", _boundary_caption(run), figures.boundary(run, dataset)
    elif not tied and dataset is not None and _has_values(run, dataset):
        yield "parity", _parity_caption(run), figures.parity(run, dataset)
        yield (
            "residuals",
            "Law minus measurement on the test rows; orange lines are one rms error away.",
            figures.residuals(run, dataset),
        )
    if second is not None and run.law.claim == "value" and _reaches(run, second):
        yield "beyond", _beyond_caption(run), figures.beyond(run, second)
    if run.forecast is not None and not run.forecast.note:
        yield "forecast", _FORECAST_CAPTION, figures.forecast(run)
    if network is not None:
        yield (
            "network",
            "The pruned network: each box shows the function on its edge, + is a sum and × a "
            "product; the fainter an edge, the less it carries.",
            figures.network(network),
        )
    if run.attribution:
        yield (
            "attribution",
            "Share of the network's variation that each column carries; kept columns in blue.",
            figures.attribution(run),
        )
    if len(run.stages) > 1:
        yield (
            "losses",
            "Error after each stage on the way from the network to the law.",
            figures.losses(run),
        )
    if run.null is not None:
        yield (
            "null",
            "Largest share of a column's variance that networks explain where all columns are "
            "shuffled apart, and that of the first relation."
            if tied
            else "Variance explained by the same procedure on shuffled targets, and on the true "
            "one.",
            figures.null(run),
        )
    if run.rungs:
        yield (
            "rungs",
            "The networks that were tried: error on validation rows, in spreads (standard "
            "deviations) of the target, against active edges.",
            figures.rungs(run),
        )


def _boundary_caption(run: Run) -> str:
    if len(run.law.variables) == 2:
        return "The test rows by their class, and where the recommended law is zero."
    return "The value of the recommended law on the test rows of each class; zero is the boundary."


def _parity_caption(run: Run) -> str:
    if run.rounding is None:
        return "The law against the measurement on the test rows; the dashed line is equality."
    return (
        "The law before rounding for each measured value on the test rows (above; dashed: where "
        "rounding is centred), and the share of these rows that rounding hits exactly (below)."
    )


def _beyond_caption(run: Run) -> str:
    where = (
        f"rows of {'' if run.beyond is None else run.beyond.path}, beyond the range of the table"
    )
    if run.rounding is None:
        return f"The law against the measurement on {where}, to which nothing was fitted."
    return (
        f"As for the test rows, on {where}, to which nothing was fitted: the law before rounding, "
        "and the share of rows that rounding hits exactly."
    )


def _reaches(run: Run, second: Beyond) -> bool:
    if not {variable.name for variable in run.law.variables} <= set(second.columns):
        return False
    return bool(np.isfinite(run.law.predict(second.columns)).any())


def _has_values(run: Run, dataset: Dataset) -> bool:
    values = np.asarray(run.law.predict(dataset.columns("test")))
    return bool(np.isfinite(values).any())
