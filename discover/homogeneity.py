"""Laws that make sense dimensionally, found in dimensionless groups.

The same tools as for the columns (a network with its edges named, an engine, the competition) work
on the smaller table of the groups; what they find is written in the columns again and refitted
there. Every such law is dimensionally homogeneous, with numbers that carry no unit: units are
knowledge about the law's form, and noise does not blur them.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import sympy as sp

from discover import functions, refine, tuning
from discover.assignment import assign, expression
from discover.config import LawConfig, Recipe
from discover.dataset import Dataset
from discover.errors import InputError
from discover.front import description_length, front, select
from discover.graph import prune
from discover.groups import View, views
from discover.law import Law
from discover.progress import Event, Listener, silent
from discover.refit import Sample, refit
from discover.score import score
from discover.search import explore
from discover.selection import Front, compete
from discover.simplify import tidy

# Below this error, relative to the target's size, a law is exact, and no other view is needed.
_EXACT = 1e-10
# Ten nodes at the least price of `front`: a law that is not homogeneous hides constants of nature,
# and must explain this much more (22 % of the mean squared error) to be believed.
_HIDDEN = 0.2
_ROWS = 1500
_ENGINE_ROWS = 400


def homogeneous(dataset: Dataset, recipe: Recipe, *, listen: Listener = silent) -> Front | None:
    """The front of dimensionally homogeneous laws.

    Args:
        dataset: The table, its columns and target with units.
        recipe: What to do; `recipe.law.constants` says whether laws must be homogeneous.
        listen: Called with the progress.

    Returns:
        ``None`` where the units allow no such law, or none is wanted.

    Raises:
        InputError: If the recipe demands what the units do not allow.
    """
    if recipe.law.constants == "any":
        return None
    found: list[Law] = []
    choices = views(dataset)
    if not choices and recipe.law.constants == "dimensionless":
        raise InputError.one(
            where="law.constants",
            found=f"'dimensionless', where no product of columns has the unit of "
            f"{dataset.target.name} ({dataset.target.unit})",
            expected="columns whose units combine to it",
            advice="Give every column its unit and add the constants of nature as columns, or "
            "write constants: any.",
        )
    for number, view in enumerate(choices):
        listen(Event(stage="units", done=number, total=len(choices), message=str(view.prefactor)))
        found += _laws(view, dataset, recipe)
        if min((law.accuracy["validation"].relative for law in found), default=1.0) < _EXACT:
            break
    found = [law for law in found if law.complexity <= recipe.law.max_complexity]
    laws = front(found)
    return Front(laws=laws, selected=select(laws)) if laws else None


def preferred(plain: Front, homogeneous: Front | None, settings: LawConfig) -> Front:
    """The front to be shown: that of the homogeneous laws where they explain nearly as much.

    Args:
        plain: The front of all laws.
        homogeneous: That of the homogeneous ones, if any.
        settings: Whether laws must be homogeneous.
    """
    if homogeneous is None:
        return plain
    if settings.constants == "dimensionless":
        return homogeneous
    worse = _length(homogeneous) - _length(plain)
    return homogeneous if worse <= _HIDDEN else plain


def _length(found: Front) -> float:
    law = found.laws[found.selected]
    return description_length(law.accuracy["validation"], law.complexity)


def _laws(view: View, dataset: Dataset, recipe: Recipe) -> Iterator[Law]:
    """Laws of the groups in the columns' symbols, refitted on all training rows."""
    train = Sample.of(dataset, "train")
    for expr in _found(view, recipe):
        short = tidy(view.restored(expr), train.thin(_ROWS).columns)
        law = refit(
            Law.of(short, dataset.features, dataset.target, "units"), train.columns, train.y
        )
        yield score(law, dataset)


def _found(view: View, recipe: Recipe) -> list[sp.Expr]:
    """What is found in one view, in the groups' symbols."""
    _, y = view.dataset.part("train")
    constant = sp.Float(float(np.median(y)))
    if not view.groups:
        return [constant]
    proposed = [*_evolved(view.dataset, recipe), *_drawn(view.dataset, recipe)]
    competed = compete(proposed, view.dataset, max_complexity=recipe.law.max_complexity)
    return [constant, *(law.expr for law in competed.laws if law.variables)]


def _evolved(dataset: Dataset, recipe: Recipe) -> Iterator[tuple[str, sp.Expr]]:
    engine = refine.engine(recipe.law.refine)
    if engine is None:
        return
    found = engine.search(
        *dataset.part("train"),
        dataset.features,
        effort=max(1, recipe.law.effort // 2),
        max_complexity=recipe.law.max_complexity,
        seed=recipe.seed,
    )
    for expr in found:
        yield "units", expr


def _drawn(dataset: Dataset, recipe: Recipe) -> Iterator[tuple[str, sp.Expr]]:
    """The law of the best network of the groups."""
    settings = recipe.kan.model_copy(update={"seeds": 1, "keep": 1})
    found = explore(dataset, settings, seed=recipe.seed)
    network = found.networks[0]
    narrowed = dataset.select(found.kept)
    parts = [
        tuning.Sample.of(narrowed.columns(part), narrowed.part(part)[1], _ROWS)
        for part in ("train", "validation")
    ]
    graph = prune(network.kan, network.scaling, network.columns)
    atoms = functions.catalogue(recipe.edges.functions)
    assigned = assign(graph, parts[0], parts[1], atoms, keep=recipe.edges.candidates)
    yield "units", expression(assigned.graph)
