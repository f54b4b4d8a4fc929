"""How much work a time is worth: chosen before the start, never by a clock."""

from discover.config import EdgeConfig, KanConfig, Recipe
from discover.search import LADDER

_USUAL_SECONDS = 120.0
# With less time than that: shapes of networks, candidates of an edge, shuffles of the target.
_SHAPES, _CANDIDATES, _SHUFFLES = 5, 3, 19

GLANCE = 5.0
"""Seconds that are too few for more than a glance."""
_COMMONEST = ("x", "x^2", "x^3", "1/x", "1/x^2", "sqrt", "exp", "log", "sin")


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


def glance(recipe: Recipe) -> Recipe:
    """The recipe with the least effort: two shapes, the commonest functions, no engine, no control.

    Example:
        >>> from discover.config import DataConfig
        >>> recipe = Recipe(name="fall", data=DataConfig(file="fall.csv", target="t"))
        >>> glance(recipe).kan.seeds, glance(recipe).law.refine
        (1, 'none')
    """
    kan = KanConfig(hidden=((), (1,)), grids=(3,), penalties=(1e-2,), seeds=1, steps=20, keep=1)
    return recipe.model_copy(
        update={
            "kan": kan,
            "edges": EdgeConfig(functions=_COMMONEST, candidates=3),
            "law": recipe.law.model_copy(update={"refine": "none"}),
            "validation": recipe.validation.model_copy(update={"null": 0}),
        }
    )


def _scaled(count: int, share: float) -> int:
    return max(1, round(count * share))
