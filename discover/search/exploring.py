"""The second search, for small networks on the columns that matter, and the way through both."""

from dataclasses import replace

import numpy as np

from discover.config import KanConfig
from discover.dataset import Dataset
from discover.kan import Kan, Shape, regrid
from discover.progress import Event, Listener, silent
from discover.search.columns import columns
from discover.search.diagnosis import climbed, refined, verdict
from discover.search.found import ENOUGH, Found, Network
from discover.search.setting import Setting, asked, shown
from discover.search.table import Table
from discover.search.thinning import EDGE_PRICE, FLOOR, SHORT, criterion, refitted
from discover.training import Schedule, Trainer

# Shapes between the columns and the output, simplest first.
LADDER: tuple[tuple[int | tuple[int, int], ...], ...] = (
    (),
    (1,),
    ((0, 1),),
    (2,),
    ((1, 1),),
    (2, 1),
    ((1, 1), (0, 1)),
    (4, 2),
)
# How many of the simplest shapes are tried where the law is known.
_SKETCHED = 3
# Looking for columns may take this share of the time that a search is given.
_FIRST = 0.5


def explore(
    dataset: Dataset,
    config: KanConfig,
    *,
    seed: int,
    trainer: Trainer | None = None,
    listen: Listener = silent,
) -> Found:
    """Find the columns that matter and the best small networks on them.

    Args:
        dataset: The table; only its training and validation rows are read.
        config: Shapes, grids, penalties and seeds to try.
        seed: Seed of all initial networks.
        trainer: How to train, and until when; what `config` says by default.
        listen: Where progress goes.
    """
    ladder = LADDER if config.hidden == "auto" else config.hidden
    now = Event(stage="train", done=0, total=len(ladder) + 1, message="which columns matter")
    listen(now)
    table, trainer = Table.of(dataset, config.device), trainer or asked(config)
    watch = shown(table, listen, replace(now, message="all columns,"))
    first = trainer.within_share(_FIRST).watched(watch)
    setting = Setting(table=table, config=config, seed=seed, trainer=first, rungs=[])
    kept, attribution = columns(setting)
    said = [f"Columns that carry the target: {', '.join(kept)}."]
    narrowed = Table.of(dataset.select(kept), config.device)
    setting = replace(setting, table=narrowed, trainer=trainer)
    networks, more = _climbed(setting, ladder, listen)
    ranked = sorted(networks, key=lambda n: (n.merit, n.criterion))[: config.keep]
    said += [*more, *verdict(ranked[0], networks)]
    error = min(n.validation for n in networks)
    listen(replace(now, done=now.total, message="", error=error))
    return Found(
        networks=tuple(ranked),
        attribution=attribution,
        kept=kept,
        rungs=tuple(setting.rungs),
        diagnosis=tuple(said),
    )


def sketched(config: KanConfig) -> KanConfig:
    """The settings for a network that only has to show a law that is known: its first shapes.

    Example:
        >>> sketched(KanConfig()).seeds
        1
    """
    ladder = LADDER if config.hidden == "auto" else config.hidden
    return config.model_copy(
        update={"hidden": ladder[:_SKETCHED], "seeds": 1, "keep": 1, "grids": config.grids[:2]}
    )


def _climbed(
    setting: Setting, ladder: tuple[tuple[int | tuple[int, int], ...], ...], listen: Listener
) -> tuple[list[Network], list[str]]:
    """The best network of every shape that was tried, and what was said on the way up."""
    networks: list[Network] = []
    said: list[str] = []
    idle = 0
    for number, hidden in enumerate(ladder):
        widths = [list(w) if isinstance(w, tuple) else w for w in hidden]
        shape = Shape.of([len(setting.table.names), *widths, 1])
        if networks and setting.trainer.late:
            said.append(
                f"The time was up before {shape}: the best network until then was taken. On "
                "another machine it may be another one."
            )
            break
        best = min(networks, key=lambda n: n.criterion, default=None)
        error = min((n.validation for n in networks), default=None)
        now = Event(
            stage="train", done=number + 1, total=len(ladder) + 1, message=str(shape), error=error
        )
        listen(now)
        if networks and not setting.affordable(shape, len(setting.table.train[1])):
            continue
        watch = shown(setting.table, listen, replace(now, message=f"{shape},"))
        network, words = _rung(replace(setting, trainer=setting.trainer.watched(watch)), shape)
        networks.append(network)
        found = [w for w in (climbed(best, network), words) if w]
        for sentence in found:
            listen(replace(now, message=sentence))
        said += [f"{sentence[0].upper()}{sentence[1:]}." for sentence in found]
        before = np.inf if best is None else best.criterion
        idle = 0 if network.criterion < before - 1e-6 else idle + 1
        if min(n.validation for n in networks) < 10 * FLOOR or (number >= 3 and idle >= 2):
            break
        # Larger shapes need an edge for every column and one more: they cannot be simpler.
        most = len(setting.table.names) + 1
        simplest = [n for n in networks if n.validation <= ENOUGH and n.edges <= most]
        if len(simplest) >= setting.config.keep:
            break
    return networks, said


def _rung(setting: Setting, shape: Shape) -> tuple[Network, str]:
    """The best network of one shape, on the grid that its validation error asks for.

    Returns:
        The network, and what was found about its fit, in words; may be empty.
    """
    table, trainer = setting.table, setting.trainer
    rows, unseen = table.few()
    kan, penalty = setting.fresh(shape)
    schedule = Schedule(steps=setting.config.steps)
    sparse = trainer.fit(kan, rows, schedule, penalty=penalty).kan
    fitted, strength = refitted(sparse, penalty, rows, unseen, trainer)
    score = criterion(fitted.validation, fitted.kan.edges)
    best = int(score.argmin())
    told = setting.tried(fitted, best, strength[best], "")
    current = fitted.kan.members(score.argsort(stable=True)[:3])
    lowest = float(fitted.validation[score.argsort(stable=True)[:3]].min())
    words = ""
    for grid in sorted(setting.config.grids)[1:]:
        if trainer.late or _too_many(current, grid, len(rows[1])):
            break
        fitted = trainer.fit(regrid(current, rows[0], grid), rows, SHORT, validation=unseen)
        best = int(criterion(fitted.validation, fitted.kan.edges).argmin())
        # Twice as many parameters must pay as an edge does.
        pays = float(fitted.validation.min()) < lowest * np.exp(-EDGE_PRICE / 2)
        finer = setting.tried(fitted, best, 0.0, "")
        note = refined(told, finer, pays=pays)
        setting.rungs[-1] = told = replace(finer, note=note)
        if not pays:
            words = f"{shape}: {note}" if note.startswith("overfit") else ""
            break
        current, lowest = fitted.kan, float(fitted.validation.min())
    final = trainer.fit(current, table.train, SHORT, validation=table.validation)
    best = int(criterion(final.validation, final.kan.edges).argmin())
    network = Network(
        kan=final.kan.members([best]),
        columns=table.names,
        scaling=table.scaling,
        train=float(final.train[best]),
        validation=float(final.validation[best]),
    )
    return network, words


def _too_many(kan: Kan, grid: int, rows: int) -> bool:
    return int(kan.edges.max()) * kan.basis.size(grid) > rows // 2
