"""Edges that are frozen, fixed to a function and released."""

import numpy as np
import pytest
import torch

from discover import fit_kan
from discover.assignment import Sample, error, fix, is_locked, lock, release, tune, unlock
from discover.basis import basis
from discover.errors import InputError
from discover.functions import LIBRARY, Affine
from discover.graph import Curve

RNG = np.random.default_rng(0)
X = RNG.uniform(-1, 1, (300, 2))
Y = np.sin(2 * X[:, 0]) + X[:, 1] ** 2
FIRST, SECOND = ("x:x0", "1.0"), ("x:x1", "1.0")


@pytest.fixture(scope="module")
def graph():
    return fit_kan(X, Y, width=[2, 1], grid=4).graph


@pytest.fixture(scope="module")
def sample():
    return Sample.of({"x0": X[:, 0], "x1": X[:, 1]}, Y, 1000)


def sine(graph, a=2.0, b=0.0, c=1.0):
    """The target's sine, in the units in which the last node adds."""
    return Affine(atom=LIBRARY["sin"], a=a, b=b, c=c / graph.edges["1.0", "y"]["function"].slope)


def function(graph, edge):
    return graph.edges[edge]["function"]


def test_a_frozen_edge_stays_and_the_others_learn(graph, sample):
    moved = Sample.of(sample.columns, Y + 0.3 * X[:, 0] ** 3 + X[:, 1], 1000)
    tuned = tune(lock(graph, [FIRST]), moved, steps=20)
    assert torch.equal(function(tuned, FIRST).coef, function(graph, FIRST).coef)
    assert not torch.equal(function(tuned, SECOND).coef, function(graph, SECOND).coef)
    freed = tune(unlock(tuned, [FIRST]), moved, steps=20)
    assert error(freed, moved) < error(tuned, moved)


def test_fixed_to_the_right_function_the_rest_fits_around_it(graph, sample):
    fixed = fix(graph, FIRST, sine(graph))
    assert is_locked(fixed.edges[FIRST])
    tuned = tune(fixed, sample, steps=20)
    assert function(tuned, FIRST) == sine(graph)
    assert error(tuned, sample) < 1e-6


def test_constants_of_a_fixed_function_may_move(graph, sample):
    guess = sine(graph, a=1.7, b=0.1, c=0.8)
    tuned = tune(fix(graph, FIRST, guess, constants=True), sample, steps=60)
    found = function(tuned, FIRST)
    assert found.atom == guess.atom
    np.testing.assert_allclose([found.a, found.c], [2.0, sine(graph).c], rtol=1e-3)


def test_a_released_edge_is_a_curve_that_starts_where_it_was(graph, sample):
    fixed = tune(fix(graph, FIRST, sine(graph)), sample, steps=20)
    free = release(fixed, FIRST, sample.columns, basis(), 12)
    assert isinstance(function(free, FIRST), Curve)
    assert not is_locked(free.edges[FIRST])
    assert error(free, sample) < 1e-4


def test_all_edges_locked_nothing_moves(graph, sample):
    whole = lock(graph, list(graph.edges))
    assert tune(whole, sample, steps=5) is whole


def test_an_edge_that_is_not_there_is_named(graph):
    with pytest.raises(InputError, match=r"no edge x:a -> 1\.0"):
        lock(graph, [("x:a", "1.0")])
