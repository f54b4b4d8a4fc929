"""A trained network read as a law."""

import numpy as np
import pytest

from discover import Training, fit_kan, read_law
from discover.errors import InputError

RNG = np.random.default_rng(3)
X = RNG.uniform(-1, 1, (1000, 2))


def exp_sin(x):
    return np.exp(np.sin(np.pi * x[:, 0]) + x[:, 1] ** 2)


def test_a_network_that_knows_the_law_says_it():
    kan = fit_kan(X, exp_sin(X), width=[2, 1, 1], population=4)
    assert str(read_law(kan, X, exp_sin(X)).expr) == "exp(x1**2 + sin(pi*x0))"


@pytest.mark.slow
def test_from_too_many_nodes_to_the_exact_formula():
    kan = fit_kan(X, exp_sin(X), width=[2, 5, 1], seed=3, training=Training(sparse=True))
    assert int(kan.kan.edges[0]) == 3
    assert str(read_law(kan, X, exp_sin(X)).expr) == "exp(x1**2 + sin(pi*x0))"


def test_rows_that_do_not_fit_the_network_are_refused():
    kan = fit_kan(X, X[:, 0], width=[2, 1], grid=3)
    with pytest.raises(InputError, match="2 columns"):
        read_law(kan, X[:, :1], X[:, 0])
    with pytest.raises(InputError, match="one for each"):
        read_law(kan, X, X[:5, 0])


def test_where_the_formula_is_too_long_a_warning_says_so():
    x = RNG.uniform(-1, 1, (200, 2))
    y = np.exp(x[:, 0]) * np.cos(3 * x[:, 1])
    kan = fit_kan(x, y, width=[2, 1, 1])
    with pytest.warns(UserWarning, match="more than max_complexity=1"):
        assert read_law(kan, x, y, max_complexity=1).complexity == 1
