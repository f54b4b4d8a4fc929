"""`discover` behind the same few functions as its peers: all that the benchmarks know of it.

The tasks of `peers` (``step``, ``fit``, ``scaling``, ``hellokan``, ``edges``) and those that only
a population trained by second order can be asked: ``population``, ``normal``, ``rows`` and
``poisson``.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import large
import numpy as np
import torch
from clock import Stopwatch, rate
from numpy.typing import NDArray
from torch import Tensor

from discover import Training, fit_kan, read_law
from discover.basis import basis
from discover.edges import fit as fit_edges
from discover.fitting import fit_equation
from discover.fitting.streamed import from_file
from discover.functions import catalogue
from discover.kan import Kan, Shape, create
from discover.kan.derivatives import jacobian, product, trace
from discover.kan.local import Local
from discover.physics import Equation, Jet
from discover.threads import limited
from discover.training import Adam, Memory, Problem, Schedule
from discover.training import fit as train

Array = NDArray[np.float64]
Width = list[Any]

# So many networks start together in a fit; the one that validation rows like best is the result.
_POPULATION = 4
# Deep shapes have many valleys: of these so many start, and those that fall behind are dropped.
_CROWD = 16
# The finest grid on which the KAN paper trained its special functions.
_FINEST = 200


@limited()
def step(
    width: Width, grid: int, rows: int, dtype: str, seconds: float, fresh: bool = False
) -> dict[str, float]:
    """A gradient step of Adam.

    Args:
        width: The widths.
        grid: Grid intervals.
        rows: Number of rows; all of them are in each step.
        dtype: ``float32`` or ``float64``.
        seconds: How long to measure.
        fresh: Whether the first layer's functions are computed in every step, as minibatches of
            new rows would need it; they are computed once where all rows are in each step.
    """
    x, y = _random(width[0], rows, getattr(torch, dtype))
    kan = _created(width, grid, range(1), x)
    data = Memory.of(kan, x, y)
    problem = Problem(
        data=replace(data, lifted=None) if fresh else data, penalty=torch.zeros(1).to(x)
    )
    method = Adam(rate=1e-3)
    memory = method.start(kan, problem)
    at = [(kan, problem.objective(kan), memory)]

    def one() -> None:
        kan, value, memory = at[0]
        at[0] = method.step(kan, problem, value, memory)

    return rate(one, seconds)


def fit(
    x: Array, y: Array, x_test: Array, y_test: Array, seed: int, width: Width | None
) -> dict[str, Any]:
    """A fit of all that is free, grids chosen by validation rows.

    The trace has the test error after every step, of the network that is best on training rows
    then; as of all engines, looking at it is not timed.
    """
    loading = _warm()
    watch, seen = Stopwatch(), []

    def look(number: int, kan: Kan, objective: Tensor) -> None:
        watch.note(lambda: float(len(seen)))
        seen.append(kan.members(objective.argmin()[None]))

    training = Training(watch=look)
    kan = fit_kan(x, y, width=width, population=_POPULATION, seed=seed, training=training)
    rmse = _rms(kan.predict(x_test), y_test)
    watch.note(lambda: rmse)
    scaling = kan.scaling
    scaled = torch.as_tensor((x_test - scaling.x_shift) / scaling.x_scale)

    def error(network: Kan) -> float:
        value = network(scaled)[0, :, 0].numpy()
        return _rms(value * scaling.y_scale + scaling.y_shift, y_test)

    *steps, end = watch.trace
    # A shape that is searched for may leave columns out on the way: only the end is shown then.
    shown = steps if width is not None else []
    return {
        "trace": [*((at, error(seen[int(number)])) for at, number in shown), end],
        "seconds": end[0],
        "loading": loading,
        "rmse": rmse,
        "parameters": kan.n_parameters,
        "width": str(kan.width),
    }


def _warm() -> float:
    """Load what is compiled: as for the peers, the first use in a process is not counted.

    Returns:
        Seconds that it took.
    """
    x, y = _random(2, 50, torch.float64)
    kan = _created([2, 1, 1], 8, range(1), x)
    start = time.perf_counter()
    train(kan, (x, y), schedule=Schedule(steps=2))
    return time.perf_counter() - start


def scaling(
    x: Array,
    y: Array,
    x_test: Array,
    y_test: Array,
    *,
    seed: int,
    width: Width,
    grids: list[int],
    starts: int,
) -> dict[str, Any]:
    """Test error of a fit on each grid, of so many networks that start together."""
    levels = []
    for grid in grids:
        start = time.perf_counter()
        kan = fit_kan(x, y, width=width, grid=grid, population=starts, seed=seed)
        seconds = time.perf_counter() - start
        levels.append({"grid": grid, "rmse": _rms(kan.predict(x_test), y_test), "seconds": seconds})
    return {"levels": levels}


def special(
    x: Array, y: Array, x_test: Array, y_test: Array, seed: int, width: Width | None
) -> dict[str, Any]:
    """One fit: error on test rows and what it took."""
    start = time.perf_counter()
    kan = fit_kan(x, y, width=width, population=_CROWD, seed=seed)
    grids = [level.grid for level in kan.history]
    if grids[-1] > _FINEST:
        grid = max(g for g in grids if g <= _FINEST)
        kan = fit_kan(x, y, width=width, grid=grid, population=_CROWD, seed=seed)
    return {
        "seconds": time.perf_counter() - start,
        "rmse": float(np.sqrt(np.mean((kan.predict(x_test) - y_test) ** 2))),
        "parameters": kan.n_parameters,
        "width": str(kan.width),
    }


@limited()
def population(
    x: Array, y: Array, x_test: Array, y_test: Array, count: int, alone: int
) -> dict[str, Any]:
    """The same trainings of [2,1,1] as one population and one by one.

    Args:
        x: Rows to train on.
        y: Their target.
        x_test: Not used.
        y_test: Not used.
        count: Size of the population.
        alone: How many of its members are trained alone; their time is scaled to all.
    """
    rows, target = torch.as_tensor(x), torch.as_tensor((y - y.mean()) / y.std())
    schedule = Schedule(steps=40)
    train(_created([2, 1, 1], 5, range(1), rows), (rows, target), schedule=schedule)  # warm
    start = time.perf_counter()
    train(_created([2, 1, 1], 5, range(count), rows), (rows, target), schedule=schedule)
    together = time.perf_counter() - start
    start = time.perf_counter()
    for seed in range(alone):
        train(_created([2, 1, 1], 5, [seed], rows), (rows, target), schedule=schedule)
    single = (time.perf_counter() - start) * count / alone
    return {"together": together, "single": single, "count": count, "alone": alone}


def normal(
    width: Width, grid: int, rows: int, population: int, steps: int, threads: int
) -> dict[str, Any]:
    """Where a Levenberg-Marquardt step spends its time, against this machine's matrix products.

    Returns:
        ``step``: seconds of a step; ``squares``: of it in ``J^T J`` itself, timed alone on one
        thread; ``dense``: seconds of the same as products of matrices; ``flops``: operations of
        these in a step (2 n P^2 for each member); ``machine`` and ``thread``: flops in a second of
        a float64 product of square matrices, measured here with all threads and with one.
    """
    x, y = _random(width[0], rows, torch.float64)
    kan = _created(width, grid, range(population), x)

    def run(count: int) -> float:
        schedule = Schedule(steps=count, regrid=(), tolerance=0.0)
        start = time.perf_counter()
        with limited(threads):  # as `fit_kan` does
            train(kan, (x, y), schedule=schedule)
        return time.perf_counter() - start

    run(3)
    # The difference of two runs is free of what a training costs once.
    seconds = float(np.median([run(2 * steps) - run(steps) for _ in range(_REPEATS)])) / steps
    with limited():
        thread = _matrix_rate()
        one = kan.members([0])
        seen = trace(one, one.lift(x))
        whole = jacobian(one, seen, torch.ones_like(seen.output))
        columns, edges = whole.columns(), torch.arange(one.shape.edges)[None]
        normal = columns.new_zeros(1, columns.shape[2], columns.shape[2])
        local = Local.of(kan.basis)
        assert local is not None
        squares = population * _typical(lambda: local.add_squares(whole, edges, normal))
        dense = population * _typical(lambda: product(columns.mT, columns))
    return {
        "step": seconds,
        "thread": thread,
        "squares": squares,
        "dense": dense,
        "flops": population * 2.0 * rows * int(kan.parameters[0]) ** 2,
        "machine": _matrix_rate(),
        "parameters": int(kan.parameters[0]),
    }


# A step is timed so many times; one time alone is off by a third now and then.
_REPEATS = 5


def _matrix_rate(size: int = 1536) -> float:
    a = torch.rand(size, size, dtype=torch.float64)
    out = a @ a
    return 2.0 * size**3 / _typical(lambda: torch.mm(a, a, out=out))


def _typical(job: Callable[[], object]) -> float:
    """Median seconds of seven."""
    times = []
    for _ in range(7):
        start = time.perf_counter()
        job()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


@limited()
def rows(count: int, steps: int, where: str = "memory") -> dict[str, float]:
    """A training of [4,2,1] on so many rows: seconds of a step for each row.

    The worker adds the peak memory, rows and all.

    Args:
        count: Number of rows.
        steps: Steps to make.
        where: ``memory``, or the kind of a file that is read again in every pass: ``hdf5`` or
            ``parquet``. Writing it is not timed.
    """
    first = large.memory(1000)
    kan = _created([4, 2, 1], 5, range(1), first[0])
    schedule = Schedule(steps=steps, regrid=(), tolerance=0.0)
    train(kan, first, schedule=schedule)  # warm
    with tempfile.TemporaryDirectory() as folder:
        if where == "memory":
            data: Any = large.memory(count)
        else:
            x, y = large.WRITERS[where](Path(folder) / "rows", count)
            data = from_file(x, y, "cpu").parts.train
        start_time = time.perf_counter()
        train(kan, data, schedule=schedule)
        seconds = time.perf_counter() - start_time
    seen = count if where == "memory" else data.n
    return {"per_row": seconds / steps / seen, "rows": count}


def poisson(seed: int, width: Width, grids: list[int], power: int) -> dict[str, Any]:
    """Poisson's equation on a square with nothing on its boundary, as a physics-informed fit.

    The equation is asked for at random points inside, the boundary at points on it; the mean
    squared error is that of the solution on a fine grid.

    Args:
        seed: Of the points and of the networks.
        width: The widths.
        grids: Grid intervals, one after the other.
        power: The solution is ``sin(pi x) sin(pi y^power)``; 1 or 2.
    """
    start = time.perf_counter()
    kan = fit_equation(_poisson(seed, power), width, grids=grids, seed=seed)
    seconds = time.perf_counter() - start
    line = torch.linspace(-1, 1, 101, dtype=torch.float64)
    x, y = torch.cartesian_prod(line, line).unbind(1)
    truth = (torch.pi * x).sin() * (torch.pi * y**power).sin()
    found = torch.as_tensor(kan.predict(torch.stack([x, y], 1)))
    return {
        "mse": float((found - truth).square().mean()),
        "parameters": kan.n_parameters,
        "seconds": seconds,
    }


def _poisson(seed: int, power: int) -> list[Equation]:
    draw = torch.Generator().manual_seed(seed)
    inside = 2 * torch.rand(900, 2, generator=draw, dtype=torch.float64) - 1
    along = 2 * torch.rand(4, 50, generator=draw, dtype=torch.float64) - 1
    one = torch.ones(50, dtype=torch.float64)
    left, right, low, high = along
    edge = torch.cat(
        [
            torch.stack([-one, left], 1),
            torch.stack([one, right], 1),
            torch.stack([low, -one], 1),
            torch.stack([high, one], 1),
        ]
    )
    x, y = inside.unbind(1)
    if power == 1:
        wanted = -2 * torch.pi**2 * (torch.pi * x).sin() * (torch.pi * y).sin()
    else:
        wave = -(torch.pi**2) * (1 + 4 * y**2) * (torch.pi * y**2).sin()
        wanted = (torch.pi * x).sin() * (wave + 2 * torch.pi * (torch.pi * y**2).cos())

    def source(points: Tensor, jet: Jet) -> Tensor:
        return jet.bend.sum(-1) - wanted

    def nothing(points: Tensor, jet: Jet) -> Tensor:
        return jet.value

    # The Laplacian is larger than the solution by about 2 pi^2; its weight is smaller, squared.
    return [
        Equation(points=inside, residual=source, weight=1 / (2 * torch.pi**2) ** 2),
        Equation(points=edge, residual=nothing),
    ]


def _random(inputs: int, rows: int, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    draw = torch.Generator().manual_seed(0)
    x = 2 * torch.rand(rows, inputs, generator=draw, dtype=dtype) - 1
    return x, torch.sin(3 * x[:, 0])


def _created(width: Width, grid: int, seeds: Any, x: Tensor) -> Kan:
    low, high = -torch.ones_like(x[0]), torch.ones_like(x[0])
    return create(Shape.of(width), basis(), grid, seeds=list(seeds), low=low, high=high)


def hellokan(x: Array, y: Array, x_test: Array, y_test: Array, seed: int) -> dict[str, Any]:
    """From five hidden nodes to a formula: sparse, pruned, fine, read.

    Args:
        x: Rows ``[n, 2]``.
        y: Target ``[n]``.
        x_test: Rows to judge by.
        y_test: Their target.
        seed: Seed of the split and of the network.
    """
    start = time.perf_counter()
    kan = fit_kan(x, y, width=[2, 5, 1], population=2, seed=seed, training=Training(sparse=True))
    law = read_law(kan, x, y)
    seconds = time.perf_counter() - start
    columns = {name: x_test[:, i] for i, name in enumerate(kan.names)}
    return {
        "seconds": seconds,
        "expression": law.expression,
        "rmse": _rms(law.predict(columns), y_test),
        "trained": _rms(kan.predict(x_test), y_test),
    }


@limited()
def edges(x: Array, y: Array) -> dict[str, Any]:
    """A function for every edge of a layer.

    Args:
        x: Its inputs ``[n, in]``.
        y: Values of its edges ``[n, out, in]``.
    """
    clouds = torch.as_tensor(x.T).repeat(y.shape[1], 1), torch.as_tensor(y).flatten(1).T
    fit_edges(clouds[0][:1], clouds[1][:1], catalogue(), keep=1)  # warm: the atoms are compiled
    start = time.perf_counter()
    found = fit_edges(*clouds, catalogue(), keep=1)
    seconds = time.perf_counter() - start
    best = [min(candidates, key=lambda each: each.residual) for candidates in found]
    return {
        "seconds": seconds,
        "unexplained": [each.residual**2 for each in best],
        "names": [each.function.atom.name for each in best],
    }


def _rms(predicted: Array, y: Array) -> float:
    return float(np.sqrt(np.mean((predicted - y) ** 2)))
