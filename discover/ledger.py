"""What each stage left of the accuracy, measured on the same unseen rows."""

from typing import Any

import networkx as nx
import numpy as np

from discover.accuracy import Accuracy, Levels, measure
from discover.dataset import Dataset, Part, Vector
from discover.graph import OUTPUT, numbers
from discover.law import Law
from discover.record import StageAccuracy
from discover.score import classes, rounding


def ledger(
    graphs: dict[str, nx.DiGraph], law: Law, dataset: Dataset, levels: Levels | None
) -> tuple[StageAccuracy, ...]:
    """The error on test rows after each stage, so that one sees where accuracy was lost.

    Args:
        graphs: The network as a graph, by the stage that left it so.
        law: The recommended law, scored.
        dataset: The table.
        levels: The values that an ordinal target or one of classes can take.
    """
    found = [(stage, _of_graph(graph, law, dataset, levels)) for stage, graph in graphs.items()]
    found.append(("law", law.accuracy["test"]))
    return tuple(StageAccuracy(stage=stage, accuracy=accuracy) for stage, accuracy in found)


def _of_graph(graph: Any, law: Law, dataset: Dataset, levels: Levels | None) -> Accuracy:
    def answered(part: Part) -> Vector:
        values = np.asarray(numbers(graph, dataset.columns(part))[OUTPUT])
        return classes(law, values, dataset.part("train")[1])

    return measure(
        answered("test"),
        dataset.part("test")[1],
        split="test",
        unit=dataset.target.unit,
        rounding=rounding(law, answered("train"), dataset, levels),
        weights=dataset.weighted("test"),
    )
