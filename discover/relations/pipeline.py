"""The stages in a row: ties between columns, their laws, one record of the run."""

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from discover.config import Recipe
from discover.dataset import Dataset
from discover.law import Law
from discover.progress import Event, Listener, silent
from discover.record import Null, Run, StageAccuracy, TableCard
from discover.relations.laws import as_zero, ranked, relation
from discover.relations.population import Tie, accidental, ties
from discover.score import score
from discover.stages import Stages, digest, hashed
from discover.store import Cache, NoCache

# Raised when a stage computes something else than before, so that old results are not taken.
VERSION = 1
# Ties, the closest first, of which laws are looked for.
_MOST = 12
# Of a column's variance: less than this left unexplained is nothing.
_ALL = 1e-12


@dataclass(frozen=True, kw_only=True)
class Ties:
    """What the networks said.

    Attributes:
        found: Columns that are tied together, the closest first.
        accidental: Largest share of a column's variance that networks explained, for each shuffle
            of all columns; empty where the control was switched off.
    """

    found: tuple[Tie, ...]
    accidental: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Relations:
    """The laws of the ties, the best first."""

    laws: tuple[Law, ...]


def run(
    recipe: Recipe, dataset: Dataset, *, cache: Cache | None = None, listen: Listener = silent
) -> Run:
    """Find the relations between the columns of a table.

    Args:
        recipe: What to do; checked against the table before.
        dataset: The table; its target is a column like the others.
        cache: Where finished stages are kept; nowhere by default.
        listen: Called with the progress.
    """
    stages = Stages(cache or NoCache(), listen, _fingerprint(recipe, dataset))
    tied = stages.result("ties", Ties, lambda: _tied(recipe, dataset, listen))
    relations = stages.result("relations", Relations, lambda: _laws(tied, recipe, dataset, listen))
    return _record(tied, relations, dataset, recipe, stages.durations)


def _tied(recipe: Recipe, dataset: Dataset, listen: Listener) -> Ties:
    found = ties(dataset, recipe.kan, seed=recipe.seed, listen=listen)
    listen(Event(stage="ties", done=1, total=2, message="shuffled columns"))
    reached = accidental(dataset, recipe.kan, repeats=recipe.validation.null, seed=recipe.seed)
    beyond = max(reached, default=0.0)
    return Ties(found=tuple(tie for tie in found if tie.r2 > beyond), accidental=reached)


def _laws(tied: Ties, recipe: Recipe, dataset: Dataset, listen: Listener) -> Relations:
    laws = []
    few = tied.found[:_MOST]
    for number, tie in enumerate(few):
        listen(
            Event(stage="relations", done=number, total=len(few), message=", ".join(tie.together))
        )
        laws.append(relation(tie, dataset, recipe))
    return Relations(laws=ranked(law for law in laws if law is not None))


def _record(
    tied: Ties, relations: Relations, dataset: Dataset, recipe: Recipe, durations: dict[str, float]
) -> Run:
    laws = relations.laws or (_none(dataset),)
    best = laws[0].accuracy["test"]
    null = None
    if tied.accidental:
        beaten = sum(share >= best.r2 for share in tied.accidental)
        null = Null(
            repeats=len(tied.accidental),
            r2=tied.accidental,
            observed=best.r2,
            p_value=(1 + beaten) / (1 + len(tied.accidental)),
        )
    card = TableCard.of(dataset.turned(laws[0].target.name, _others(dataset, laws[0])))
    columns = (*dataset.features, dataset.target)
    named = {variable.name for law in relations.laws for variable in law.variables}
    return Run(
        recipe=recipe,
        table=TableCard(
            name=card.name,
            source=card.source,
            features=columns,
            target=card.target,
            sizes=card.sizes,
        ),
        rungs=(),
        diagnosis=_said(tied),
        attribution={},
        kept=tuple(variable.name for variable in columns if variable.name in named),
        stages=(StageAccuracy(stage="law", accuracy=best),),
        laws=laws,
        selected=0,
        null=null,
        durations=durations,
    )


def _none(dataset: Dataset) -> Law:
    """Where nothing is tied: the mean of a column, which says that nothing was found."""
    mean = sp.Float(float(dataset.part("train")[1].mean()))
    return as_zero(score(Law.of(mean, (), dataset.target, "mean"), dataset))


def _others(dataset: Dataset, law: Law) -> tuple[str, ...]:
    return tuple(name for name in (*dataset.names, dataset.target.name) if name != law.target.name)


def _said(tied: Ties) -> tuple[str, ...]:
    if not tied.found:
        return ("No column is explained by the others: no network beats shuffled columns.",)
    left = len(tied.found) - _MOST
    words = [_tie_words(tie) for tie in tied.found[:_MOST]]
    if left > 0:
        words.append(f"{left} weaker ties were left aside.")
    return tuple(words)


def _tie_words(tie: Tie) -> str:
    # What is left unexplained is worth reading where it is little.
    share = f"{100 * tie.r2:.4g} %" if tie.r2 < 0.9999 else f"all but {1 - tie.r2:.1g}"
    share = "all" if 1 - tie.r2 < _ALL else share
    return f"Networks explain {share} of {tie.target} by {_listed(tie.columns)}."


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _fingerprint(recipe: Recipe, dataset: Dataset) -> str:
    split = dataset.split
    arrays = [dataset.x, dataset.y, split.train, split.validation, split.test]
    if dataset.weights is not None:
        arrays.append(dataset.weights)
    names = [*dataset.names, dataset.target.name]
    settings = recipe.model_dump(mode="json", by_alias=True, exclude={"name", "title", "data"})
    return hashed(VERSION, digest(arrays), names, settings)
