"""Laws in dimensionless groups: composed back, preferred where they should be, and only there."""

import numpy as np
import pytest
import sympy as sp

from discover.config import LawConfig
from discover.dataset import Dataset
from discover.errors import InputError
from discover.front import front, select
from discover.homogeneity import homogeneous, preferred
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
    found = homogeneous(spring, LawConfig(), asked)
    assert found is not None
    F, k, z, n = (v.sympy for v in spring.features)
    law = found.laws[found.selected]
    assert sp.simplify(law.expr - (F / k * sp.exp(-n) + z)) == 0
    assert law.origin == "units"
    assert law.accuracy["test"].relative < 1e-12


def test_every_law_of_the_front_makes_sense(spring: Dataset) -> None:
    found = homogeneous(spring, LawConfig(), asked)
    assert found is not None
    known = {v.name: dimension(v.unit, where=v.name) for v in spring.features}
    for law in found.laws:
        assert check(law.expr, known, target=dimension("m", where="y")).consistent, law.expression


def test_nothing_where_units_are_not_told_or_not_wanted(spring: Dataset) -> None:
    assert homogeneous(spring, LawConfig(constants="any"), asked) is None
    bare = table(dict.fromkeys(UNITS, "1"), "1", uniform(*UNITS), spring.y)
    assert homogeneous(bare, LawConfig(), asked) is None


def test_a_demand_that_cannot_be_met_is_refused() -> None:
    c = uniform("x", "t")
    data = table({"x": "m", "t": "s"}, "kg", c, c["x"])
    with pytest.raises(InputError, match=r"no product of columns has the unit of y \(kg\)"):
        homogeneous(data, LawConfig(constants="dimensionless"), asked)


def test_homogeneous_laws_are_preferred_unless_they_explain_much_less(spring: Dataset) -> None:
    F, k, z, n = (v.sympy for v in spring.features)

    def one(expr: sp.Expr) -> Front:
        laws = front([score(Law.of(expr, spring.features, spring.target, "graph"), spring)])
        return Front(laws=laws, selected=select(laws))

    good, poor, hidden = F / k * sp.exp(-n) + 1.08 * z, F / k + z, F / k * sp.exp(-n) + z + 0.28
    assert preferred(one(hidden), one(good), LawConfig()).laws[0].expr == good
    plain = one(hidden)
    assert preferred(plain, one(poor), LawConfig()) is plain
    assert preferred(plain, None, LawConfig()) is plain
    demanded = LawConfig(constants="dimensionless")
    assert preferred(plain, one(poor), demanded).laws[0].expr == poor
