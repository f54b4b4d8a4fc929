"""Networks that obey an equation: jets and their Jacobian, and equations with known solutions."""

import math

import numpy as np
import pytest
import torch

from discover.basis import basis
from discover.kan import Shape, create, regrid
from discover.physics import Equation, Equations, Jet, jets
from discover.training import Schedule, minimise
from tests.small_kans import network, rows

SHAPES = [[2, 1], [2, 3, 1], [2, [1, 1], 1], [3, [0, 2], 2, 1], [2, [1, 2, 3], 1]]
SMOOTH = basis("bspline", 5, "silu")


def interior(width: list) -> torch.Tensor:
    return rows(width[0], 9) / 2


@pytest.mark.parametrize("width", SHAPES, ids=str)
def test_slopes_and_bends_are_those_of_autograd(width):
    kan = network(width, population=2, family=SMOOTH)
    x = interior(width)
    jet = jets(kan, x)
    np.testing.assert_allclose(jet.value, kan(x), atol=1e-12)
    leaf = x.clone().requires_grad_()
    for member in range(2):
        (slope,) = torch.autograd.grad(kan(leaf)[member].sum(), leaf, create_graph=True)
        np.testing.assert_allclose(jet.slope[member, :, :, 0], slope.detach(), rtol=1e-9, atol=1e-9)
        for column in range(width[0]):
            total = slope[:, column].sum()
            (bend,) = torch.autograd.grad(total, leaf, retain_graph=True)
            np.testing.assert_allclose(
                jet.bend[member, :, column, 0], bend[:, column], rtol=1e-8, atol=1e-8
            )


@pytest.mark.parametrize("width", SHAPES, ids=str)
def test_the_slope_of_an_equation_is_that_of_finite_differences(width):
    kan = network(width, population=2, family=SMOOTH)

    def residual(x: torch.Tensor, jet: Jet) -> torch.Tensor:
        return jet.bend.sum(-1) + jet.slope[..., 0] * jet.value - x[:, 0] + jet.slope[..., 1].sin()

    if width[0] < 2:
        pytest.skip("the equation needs two columns")
    problem = Equations((Equation(points=interior(width), residual=residual, weight=0.7),))
    value, slope = problem.slope(kan)
    np.testing.assert_allclose(value, problem.objective(kan))
    np.testing.assert_allclose(problem.quadratic(kan).gradient, slope, rtol=1e-9)
    direction = torch.randn(kan.vector.shape, generator=torch.Generator().manual_seed(1)).double()
    step = 1e-6
    ahead, behind = (
        problem.objective(kan.with_vector(kan.vector + s * direction)) for s in (step, -step)
    )
    numerical = (ahead - behind) / (2 * step)
    np.testing.assert_allclose((slope * direction).sum(1), numerical, rtol=1e-4)


def test_an_oscillator_swings():
    # u'' = -u, u(0) = 0, u'(0) = 1: the sine.
    t = torch.linspace(0, math.pi, 60, dtype=torch.float64)[:, None]
    start = torch.zeros(1, 1, dtype=torch.float64)
    problem = Equations(
        (
            Equation(points=t, residual=lambda t, u: u.bend[..., 0] + u.value),
            Equation(points=start, residual=lambda t, u: u.value),
            Equation(points=start, residual=lambda t, u: u.slope[..., 0] - 1),
        )
    )
    kan = create(Shape.of([1, 1]), SMOOTH, 10, seeds=[0], low=t[0], high=t[-1])
    fitted = minimise(kan, problem, Schedule(steps=10))
    assert float((fitted.kan(t)[0, :, 0] - t[:, 0].sin()).abs().max()) < 1e-6


@pytest.mark.slow
def test_poisson_is_solved_below_a_mean_square_of_1e_7():
    side = torch.linspace(-1, 1, 33, dtype=torch.float64)
    inside = torch.cartesian_prod(side[1:-1], side[1:-1])
    one = torch.ones_like(side)
    edge = torch.cat([torch.stack(pair, 1) for s in (-one, one) for pair in ((side, s), (s, side))])

    def truth(x: torch.Tensor) -> torch.Tensor:
        return (math.pi * x[:, 0]).sin() * (math.pi * x[:, 1]).sin()

    problem = Equations(
        (
            Equation(
                points=inside,
                residual=lambda x, u: u.bend.sum(-1) / (2 * math.pi**2) + truth(x),
            ),
            Equation(points=edge, residual=lambda x, u: u.value),
        )
    )
    low = -torch.ones(2, dtype=torch.float64)
    kan = create(Shape.of([2, [0, 1], 1]), SMOOTH, 5, seeds=range(4), low=low, high=-low)
    kan = minimise(kan, problem, Schedule(steps=40)).kan
    fitted = minimise(regrid(kan, inside, 10), problem, Schedule(steps=40, regrid=(2, 6)))
    best = fitted.kan.members([int(fitted.train.argmin())])
    x = rows(2, 2000, 5) / 2
    assert float((best(x)[0, :, 0] - truth(x)).square().mean()) < 1e-8
    assert int(best.parameters[0]) < 100
