"""What both searches work with: rows, settings, the trainer, and the list of what was tried."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from discover.attribution import connected
from discover.basis import basis
from discover.config import KanConfig
from discover.graph import prune
from discover.kan import Kan, Shape, create
from discover.progress import Event
from discover.search.found import Rung
from discover.search.table import Table
from discover.training import (
    LBFGS,
    Adam,
    Fitted,
    Huber,
    LevenbergMarquardt,
    Loss,
    Method,
    Squares,
    Trainer,
    Watch,
)

# Rows of a minibatch: as many as make its slope about as sure as a step of this size needs it.
_BATCH = 256
_METHODS: dict[str, Callable[[], Method]] = {
    "lm": LevenbergMarquardt,
    "lbfgs": LBFGS,
    "adam": lambda: Adam(batch=_BATCH),
}
_LOSSES: dict[str, Callable[[], Loss]] = {"squares": Squares, "huber": Huber}


def asked(config: KanConfig) -> Trainer:
    """The trainer that a recipe asks for; its time begins now."""
    method, loss = _METHODS[config.method](), _LOSSES[config.loss]()
    return Trainer.within(config.time_budget, method=method, loss=loss)


@dataclass(frozen=True, kw_only=True, eq=False)
class Setting:
    """What a search has at hand.

    Attributes:
        table: The rows.
        config: Shapes, grids, penalties and seeds to try.
        seed: Seed of all initial networks.
        trainer: How to train.
        rungs: All that was tried so far.
    """

    table: Table
    config: KanConfig
    seed: int
    trainer: Trainer
    rungs: list[Rung]

    def affordable(self, shape: Shape, rows: int) -> bool:
        """Whether so many rows determine a network of this shape at its coarsest grid."""
        family = basis(self.config.basis, self.config.order, self.config.base)
        return shape.edges * family.size(min(self.config.grids)) <= rows

    def fresh(self, shape: Shape) -> tuple[Kan, Tensor]:
        """A population of seeds x penalties, and the penalty of each member."""
        x, config = self.table.train[0], self.config
        seeds = [self.seed * 1000 + s for s in range(config.seeds) for _ in config.penalties]
        kan = create(
            shape,
            basis(config.basis, config.order, config.base),
            min(config.grids),
            seeds=seeds,
            low=x.amin(0),
            high=x.amax(0),
        )
        return kan, x.new_tensor(config.penalties).repeat(config.seeds)

    def tried(self, fitted: Fitted, best: int, penalty: Tensor | float, note: str) -> Rung:
        """The best member of a population, put down as a line of the report."""
        kan = fitted.kan
        used = kan.layers[0].mask[best].amax(0) > 0
        names = self.table.names
        rung = Rung(
            shape=str(kan.shape),
            grid=kan.grid,
            penalty=float(penalty),
            columns=tuple(n for n, on in zip(names, used.tolist(), strict=True) if on),
            edges=int(kan.edges[best]),
            train=float(fitted.train[best]),
            validation=float(fitted.validation[best]),
            note=note,
        )
        self.rungs.append(rung)
        return rung


def shown(table: Table, tell: Callable[[Event], None], event: Event) -> Watch:
    """A watch that tells of every step, with the member whose objective is lowest as a graph.

    Args:
        table: The rows that the networks read.
        tell: The listener.
        event: What is going on; its message is completed.
    """

    def watch(number: int, kan: Kan, objective: Tensor) -> None:
        best = [int(objective.argmin())]
        tell(
            Event(
                stage=event.stage,
                done=event.done,
                total=event.total,
                message=f"{event.message} grid {kan.grid}, step {number}",
                error=event.error,
                graph=lambda: prune(connected(kan.members(best)), table.scaling, table.names),
            )
        )

    return watch
