"""Proposals: who found what, and what is not proposed."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp

from discover.dataset import Dataset, Source, Split, Variable
from discover.proposals import Proposal, fewer, propose, proposing, settles
from discover.structure import Carrier
from discover.structure.reduction import unit
from tests.worlds import world

A, B, C = sp.symbols("v0 v1 v2", real=True)


def found(law, columns: int, **options):  # type: ignore[no-untyped-def]
    return propose(world(law, columns, **options))


def test_a_reduced_law_says_that_structure_found_it() -> None:
    proposals = found(lambda a, b, c: a / np.sqrt(36 - (b / c) ** 2), 3)
    assert proposals.laws[0].origin == "structure"
    truth = A / sp.sqrt(36 - (B / C) ** 2)
    at = {A: 1.3, B: 0.7, C: 2.9}
    assert abs(float((proposals.laws[0].expr - truth).evalf(subs=at))) < 1e-9
    assert proposals.structure is not None
    assert proposals.structure.factor == A
    assert len(proposals.structure.variables) == 1


def test_a_monomial_is_the_whole_proposal() -> None:
    (law,) = found(lambda a, b: 2.5 * a**2 / b, 2).laws
    assert sp.simplify(law.expr / (A**2 / B) - 2.5).evalf() < 1e-12


def test_the_same_seed_gives_the_same_proposals() -> None:
    one, two = (found(lambda a, b: a * np.cos(b) + b, 2, noise=0.01) for _ in range(2))
    assert [law.expr for law in one.laws] == [law.expr for law in two.laws]


@pytest.mark.parametrize(
    ("law", "truth"),
    [
        (lambda a, b, c: b + a / (c + 3 * b), B + A / (C + 3 * B)),
        (lambda a, b, c: a + (b - a) * np.exp(-0.7 * c), A + (B - A) * sp.exp(-0.7 * C)),
        (lambda a, b, c: a * np.exp(-b * c) * np.cos(a * c), A * sp.exp(-B * C) * sp.cos(A * C)),
    ],
)
def test_offsets_and_waves_that_die_away_settle_the_matter(law, truth) -> None:  # type: ignore[no-untyped-def]
    proposals = found(law, 3, n=600)
    assert proposals.settled
    at = {A: 1.3, B: 0.7, C: 2.9}
    assert abs(float((proposals.laws[0].expr - truth).evalf(subs=at))) < 1e-6


def test_a_function_of_a_column_beside_one_of_its_product() -> None:
    proposals = found(
        lambda a, b, c: a * (np.sin(b * c / 2) / np.sin(b / 2)) ** 2, 3, low=1, high=5
    )
    assert proposals.settled
    truth = A * sp.sin(B * C / 2) ** 2 / sp.sin(B / 2) ** 2
    assert abs(float((proposals.laws[0].expr - truth).evalf(subs={A: 1.3, B: 1.7, C: 2.9}))) < 1e-6


def test_test_rows_are_not_read() -> None:
    table = world(lambda a, b: a + b**2, 2)
    y = table.y.copy()
    y[table.split.test] = 1e9
    one, two = propose(table), propose(replace(table, y=y))
    assert [law.expr for law in one.laws] == [law.expr for law in two.laws]


@pytest.mark.parametrize("noise", [0.0, 0.01, 0.2])
def test_the_true_law_settles_the_matter_and_another_does_not(noise: float) -> None:
    table = world(lambda a, b, c: a * np.exp(-b) + c, 3, n=600, noise=noise)
    assert settles(A * sp.exp(-B) + C, table)
    assert not settles(A / (1 + B + B**2) + C, table)
    assert not settles(sp.Float(float(table.y.mean())), table)


def test_where_a_law_leaves_much_no_smooth_function_is_a_witness() -> None:
    def waves(a, b):  # type: ignore[no-untyped-def]
        return np.sin(300 * a * b)

    table = world(waves, 2, n=600)
    mean = sp.Float(float(table.part("train")[1].mean()))
    assert not settles(mean, table)
    assert settles(sp.sin(300 * A * B), table)


def test_what_a_function_of_fewer_variables_sees_is_left_to_find() -> None:
    table = world(lambda a, b: a + b + 0.02 * np.sin(300 * a * b), 2, n=600)
    assert settles(A + B, table)  # for all that a smooth function of the columns can tell
    assert settles(A + B, table, seen=0.01)
    assert not settles(A + B, table, seen=1e-3)
    assert settles(A + B + sp.sin(300 * A * B) / 50, table, seen=0.0)


def test_a_function_of_one_ratio_may_have_any_scale() -> None:
    def planck(nu, t):  # type: ignore[no-untyped-def]
        return nu**3 / np.expm1(2.7 * nu / t)

    best = found(planck, 2, n=600).laws[0].expr
    truth = A**3 / (sp.exp(sp.Float(2.7) * A / B) - 1)
    at = {A: 7.0, B: 0.3}  # far outside
    assert abs(float((best / truth).evalf(subs=at)) - 1) < 1e-6


def test_columns_of_both_signs_over_decades() -> None:
    def decades(u):  # type: ignore[no-untyped-def]
        return np.sign(u - 1.5) * 10 ** (2 * np.abs(u - 1.5))

    table = world(lambda a, b, c: a * b / c, 3)
    x = decades(table.x)
    table = replace(table, x=x, y=x[:, 0] * x[:, 1] / x[:, 2])
    proposals = propose(table)
    assert proposals.settled
    assert sp.simplify(proposals.laws[0].expr / (A * B / C) - 1).evalf() < 1e-12


def test_a_product_that_is_added_to_a_root_is_taken_off() -> None:
    # Of a charge in a field, without units.
    proposals = found(lambda p, q, a, m, v: np.sqrt((p - q * a) ** 2 + m**2) + q * v, 5)
    assert proposals.settled
    p, q, a, m, v = sp.symbols("v0:5", real=True)
    truth = sp.sqrt((p - q * a) ** 2 + m**2) + q * v
    at = {p: 1.3, q: 2.7, a: 2.9, m: 1.7, v: 0.4}
    assert abs(float((proposals.laws[0].expr - truth).evalf(subs=at))) < 1e-9


def test_the_columns_of_a_good_law_that_does_without_some() -> None:
    table = world(lambda a, b, c: a / b, 3, noise=0.05)
    whole = Proposal(origin="operon", expr=A / B + 0.001 * sp.sin(C))
    good, bad = (Proposal(origin="operon", expr=expr) for expr in (A / B, A))
    assert fewer([whole, good, bad], table) == ("v0", "v1")
    assert fewer([whole, bad], table) == ()
    assert fewer([whole], table) == ()
    assert fewer([], table) == ()


def test_a_column_is_taken_off_once_only(monkeypatch: pytest.MonkeyPatch) -> None:
    # Noise carries itself along with one column after the other: a search that began anew with each
    # of them did not end.
    asked = []

    def every(train, unseen):  # type: ignore[no-untyped-def]
        asked.append(train.x.shape[1])
        assert len(asked) == 1
        first = unit(0, train.x.shape[1])
        yield Carrier(column=0, along=(0,) * len(first), number=Fraction(1), exponents=first)

    monkeypatch.setattr(proposing, "carriers", every)
    rng = np.random.default_rng(0)
    found = propose(world(lambda a, b, c: a + rng.standard_normal(len(a)), 3, n=120))
    assert asked == [3]
    assert not found.settled


def _hostile(rng: np.random.Generator, n: int) -> np.ndarray:
    x = rng.normal(size=n)
    kinds = (
        x, np.exp(20 * x), np.exp(-30 * x), 1e200 * x, 1e-200 * x, np.round(x), np.abs(x) + 1e-12,
        rng.integers(0, 2, n).astype(float), np.sign(x) * np.exp(60 * np.abs(x)),
        rng.standard_cauchy(n),
    )  # fmt: skip
    return kinds[rng.integers(len(kinds))]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("seed", range(20))
def test_no_table_of_numbers_stops_the_roads(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, d = int(rng.integers(60, 140)), int(rng.integers(1, 5))
    x = np.column_stack([_hostile(rng, n) for _ in range(d)])
    if d > 2:
        x[:, 1] = x[:, 0] * (1 + 1e-9 * rng.normal(size=n))
    y = x[:, 0] * x[:, -1] if seed % 2 else _hostile(rng, n)
    order = rng.permutation(n)
    found = propose(
        Dataset(
            name="hostile",
            features=tuple(Variable(name=f"x{i}") for i in range(d)),
            target=Variable(name="y"),
            x=x,
            y=y,
            split=Split(train=order[: n // 2], validation=order[n // 2 :], test=order[:0]),
            source=Source(path="rows", rows=n),
        )
    )
    assert all(law.expr.is_finite is not False for law in found.laws)
