"""Adam: cheap steps along a running mean of the slope, on all rows or on minibatches.

For losses and tables for which a second-order step is too dear. The rows of a minibatch follow
from the method's seed and the number of the step alone.

Source: D. Kingma, J. Ba, arXiv 1412.6980, algorithm 1.
"""

from dataclasses import dataclass
from math import isfinite

import torch
from torch import Tensor

from discover.kan import Kan
from discover.training.methods import Memory, Method
from discover.training.objective import Objective

_FIRST, _SECOND, _SMALL = 0.9, 0.999, 1e-12


@dataclass(frozen=True)
class Adam(Method):
    """Steps of about equal size for every coefficient.

    Attributes:
        rate: Size of a step, in units of the scaled target.
        batch: Rows of a minibatch; ``None`` for all rows.
        seed: Seed of the minibatches.
    """

    rate: float = 1e-2
    batch: int | None = None
    seed: int = 0

    def start(self, kan: Kan, problem: Objective) -> Memory:
        """Both moments at zero, and no step made."""
        zero = torch.zeros_like(kan.vector)
        return zero, zero.clone(), zero[:, 0].clone()

    def step(
        self, kan: Kan, problem: Objective, old: Tensor, memory: Memory
    ) -> tuple[Kan, Tensor, Memory]:
        """One step; the objective that is returned is that before it, on the rows looked at."""
        mean, square, count = memory
        number = int(count[0])
        value, slope = problem.slope(kan, self._rows(problem, number))
        if not isfinite(float(value.sum() + slope.sum())):
            finite = (value + slope.sum(1)).isfinite()
            slope = torch.where(finite[:, None], slope, 0.0)
            value = torch.where(finite, value, old)
        mean = torch.lerp(mean, slope, 1 - _FIRST)
        square = torch.addcmul(_SECOND * square, slope, slope, value=1 - _SECOND)
        size = (square / (1 - _SECOND ** (number + 1))).sqrt_().add_(_SMALL)
        rate = self.rate / (1 - _FIRST ** (number + 1))
        moved = kan.with_vector(torch.addcdiv(kan.vector, mean, size, value=-rate))
        return moved, value, (mean, square, count + 1)

    def _rows(self, problem: Objective, number: int) -> Tensor | None:
        n = problem.rows
        if self.batch is None or self.batch >= n:
            return None
        draw = torch.Generator().manual_seed(self.seed * 1_000_003 + number)
        rows = torch.randint(n, (self.batch,), generator=draw)
        return rows.to(problem.sample().device)
