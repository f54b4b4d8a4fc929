"""Laws in dimensionless groups: composed back, preferred where they should be, and only there."""

import numpy as np
import pandas as pd
import pytest
import sympy as sp

from discover import LawRegressor
from discover.config import LawConfig
from discover.dataset import Dataset
from discover.errors import InputError
from discover.front import front, select
from discover.groups import homogeneous, preferred, views, wanted
from discover.law import Law
from discover.score import score
from discover.selection import Front
from discover.units import check, dimension
from tests.test_groups import table, uniform

UNITS = {"F": "N", "k": "N/m", "z": "m", "n": "1"}


@pytest.fixture(scope="module")
def spring() -> Dataset:
    c = uniform(*UNITS)
    return table(UNITS, "m", c, c["F"] / c["k"] * np.exp(-c["n"]) + c["z"])


def asked(dataset: Dataset) -> list[sp.Expr]:
    """An oracle that knows the law of the groups: y/prefactor on any choice of prefactor."""
    groups = [v.sympy for v in dataset.features]
    n = next(g for g in groups if dataset.x[:, groups.index(g)].max() > 2.0)
    others = [g for g in groups if g != n]
    found = [2.0 * sp.exp(-1.1 * n) + 0.5 * g for g in others]
    found += [2.0 * g * sp.exp(-1.1 * n) + 0.5 for g in others]
    found += [2.0 * sp.exp(-1.1 * n) / g + 0.5 for g in others]
    return [*found, 1.5 * others[0] + 0.3] if others else found


def test_what_is_found_in_groups_is_a_law_of_the_columns(spring: Dataset) -> None:
    found = homogeneous(views(spring), spring, LawConfig(), asked)
    assert found is not None
    F, k, z, n = (v.sympy for v in spring.features)
    law = found.laws[found.selected]
    assert sp.simplify(law.expr - (F / k * sp.exp(-n) + z)) == 0
    assert law.origin == "units"
    assert law.accuracy["test"].relative < 1e-12


def test_every_law_of_the_front_makes_sense(spring: Dataset) -> None:
    found = homogeneous(views(spring), spring, LawConfig(), asked)
    assert found is not None
    known = {v.name: dimension(v.unit, where=v.name) for v in spring.features}
    for law in found.laws:
        assert check(law.expr, known, target=dimension("m", where="y")).consistent, law.expression


def test_nothing_where_units_are_not_told_or_not_wanted(spring: Dataset) -> None:
    assert len(wanted(spring, LawConfig())) > 0
    assert wanted(spring, LawConfig(constants="any")) == ()
    bare = table(dict.fromkeys(UNITS, "1"), "1", uniform(*UNITS), spring.y)
    assert wanted(bare, LawConfig()) == ()
    assert homogeneous((), bare, LawConfig(), asked) is None


def test_a_demand_that_cannot_be_met_is_refused() -> None:
    c = uniform("x", "t")
    data = table({"x": "m", "t": "s"}, "kg", c, c["x"])
    with pytest.raises(InputError, match=r"no product of columns has the unit of y \(kg\)"):
        wanted(data, LawConfig(constants="dimensionless"))


def one(expr: sp.Expr, data: Dataset) -> Front:
    laws = front([score(Law.of(expr, data.features, data.target, "graph"), data)])
    return Front(laws=laws, selected=select(laws))


def test_homogeneous_laws_are_preferred_unless_they_explain_much_less(spring: Dataset) -> None:
    F, k, z, n = (v.sympy for v in spring.features)
    good, poor, hidden = F / k * sp.exp(-n) + 1.08 * z, F / k + z, F / k * sp.exp(-n) + z + 0.28
    plain = one(hidden, spring)
    assert preferred(plain, one(good, spring), spring, LawConfig()).laws[0].expr == good
    assert preferred(plain, one(poor, spring), spring, LawConfig()) is plain
    assert preferred(plain, None, spring, LawConfig()) is plain
    demanded = LawConfig(constants="dimensionless")
    assert preferred(plain, one(poor, spring), spring, demanded).laws[0].expr == poor
    unread = LawConfig(constants="any")
    assert preferred(plain, one(good, spring), spring, unread) is plain


def test_a_law_found_elsewhere_that_makes_sense_counts(spring: Dataset) -> None:
    F, k, z, n = (v.sympy for v in spring.features)
    exprs = [F / k * sp.exp(-n) + z + 0.28, F / k * sp.exp(-n) + 1.08 * z + 0 * n]
    laws = [one(expr, spring).laws[0] for expr in exprs]
    plain = Front(laws=(laws[0], laws[1]), selected=0)
    assert preferred(plain, None, spring, LawConfig()).laws == (laws[1],)


def test_without_units_nothing_changes(spring: Dataset) -> None:
    bare = table(dict.fromkeys(UNITS, "1"), "1", uniform(*UNITS), spring.y)
    plain = one(bare.features[0].sympy + 0.5, bare)
    assert preferred(plain, None, bare, LawConfig()) is plain


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_the_regressor_uses_units(noise: float) -> None:
    rng = np.random.default_rng(0)
    x = pd.DataFrame({"a": rng.uniform(1.0, 9.0, 200), "GM": rng.uniform(1.0, 5.0, 200)})
    y = 6.0 * x["a"] ** 1.5 / np.sqrt(x["GM"])
    measured = (y + noise * y.std() * rng.standard_normal(200)).rename("T")
    units = {"a": "m", "GM": "m**3/s**2", "T": "s"}
    model = LawRegressor(units=units, time_budget=1).fit(x, measured)
    a, gm = sp.symbols("a GM", real=True)
    ratio = sp.simplify(model.law_.expr * sp.sqrt(gm) / a ** sp.Rational(3, 2))
    assert float(ratio) == pytest.approx(6.0, rel=0.03 if noise else 1e-12)


def test_the_number_of_a_law_without_groups_is_tried_as_an_exact_one() -> None:
    units = {"m": "kg", "g": "m/s**2"}
    rng = np.random.default_rng(0)  # not shared: whether 1/2 is near enough must not be chance
    c = {name: rng.uniform(1.0, 5.0, 200) for name in units}
    data = table(units, "N", c, 0.5 * c["m"] * c["g"] + 0.03 * rng.standard_normal(200))
    found = homogeneous(wanted(data, LawConfig()), data, LawConfig(), asked)
    assert found is not None
    m, g = (v.sympy for v in data.features)
    assert found.laws[found.selected].expr == m * g / 2
