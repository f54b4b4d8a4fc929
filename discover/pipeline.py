"""The stages of a table with a target, in a row, and what the report needs of each.

Every stage is a function of what came before; its result is kept under a hash of all that it
depends on, so that a run which was stopped goes on at the first unfinished stage. Nothing is
computed here.
"""

from dataclasses import dataclass, replace
from functools import partial

import networkx as nx
import numpy as np

from discover import assignment, boundary, functions
from discover.accuracy import Levels
from discover.assignment import Assigned, assign, expression
from discover.cautions import cautions
from discover.config import EdgeConfig, Recipe
from discover.control import control
from discover.dataset import Dataset, Part
from discover.graph import prune
from discover.groups import preferred
from discover.hypothesis import test as tested
from discover.law import Claim, Law
from discover.ledger import ledger
from discover.progress import Event, Listener, silent
from discover.record import Hypothesis, Null, Run, TableCard
from discover.refit import Sample, intervals
from discover.roads import Early, Searched, early, searched
from discover.score import rounding
from discover.search import Found, Network, explore, sketched
from discover.selection import Front, compete
from discover.stages import Stages, digest, hashed
from discover.store import Cache, NoCache

# Raised when a stage computes something else than before, so that old results are not taken.
VERSION = 7
_ROWS = 1500
# Candidates of each edge of a network that only shows a law that is known.
_SKETCHED = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class Assignments:
    """The graphs of the best networks, every edge with its formula."""

    graphs: tuple[Assigned, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Verdict:
    """The recommended law under test.

    Attributes:
        laws: The front, constants with intervals.
        null: The control on shuffled targets.
        hypotheses: The user's own laws.
    """

    laws: tuple[Law, ...]
    null: Null | None
    hypotheses: tuple[Hypothesis, ...]


def run(
    recipe: Recipe, dataset: Dataset, *, cache: Cache | None = None, listen: Listener = silent
) -> Run:
    """Find the laws of one table.

    Args:
        recipe: What to do; checked against the table before.
        dataset: The table.
        cache: Where finished stages are kept; nowhere by default.
        listen: Called with the progress.
    """
    stages = Stages(cache or NoCache(), listen, _fingerprint(recipe, dataset))
    levels = None if recipe.task == "regression" else Levels.of(dataset.part("train")[1])

    assigned = None
    if claim(recipe) == "zero":
        found = _trained(stages, dataset, recipe, listen)
        narrowed = dataset.select(found.kept)
        network, front = _parted(stages, found, narrowed, recipe, levels, listen)
    else:
        known = stages.result(
            "propose",
            Early,
            lambda: early(dataset, recipe, levels, listen),
            [
                recipe.law.constants,
                recipe.law.max_complexity,
                [v.unit for v in (*dataset.features, dataset.target)],
            ],
        )
        found = _trained(stages, dataset, recipe, listen, known)
        needed = {*found.kept, *known.needed(_missed(found.networks[0], dataset.evened()))}
        narrowed = dataset.select([name for name in dataset.names if name in needed])
        network = found.networks[0]
        assigned, front = _valued(stages, known, found, narrowed, recipe, levels, listen)
    verdict = stages.result(
        "validate",
        Verdict,
        lambda: _verdict(front, network, dataset, recipe, levels, listen),
        [recipe.validation, recipe.hypotheses],
    )
    law = verdict.laws[front.selected]
    graphs = {"trained": _graph(network)}
    if assigned is not None:
        graphs["symbolic"] = assigned.graph
    return Run(
        recipe=recipe,
        table=TableCard.of(dataset),
        network=network,
        graph=list(graphs.values())[-1],
        choices=() if assigned is None else assigned.choices,
        rungs=found.rungs,
        diagnosis=found.diagnosis,
        attribution=dict.fromkeys(dataset.names, 0.0) | dict(found.attribution),
        kept=narrowed.names,
        stages=ledger(graphs, law, narrowed, levels),
        laws=verdict.laws,
        selected=front.selected,
        rounding=rounding(law, law.predict(narrowed.columns("train")), narrowed, levels),
        hypotheses=verdict.hypotheses,
        null=verdict.null,
        cautions=cautions(law, dataset),
        durations=stages.durations,
    )


def claim(recipe: Recipe) -> Claim:
    """What the laws of a recipe say: the target's value, or where its two classes part."""
    return "zero" if recipe.task == "classification" else "value"


def _fingerprint(recipe: Recipe, dataset: Dataset) -> str:
    split = dataset.split
    arrays = [dataset.x, dataset.y, split.train, split.validation, split.test]
    if dataset.weights is not None:
        arrays.append(dataset.weights)
    names = [*dataset.names, dataset.target.name]
    return hashed(VERSION, digest(arrays), names, recipe.seed)


def _trained(
    stages: Stages, dataset: Dataset, recipe: Recipe, listen: Listener, known: Early | None = None
) -> Found:
    """The networks; where the law is known a small one on its columns, to show it."""
    settings = recipe.kan
    if known is not None and known.settled:
        dataset, settings = dataset.select(known.columns), sketched(recipe.kan)
    return stages.result(
        "train",
        Found,
        lambda: explore(dataset.evened(), settings, seed=recipe.seed, listen=listen),
        recipe.kan,
    )


def _missed(network: Network, dataset: Dataset) -> float:
    """What a network misses on validation rows, over the target's size there."""
    y = dataset.part("validation")[1]
    return network.validation * network.scaling.y_scale / float(np.sqrt(np.mean(y**2)))


def _valued(
    stages: Stages,
    known: Early,
    found: Found,
    dataset: Dataset,
    recipe: Recipe,
    levels: Levels | None,
    listen: Listener,
) -> tuple[Assigned, Front]:
    """Laws for the target's value: from the networks' graphs and from other roads."""
    settings = recipe.edges
    if known.settled:
        few = min(settings.candidates, _SKETCHED)
        settings = settings.model_copy(update={"candidates": few})
    assigned = stages.result(
        "edges",
        Assignments,
        lambda: _assigned(found, dataset.evened(), settings, listen),
        recipe.edges,
    )
    proposals, within = known.proposals, known.homogeneous
    if not known.settled:
        more = stages.result(
            "refine",
            Searched,
            lambda: searched(known, dataset, recipe, levels, listen),
            recipe.law,
        )
        proposals, within = more.proposals, more.homogeneous
    graphs = [("graph", expression(a.graph)) for a in assigned.graphs]
    others = [(each.origin, each.expr) for each in proposals.laws]
    front = stages.result(
        "laws",
        Front,
        lambda: preferred(
            compete(
                [*graphs, *others],
                dataset,
                max_complexity=recipe.law.max_complexity,
                # Beside a law that leaves nothing to find, that of a network is only shown.
                shorten=not (known.settled and within and not others),
                levels=levels,
                listen=listen,
            ),
            within,
            dataset,
            recipe.law,
        ),
        recipe.task,
    )
    return assigned.graphs[0], front


def _parted(
    stages: Stages,
    found: Found,
    dataset: Dataset,
    recipe: Recipe,
    levels: Levels | None,
    listen: Listener,
) -> tuple[Network, Front]:
    """Laws for the boundary of two classes: relations that hold where a network draws it."""
    assert levels is not None
    network = stages.result(
        "boundary", Network, lambda: boundary.margin(found.networks, dataset), recipe.task
    )
    front = stages.result(
        "laws",
        Front,
        lambda: boundary.compete(
            boundary.candidates(network, dataset),
            dataset,
            max_complexity=recipe.law.max_complexity,
            levels=levels,
            listen=listen,
        ),
        recipe.law,
    )
    return network, front


def _assigned(
    found: Found, dataset: Dataset, settings: EdgeConfig, listen: Listener
) -> Assignments:
    """Every kept network as a graph of atoms, the best one first."""
    atoms = functions.catalogue(settings.functions)

    def sample(part: Part) -> assignment.Sample:
        return assignment.Sample.of(dataset.columns(part), dataset.part(part)[1], _ROWS)

    train, unseen = sample("train"), sample("validation")
    graphs: list[Assigned] = []
    for number, network in enumerate(found.networks):
        now = Event(
            stage="edges",
            done=number,
            total=len(found.networks),
            message=str(network.kan.shape),
            error=network.validation,
            graph=partial(_graph, network),
        )
        listen(now)
        made = assign(_graph(network), train, unseen, atoms, keep=settings.candidates)
        graphs.append(made)
        listen(
            replace(
                now,
                message=f"{network.kan.shape}, functions chosen",
                error=made.validation,
                graph=partial(getattr, made, "graph"),
            )
        )
    return Assignments(graphs=tuple(graphs))


def _graph(network: Network) -> nx.DiGraph:
    return prune(network.kan, network.scaling, network.columns)


def _verdict(
    front: Front,
    network: Network,
    dataset: Dataset,
    recipe: Recipe,
    levels: Levels | None,
    listen: Listener,
) -> Verdict:
    settings = recipe.validation
    train = Sample.of(dataset, "train")
    laws = tuple(intervals(law, train, settings.level) for law in front.laws)
    listen(Event(stage="validate", done=1, total=3, message="hypotheses"))
    hypotheses = tuple(
        tested(
            name,
            stated.expression,
            dataset,
            source=stated.source,
            level=settings.level,
            levels=levels,
            claim=claim(recipe),
        )
        for name, stated in recipe.hypotheses.items()
    )
    listen(Event(stage="validate", done=2, total=3, message="shuffled targets"))
    null = None
    if settings.null:
        null = control(
            laws[front.selected], network, dataset, repeats=settings.null, seed=recipe.seed
        )
    return Verdict(laws=laws, null=null, hypotheses=hypotheses)
