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
        damping, objective, vector = memory[0], old, kan.vector
        model = problem.quadratic(kan)
        scale = model.normal.diagonal(dim1=1, dim2=2)
        floor = 1e-12 * scale.amax(1, keepdim=True).clamp_min(1e-30)
        todo = torch.arange(kan.population, device=old.device)
        for _ in range(_TRIES):
            mine, before, here = (_of(a, todo) for a in (damping, objective, vector))
            damped = model.normal[todo]  # always a copy, for it is changed
            damped.diagonal(dim1=1, dim2=2).add_(
                mine[:, None] * _of(scale, todo) + _of(floor, todo)
            )
            factor, failed = torch.linalg.cholesky_ex(damped)
            slope = _of(model.gradient, todo)
            step = torch.cholesky_solve(-slope[..., None], factor)[..., 0]
            finite = (failed == 0) & step.isfinite().all(1)
            step = torch.where(finite[:, None], step, 0.0)
            there = _moved(here, _of(model.edges, todo), step, kan.functions)
            value = problem.members(todo).objective(kan.members(todo).with_vector(there))
            better = finite & (value < before)
            vector = _put(vector, todo, torch.where(better[:, None], there, here))
            objective = _put(objective, todo, torch.where(better, value, before))
            mine = torch.where(better, (mine / 4).clamp_min(1e-12), mine * 10)
            damping = _put(damping, todo, mine)
            todo = todo[~better & (mine < _MOST)]
            if len(todo) == 0:
                break
        return kan.with_vector(vector), objective, (damping,)


def _of(values: Tensor, members: Tensor) -> Tensor:
    """Those of some members, in ascending order."""
    return values if len(members) == len(values) else values[members]


def _put(values: Tensor, members: Tensor, new: Tensor) -> Tensor:
    """All values, those of some members new."""
    return new if len(members) == len(values) else values.index_copy(0, members, new)


def _moved(vector: Tensor, edges: Tensor, step: Tensor, functions: int) -> Tensor:
    """Coefficients ``[pop, P]`` after adding `step` ``[pop, count * basis]`` to some edges."""
    if step.shape == vector.shape:
        return vector + step
    flat = vector.view(len(vector), -1, functions)
    index = edges[..., None].expand(-1, -1, functions)
    return flat.scatter_add(1, index, step.view(index.shape)).flatten(1)
