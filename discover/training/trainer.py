"""How all populations of one search are trained: what a row costs, how a step is made, how long.

A search is many trainings, long and short. The :class:`Trainer` holds what they have in common, so
that each of them only says how much work it is.
"""

import math
import time
from dataclasses import dataclass, field, replace

from torch import Tensor

from discover.kan import Kan
from discover.training.adam import Adam
from discover.training.lbfgs import LBFGS
from discover.training.levenberg import LevenbergMarquardt
from discover.training.loop import Fitted, Rows, Schedule, Watch, fit
from discover.training.losses import Loss, Squares
from discover.training.methods import Method
from discover.training.rows import Data

# Steps that do about the work of one of Levenberg-Marquardt's, in which schedules are written.
_STEPS: dict[type[Method], int] = {LBFGS: 5, Adam: 25}


@dataclass(frozen=True, kw_only=True, eq=False)
class Trainer:
    """What all trainings of a search have in common.

    Attributes:
        loss: What a row costs.
        method: How a step is made.
        until: Time (of :func:`time.monotonic`) after which every training ends with its next step.
        watch: Called after each step, as in :func:`fit`.

    Example:
        >>> Trainer(until=0.0).late, Trainer.within(60.0).late, Trainer.within(None).late
        (True, False, False)
    """

    loss: Loss = field(default_factory=Squares)
    method: Method = field(default_factory=LevenbergMarquardt)
    until: float = math.inf
    watch: Watch | None = None

    @classmethod
    def within(cls, seconds: float | None, **others: object) -> "Trainer":
        """A trainer who has so many seconds from now; ``None`` for as many as it takes."""
        until = math.inf if seconds is None else time.monotonic() + seconds
        return cls(until=until, **others)  # type: ignore[arg-type]

    @property
    def late(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() >= self.until

    def watched(self, watch: Watch) -> "Trainer":
        """The same with one more who watches; each of them may end a training."""
        first = self.watch
        if first is None:
            return replace(self, watch=watch)
        return replace(self, watch=lambda *step: any([first(*step), watch(*step)]))

    def within_share(self, share: float) -> "Trainer":
        """The same with only this share of the time that is left."""
        now = time.monotonic()
        return replace(self, until=now + share * (self.until - now))

    def fit(
        self,
        kan: Kan,
        rows: Rows | Data,
        schedule: Schedule,
        *,
        penalty: Tensor | float = 0.0,
        entropy: float = 0.0,
        validation: Rows | Data | None = None,
    ) -> Fitted:
        """Train a population; see :func:`fit`.

        Args:
            kan: Where to start from.
            rows: Training rows.
            schedule: How long, in steps of Levenberg-Marquardt; of other methods as many more as
                do about the same work.
            penalty: Weight of the sparsity penalty.
            entropy: Weight of the entropy in it.
            validation: Rows for early stopping.
        """
        return fit(
            kan,
            rows,
            penalty=penalty,
            entropy=entropy,
            loss=self.loss,
            schedule=self._paced(schedule),
            validation=validation,
            watch=self._look,
        )

    def _look(self, number: int, kan: Kan, objective: Tensor) -> bool:
        asked = self.watch is not None and self.watch(number, kan, objective)
        return bool(asked) or self.late

    def _paced(self, schedule: Schedule) -> Schedule:
        count = _STEPS.get(type(self.method), 1)
        return replace(
            schedule,
            steps=count * schedule.steps,
            patience=count * schedule.patience,
            regrid=tuple(count * step for step in schedule.regrid),
            # Adam's objective is that of a minibatch, or swings: it says nothing about the end.
            tolerance=-math.inf if isinstance(self.method, Adam) else schedule.tolerance,
            method=self.method,
        )
