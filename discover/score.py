"""What a law answers on rows, and how well that holds on every part of a dataset."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from discover.accuracy import Accuracy, Levels, Rounding, measure
from discover.dataset import PARTS, Dataset, Vector
from discover.law import Law


def answers(law: Law, columns: Mapping[str, Vector], seen: Vector) -> Vector:
    """What a law says the target is on rows: its value, or the class of the side they are on.

    Args:
        law: A law.
        columns: At least the law's columns, each ``[n]``.
        seen: Values of the target on training rows, which tell the two classes.

    Returns:
        Values ``[n]`` in the target's unit; not finite where the law has no value.

    Example:
        >>> from discover.dataset import Variable
        >>> a = Variable(name="a")
        >>> edge = Law.of(a.sympy - 2, [a], Variable(name="class"), "graph", "zero")
        >>> answers(edge, {"a": np.array([1.0, 3.0])}, np.array([0.0, 1.0]))
        array([0., 1.])
    """
    return classes(law, law.predict(columns), seen)


def classes(law: Law, values: Vector, seen: Vector) -> Vector:
    """Values ``[n]`` of a law's form, or of a network in its place, as answers on the target."""
    if law.claim == "value":
        return values
    sides = np.where(values > 0, seen.max(), seen.min())
    return np.asarray(np.where(np.isfinite(values), sides, np.nan))


def score(law: Law, dataset: Dataset, levels: Levels | None = None) -> Law:
    """The same law with its accuracy on training, validation and test rows.

    Args:
        law: A law in columns of `dataset`.
        dataset: The rows to judge by.
        levels: The allowed values of an ordinal target, or the two of a classification; the scale
            of the rounding is fitted on training rows only.

    Example:
        >>> from discover.dataset import Source, Split, Variable
        >>> a, target = Variable(name="a"), Variable(name="T", unit="year")
        >>> x = np.arange(1.0, 7.0)
        >>> split = Split(train=np.arange(4), validation=np.array([4]), test=np.array([5]))
        >>> table = Dataset(name="planets", features=(a,), target=target, x=x[:, None], y=2 * x,
        ...                 split=split, source=Source(path="planets"))
        >>> accuracy = score(Law.of(2 * a.sympy, [a], target, "graph"), table).accuracy["test"]
        >>> accuracy.n, accuracy.rms, accuracy.unit
        (1, 0.0, 'year')
    """
    seen = dataset.part("train")[1]
    rounding = None
    if levels is not None:
        predicted = answers(law, dataset.columns("train"), seen)
        fit = law.claim == "value"
        rounding = Rounding.fit(levels, predicted, seen) if fit else Rounding(levels=levels)
    accuracy: dict[str, Accuracy] = {}
    for part in PARTS:
        predicted = answers(law, dataset.columns(part), seen)
        with np.errstate(all="ignore"):
            accuracy[part] = measure(
                predicted,
                dataset.part(part)[1],
                split=part,
                unit=dataset.target.unit,
                rounding=rounding,
                weights=dataset.weighted(part),
            )
    return replace(law, accuracy=accuracy)
