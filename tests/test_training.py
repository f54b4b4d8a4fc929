"""Training: losses, methods, rows in chunks and from files, and what must never happen."""

import itertools
import math
from dataclasses import replace

import h5py
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from discover.basis import basis
from discover.dataset import Scaling
from discover.kan import Kan, Shape, create
from discover.kan.derivatives import jacobian, trace
from discover.threads import limited
from discover.training import (
    LBFGS,
    Adam,
    CrossEntropy,
    Huber,
    LevenbergMarquardt,
    Memory,
    Problem,
    Schedule,
    Squares,
    Stream,
    Trainer,
    errors,
    fit,
    normal,
)
from discover.training import rows as chunked
from tests.small_kans import SHAPES, network, rows

METHODS = {"lm": LevenbergMarquardt(), "lbfgs": LBFGS(), "adam": Adam()}
LOSSES = [Squares(), Huber(0.5), CrossEntropy()]


def fresh(width: list, x: torch.Tensor, *, seeds=range(4), grid: int = 5) -> Kan:
    low, high = x.amin(0), x.amax(0)
    return create(Shape.of(width), basis(), grid, seeds=seeds, low=low, high=high)


def toy(n: int = 400, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    x = rows(2, n, seed) / 2
    y = torch.exp(torch.sin(math.pi * x[:, 0]) + x[:, 1] ** 2)
    return x, (y - y.mean()) / y.std()


# Losses


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_slopes_of_a_loss_are_those_of_autograd(loss, outputs):
    draw = torch.Generator().manual_seed(outputs)
    output = 2 * torch.randn(2, 30, outputs, generator=draw, dtype=torch.float64)
    y = torch.eye(3, dtype=torch.float64)[torch.randint(3, (30,), generator=draw)]
    y = y[None, :, :outputs]
    leaf = output.clone().requires_grad_()
    loss.value(leaf, y).sum().backward()
    np.testing.assert_allclose(loss.slope(output, y), leaf.grad, atol=1e-12)


@given(st.floats(-5, 5), st.floats(-3, 3), st.sampled_from([0.0, 1.0]))
def test_the_quadratic_of_a_convex_loss_has_the_right_sign(output, move, y):
    # Newton's step along the slope goes down for a small enough share of it.
    at, target = torch.full((1, 1, 1), output).double(), torch.full((1, 1, 1), y).double()
    for loss in LOSSES:
        bend = loss.curvature(at, target)
        step = loss.slope(at, target) / (1.0 if bend is None else bend)
        size = step.abs().clamp_min(1.0)
        there = loss.value(at - 0.1 * step / size, target)
        assert float(there) <= float(loss.value(at, target)) + 1e-12


def test_hubers_quadratic_touches_it_and_lies_above():
    loss, y = Huber(0.7), torch.zeros(1, 1, 1, dtype=torch.float64)
    at = torch.full((1, 1, 1), 3.0, dtype=torch.float64)
    other = torch.linspace(-5, 5, 201, dtype=torch.float64)[None, :, None]
    weight = loss.curvature(at, y)
    above = loss.value(at, y) + 0.5 * weight[..., 0] * (other[..., 0] ** 2 - 9.0)
    assert bool((above >= loss.value(other, y) - 1e-12).all())


# Methods


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_every_method_learns_a_smooth_function(method):
    x, y = toy()
    steps = {"lm": 60, "lbfgs": 200, "adam": 400}
    name = next(n for n, m in METHODS.items() if m is method)
    schedule = Schedule(steps=steps[name], method=method)
    fitted = fit(fresh([2, 1, 1], x), (x, y), schedule=schedule)
    assert float(fitted.train.min()) < {"lm": 0.01, "lbfgs": 0.02, "adam": 0.2}[name]


def test_one_undamped_step_solves_a_linear_problem():
    # A single layer is linear in its coefficients: the normal equations are its answer.
    x = rows(2, 300)
    y = x[:, 0] ** 3 - x[:, 1]
    method = LevenbergMarquardt(damping=1e-12)
    fitted = fit(fresh([2, 1], x, seeds=[0]), (x, y), schedule=Schedule(steps=1, method=method))
    # What is left is the floor of the damping, not the step.
    assert float(fitted.train) < 1e-6


@pytest.mark.parametrize("method", [LevenbergMarquardt(), LBFGS()], ids=["lm", "lbfgs"])
@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_no_step_raises_the_objective(method, loss):
    x, y = toy(100)
    aims = (y > 0).double() if isinstance(loss, CrossEntropy) else y
    seen: list[float] = []
    schedule = Schedule(steps=15, regrid=(), method=method)
    fit(
        fresh([2, 2, 1], x, seeds=[1]),
        (x, aims),
        loss=loss,
        schedule=schedule,
        watch=lambda number, kan, objective: seen.append(float(objective.min())),
    )
    assert all(b <= a + 1e-12 for a, b in itertools.pairwise(seen))
    assert seen[-1] < seen[0]


def test_who_watches_may_end_a_training():
    x, y = toy(100)
    numbers = []

    def watch(number, kan, objective):
        numbers.append(number)
        assert kan.population == len(objective) == 4
        return number == 3

    fitted = fit(fresh([2, 1, 1], x), (x, y), watch=watch)
    assert numbers == [1, 2, 3]
    assert len(fitted.history) == 3


def test_what_no_longer_helps_unseen_rows_is_not_trained_on():
    x, y = toy(60)
    noisy = y + torch.randn(60, generator=torch.Generator().manual_seed(0)).double()
    start = fresh([2, 4, 1], x, seeds=[0])
    steps = {
        patience: len(
            fit(
                start,
                (x[:40], noisy[:40]),
                validation=(x[40:], noisy[40:]),
                schedule=Schedule(steps=60, tolerance=0.0, patience=patience),
            ).history
        )
        for patience in (5, 100)
    }
    assert steps[5] < 30 < steps[100]


@pytest.mark.parametrize(("method", "count"), [(LevenbergMarquardt(), 4), (LBFGS(), 20)])
def test_a_schedule_is_about_the_same_work_for_every_method(method, count):
    x, y = toy(100)
    trainer = Trainer(method=method)
    fitted = trainer.fit(fresh([2, 1, 1], x), (x, y), Schedule(steps=4, tolerance=0.0, regrid=()))
    assert len(fitted.history) == count


def test_a_population_trains_as_its_members_alone():
    x, y = toy(200)
    together = fit(fresh([2, 2, 1], x), (x, y), schedule=Schedule(steps=8))
    for seed in range(4):
        alone = fit(fresh([2, 2, 1], x, seeds=[seed]), (x, y), schedule=Schedule(steps=8))
        np.testing.assert_allclose(together.train[seed], alone.train[0], rtol=1e-4)


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_the_same_seed_trains_the_same_network(method):
    x, y = toy(150)
    schedule = Schedule(steps=6, method=method)
    first, again = (fit(fresh([2, 2, 1], x), (x, y), schedule=schedule) for _ in "ab")
    assert torch.equal(first.kan.vector, again.kan.vector)


def test_minibatches_of_adam_follow_from_its_seed():
    x, y = toy(300)
    networks = [
        fit(
            fresh([2, 1, 1], x),
            (x, y),
            schedule=Schedule(steps=5, method=Adam(batch=20, seed=seed)),
        ).kan.vector
        for seed in (0, 0, 1)
    ]
    assert torch.equal(networks[0], networks[1])
    assert not torch.equal(networks[0], networks[2])


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_what_is_held_or_pruned_stays_and_the_rest_moves(method):
    x, y = toy(200)
    kan = fresh([2, 2, 1], x, seeds=[0, 1])
    locked = [torch.zeros_like(la.mask) for la in kan.layers]
    locked[0][:, 0, 1] = 1.0
    dead = [la.mask.clone() for la in kan.layers]
    dead[0][0, 1, 0] = 0.0
    kan = kan.with_masks(dead).with_held(locked)
    after = fit(kan, (x, y), schedule=Schedule(steps=5, method=method)).kan
    before, now = kan.layers[0].coef, after.layers[0].coef
    assert torch.equal(before[:, 0, 1], now[:, 0, 1])
    assert torch.equal(before[0, 1, 0], now[0, 1, 0])
    assert not torch.equal(before[:, 0, 0], now[:, 0, 0])
    assert not torch.equal(before[1, 1, 0], now[1, 1, 0])


def test_lines_stay_lines():
    x, y = toy(200)
    shape, linear = Shape.of([2, 2, 1]).with_lines(embed=True, outputs=None)
    ends = {"low": x.amin(0), "high": x.amax(0)}
    family = basis("bspline", 3, "identity")
    kan = create(shape, family, 5, seeds=[0, 1], linear=linear, **ends)
    after = fit(kan, (x, y), schedule=Schedule(steps=20)).kan
    assert float(after.layers[0].coef[..., :-1].abs().max()) == 0.0
    assert not torch.equal(after.layers[0].coef, kan.layers[0].coef)


# Robustness


def test_huber_shrugs_at_outliers():
    x, y = toy(400)
    wild = y.clone()
    wild[::20] += 10.0
    kan = fresh([2, 1, 1], x)
    robust = fit(kan, (x, wild), loss=Huber(0.01)).kan
    plain = fit(kan, (x, wild)).kan
    assert float(errors(robust, x, y).min()) < 0.02 < 0.2 < float(errors(plain, x, y).min())


def test_early_stopping_keeps_the_best_network_of_each_member():
    draw = torch.Generator().manual_seed(0)
    x = rows(2, 60)
    y = torch.randn(60, generator=draw, dtype=torch.float64)
    unseen = (rows(2, 60, 1), torch.randn(60, generator=draw, dtype=torch.float64))
    kan = fresh([2, 3, 1], x, grid=8)
    stopped = fit(kan, (x, y), validation=unseen)
    on = fit(kan, (x, y))
    np.testing.assert_allclose(stopped.validation, errors(stopped.kan, *unseen), rtol=1e-10)
    assert bool((stopped.validation < errors(on.kan, *unseen)).all())


def test_a_member_that_starts_without_a_value_is_retired_and_the_others_go_on():
    x, y = toy(100)
    kan = fresh([2, 1, 1], x)
    broken = kan.vector.clone()
    broken[1] = torch.nan
    fitted = fit(kan.with_vector(broken), (x, y), schedule=Schedule(steps=5))
    assert fitted.retired.tolist() == [False, True, False, False]
    assert bool(fitted.train[[0, 2, 3]].isfinite().all())


SCALES = st.sampled_from([1e-300, 1e-30, 1e-9, 1.0, 1e9, 1e30, 1e150])


@st.composite
def hostile(draw):
    seed = draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    n, d = draw(st.integers(8, 60)), draw(st.integers(1, 4))
    kinds = {
        "normal": lambda: rng.normal(size=n),
        "heavy": lambda: rng.standard_cauchy(n),
        "constant": lambda: np.full(n, rng.normal()),
        "steps": lambda: rng.integers(0, 2, n).astype(float),
        "log": lambda: 10.0 ** rng.uniform(-12, 12, n),
        "spike": lambda: np.r_[1.0, np.zeros(n - 1)],
    }
    column = st.tuples(st.sampled_from(sorted(kinds)), SCALES)
    x = np.column_stack([kinds[k]() * s for k, s in (draw(column) for _ in range(d))])
    if draw(st.booleans()) and d > 1:
        x[:, -1] = x[:, 0] * (1 + 1e-13 * rng.normal(size=n))
    kind, scale = draw(column)
    return x, kinds[kind]() * scale, seed


def survives(case):
    from discover import fit_kan
    from discover.errors import InputError

    x, y, seed = case
    try:
        kan = fit_kan(x, y, width=[x.shape[1], 1, 1], grid=3, seed=seed)
    except InputError:
        return
    assert bool(kan.kan.vector.isfinite().all())
    assert np.isfinite(kan.predict(x)).all()


@settings(max_examples=25)
@given(hostile())
def test_no_nan_leaves_a_fit_of_hostile_rows(case):
    survives(case)


@pytest.mark.slow
@settings(max_examples=1000)
@given(hostile())
def test_no_nan_leaves_a_thousand_fits_of_hostile_rows(case):
    survives(case)


# Rows


@pytest.mark.parametrize("width", SHAPES)
def test_chunks_add_up_to_the_whole(width, monkeypatch):
    kan = network(width, population=2)
    x = rows(kan.shape.inputs, 200, 3)
    problem = Problem(data=Memory.of(kan, x, x[:, 0]), penalty=torch.zeros(2).double())
    whole, slope, cost = problem.quadratic(kan), problem.slope(kan), problem.cost(kan)
    monkeypatch.setattr(chunked, "CHUNK", 1)
    monkeypatch.setattr(normal, "_PORTION", 1)
    assert len(list(problem.data.chunks(kan, 1))) > 1
    parts = problem.quadratic(kan)
    np.testing.assert_allclose(parts.normal, whole.normal, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(parts.gradient, whole.gradient, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(problem.slope(kan)[1], slope[1], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(problem.cost(kan), cost)


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_nodes_that_no_edge_touches_cost_nothing_and_change_nothing(method):
    x, y = toy(200)
    small = fresh([2, 1, 1], x, seeds=range(3))
    large = fresh([2, 4, 1], x, seeds=range(3))
    layers = []
    for into, (one, many) in enumerate(zip(small.layers, large.layers, strict=True)):
        at = (slice(None), slice(None), slice(2, 3)) if into else (slice(None), slice(2, 3))
        coef, mask = many.coef.clone(), torch.zeros_like(many.mask)
        coef[at], mask[at] = one.coef, 1.0
        layers.append(replace(many, coef=coef, mask=mask))
    large = replace(large, layers=tuple(layers))
    schedule = Schedule(steps=12, method=method)
    one, many = (fit(k, (x, y), schedule=schedule, validation=toy(50, 1)) for k in (small, large))
    assert str(many.kan.shape) == "[2, 4, 1]"
    np.testing.assert_array_equal(many.train, one.train)
    np.testing.assert_allclose(many.kan(x), one.kan(x), rtol=1e-12, atol=1e-12)
    # What was left out is as it was.
    np.testing.assert_array_equal(many.kan.layers[0].coef[:, 0], large.layers[0].coef[:, 0])


# On the coarse grid the normal matrix is a product, on the fine one only what is not zero counts.
@pytest.mark.parametrize("grid", [3, 9])
@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_normal_equations_are_those_of_the_jacobian(loss, grid):
    kan = network([3, 2, 2], population=3, grid=grid)
    x = torch.stack([rows(3, 50, seed) for seed in range(3)])  # each member has its own rows
    y = (x[..., :2] > 0).double()
    weight = torch.linspace(0, 2, 50, dtype=torch.float64)
    data = Memory.of(kan, x, y[0], weight)
    found, slopes = normal.normal_equations(kan, data, loss)
    some = torch.tensor([[0, 3, 7], [9, 1, 2], [4, 5, 6]])
    part, _ = normal.normal_equations(kan, data, loss, some)
    seen = trace(kan, kan.lift(x))
    bend = loss.curvature(seen.output, y[:1])
    bend = weight[:, None] * (torch.ones_like(seen.output) if bend is None else bend)
    units = torch.eye(2).double()
    both = [jacobian(kan, seen, unit.expand_as(seen.output)).columns() for unit in units]
    whole = sum((j * bend[..., k, None]).mT @ j for k, j in enumerate(both))
    np.testing.assert_allclose(found, whole, atol=1e-12 * float(whole.abs().max()))
    pull = weight[:, None] * loss.slope(seen.output, y[:1])
    slope = sum((j.mT @ pull[..., k, None])[..., 0] for k, j in enumerate(both))
    np.testing.assert_allclose(slopes.flatten(1), slope, atol=1e-12 * float(slope.abs().max()))
    blocks = whole.unflatten(2, (10, -1)).unflatten(1, (10, -1))
    for member, edges in enumerate(some):
        mine = blocks[member][edges][:, :, edges].flatten(2).flatten(0, 1)
        np.testing.assert_allclose(part[member], mine, atol=1e-12 * float(whole.abs().max()))


@pytest.mark.parametrize("population", [1, 3])
def test_rows_that_are_lifted_anew_say_what_lifted_ones_say(population):
    kan = network([3, 2, 1], population=population)
    x = 1.2 * rows(3, 200)
    data = Memory.of(kan, x, x[:, 0], torch.linspace(0, 2, 200, dtype=torch.float64))
    assert data.lifted is not None
    none = torch.zeros(population).double()
    one, other = (Problem(data=each, penalty=none) for each in (data, replace(data, lifted=None)))
    np.testing.assert_allclose(other.cost(kan), one.cost(kan), rtol=1e-12)
    pairs = zip(other.slope(kan), one.slope(kan), strict=True)
    for found, expected in [*pairs, (other.quadratic(kan).normal, one.quadratic(kan).normal)]:
        scale = float(expected.abs().max())
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12 * scale)


@pytest.mark.parametrize("grid", [3, 9])
def test_the_digits_do_not_depend_on_the_number_of_threads(monkeypatch, grid):
    monkeypatch.setattr(normal, "_PORTION", 1)
    kan = network([3, 2, 1], population=5, grid=grid)
    x = rows(3, 400)
    data = Memory.of(kan, x, x[:, 0])
    alone, slope = normal.normal_equations(kan, data, Squares())
    with limited(3):
        together, same = normal.normal_equations(kan, data, Squares())
    assert torch.equal(alone, together)
    assert torch.equal(slope, same)


def test_a_weight_of_two_is_the_row_twice():
    x, y = toy(80)
    kan = fresh([2, 1, 1], x, seeds=[0])
    weight = torch.ones(80, dtype=torch.float64)
    weight[:20] = 2.0
    none = torch.zeros(1, dtype=torch.float64)
    heavy = Problem(data=Memory.of(kan, x, y, weight), penalty=none)
    twice = Memory.of(kan, torch.cat([x, x[:20]]), torch.cat([y, y[:20]]))
    double = Problem(data=twice, penalty=none)
    np.testing.assert_allclose(heavy.cost(kan), double.cost(kan))
    np.testing.assert_allclose(heavy.slope(kan)[1], double.slope(kan)[1], atol=1e-14)
    np.testing.assert_allclose(
        heavy.quadratic(kan).normal, double.quadratic(kan).normal, atol=1e-13
    )


def test_rows_of_a_file_train_as_those_in_memory(tmp_path):
    x, y = toy(3000)
    scaling = Scaling(x_shift=np.zeros(2), x_scale=np.ones(2), y_shift=0.0, y_scale=1.0)
    with h5py.File(tmp_path / "rows.h5", "w") as file:
        file["x"], file["y"] = x.numpy(), y.numpy()
    with h5py.File(tmp_path / "rows.h5") as file:
        blocks = ((0, 1000), (1000, 2500), (2500, 3000))
        stream = Stream(x=file["x"], y=file["y"], scaling=scaling, blocks=blocks, like=y[:1])
        kan = fresh([2, 1, 1], x, seeds=[0, 1])
        schedule = Schedule(steps=5, regrid=())
        far, near = (fit(kan, r, schedule=schedule) for r in (stream, (x, y)))
        assert stream.batch(kan, torch.arange(1700)).y.shape == (1, 1700, 1)
    np.testing.assert_allclose(far.train, near.train, rtol=1e-6)


def test_rows_and_targets_of_different_length_do_not_fit():
    x, y = toy(50)
    with pytest.raises(ValueError, match="do not fit"):
        fit(fresh([2, 1, 1], x), (x, y[:-1]))
