"""What a comparison is."""

from collections.abc import Callable
from dataclasses import dataclass

from jobs import Answers, Job
from matplotlib.axes import Axes


@dataclass(frozen=True, kw_only=True)
class Case:
    """One comparison.

    Attributes:
        title: Of its section and of its picture.
        about: What is done, with which settings.
        jobs: What is asked; short settings where its argument holds (a trial of the harness,
            whose figures say nothing).
        table: The answers as markdown.
        draw: The answers as a picture, where one says more than the table.
    """

    title: str
    about: str
    jobs: Callable[[bool], tuple[Job, ...]]
    table: Callable[[Answers], str]
    draw: Callable[[Axes, Answers], None] | None = None


# The colour of each engine in all pictures (Okabe and Ito, legible for the colour-blind).
COLOURS = {
    "discover": "#0072b2",
    "pykan": "#d55e00",
    "efficient-kan (Deep-KAN)": "#e69f00",
    "inkan": "#009e73",
    "jaxkan": "#cc79a7",
    "MLP, L-BFGS (torch)": "#56b4e9",
    "MLPRegressor": "#666666",
}
