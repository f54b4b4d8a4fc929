"""Constants against the covariance of the noise: by differences, by drawn noise, and refused."""

import math

import numpy as np
import pytest
import sympy as sp

from discover.dataset import Source, Variable
from discover.equations import whitening
from discover.equations.balance import Balance, Rows
from discover.equations.terms import Term
from discover.equations.whitening import whitened
from discover.field import Axis, Field
from discover.weak import Bump, overlap

U, V = (Variable(name=name).sympy for name in "uv")
A, B = sp.symbols("c0 c1", real=True)
LENGTH = 10.0


def field(values: np.ndarray, end: float = 4.0) -> Field:
    """Fields ``[field, trajectory, time, x]`` on a periodic box."""
    t = Axis(name="t", values=np.linspace(0, end, values.shape[2]))
    x = Axis(name="x", values=np.arange(values.shape[3]) * LENGTH / values.shape[3], periodic=True)
    return Field(
        name="made", time=t, space=(x,), values=values, source=Source(path="made"),
        variables=tuple(Variable(name=name) for name in "uv"[: len(values)]),
    )  # fmt: skip


def advected() -> np.ndarray:
    """``u_t = -0.7 u_x + 0.1 u_xx`` in closed form."""
    t, x = np.linspace(0, 4, 120)[:, None], np.arange(64)[None, :] * LENGTH / 64
    u = np.zeros((120, 64))
    for wave, height in ((1, 1.0), (2, 0.8), (3, 0.5)):
        k = 2 * np.pi * wave / LENGTH
        u += height * np.exp(-0.1 * k**2 * t) * np.cos(k * (x - 0.7 * t) + wave)
    return u[None, None]


def linear() -> Balance:
    terms = (Term(orders=(0, 1), body=A * U), Term(orders=(0, 2), body=B * U))
    return Balance(
        target=Term(orders=(1, 0), body=U), terms=terms, values={A: 1.0, B: 1.0}, origin="library"
    )


def noisy(values: np.ndarray, seed: int, noise: float = 0.05) -> Rows:
    drawn = values + np.random.default_rng(seed).normal(0, noise, values.shape)
    return Rows.of(field(drawn), (Bump(half=16, degree=10), Bump(half=12, degree=12)), (noise,))


def test_the_covariance_of_rows_is_that_of_their_slopes_by_every_point() -> None:
    rng = np.random.default_rng(0)
    made = field(rng.normal(size=(2, 1, 12, 10)))
    rows = Rows.of(made, (Bump(half=3, degree=3), Bump(half=3, degree=4)), (0.3, 0.2))
    balance = Balance(
        target=Term(orders=(1, 0), body=U),
        terms=(Term(orders=(0, 1), body=A * U**2 * V), Term(orders=(0, 0), body=sp.sin(B * V))),
        values={A: 0.7, B: 1.3}, origin="library",
    )  # fmt: skip
    plain = Rows(field=made, probe=rows.probe, noise=(0.0, 0.0))
    slopes, step = [], 1e-6
    for index in np.ndindex(made.values.shape):
        moved = []
        for sign in (1, -1):
            made.values[index] += sign * step
            moved.append(balance.linearised(plain)[0])
            made.values[index] -= sign * step
        slopes.append((0.3, 0.2)[index[0]] * (moved[0] - moved[1]) / (2 * step))
    expected = np.array(slopes).T @ np.array(slopes)
    whole = tuple(slice(0, n) for n in rows.probe.shape)
    pulls = whitening._pulls(balance, rows)
    found = whitening._shared(rows, pulls, pulls, 0, whole)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7 * expected.max())


def test_test_functions_that_do_not_touch_share_nothing() -> None:
    rows = noisy(advected(), 0)
    shared = overlap(rows.probe, [slice(0, 20), slice(0, 1)], (1, 0), (0, 2), np.ones((120, 64)))
    away = np.abs(np.subtract.outer(np.arange(len(shared)), np.arange(len(shared))))
    assert np.all(shared[away >= 8] == 0)
    assert np.abs(shared[away == 1]).min() > 0


def test_constants_are_sharper_and_their_errors_true() -> None:
    truth, plain, white, scores = np.array([-0.7, 0.1]), [], [], []
    for seed in range(16):
        rows = noisy(advected(), seed)
        ordinary = linear().fitted(rows)
        (found,) = whitened([ordinary], rows)
        away = np.array(list(found.values.values())) - truth
        plain.append(np.array(list(ordinary.values.values())) - truth)
        white.append(away)
        scores.append(away / np.array(list(found.errors.values())))
    assert np.mean(np.std(white, axis=0) / np.std(plain, axis=0)) < 0.85
    assert 0.7 < np.sqrt(np.mean(np.square(scores))) < 1.4


@pytest.mark.parametrize("known", [0.0, 0.05])
def test_where_more_than_noise_is_left_nothing_is_weighed(known: float) -> None:
    drawn = noisy(advected(), 0)
    rows = Rows(field=drawn.field, probe=drawn.probe, noise=(known,))
    balance = linear()
    if known:  # a term is missing
        balance = balance.fixed(A, 0)
    assert whitened([balance.fitted(rows)], rows) is None


def test_equations_of_a_system_sharpen_each_other() -> None:
    """A spring with friction: its velocity is measured twice, by itself and by the place."""
    t = np.linspace(0, 8, 300)
    root = -0.1 + 1j * np.sqrt(4 - 0.01)
    place, speed = np.real(np.exp(root * t)), np.real(root * np.exp(root * t))
    axis, state = Axis(name="t", values=t), np.stack([place, speed])[:, None]
    first = Balance(target=Term(orders=(1,), body=U), terms=(Term(orders=(0,), body=A * V),),
                    values={A: 1.0}, origin="library")  # fmt: skip
    second = Balance(target=Term(orders=(1,), body=V), origin="library", values={A: -1.0, B: -1.0},
                     terms=(Term(orders=(0,), body=A * U + B * V),))  # fmt: skip
    alone, together, scores = [], [], []
    for seed in range(12):
        drawn = state + np.random.default_rng(seed).normal(0, 0.02, state.shape)
        made = Field(name="spring", time=axis, space=(), values=drawn, source=Source(path="made"),
                     variables=(Variable(name="u"), Variable(name="v")))  # fmt: skip
        rows = Rows.of(made, (Bump(half=40, degree=10),), (0.02, 0.02))
        each = [balance.fitted(rows) for balance in (first, second)]
        alone.append(whitened(each[1:], rows)[0].values[B] + 0.2)
        both = whitened(each, rows)[1]
        together.append(both.values[B] + 0.2)
        scores.append(together[-1] / both.errors[B])
    assert np.std(together) < 0.6 * np.std(alone)
    assert 0.5 < np.sqrt(np.mean(np.square(scores))) < 1.6


@pytest.mark.parametrize("shape", [(3, 5), (40, 90), (7, 30, 30), (4000,)])
def test_chunks_hold_every_row_once(shape: tuple[int, ...]) -> None:
    seen = np.zeros(shape, dtype=int)
    for chunk in whitening._chunks(shape, 1500):
        assert 0 < seen[chunk].size <= 1500
        seen[chunk] += 1
    assert np.all(seen == 1)
    assert math.prod(shape) > 1500 or len(whitening._chunks(shape, 1500)) == 1


def test_chunks_cost_a_part_of_the_sharpness_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = noisy(advected(), 3)
    (whole,) = whitened([linear().fitted(rows)], rows)
    monkeypatch.setattr(whitening, "_LARGEST", 250)
    (parts,) = whitened([linear().fitted(rows)], rows)
    for symbol in whole.values:
        assert abs(parts.values[symbol] - whole.values[symbol]) < 2 * whole.errors[symbol]
        assert 1 < parts.errors[symbol] / whole.errors[symbol] < 2
