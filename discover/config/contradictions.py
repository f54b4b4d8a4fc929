"""Contradictions in a recipe: values that cannot stand there together."""

from collections.abc import Iterator

from discover import shipped
from discover.config.complaint import Complaint
from discover.config.models import DataConfig, KanConfig, Recipe, ValidateConfig
from discover.errors import did_you_mean

_OF_TABLES = ("formula", "special", "where", "categories", "rows", "sigma")
_OF_FIELDS = ("axes", "periodic", "noise")


def contradictions(recipe: Recipe) -> Iterator[Complaint]:
    """What cannot be true together of values that could stand there one by one."""
    yield from _origin(recipe.data)
    yield from _columns(recipe.data)
    yield from _shares(recipe)
    yield from _network(recipe.kan)
    yield from _control(recipe.validation)
    yield from _task(recipe)
    yield from _kinds(recipe)
    for name, hypothesis in recipe.hypotheses.items():
        if not hypothesis.expression.strip():
            yield Complaint(
                path=("hypotheses", name), found="an empty formula", expected="one such as c*a/b"
            )


def _task(recipe: Recipe) -> Iterator[Complaint]:
    """Keys that belong to fields on a grid where the task is a table's, and the other way round."""
    data, task = recipe.data, recipe.task
    of_fields = task in ("pde", "ode")
    if of_fields and recipe.hypotheses:
        yield Complaint(
            path=("hypotheses",),
            found=f"hypotheses for the task {task}",
            expected="none: equations are compared by their forecasts",
            others=(("task",),),
        )
    if of_fields and data.target is not None:
        yield Complaint(
            path=("data", "target"),
            found=repr(data.target),
            expected="no target: every field gets an equation for its time derivative",
            advice="Name the fields to be used in data.features.",
            others=(("task",),),
        )
    if not of_fields and data.sigma is not None and task != "regression":
        yield Complaint(
            path=("data", "sigma"),
            found=f"sigma for the task {task}",
            expected="the task regression, or no such key",
            advice="Only a measured amount has a standard deviation.",
            others=(("task",),),
        )
    foreign = _OF_TABLES if of_fields else _OF_FIELDS
    only = "a file of fields on a grid as it is" if of_fields else "the task pde or ode"
    for key in foreign:
        if getattr(data, key):
            yield Complaint(
                path=("data", key),
                found=f"{key} for the task {task}",
                expected=f"{only}, or no such key",
                others=(("task",),),
            )


def _kinds(recipe: Recipe) -> Iterator[Complaint]:
    """What the column of kinds cannot be besides."""
    data = recipe.data
    if data.per is None:
        return
    if recipe.task in ("pde", "ode", "relation"):
        yield Complaint(
            path=("data", "per"),
            found=f"per for the task {recipe.task}",
            expected="a task with a target, or no such key",
            others=(("task",),),
        )
    parts = {"target": (data.target,), "features": data.features or (), "sigma": (data.sigma,)}
    for key, names in (parts | {"categories": data.categories}).items():
        if data.per in names:
            yield Complaint(
                path=("data", "per"),
                found=f"{data.per!r}, which stands in data.{key} too",
                expected="a column that only names the kinds of rows",
                advice="Within one kind it is the same in each row, and explains nothing.",
                others=(("data", key),),
            )


def _origin(data: DataConfig) -> Iterator[Complaint]:
    origins = ("source", "file", "formula", "special")
    given = [key for key in origins if getattr(data, key) is not None]
    if len(given) != 1:
        yield Complaint(
            path=("data",),
            found="neither source nor file" if not given else f"both {' and '.join(given)}",
            expected="either source (a shipped dataset) or file (a path)",
            advice="A known function can be rehearsed with formula or special.",
            others=tuple(("data", key) for key in origins),
        )
    known = sorted(card.parent.name for card in shipped.datasets().glob("*/card.yaml"))
    if data.source is not None and data.source not in known:
        advice = did_you_mean(data.source, known)
        yield Complaint(
            path=("data", "source"),
            found=repr(data.source),
            expected=f"a shipped dataset, one of {', '.join(known)}",
            advice=advice or "A table of your own goes under data.file.",
        )


def _columns(data: DataConfig) -> Iterator[Complaint]:
    features = data.features or ()
    for key, names in (("features", features), ("drop", data.drop)):
        for name in dict.fromkeys(n for n in names if names.count(n) > 1):
            yield Complaint(
                path=("data", key), found=f"{name!r} twice", expected="each column once"
            )
    if data.target in features:
        yield Complaint(
            path=("data", "features"),
            found=f"the target {data.target!r}",
            expected="only columns that may explain it",
            others=(("data", "target"),),
        )
    for name in dict.fromkeys(features):
        if name in data.drop:
            yield Complaint(
                path=("data", "drop"),
                found=f"{name!r}, which is also a feature",
                expected="columns that are not used",
                others=(("data", "features"),),
            )
    if data.target in data.drop:
        yield Complaint(
            path=("data", "drop"),
            found=f"the target {data.target!r}",
            expected="columns that are not used",
            others=(("data", "target"),),
        )


def _shares(recipe: Recipe) -> Iterator[Complaint]:
    split = recipe.data.split
    if split.validation + split.test >= 1:
        yield Complaint(
            path=("data", "split"),
            found=f"validation {split.validation:g} and test {split.test:g}",
            expected="together less than 1",
            advice="The rest of the rows is for training.",
            others=(("data", "split", "validation"), ("data", "split", "test")),
        )


def _control(validation: ValidateConfig) -> Iterator[Complaint]:
    # Below 1/20 even a law that beats every shuffle has a p-value above 0.05.
    if 0 < validation.null < 19:
        yield Complaint(
            path=("validate", "null"),
            found=str(validation.null),
            expected="0 (no control) or at least 19 shuffles",
            advice="With fewer no law could ever stand clear of chance at the 5 % level.",
        )


def _network(kan: KanConfig) -> Iterator[Complaint]:
    if any(a >= b for a, b in zip(kan.grids, kan.grids[1:], strict=False)):
        yield Complaint(
            path=("kan", "grids"),
            found=str(list(kan.grids)),
            expected="growing numbers, from the coarsest grid to the finest",
            advice=f"Write {sorted(set(kan.grids))}.",
        )
    if len(set(kan.penalties)) < len(kan.penalties):
        yield Complaint(
            path=("kan", "penalties"), found=str(list(kan.penalties)), expected="each weight once"
        )
    shapes = () if kan.hidden == "auto" else kan.hidden
    if any(layer == (0, 0) for shape in shapes for layer in shape):
        yield Complaint(
            path=("kan", "hidden"),
            found="a layer [0, 0] without nodes",
            expected="at least one node in each layer",
        )
