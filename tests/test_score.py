"""Accuracy of a law on every part of a dataset, against numbers worked out by hand."""

import numpy as np
import pytest
import sympy as sp

from discover.accuracy import Levels
from discover.dataset import Dataset, Source, Split, Variable
from discover.law import Law
from discover.score import score

A, T = Variable(name="a"), Variable(name="T", unit="year")


def dataset(x, y) -> Dataset:
    return Dataset(
        name="t",
        features=(A,),
        target=T,
        x=np.asarray(x, dtype=float)[:, None],
        y=np.asarray(y, dtype=float),
        split=Split(train=np.array([0, 1]), validation=np.array([2, 3]), test=np.array([4, 5])),
        source=Source(path="t"),
    )


def test_each_part_has_its_own_rows():
    table = dataset([1, 2, 3, 4, 5, 6], [2, 4, 6, 9, 10, 15])
    found = score(Law.of(2 * A.sympy, [A], T, "graph"), table).accuracy
    assert {part: (a.n, a.worst) for part, a in found.items()} == {
        "train": (2, 0.0),
        "validation": (2, 1.0),
        "test": (2, 3.0),
    }
    assert found["test"].unit == "year"
    assert found["test"].accuracy is None


def test_the_rounding_comes_from_training_rows_only():
    # On training rows a scale of 1.25 hits, on the others one of 1 would.
    table = dataset([1.6, 3.2, 2.0, 4.0, 2.0, 4.0], [2, 4, 2, 4, 2, 4])
    levels = Levels(offset=0.0, step=1.0)
    found = score(Law.of(A.sympy, [A], T, "graph"), table, levels).accuracy
    assert found["train"].accuracy == 1.0
    assert found["test"].accuracy < 1.0


def test_no_value_on_a_row_is_an_infinite_error(recwarn):
    table = dataset([1, 2, 3, 4, -5, 6], [1, 1, 1, 1, 1, 1])
    found = score(Law.of(sp.sqrt(A.sympy), [A], T, "graph"), table).accuracy
    assert found["test"].rms == np.inf
    assert found["train"].rms == pytest.approx(np.sqrt((np.sqrt(2) - 1) ** 2 / 2))
    assert not recwarn.list
