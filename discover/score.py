"""What a law answers on rows, and how well that holds on every part of a dataset."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from discover.accuracy import Accuracy, Levels, Rounding, measure
from discover.dataset import PARTS, Beyond, Dataset, Vector
from discover.law import Law
from discover.refit import Sample


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
    """Values of a law's form, or of a network in its place, as answers on the target ``[n]``.

    Args:
        law: The law; where its zero set is the claim, answers are the two classes.
        values: Of its form, or of the network ``[n]``.
        seen: Targets of training rows, which tell the classes.
    """
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
    rounded = _own_rounding(law, dataset, levels)
    accuracy: dict[str, Accuracy] = {
        part: _measured(law, dataset, Sample.of(dataset, part), part, rounded) for part in PARTS
    }
    return replace(law, accuracy=accuracy)


def extrapolated(law: Law, dataset: Dataset, beyond: Beyond, levels: Levels | None = None) -> Law:
    """A scored law with its accuracy on the rows of a second table, where that has its columns.

    Args:
        law: A law in columns of `dataset`, its constants fitted there.
        dataset: The first table, whose training rows tell how an answer is rounded.
        beyond: Rows beyond the range of the first.
        levels: As in :func:`score`.

    Example:
        >>> from discover.dataset import Source, Split, Variable
        >>> a, target = Variable(name="a"), Variable(name="T", unit="year")
        >>> x = np.arange(1.0, 7.0)
        >>> split = Split(train=np.arange(4), validation=np.array([4]), test=np.array([5]))
        >>> table = Dataset(name="planets", features=(a,), target=target, x=x[:, None], y=2 * x,
        ...                 split=split, source=Source(path="planets"))
        >>> far = Beyond(columns={"a": 10 * x}, y=20 * x, source=Source(path="comets"))
        >>> law = score(Law.of(2 * a.sympy, [a], target, "graph"), table)
        >>> extrapolated(law, table, far).accuracy["extrapolation"].rms
        0.0
    """
    if not {variable.name for variable in law.variables} <= set(beyond.columns):
        return law
    rounded = _own_rounding(law, dataset, levels)
    rows = Sample(columns=beyond.columns, y=beyond.y)
    reached = _measured(law, dataset, rows, "extrapolation", rounded)
    return replace(law, accuracy={**law.accuracy, "extrapolation": reached})


def rounding(
    law: Law, predicted: Vector, dataset: Dataset, levels: Levels | None
) -> Rounding | None:
    """How the answers of a law, or of a network in its place, are brought to allowed values.

    Args:
        law: The law; a boundary already answers with a class.
        predicted: Answers on training rows ``[n]``.
        dataset: The table.
        levels: The allowed values, if the target has such.
    """
    if levels is None:
        return None
    if law.claim == "zero":
        return Rounding(levels=levels)
    return Rounding.fit(levels, predicted, dataset.part("train")[1])


def _own_rounding(law: Law, dataset: Dataset, levels: Levels | None) -> Rounding | None:
    if levels is None:
        return None
    predicted = answers(law, dataset.columns("train"), dataset.part("train")[1])
    return rounding(law, predicted, dataset, levels)


def _measured(
    law: Law, dataset: Dataset, rows: Sample, split: str, rounded: Rounding | None
) -> Accuracy:
    predicted = answers(law, rows.columns, dataset.part("train")[1])
    with np.errstate(all="ignore"):
        return measure(
            predicted,
            rows.y,
            split=split,
            unit=dataset.target.unit,
            rounding=rounded,
            weights=rows.weights,
        )
