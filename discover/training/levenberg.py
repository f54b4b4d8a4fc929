"""Levenberg-Marquardt: damped Gauss-Newton steps, the default.

A KAN is linear in its coefficients edge by edge, so its Jacobian is an outer product of
sensitivities and basis functions, and a step costs one matrix product and one Cholesky
factorisation. Each member has its own damping; a step that is not finite or not better is tried
again with more of it.

Source: K. Levenberg, Quart. Appl. Math. 2 (1944) 164; D. Marquardt, J. SIAM 11 (1963) 431.
"""

from collections.abc import Set
from dataclasses import dataclass

import torch
from torch import Tensor

from discover.kan import Kan
from discover.training.methods import Memory, Method
from discover.training.objective import Objective

# Rejected steps are tried again with ten times the damping, at most so often before the next model.
_TRIES = 4
_MOST = 1e8


@dataclass(frozen=True)
class LevenbergMarquardt(Method):
    """Damped Gauss-Newton steps with acceptance and damping of each member's own.

    Attributes:
        damping: Damping at the start, relative to the diagonal of the normal matrix.
    """

    damping: float = 1e-2

    def start(self, kan: Kan, problem: Objective) -> Memory:
        """The damping of every member."""
        return (kan.vector.new_full((kan.population,), self.damping),)

    def exhausted(self, memory: Memory) -> Set[int]:
        """Members whose damping has become so large that no step is left."""
        return {i for i, damping in enumerate(memory[0].tolist()) if damping >= _MOST}

    def step(
        self, kan: Kan, problem: Objective, old: Tensor, memory: Memory
    ) -> tuple[Kan, Tensor, Memory]:
        """One damped step; rejected ones are tried again with more damping."""
        damping = memory[0].clone()
        model = problem.quadratic(kan)
        scale = model.normal.diagonal(dim1=1, dim2=2)
        floor = 1e-12 * scale.amax(1, keepdim=True).clamp_min(1e-30)
        objective = old.clone()
        todo = torch.arange(kan.population, device=old.device)
        for _ in range(_TRIES):
            damped = model.normal[todo]
            damped.diagonal(dim1=1, dim2=2).add_(damping[todo, None] * scale[todo] + floor[todo])
            factor, failed = torch.linalg.cholesky_ex(damped)
            step = torch.cholesky_solve(-model.gradient[todo][..., None], factor)[..., 0]
            finite = (failed == 0) & step.isfinite().all(1)
            step = torch.where(finite[:, None], step, 0.0)
            trial = _moved(kan.members(todo), model.edges[todo], step)
            value = problem.members(todo).objective(trial)
            better = finite & (value < objective[todo])
            if bool(better.any()):
                won = better.nonzero()[:, 0]
                kan = kan.joined(todo[better], trial.members(won))
            objective[todo] = torch.where(better, value, objective[todo])
            eased, raised = (damping[todo] / 4).clamp_min(1e-12), damping[todo] * 10
            damping[todo] = torch.where(better, eased, raised)
            todo = todo[~better & (damping[todo] < _MOST)]
            if len(todo) == 0:
                break
        return kan, objective, (damping,)


def _moved(kan: Kan, edges: Tensor, step: Tensor) -> Kan:
    """The networks after adding `step` ``[pop, count * basis]`` to the edges at `edges`."""
    if edges.shape[1] == kan.shape.edges:
        return kan.with_vector(kan.vector + step)
    flat = kan.vector.view(kan.population, -1, kan.functions)
    index = edges[..., None].expand(-1, -1, kan.functions)
    return kan.with_vector(flat.scatter_add(1, index, step.view(*index.shape)).flatten(1))
