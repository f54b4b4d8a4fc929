"""A network that obeys an equation, in one call: no table, only points and what must vanish."""

from collections.abc import Sequence

import numpy as np

from discover.basis import basis as basis_of
from discover.dataset import Scaling
from discover.errors import Finding, InputError
from discover.fitting.coarse_to_fine import Level
from discover.fitting.network import FittedKan
from discover.kan import Shape, Width, create, regrid
from discover.physics import Equation, Equations
from discover.threads import limited
from discover.training import Schedule, minimise

_FIRST = Schedule(steps=60)
_FINER = Schedule(steps=40, regrid=(2, 6))


@limited()
def fit_equation(
    equations: Sequence[Equation],
    width: Width,
    *,
    grids: Sequence[int] = (5, 10),
    order: int = 5,
    population: int = 4,
    seed: int = 0,
) -> FittedKan:
    """Train a population to make residuals vanish and give back its best member.

    Args:
        equations: What shall be zero, and where; together their points span the domain.
        width: Widths from the coordinates to the one output.
        grids: Grid intervals, coarse to fine.
        order: Degree of the splines; an equation of second order wants at least 4.
        population: Networks that start from different seeds.
        seed: Seed of the networks.

    Raises:
        InputError: If the points and the widths do not fit.

    Example:
        >>> import torch
        >>> t = torch.linspace(0, 3, 40, dtype=torch.float64)[:, None]
        >>> decay = Equation(points=t, residual=lambda t, u: u.slope[..., 0] + u.value)
        >>> start = Equation(points=t[:1], residual=lambda t, u: u.value - 1)
        >>> kan = fit_equation([decay, start], [1, 1])
        >>> bool(abs(kan.predict(t) - np.exp(-t[:, 0].numpy())).max() < 1e-5)
        True
    """
    problem = Equations(tuple(equations))
    shape = _shape(width, problem)
    points = problem.sample()[0]
    kan = create(
        shape,
        basis_of("bspline", order, "silu"),
        min(grids),
        seeds=[seed * 1000 + i for i in range(population)],
        low=points.amin(0),
        high=points.amax(0),
    )
    history = []
    for number, grid in enumerate(sorted(grids)):
        kan = regrid(kan, points, grid) if number else kan
        fitted = minimise(kan, problem, _FINER if number else _FIRST)
        best = int(fitted.train.argmin())
        history.append(
            Level(
                grid=grid,
                members=population,
                parameters=int(fitted.kan.parameters[best]),
                train=float(fitted.train[best]),
                validation=float("inf"),
            )
        )
        kan = fitted.kan
    d = shape.inputs
    return FittedKan(
        kan=kan.members([best]),
        names=tuple(f"x{i}" for i in range(d)),
        columns=tuple(range(d)),
        scaling=Scaling(x_shift=np.zeros(d), x_scale=np.ones(d), y_shift=0.0, y_scale=1.0),
        classes=False,
        history=tuple(history),
    )


def _shape(width: Width, problem: Equations) -> Shape:
    columns = {e.points.shape[1] for e in problem.equations}
    expected = f"widths from {' or '.join(map(str, sorted(columns)))} coordinates to one output"
    try:
        shape = Shape.of(width)
    except (ValueError, TypeError):
        shape = None
    if shape is None or columns != {shape.inputs} or shape.layers[-1].size != 1:
        finding = Finding(where="width", found=repr(width), expected=expected)
        raise InputError([finding])
    return shape
