"""How well a law holds on every part of a dataset."""

from dataclasses import replace

import numpy as np

from discover.accuracy import Accuracy, Levels, Rounding, measure
from discover.dataset import PARTS, Dataset
from discover.law import Law


def score(law: Law, dataset: Dataset, levels: Levels | None = None) -> Law:
    """The same law with its accuracy on training, validation and test rows.

    Args:
        law: A law in columns of `dataset`.
        dataset: The rows to judge by.
        levels: The allowed values of an ordinal target; the scale of the rounding is fitted on
            training rows only.

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
    rounding = None
    if levels is not None:
        predicted = law.predict(dataset.columns("train"))
        rounding = Rounding.fit(levels, predicted, dataset.part("train")[1])
    accuracy: dict[str, Accuracy] = {}
    for part in PARTS:
        predicted = law.predict(dataset.columns(part))
        with np.errstate(all="ignore"):
            accuracy[part] = measure(
                predicted,
                dataset.part(part)[1],
                split=part,
                unit=dataset.target.unit,
                rounding=rounding,
            )
    return replace(law, accuracy=accuracy)
