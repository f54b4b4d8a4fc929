"""The loop around a method: ranges, early stopping, members that are done, members that fail.

Members have their own acceptance and end, and those that are done cost nothing. A step that is
not finite is never taken; a member that never had a finite objective is reported as retired.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import torch
from torch import Tensor

from discover.kan import Kan, regrid
from discover.training.levenberg import LevenbergMarquardt
from discover.training.losses import Loss, Squares
from discover.training.methods import Memory as Remembered
from discover.training.methods import Method
from discover.training.objective import Objective
from discover.training.problem import Problem
from discover.training.rows import Data, Memory

Rows = tuple[Tensor, Tensor]
Watch = Callable[[int, Kan, Tensor], bool | None]
# An objective below this is rounding.
_ZERO = 1e-31
# A validation error is better in earnest below this share of what it was.
_BETTER = 0.99
# Bytes, a little below the most that glibc's allocator learns from.
_KEPT = (1 << 25) - (1 << 16)


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """How long and how to train.

    Attributes:
        steps: Most steps.
        regrid: Steps before which hidden ranges are taken from the data again.
        tolerance: A member is done when three steps in a row lower its objective by less than
            this share.
        patience: With validation rows, a member is done when so many steps have not lowered its
            validation error by a hundredth.
        method: How a step is made.
    """

    steps: int = 60
    regrid: tuple[int, ...] = (1, 2, 4, 7, 11, 16, 22, 30, 40)
    tolerance: float = 1e-5
    patience: int = 20
    method: Method = field(default_factory=LevenbergMarquardt)


@dataclass(frozen=True, kw_only=True, eq=False)
class Fitted:
    """A trained population.

    Attributes:
        kan: The networks.
        train: Error on the training rows ``[pop]``: for squares the root mean squared error in
            units of `y`, else the mean loss.
        validation: The same on the validation rows, infinite where none were given.
        retired: Members that never had a finite loss ``[pop]``.
        history: Objective after each step, averaged over the living members.
    """

    kan: Kan
    train: Tensor
    validation: Tensor
    retired: Tensor
    history: tuple[float, ...]


def _data(kan: Kan, rows: Rows | Data) -> Data:
    return rows.seen_by(kan) if isinstance(rows, Data) else Memory.of(kan, *rows)


def errors(kan: Kan, x: Tensor, y: Tensor, loss: Loss | None = None) -> Tensor:
    """Error of every member ``[pop]``, over chunks of rows.

    Args:
        kan: The networks.
        x: Rows ``[n, d]`` or ``[pop, n, d]``.
        y: Targets ``[n]`` or ``[pop, n]``; with several outputs ``[n, outputs]``.
        loss: What a row costs; half the squared error by default, which gives the root mean
            squared error.
    """
    data = Memory.of(kan, x, y)
    none = data.y.new_zeros(kan.population)
    return Problem(data=data, penalty=none, loss=loss or Squares()).error(kan)


def fit(
    kan: Kan,
    rows: Rows | Data,
    *,
    penalty: Tensor | float = 0.0,
    entropy: float = 0.0,
    loss: Loss | None = None,
    schedule: Schedule | None = None,
    validation: Rows | Data | None = None,
    watch: Watch | None = None,
) -> Fitted:
    """Train every member of a population on its rows.

    Args:
        kan: Where to start from.
        rows: Features ``[n, d]`` and targets ``[n]`` (or ``[pop, n]``: each member its own),
            scaled to spread about one; or :class:`Data`, for weights or rows of a file.
        penalty: Weight of the sparsity penalty, one for all or ``[pop]``.
        entropy: Weight of the edges' entropy in that penalty.
        loss: What a row costs; half the squared error by default.
        schedule: How long and how to train; the default is right for most tables.
        validation: Rows of the same kind; where given, each member ends with the networks it had
            when its validation error was lowest (early stopping).
        watch: Called after each step with its number, the members that still train, and their
            objectives; the training ends if it says so by a true answer.

    Returns:
        The trained population; no coefficient in it is NaN.

    Example:
        >>> from discover.basis import basis
        >>> from discover.kan import Shape, create
        >>> x = torch.linspace(-1, 1, 200, dtype=torch.float64)[:, None]
        >>> kan = create(Shape.of([1, 1]), basis(), 8, seeds=[0], low=x[0], high=x[-1])
        >>> bool(fit(kan, (x, (3 * x[:, 0]).sin())).train < 1e-3)
        True
    """
    schedule = schedule or Schedule()
    like = kan.layers[0].coef
    weights = torch.as_tensor(penalty, dtype=like.dtype, device=like.device).expand(kan.population)
    loss = loss or Squares()
    problem = Problem(data=_data(kan, rows), penalty=weights, loss=loss, entropy=entropy)
    best = None if validation is None else _Best.of(kan, _data(kan, validation), problem)
    kan, retired, history = _trained(kan, problem, schedule, best, watch)
    final = kan if best is None else best.kan
    return Fitted(
        kan=final,
        train=problem.error(final),
        validation=torch.full_like(weights, torch.inf) if best is None else best.error,
        retired=retired,
        history=history,
    )


def minimise(
    kan: Kan, problem: Objective, schedule: Schedule, watch: Watch | None = None
) -> Fitted:
    """Train every member for any objective, such as an equation that its function shall obey.

    Args:
        kan: Where to start from.
        problem: What is to be made small.
        schedule: How long and how to train.
        watch: Called after each step, as in :func:`fit`.
    """
    kan, retired, history = _trained(kan, problem, schedule, None, watch)
    error = problem.error(kan)
    unknown = torch.full_like(error, torch.inf)
    return Fitted(kan=kan, train=error, validation=unknown, retired=retired, history=history)


@dataclass(eq=False)
class _Best:
    """The networks that each member had when its validation error was lowest.

    Attributes:
        kan: The networks.
        error: Their errors ``[pop]``.
        mark: The errors when they were last better in earnest ``[pop]``.
        idle: Looks since then ``[pop]``.
        problem: The validation rows.
    """

    kan: Kan
    error: Tensor
    mark: Tensor
    idle: Tensor
    problem: Problem

    @classmethod
    def of(cls, kan: Kan, data: Data, problem: Problem) -> "_Best":
        none = torch.zeros_like(problem.penalty)
        unseen = Problem(data=data, penalty=none, loss=problem.loss)
        unknown = torch.full_like(problem.penalty, torch.inf)
        return cls(kan, unknown, unknown.clone(), torch.zeros_like(unknown), unseen)

    def look(self, part: Kan, active: Tensor) -> None:
        """Keep what is better than before."""
        score = self.problem.members(active).error(part)
        better = score < self.error[active]
        won = better.nonzero()[:, 0]
        earnest = active[score < _BETTER * self.mark[active]]
        self.idle[active] += 1
        self.idle[earnest] = 0
        if len(won):
            self.kan = self.kan.joined(active[won], part.members(won))
            self.error[active[won]] = score[won]
        self.mark[earnest] = self.error[earnest]


@cache
def _settle() -> None:
    """Have the allocator keep the memory that tensors of one step leave to those of the next.

    The allocator of glibc gives large blocks back to the system at once and fetches them anew, a
    page fault for every 4 KiB, until it has seen a block of this size freed (`mallopt`, section on
    the dynamic threshold). A quarter of the time of a population goes there. The block itself is
    never touched, so it takes no memory; other systems do not notice.
    """
    torch.empty(_KEPT, dtype=torch.uint8)


def _trained(
    kan: Kan, problem: Objective, schedule: Schedule, best: _Best | None, watch: Watch | None
) -> tuple[Kan, Tensor, tuple[float, ...]]:
    """The population after the last step, its retired members, and the way of the objective."""
    _settle()
    method = schedule.method
    objective = problem.objective(kan)
    retired = ~objective.isfinite()
    active = (~retired).nonzero()[:, 0]
    part, mine, value = kan.members(active), problem.members(active), objective[active]
    before, calm = value.tolist(), [0] * len(active)
    memory = method.start(part, mine)
    history: list[float] = []
    last = max(schedule.regrid, default=0) if len(kan.layers) > 1 else 0
    for number in range(schedule.steps):
        if len(active) == 0:
            break
        if len(kan.layers) > 1 and number in schedule.regrid:
            part, value = _reranged(part, mine, value)
            memory, before = method.moved(memory), value.tolist()
        part, value, memory = method.step(part, mine, value, memory)
        if best is not None:
            best.look(part, active)
        now = value.tolist()
        history.append(sum(now) / len(now))
        if watch is not None and watch(number + 1, part, value):
            break
        calm = [
            days + 1 if old - new < schedule.tolerance * old else 0
            for days, old, new in zip(calm, before, now, strict=True)
        ]
        spent = set(method.exhausted(memory))
        if best is not None:
            waited = best.idle[active].tolist()
            spent |= {i for i, looks in enumerate(waited) if looks >= schedule.patience}
        stay = [
            i
            for i, (days, new) in enumerate(zip(calm, now, strict=True))
            if not (days >= 3 and number >= last) and new >= _ZERO and i not in spent
        ]
        if len(stay) < len(active):
            kan = kan.joined(active, part)
            index = torch.tensor(stay, dtype=torch.int64, device=active.device)
            active, value, memory = active[index], value[index], _taken(memory, index)
            part, mine = part.members(index), mine.members(index)
            now, calm = [now[i] for i in stay], [calm[i] for i in stay]
        before = now
    return kan.joined(active, part), retired, tuple(history)


def _reranged(kan: Kan, problem: Objective, old: Tensor) -> tuple[Kan, Tensor]:
    """Hidden ranges taken from the data again, where that leaves a finite objective."""
    moved = regrid(kan, problem.sample())
    value = problem.objective(moved)
    finite = value.isfinite()
    return moved.chosen(finite, kan), torch.where(finite, value, old)


def _taken(memory: Remembered, index: Tensor) -> Remembered:
    return tuple(tensor[index] for tensor in memory)
