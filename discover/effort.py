"""How much work a time is worth."""

from discover.config import Recipe
from discover.search import LADDER

_USUAL_SECONDS = 120.0
# With less time than that: shapes of networks, candidates of an edge, shuffles of the target.
_SHAPES, _CANDIDATES, _SHUFFLES = 5, 3, 19


def within(recipe: Recipe, seconds: float) -> Recipe:
    """The recipe with its effort scaled to a time, as a rule of thumb and not a clock.

    The defaults are meant for about two minutes of one core. Seeds of the network and effort of
    the search for laws grow and shrink in proportion, never below one. With less than that time the
    network is small: simple shapes, one graph, few candidates for each edge; and the target is
    shuffled less often. Nothing looks at a clock, so that a run is reproducible on any machine.

    Example:
        >>> from discover.config import DataConfig
        >>> recipe = Recipe(name="fall", data=DataConfig(file="fall.csv", target="t"))
        >>> within(recipe, 30.0).kan.seeds, within(recipe, 240.0).law.effort
        (1, 8)
    """
    share = seconds / _USUAL_SECONDS
    kan: dict[str, object] = {"seeds": _scaled(recipe.kan.seeds, share)}
    edges: dict[str, object] = {}
    null = recipe.validation.null
    if share < 1:
        hidden = LADDER if recipe.kan.hidden == "auto" else recipe.kan.hidden
        shapes = max(1, round(_SHAPES * min(1.0, 2 * share)))
        kan |= {"hidden": hidden[:shapes], "keep": 1, "grids": recipe.kan.grids[:3]}
        edges = {"candidates": min(recipe.edges.candidates, _CANDIDATES)}
        null = min(null, _SHUFFLES)
    return recipe.model_copy(
        update={
            "kan": recipe.kan.model_copy(update=kan),
            "edges": recipe.edges.model_copy(update=edges),
            "law": recipe.law.model_copy(update={"effort": _scaled(recipe.law.effort, share)}),
            "validation": recipe.validation.model_copy(update={"null": null}),
        }
    )


def _scaled(count: int, share: float) -> int:
    return max(1, round(count * share))
