"""A finished run made by hand: 17 columns, a front of five laws, one hypothesis, a null control.

The table is synthetic, with the shape of the knot data: an even integer target whose main part is
``lambda Re(mu) / |mu|^2``.
"""

from dataclasses import replace

import numpy as np
import sympy as sp

from discover.accuracy import Levels, Rounding, measure
from discover.config import Recipe
from discover.dataset import PARTS, Dataset, Source, Split, Variable
from discover.figures import NetworkPicture, PictureEdge, PictureNode
from discover.figures.style import label
from discover.law import Constant, Law
from discover.record import Hypothesis, Null, Run, Rung, StageAccuracy, TableCard

COLUMNS = (
    ("volume", r"V", "1", "hyperbolic volume of the complement"),
    ("chern_simons", r"\mathrm{CS}", "1", "Chern-Simons invariant"),
    ("cusp_volume", r"V_{\mathrm{c}}", "1", "volume of the maximal cusp"),
    ("longitudinal_translation", r"\lambda", "1", "translation of the longitude"),
    ("meridional_translation_real", r"\mu_{\mathrm{r}}", "1", "meridian, real part"),
    ("meridional_translation_imag", r"\mu_{\mathrm{i}}", "1", "meridian, imaginary part"),
    ("injectivity_radius", r"r_{\mathrm{inj}}", "1", "half the shortest geodesic"),
    ("short_geodesic_real", r"\gamma_{\mathrm{r}}", "1", "length of the shortest geodesic"),
    ("short_geodesic_imag", r"\gamma_{\mathrm{i}}", "rad", "rotation of the shortest geodesic"),
    ("torsion_degree", r"d_{\tau}", "1", "degree of the hyperbolic torsion"),
    ("adjoint_torsion_degree", r"d_{\mathrm{ad}}", "1", "degree of the adjoint torsion"),
    ("symmetry_0", "", "1", "symmetry group is trivial"),
    ("symmetry_D3", "", "1", "symmetry group is D3"),
    ("symmetry_D4", "", "1", "symmetry group is D4"),
    ("symmetry_D6", "", "1", "symmetry group is D6"),
    ("symmetry_D8", "", "1", "symmetry group is D8"),
    ("symmetry_Z/2 + Z/2", "", "1", "symmetry group is Z/2 + Z/2"),
)
TARGET = Variable(name="signature", symbol=r"\sigma", unit="1", meaning="signature of the knot")
LAMBDA, MU_R, MU_I = (Variable(name=n, symbol=s, unit=u, meaning=m) for n, s, u, m in COLUMNS[3:6])


def dataset(n: int = 3000, seed: int = 0) -> Dataset:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, len(COLUMNS)))
    x[:, 3] = rng.gamma(16.0, 0.9, size=n) + 4
    x[:, 4] = rng.normal(scale=0.7, size=n)
    x[:, 5] = rng.uniform(0.7, 2.4, size=n)
    x[:, 11:] = np.eye(6)[rng.integers(0, 6, size=n)]
    slope = x[:, 3] * x[:, 4] / (x[:, 4] ** 2 + x[:, 5] ** 2)
    y = 2 * np.round((-0.43 * slope + rng.normal(scale=0.75, size=n)) / 2)
    order = rng.permutation(n)
    a, b = int(0.6 * n), int(0.8 * n)
    train, validation, test = (np.sort(rows) for rows in np.split(order, [a, b]))
    split = Split(train=train, validation=validation, test=test)
    return Dataset(
        name="knots",
        features=tuple(Variable(name=a, symbol=b, unit=c, meaning=d) for a, b, c, d in COLUMNS),
        target=TARGET,
        x=x,
        y=y,
        split=split,
        source=Source(
            path="knots",
            sha256="9f2c0e5b7d" + "a1" * 27,
            rows=n + 57,
            dropped={"adjoint_torsion_degree missing": 52, "not hyperbolic": 5},
        ),
    )


def law(form, values, variables, data, *, origin="graph", rounding=None, width=0.01) -> Law:
    """A law with intervals of relative half `width`, measured on all parts of `data`."""
    constants = tuple(
        Constant(name=f"c{k}", value=v, low=v - width * abs(v), high=v + width * abs(v), level=0.95)
        for k, v in enumerate(values)
    )
    bare = Law(
        form=form, constants=constants, variables=tuple(variables), target=data.target,
        origin=origin,
    )  # fmt: skip
    accuracy = {}
    for part in PARTS:
        predicted = np.broadcast_to(bare.predict(data.columns(part)), data.part(part)[1].shape)
        accuracy[part] = measure(
            predicted, data.part(part)[1], split=part, unit=data.target.unit, rounding=rounding
        )
    return replace(bare, accuracy=accuracy)


def constants(k: int) -> tuple[sp.Symbol, ...]:
    return tuple(sp.Symbol(f"c{i}", real=True) for i in range(k))


def forms() -> list[tuple[sp.Expr, list[float], tuple[Variable, ...]]]:
    lam, mr, mi = LAMBDA.sympy, MU_R.sympy, MU_I.sympy
    c0, c1, c2, c3 = constants(4)
    return [
        (c0, [0.0123], ()),
        (c0 * mr, [-3.2172], (MU_R,)),
        (c0 * mr / mi, [-4.9271345], (MU_R, MU_I)),
        (c0 * lam * mr / (mr**2 + mi**2), [-0.4293118], (LAMBDA, MU_R, MU_I)),
        (
            c0 * lam * mr / (c1 * mr**2 + mi**2 + c2) + c3,
            [-0.4312, 0.9921, 0.00731, -0.0131],
            (LAMBDA, MU_R, MU_I),
        ),
    ]


def recipe(**changes: object) -> Recipe:
    given: dict[str, object] = {
        "name": "knots",
        "title": "The signature of hyperbolic knots",
        "task": "ordinal",
        "data": {
            "source": "knots",
            "target": "signature",
            "features": [name for name, *_ in COLUMNS],
            "split": {"by": "volume"},
        },
        "hypotheses": {
            "natural slope": {
                "expression": "a * longitudinal_translation * meridional_translation_real / "
                "(meridional_translation_real^2 + meridional_translation_imag^2)",
                "source": "Davies et al., Nature 600 (2021) 70, doi:10.1038/s41586-021-04086-x",
            }
        },
    }
    return Recipe.model_validate(given | changes)


def rungs(names: tuple[str, ...]) -> tuple[Rung, ...]:
    out = []
    shapes = (("[17, 1]", 17, 0.52), ("[17, 1, 1]", 18, 0.33), ("[17, 2, 1]", 36, 0.27))
    for k, (shape, edges, level) in enumerate(shapes):
        for i, penalty in enumerate((1e-1, 1e-2, 1e-3, 1e-4)):
            left = max(2, round(edges * (0.2 + 0.25 * i)))
            out.append(
                Rung(
                    shape=shape, grid=(3, 6, 12)[k], penalty=penalty, columns=names[:left],
                    edges=left, train=level * (0.92 - 0.06 * i), note="",
                    validation=level * (1.06 - 0.05 * i) + 0.006 * i * i,
                )
            )  # fmt: skip
    return tuple(out)


def run(data: Dataset | None = None) -> Run:
    data = dataset() if data is None else data
    levels = Levels(offset=0.0, step=2.0)
    built = [law(form, values, used, data) for form, values, used in forms()]
    x, y = data.columns("train"), data.part("train")[1]
    rounding = Rounding.fit(levels, built[3].predict(x), y)
    laws = tuple(
        law(form, values, used, data, rounding=rounding, origin="mean" if not used else "graph")
        for form, values, used in forms()
    )
    test = laws[3].accuracy["test"]
    names = data.names
    weights = np.array([0.2, 0.1, 0.9, 30, 42, 21, 0.1, 0.3, 0.4, 1.6, 0.9, *[0.2] * 6])
    return Run(
        recipe=recipe(),
        table=TableCard(
            name=data.name,
            source=data.source,
            features=data.features,
            target=data.target,
            sizes={part: len(data.split.rows(part)) for part in PARTS},
        ),
        rungs=rungs(names),
        diagnosis=(
            "Validation error stopped falling at shape [17, 2, 1] with a grid of 12.",
            "Training error is 9 % below validation error: neither over- nor underfit.",
        ),
        attribution=dict(zip(names, weights / weights.sum(), strict=True)),
        kept=tuple(names[3:6]),
        stages=tuple(
            StageAccuracy(stage=stage, accuracy=replace(test, rms=test.rms * factor, accuracy=None))
            for stage, factor in (
                ("trained", 0.96),
                ("pruned", 0.99),
                ("symbolic", 1.13),
                ("simplified", 1.0),
            )
        ),
        laws=laws,
        selected=3,
        rounding=rounding,
        hypotheses=(
            Hypothesis(
                name="natural slope",
                expression=recipe().hypotheses["natural slope"].expression,
                source=recipe().hypotheses["natural slope"].source,
                law=law(*forms()[3], data, origin="hypothesis", rounding=rounding),
            ),
        ),
        null=Null(
            repeats=39,
            r2=tuple(float(v) for v in np.random.default_rng(1).normal(-0.001, 0.003, 39)),
            observed=test.r2,
            p_value=0.025,
        ),
        durations={"table": 1.2, "train": 93.4, "edges": 4.1, "law": 21.7, "validate": 11.0},
    )


def network(columns: int = 4) -> NetworkPicture:
    """A pruned network: `columns` inputs into a product of two sums and a final sum."""
    t = np.linspace(-1, 1, 40)
    shapes = (
        (t**2, "x^2"),
        (np.sin(3 * t), "sin"),
        (t, ""),
        (np.exp(t), "exp"),
        (1 / (t + 1.3), "1/x"),
    )
    inputs = [
        PictureNode(id=f"x{i}", kind="input", layer=0, label=label(variable, 18))
        for i, variable in enumerate(dataset(60).features[:columns])
    ]
    nodes = [
        *inputs,
        PictureNode(id="s0", kind="sum", label="", layer=1),
        PictureNode(id="s1", kind="sum", label="", layer=1),
        PictureNode(id="p", kind="product", label="", layer=2),
        PictureNode(id="y", kind="sum", label=label(TARGET), layer=3),
    ]
    edges = [
        PictureEdge(
            source=f"x{i}", target=f"s{i % 2}", curve=(t, shapes[i % 5][0]),
            name=shapes[i % 5][1], scale=1 / (1 + 0.3 * i),
        )
        for i in range(columns)
    ]  # fmt: skip
    edges += [
        PictureEdge(source="s0", target="p"),
        PictureEdge(source="s1", target="p"),
        PictureEdge(source="p", target="y", curve=(t, np.tanh(2 * t)), name="tanh"),
    ]
    return NetworkPicture(nodes=tuple(nodes), edges=tuple(edges))


HOSTILE = (
    "<script>alert(1)</script>",
    r"\input{/etc/passwd}",
    "100%_of #5 & $x^2~{a}",
    "}\\end{document}\\write18{ls}",
    "a\nb\tc",
    "名前 µ Å é ß",
    "a_very_long_name_" * 8,
    "' onload='x()' \"",
)


def named(words: tuple[str, ...] = HOSTILE) -> tuple[Run, Dataset]:
    """A run whose columns, units, symbols and texts are what nobody should write."""
    base = dataset()
    features = tuple(
        Variable(name=word, symbol=word, unit=word, meaning=word) for word in words
    ) + tuple(base.features[len(words) :])
    target = Variable(name="y </title>\\input{x}", symbol=r"\input{x}", unit=words[2])
    data = replace(
        base,
        name=words[0],
        features=features,
        target=target,
        source=Source(path=words[1], sha256="0" * 64, rows=3000, dropped={words[2]: 3}),
    )
    c0, c1 = constants(2)
    p, q, r, s = (variable.sympy for variable in features[:4])
    hard = law(
        c0 * p * q + c1 * sp.sin(r) / (s**2 + 1) + features[6].sympy, [0.5, -2e-7],
        (*features[:4], features[6]), data,
    )  # fmt: skip
    plain = run(base)
    cited = {words[3]: {"expression": words[1], "source": "}, evil = {" + words[2]}}
    changed = replace(
        plain,
        recipe=recipe(title=words[0] + words[1], task="regression", hypotheses=cited),
        table=replace(
            plain.table, name=data.name, source=data.source, features=features, target=target
        ),
        attribution=dict(zip(data.names, plain.attribution.values(), strict=True)),
        kept=data.names[:4],
        laws=(law(c0, [0.1], (), data, origin="mean"), hard),
        selected=1,
        rounding=None,
        diagnosis=words,
        hypotheses=(
            Hypothesis(name=words[3], expression=words[1], source="}, evil = {" + words[2],
                       law=hard),
        ),
    )  # fmt: skip
    return changed, data


def found_nothing() -> tuple[Run, Dataset]:
    """The mean was recommended: no hypotheses, no null control, no rungs, no stages."""
    data = dataset()
    plain = run(data)
    return replace(
        plain, recipe=recipe(title="", hypotheses={}, validate={"null": 0}), selected=0,
        laws=plain.laws[:1], hypotheses=(), null=None, rungs=(), stages=(), attribution={},
        kept=(), diagnosis=(), durations={},
    ), data  # fmt: skip


def long_law() -> tuple[Run, Dataset]:
    """A law of many terms, and one term that no line can hold."""
    data = dataset()
    plain = run(data)
    lam, mr, mi = LAMBDA.sympy, MU_R.sympy, MU_I.sympy
    c = constants(9)
    wide = sum(c[k] * mr**k * mi ** (k % 3) for k in range(1, 6))
    form = (
        sum(c[k] * lam * mr**k / (mi**k + 1) for k in range(6))
        + sp.sqrt(wide**2 + sp.exp(-(mr**2) / 2) + lam**2) / (1 + sp.cos(wide) ** 2)
        + c[8]
    )
    values = [0.01 * (-1) ** k * (k + 1) for k in range(9)]
    tests = law(form, values, (LAMBDA, MU_R, MU_I), data, rounding=plain.rounding)
    return replace(plain, laws=(*plain.laws[:2], tests), selected=2), data


def measured() -> tuple[Run, Dataset]:
    """A regression with a unit, few rows and an exact law."""
    base = dataset(90)
    t = Variable(name="T", unit="yr", meaning="orbital period")
    a = Variable(name="a", unit="AU", meaning="semi-major axis")
    x = np.abs(base.x[:, :1]) + 0.3
    data = replace(base, name="planets", features=(a,), target=t, x=x, y=x[:, 0] ** 1.5)
    c0, c1 = constants(2)
    plain = run(dataset())
    laws = (
        law(c0, [1.9], (), data, origin="mean"),
        law(c0 * a.sympy + c1, [1.7, -0.4], (a,), data, width=0.1),
        law(a.sympy ** sp.Rational(3, 2), [], (a,), data, origin="operon"),
    )
    return replace(
        plain,
        recipe=recipe(
            name="planets", title="", task="regression", hypotheses={},
            data={"file": "planets.csv", "target": "T"},
        ),
        table=TableCard(
            name="planets", source=Source(path="planets.csv", rows=90), features=(a,), target=t,
            sizes={part: len(data.split.rows(part)) for part in PARTS},
        ),
        laws=laws, selected=2, rounding=None, hypotheses=(), attribution={"a": 1.0}, kept=("a",),
        stages=tuple(
            StageAccuracy(stage=name, accuracy=k.accuracy["test"])
            for name, k in (("trained", laws[1]), ("symbolic", laws[2]))
        ),
    ), data  # fmt: skip
