"""The stages in a row: equations, forecast, one record of the run."""

from collections.abc import Sequence

from discover.config import Recipe
from discover.dataset import PARTS, Variable
from discover.equations.forecast import forecast
from discover.equations.search import Found, find
from discover.equations.seen import Seen
from discover.field import Field
from discover.law import Law
from discover.progress import Listener, silent
from discover.record import Forecast, Run, StageAccuracy, TableCard
from discover.stages import Stages, digest, hashed
from discover.store import Cache, NoCache

# Raised when a stage computes something else than before, so that old results are not taken.
VERSION = 3


def run(
    recipe: Recipe, field: Field, *, cache: Cache | None = None, listen: Listener = silent
) -> Run:
    """Find the equations of measured fields.

    Args:
        recipe: What to do; checked against the fields before.
        field: The fields.
        cache: Where finished stages are kept; nowhere by default.
        listen: Called with the progress.
    """
    stages = Stages(cache or NoCache(), listen, _fingerprint(recipe, field))
    found = stages.result("equations", Found, lambda: find(field, recipe, listen=listen))
    outlook = stages.result("forecast", Forecast, lambda: _outlook(found, field, recipe))
    return _record(found, outlook, field, recipe, stages.durations)


def _outlook(found: Found, field: Field, recipe: Recipe) -> Forecast:
    """The equations integrated, or the reason why they are not."""
    seen = Seen.of(field, recipe.equation)
    return forecast(
        [equation.law for equation in found.equations],
        field.part("test"),
        order=recipe.equation.order,
        noise=seen.noise,
        half=seen.supports[0] // 8,
    )


def _record(
    found: Found, outlook: Forecast, field: Field, recipe: Recipe, durations: dict[str, float]
) -> Run:
    first, *others = found.equations
    laws = [law for equation in found.equations for law in equation.laws]
    chosen = [equation.law for equation in found.equations]
    return Run(
        recipe=recipe,
        table=TableCard(
            name=field.name,
            source=field.source,
            features=_columns(field, laws),
            target=first.target,
            sizes={part: first.law.accuracy[part].n for part in PARTS},
        ),
        rungs=(),
        diagnosis=(*found.remarks, *_added(field), *outlook.sentences()),
        attribution={},
        kept=tuple(variable.name for variable in _columns(field, chosen, offered=False)),
        stages=(StageAccuracy(stage="law", accuracy=first.law.accuracy["test"]),),
        laws=first.laws,
        selected=first.selected,
        null=first.null,
        others=tuple(others),
        forecast=outlook,
        durations=durations,
    )


def _added(field: Field) -> tuple[str, ...]:
    if not field.noise:
        return ()
    levels = ", ".join(f"{level:.3g} to {name}" for name, level in field.noise.items())
    return (f"White noise was added on loading, with a standard deviation of {levels}.",)


def _columns(field: Field, laws: Sequence[Law], *, offered: bool = True) -> tuple[Variable, ...]:
    found = {variable.name: variable for variable in field.variables} if offered else {}
    for law in laws:
        found |= {variable.name: variable for variable in law.variables}
    return tuple(found.values())


def _fingerprint(recipe: Recipe, field: Field) -> str:
    names = [*field.names, *(axis.name for axis in field.axes)]
    settings = recipe.model_dump(mode="json", by_alias=True, exclude={"name", "title", "data"})
    arrays = (field.values, *(axis.values for axis in field.axes))
    return hashed(VERSION, digest(arrays), names, settings)
