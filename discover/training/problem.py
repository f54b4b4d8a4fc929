r"""What a population is trained for: rows, a loss and a penalty, and what a step needs of them.

The objective of each member is

    mean over rows of  weight * loss(f(x), y)  +  penalty * sum over edges of  s_oi / s_o,

the second term being the penalty of `sparsity`, majorised by a quadratic at each step.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import torch
from torch import Tensor

from discover.kan import Kan
from discover.kan.derivatives import trace
from discover.kan.gradient import gradient
from discover.training.losses import Loss, Squares
from discover.training.normal import normal_equations, passed, weighted
from discover.training.objective import Objective, Quadratic
from discover.training.rows import Chunk, Data, Memory
from discover.training.sparsity import activity, majorised, spreads


@dataclass(frozen=True, kw_only=True, eq=False)
class Problem(Objective):
    """One training problem for each member.

    Attributes:
        data: The rows.
        loss: What a row costs.
        penalty: Weight of the sparsity penalty ``[pop]``.
        entropy: Weight of the entropy in that penalty.
    """

    data: Data
    penalty: Tensor
    loss: Loss = field(default_factory=Squares)
    entropy: float = 0.0

    @cached_property
    def sparse(self) -> bool:
        """Whether any member pays for its edges."""
        return bool((self.penalty > 0).any())

    def sample(self) -> Tensor:
        """Some rows of features."""
        return self.data.sample()

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.data.n

    def members(self, index: Tensor) -> "Problem":
        """The problems of these members, in ascending order."""
        if len(index) == len(self.penalty):
            return self
        return replace(self, data=self.data.members(index), penalty=self.penalty[index])

    def _sample(self, kan: Kan) -> Tensor:
        """A sample of the rows, lifted already where all rows are."""
        data = self.data
        if isinstance(data, Memory) and data.lifted is not None:
            return data.lifted[:, :: -(-data.n // data.sample().shape[1])]
        return kan.lift(data.sample())

    def cost(self, kan: Kan) -> Tensor:
        """Mean loss of every member ``[pop]``, without the penalty."""
        total = self.penalty.new_zeros(kan.population)
        for chunk in self.data.chunks(kan, passed(kan)):
            value = self.loss.value(chunk.output(kan), chunk.y)
            total = total + weighted(value, chunk).sum(1)
        return total / self.data.total

    def _known(self, output: Tensor) -> Tensor | None:
        """The cost, where the sample whose output this is are all rows."""
        data = self.data
        if not isinstance(data, Memory) or output.shape[1] != data.n:
            return None
        rows = Chunk(data.x, data.y, data.weight)
        return weighted(self.loss.value(output, data.y), rows).sum(1) / data.total

    def error(self, kan: Kan) -> Tensor:
        """The figure that people read, such as the root mean squared error ``[pop]``."""
        return self.loss.error(self.cost(kan))

    def objective(self, kan: Kan) -> Tensor:
        """What training minimises ``[pop]``; infinite where it has no value."""
        if self.sparse:
            size = spreads(kan, self._sample(kan))
            value = self._known(size.output)
            value = self.cost(kan) if value is None else value
            value = value + self.penalty * activity(kan, size, self.entropy)
        else:
            value = self.cost(kan)
        return torch.where(value.isfinite(), value, torch.inf)

    def slope(self, kan: Kan, batch: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Objective ``[pop]`` and its derivatives by all coefficients ``[pop, P]``.

        Args:
            kan: The population.
            batch: Numbers of the rows to look at; all by default.
        """
        if batch is None:
            chunks, count = self.data.chunks(kan, passed(kan)), self.data.total
        else:
            chunks, count = iter([self.data.batch(kan, batch)]), float(len(batch))
        value = self.penalty.new_zeros(kan.population)
        total: list[Tensor] = []
        for chunk in chunks:
            output, parts = gradient(kan, chunk.lifted(kan), self._pull(chunk))
            value = value + weighted(self.loss.value(output, chunk.y), chunk).sum(1)
            total = parts if not total else [a + b for a, b in zip(total, parts, strict=True)]
        held = (part * layer.free for part, layer in zip(total, kan.layers, strict=True))
        whole = torch.cat([part.flatten(1) for part in held], 1) / count
        if not self.sparse:
            return value / count, whole
        sample = self._sample(kan)
        steepness, _ = majorised(kan, trace(kan, sample), self.entropy)
        size = spreads(kan, sample)
        value = value / count + self.penalty * activity(kan, size, self.entropy)
        return value, whole + self.penalty[:, None] * steepness.flatten(1) * kan.free

    def _pull(self, chunk: Chunk) -> Callable[[Tensor], Tensor]:
        return lambda output: weighted(self.loss.slope(output, chunk.y), chunk)

    def quadratic(self, kan: Kan) -> Quadratic:
        """The Gauss-Newton model on the living edges, accumulated over chunks of rows."""
        pop, m = kan.population, kan.functions
        edges, whole = _living(kan)
        normal, every = normal_equations(kan, self.data, self.loss, None if whole else edges)
        normal /= self.data.total
        index = edges[..., None].expand(-1, -1, m)

        def living(values: Tensor) -> Tensor:
            by_edge = values.view(pop, -1, m)
            return (by_edge if whole else by_edge.gather(1, index)).flatten(1)

        slope = living(every) / self.data.total
        if self.sparse:
            by_edge = slope.view(index.shape)
            blocks = normal.view(pop, -1, m, edges.shape[1], m).diagonal(dim1=1, dim2=3)
            seen = trace(kan, self._sample(kan))
            steepness, bends = majorised(kan, seen, self.entropy)
            by_edge += self.penalty[:, None, None] * steepness.gather(1, index)
            bend = bends.gather(1, index[..., None].expand(-1, -1, -1, m))
            blocks += (self.penalty[:, None, None, None] * bend).permute(0, 2, 3, 1)
        free = living(kan.free)
        if not bool(free.all()):
            slope *= free
            normal *= free[:, :, None]
            normal *= free[:, None, :]
            normal.diagonal(dim1=1, dim2=2).add_(1 - free)
        return Quadratic(normal, slope, edges)


def _living(kan: Kan) -> tuple[Tensor, bool]:
    """Numbers of the living edges ``[pop, count]``, and whether these are all.

    Members with fewer are padded with dead ones, which stay as they are.
    """
    alive = torch.cat([layer.mask.flatten(1) for layer in kan.layers], 1).bool()
    count = int(alive.sum(1).max())
    if count == alive.shape[1]:
        return torch.arange(count, device=alive.device).expand_as(alive), True
    return alive.to(torch.int8).argsort(dim=1, descending=True, stable=True)[:, :count], False
