"""L-BFGS with a strong Wolfe line search, every member of the population with its own.

The last steps and changes of slope model the curvature (the two-loop recursion). The line search
brackets a step that lowers the objective enough and leaves a flat enough slope; it is bisection,
which always ends, and all members that still search are evaluated together.

Source: J. Nocedal, Math. Comput. 35 (1980) 773; conditions as in Nocedal and Wright, Numerical
Optimization (2006), section 3.1.
"""

from collections.abc import Set
from dataclasses import dataclass

import torch
from torch import Tensor

from discover.kan import Kan
from discover.training.methods import Memory, Method
from discover.training.objective import Objective

# Wolfe's constants: how much of the promised decrease is enough, how flat the slope must be.
_DECREASE, _FLAT = 1e-4, 0.9
_EVALUATIONS = 20


@dataclass(frozen=True)
class LBFGS(Method):
    """Quasi-Newton steps from gradients alone.

    Attributes:
        history: Number of past steps that are remembered.
    """

    history: int = 10

    def start(self, kan: Kan, problem: Objective) -> Memory:
        """No steps yet, and the slope where the population stands."""
        _, slope = problem.slope(kan)
        empty = slope.new_zeros(kan.population, self.history, slope.shape[1])
        return empty, empty.clone(), slope, slope.new_zeros(kan.population)

    def moved(self, memory: Memory) -> Memory:
        """Past steps say nothing about other ranges; the slope is taken again."""
        steps, changes, slope, _ = memory
        return (
            torch.zeros_like(steps),
            torch.zeros_like(changes),
            slope * torch.nan,
            slope[:, 0] * 0,
        )

    def exhausted(self, memory: Memory) -> Set[int]:
        """Members for which a search along their steepest slope found nothing lower."""
        return {i for i, failures in enumerate(memory[3].tolist()) if failures > 1}

    def step(
        self, kan: Kan, problem: Objective, old: Tensor, memory: Memory
    ) -> tuple[Kan, Tensor, Memory]:
        """One quasi-Newton step; a member whose search fails forgets its past."""
        steps, changes, slope, failures = memory
        if bool(slope.isnan().any()):
            slope = problem.slope(kan)[1]
        direction = -_two_loops(slope, steps, changes)
        uphill = (direction * slope).sum(1) >= 0
        direction = torch.where(uphill[:, None], -slope, direction)
        fresh = (steps == 0).all(2).all(1) | uphill
        length = slope.norm(dim=1).clamp_min(1e-300)
        first = torch.where(fresh, (1 / length).clamp_max(1.0), 1.0)
        at, value, new = _searched(kan, problem, (old, slope), direction, first)
        better = (value < old) & new.isfinite().all(1)
        move = torch.where(better[:, None], at[:, None] * direction, 0.0)
        change = torch.where(better[:, None], new - slope, 0.0)
        kept = better & ((move * change).sum(1) > 1e-14 * change.square().sum(1))
        steps = _pushed(steps, move, kept, better)
        changes = _pushed(changes, change, kept, better)
        # A failure along the steepest slope is final; any other asks for that slope first.
        failures = torch.where(better, 0.0, failures + torch.where(fresh, 2.0, 1.0))
        moved = kan.with_vector(kan.vector + move)
        slope = torch.where(better[:, None], new, slope)
        return moved, torch.where(better, value, old), (steps, changes, slope, failures)


def _pushed(past: Tensor, new: Tensor, kept: Tensor, better: Tensor) -> Tensor:
    pushed = torch.where(kept[:, None, None], torch.cat([past[:, 1:], new[:, None]], 1), past)
    return torch.where(better[:, None, None], pushed, 0.0)


def _two_loops(slope: Tensor, steps: Tensor, changes: Tensor) -> Tensor:
    """The inverse Hessian's estimate times the slope ``[pop, P]``."""
    product = (steps * changes).sum(2)
    rho = torch.where(product > 0, 1 / product.clamp_min(1e-300), 0.0)
    q, alpha = slope, []
    for i in reversed(range(steps.shape[1])):
        a = rho[:, i] * (steps[:, i] * q).sum(1)
        q = q - a[:, None] * changes[:, i]
        alpha.append(a)
    last = changes[:, -1].square().sum(1)
    scale = torch.where(last > 0, product[:, -1] / last.clamp_min(1e-300), 1.0)
    q = q * scale[:, None]
    for i, a in zip(range(steps.shape[1]), reversed(alpha), strict=True):
        b = rho[:, i] * (changes[:, i] * q).sum(1)
        q = q + (a - b)[:, None] * steps[:, i]
    return q


def _searched(
    kan: Kan, problem: Objective, now: tuple[Tensor, Tensor], direction: Tensor, first: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Step lengths ``[pop]`` that meet Wolfe's conditions, objectives and slopes there.

    A member for which none was found has the best one that it saw, or its old objective.
    """
    old, slope = now
    start = (direction * slope).sum(1)
    low, high = torch.zeros_like(first), torch.full_like(first, torch.inf)
    length, best, value, gradient = (
        first.clone(),
        torch.zeros_like(first),
        old.clone(),
        slope.clone(),
    )
    todo = torch.arange(kan.population, device=first.device)
    for _ in range(_EVALUATIONS):
        at = length[todo]
        moved = kan.members(todo)
        moved = moved.with_vector(moved.vector + at[:, None] * direction[todo])
        here, there = problem.members(todo).slope(moved)
        rise = (there * direction[todo]).sum(1)
        finite = here.isfinite() & there.isfinite().all(1)
        enough = finite & (here <= old[todo] + _DECREASE * at * start[todo])
        flat = enough & (rise.abs() <= -_FLAT * start[todo])
        lower = enough & (here < value[todo])
        won = todo[lower]
        best[won], value[won], gradient[won] = at[lower], here[lower], there[lower]
        short = enough & (rise < 0)
        low[todo] = torch.where(short, at, low[todo])
        high[todo] = torch.where(short, high[todo], at)
        middle = torch.where(high.isinf(), 2 * length, 0.5 * (low + high))
        length[todo] = middle[todo]
        todo = todo[~flat]
        if len(todo) == 0:
            break
    return best, value, gradient
