"""What a referee would ask: outliers, columns that go together, loose constants, few rows."""

import re
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

from discover.cautions import cautions
from discover.dataset import Dataset, Source, Split, Variable
from discover.law import Law
from discover.refit import Sample, intervals, refit

A, B, TARGET = Variable(name="a"), Variable(name="b"), Variable(name="T")
RNG = np.random.default_rng(5)
N = 200
X = RNG.uniform(1.0, 2.0, (N, 2))
NOISE = RNG.normal(0.0, 0.01, N)
LAW = Law.of(2.0 * A.sympy, [A, B], TARGET, "graph")


def table(x: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None) -> Dataset:
    n = len(y)
    rows = np.arange(n)
    split = Split(
        train=rows[: 3 * n // 5],
        validation=rows[3 * n // 5 : 4 * n // 5],
        test=rows[4 * n // 5 :],
    )
    return Dataset(
        name="t", features=(A, B), target=TARGET, x=x, y=y, split=split, weights=weights,
        source=Source(path="t"),
    )  # fmt: skip


def said(dataset: Dataset, law: Law = LAW) -> tuple[str, ...]:
    train = Sample.of(dataset, "train")
    return cautions(intervals(refit(law, train), train, 0.95), dataset)


def test_nothing_is_said_of_a_plain_table():
    assert said(table(X, 2 * X[:, 0] + NOISE)) == ()


def test_nothing_is_said_of_errors_that_are_rounding():
    assert said(table(X, 2 * X[:, 0])) == ()


@pytest.mark.parametrize(("row", "part"), [(3, "training"), (170, "test")])
def test_an_outlier_is_named_with_its_row(row, part):
    y = 2 * X[:, 0] + NOISE
    y[row] += 3.0
    (sentence,) = said(table(X, y))
    assert re.match(r"One of 200 rows carries (9\d|100) % of the squared error", sentence)
    assert f"a = {X[row, 0]:.6g}, where T is {y[row]:.6g}" in sentence
    assert f"({part} row)" in sentence


def test_an_outlier_whose_sigma_says_so_is_none():
    y, sigma = 2 * X[:, 0] + NOISE, np.full(N, 0.01)
    y[3] += 3.0
    sigma[3] = 3.0
    assert said(table(X, y, (sigma.min() / sigma) ** 2)) == ()


def test_columns_that_go_together_are_named():
    x = X.copy()
    x[:, 1] = 40 * x[:, 0] ** 2 * (1 + RNG.normal(0.0, 0.002, N))
    (sentence,) = said(table(x, 2 * x[:, 0] + NOISE))
    assert sentence.startswith("a and b go together")


def test_constants_that_make_up_for_one_another_are_named():
    one, other = sp.symbols("p q", real=True)
    third = sp.Symbol("r", real=True)
    form = one * other * A.sympy + third * B.sympy
    both = Law.of(2.0 * A.sympy + 0.1 * B.sympy, [A, B], TARGET, "graph")
    law = both.restated(form, {one: 1.0, other: 1.5, third: 0.7})
    (sentence,) = said(table(X, 2 * X[:, 0] + 0.7 * X[:, 1] + NOISE), law)
    assert sentence.startswith("Not determined by these rows: c1, c2;")


def test_an_interval_that_contains_zero_is_named():
    law = Law.of(2.0 * A.sympy + 0.1 * B.sympy, [A, B], TARGET, "graph")
    (sentence,) = said(table(X, 2 * X[:, 0] + NOISE), law)
    assert sentence.startswith("The interval contains zero: c")


def test_few_test_rows_are_told():
    (sentence,) = said(table(X[:30], 2 * X[:30, 0] + NOISE[:30]))
    assert "rest on 6 rows" in sentence


def test_a_mean_needs_no_caution():
    assert cautions(replace(LAW, origin="mean"), table(X[:30], X[:30, 1])) == ()
