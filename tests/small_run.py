"""A finished run of eight planets, made by hand in no time."""

import numpy as np

from discover.accuracy import measure
from discover.config import Recipe
from discover.dataset import PARTS, Dataset, Source, Split, Variable
from discover.law import Constant, Law
from discover.record import Hypothesis, Null, Run, Rung, StageAccuracy, TableCard

AXIS = Variable(name="axis", unit="au", symbol="a", meaning="semi-major axis")
MASS = Variable(name="mass (kg)", unit="kg")
PERIOD = Variable(name="period", unit="yr", symbol="T")


def recipe(**changes: object) -> Recipe:
    given: dict[str, object] = {"name": "planets", "data": {"source": "planets"}}
    return Recipe.model_validate(given | changes)


def dataset(n: int = 30) -> Dataset:
    axis = np.linspace(0.4, 30.0, n)
    rows = np.arange(n)
    return Dataset(
        name="planets",
        features=(AXIS, MASS),
        target=PERIOD,
        x=np.stack([axis, np.cos(rows) + 2], axis=1),
        y=axis**1.5,
        split=Split(train=rows[::3], validation=rows[1::3], test=rows[2::3]),
        source=Source(path="planets", sha256="0" * 64, rows=n + 1, dropped={"a gap": 1}),
    )


def law(expr: object, origin: str, data: Dataset) -> Law:
    bare = Law.of(expr, data.features, data.target, origin)
    accuracy = {}
    for part in PARTS:
        columns, target = data.columns(part), data.part(part)[1]
        accuracy[part] = measure(bare.predict(columns), target, split=part, unit=data.target.unit)
    constants = tuple(
        Constant(name=c.name, value=c.value, low=c.value - 0.1, high=c.value + 0.1, level=0.95)
        for c in bare.constants
    )
    return Law(
        form=bare.form, constants=constants, variables=bare.variables, target=bare.target,
        origin=origin, accuracy=accuracy,
    )  # fmt: skip


def run(*, p_value: float = 0.025, **changes: object) -> Run:
    data, a, m = dataset(), AXIS.sympy, MASS.sympy
    laws = (
        law(0.0 * a + 1.25, "mean", data),
        law(1.0000000000000002 * a**1.5, "graph", data),
        law(1.1 * a**1.5 + 0.3 * (m - 2.0000001), "operon", data),
    )
    best = laws[1].accuracy["test"]
    return Run(
        recipe=recipe(**changes),
        table=TableCard(
            name=data.name, source=data.source, features=data.features, target=data.target,
            sizes={part: len(data.split.rows(part)) for part in PARTS},
        ),
        rungs=(
            Rung(
                shape="[2, 1]", grid=3, penalty=0.1, columns=("axis",), edges=1,
                train=1e-3, validation=float("inf"), note="left",
            ),
        ),
        diagnosis=("Training and validation error agree.",),
        attribution={"axis": 1.0, "mass (kg)": 0.0},
        kept=("axis",),
        stages=(StageAccuracy(stage="trained", accuracy=best),),
        laws=laws,
        selected=1,
        hypotheses=(
            Hypothesis(
                name="Kepler", expression="k*axis^1.5", source="Kepler 1619",
                law=law(1.0 * a**1.5, "hypothesis", data),
            ),
        ),
        null=Null(repeats=3, r2=(0.1, float("-inf"), 0.0), observed=best.r2, p_value=p_value),
        durations={"train": 1.5},
    )  # fmt: skip
