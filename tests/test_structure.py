"""Fewer variables from slopes: laws whose symmetries are known, with and without noise."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from discover.structure import (
    Rows,
    alternatives,
    carried,
    carriers,
    folded,
    longer,
    odd,
    reduce,
    sizes,
)
from discover.structure.powers import NEAR, echelons
from discover.structure.seeing import Unseen, see
from discover.structure.smoothing import smooth
from discover.structure.telling import telling

A, B, C, D = sp.symbols("a b c d", real=True)


def rows(law, columns: int, *, noise: float = 0.0, low: float = 1.0, high: float = 3.0):  # type: ignore[no-untyped-def]
    """Training and unseen rows of a law of the first few of a, b, c, d."""
    rng = np.random.default_rng(0)
    x = rng.uniform(low, high, (300, columns))
    y = law(*x.T)
    y = y + noise * np.sqrt(np.mean(y**2)) * rng.standard_normal(300)
    symbols = (A, B, C, D)[:columns]
    return Rows(x=x[:220], y=y[:220], symbols=symbols), Rows(x=x[220:], y=y[220:], symbols=symbols)


@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_a_product_of_powers_leaves_no_variable(noise: float) -> None:
    found = reduce(*rows(lambda a, b, c: 3 * a**2 / (b * np.sqrt(c)), 3, noise=noise))
    assert found is not None
    assert found.groups == ()
    assert found.factor_expr() == A**2 / (B * sp.sqrt(C))


@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_a_dimensionless_group_is_found_without_units(noise: float) -> None:
    found = reduce(*rows(lambda a, b, c, d: a * np.exp(-b * c / d), 4, noise=noise))
    assert found is not None
    assert found.factor_expr() == A
    assert found.group_exprs() in [(B * C / D,), (D / (B * C),)]
    assert found.error < 1.3 * found.full


@pytest.mark.parametrize("seed", [0, 3, 4])
def test_a_few_rows_at_a_pole_do_not_hide_a_ratio(seed: int) -> None:
    # The function of all columns is nearer in the mean there, by the luck of one row.
    x = np.random.default_rng(seed).uniform([1, 1, 3.05, 1], [3, 3, 10, 6], (300, 4))
    a, b, c, d = x.T
    y = a * np.sqrt(1 - (b / c) ** 2) / (1 + b / c * np.cos(d))
    here, there = (Rows(x=x[p], y=y[p], symbols=(A, B, C, D)) for p in np.split(range(300), [220]))
    found = reduce(here, there)
    assert found is not None
    assert (found.factor_expr(), found.group_exprs()) == (A, (B / C, D))
    assert found.error > 1.15 * found.full


def test_a_difference_is_found() -> None:
    found = reduce(*rows(lambda a, b, c: c * np.cos(2 * (a - b)), 3))
    assert found is not None
    assert len(found.groups) == 1
    assert found.group_exprs()[0] in [A - B, B - A]
    assert found.factor_expr() == C


def test_nothing_is_reduced_where_nothing_can_be() -> None:
    found = reduce(*rows(lambda a, b: np.sin(a) + np.exp(b / 2), 2))
    assert found is not None
    assert len(found.groups) == 2
    assert found.factor_expr() == 1


def test_a_shuffled_target_keeps_no_column_in_a_law_of_its_own() -> None:
    train, unseen = rows(lambda a, b: a / b, 2)
    y = np.random.default_rng(1).permutation(train.y)
    found = reduce(Rows(x=train.x, y=y, symbols=train.symbols), unseen)
    assert found is None or found.error > 0.2


def test_few_rows_say_nothing() -> None:
    train, unseen = rows(lambda a, b: a / b, 2)
    assert reduce(Rows(x=train.x[:20], y=train.y[:20], symbols=train.symbols), unseen) is None


def test_other_bases_describe_the_same_law() -> None:
    train, unseen = rows(
        lambda a, b, c, d: a * (1 - b * d / a / 9) / np.sqrt(1 - (b / c / 3) ** 2), 4
    )
    found = reduce(train, unseen)
    assert found is not None
    assert len(found.groups) == 2
    for other in alternatives(found, train, 3):
        rank = np.linalg.matrix_rank(np.array([*found.groups, *other.groups], dtype=float))
        assert rank == 2
    for other in longer(found, train, 9):
        rank = np.linalg.matrix_rank(np.array([*found.groups, *other.groups], dtype=float))
        assert rank == len(other.groups) == 2
        assert sum(map(abs, sum(other.groups, ()))) > sum(map(abs, sum(found.groups, ())))


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(-4, 4), min_size=4, max_size=4).filter(lambda e: any(e)),
    st.integers(0, 99),
)
def test_any_basis_of_a_space_gives_its_rational_form(exponents, seed) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(seed)
    space = np.array([[*exponents, 0.0], [1.0, 0.0, 2.0, 0.0, -1.0]])
    mixed = rng.normal(size=(2, 2)) @ space
    if np.linalg.cond(mixed) > 50:
        return
    for factor, groups in echelons(mixed, 1, NEAR):
        made = np.array(
            [[*(float(e) for e in groups[0]), 0.0], [*(float(e) for e in factor), -1.0]]
        )
        assert np.linalg.matrix_rank(np.vstack([space, made]), tol=1e-9) == 2
        assert all(isinstance(e, Fraction) for e in factor)


def test_slopes_are_the_derivatives() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(1, 2, (100, 2))
    found = smooth(x, np.sin(2 * x[:, 0]) * x[:, 1])
    step = 1e-3
    for k in range(2):
        shift = step * np.eye(2)[k]
        numeric = (found(x + shift) - found(x - shift)) / (2 * step)
        assert np.allclose(found.slopes(x)[:, k], numeric, atol=1e-3)
    assert np.allclose(found.slopes(x)[:, 1], np.sin(2 * x[:, 0]), atol=2e-2)


def test_what_bends_in_one_direction_is_known_from_few_rows() -> None:
    rng = np.random.default_rng(0)
    x, there = rng.uniform(0, 1, (120, 4)), rng.uniform(0, 1, (100, 4))
    along = np.array([3.0, 2.0, -3.0, 0.0])
    found = smooth(x, np.sin(x @ along) + x[:, 3])
    assert np.abs(found(there) - np.sin(there @ along) - there[:, 3]).max() < 1e-3
    expected = np.cos(there @ along)[:, None] * along + np.array([0.0, 0.0, 0.0, 1.0])
    assert np.abs(found.slopes(there) - expected).max() < 1e-2


def test_the_noise_is_measured() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(1, 2, (300, 2))
    y = x[:, 0] * x[:, 1] + 0.05 * rng.standard_normal(300)
    assert 0.04 < float(np.median(smooth(x, y).noise)) < 0.06


def signed(rng: np.random.Generator, n: int, d: int) -> np.ndarray:
    """Columns of both signs over two decades."""
    return rng.choice([-1.0, 1.0], (n, d)) * 10 ** rng.uniform(-1, 1, (n, d))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(-3, 3), min_size=4, max_size=4), st.integers(0, 99))
def test_a_product_of_powers_is_odd_in_its_odd_powers(powers: list[int], seed: int) -> None:
    x = signed(np.random.default_rng(seed), 200, 4)
    rows = Rows(x=x, y=np.prod(x ** np.array(powers), axis=1), symbols=sp.symbols("a:4"))
    columns = odd(rows)
    assert columns == tuple(i for i, power in enumerate(powers) if power % 2)
    assert (folded(rows, columns).y > 0).all()
    assert (folded(rows, columns).x[:, list(columns)] > 0).all()


def test_a_target_of_one_sign_or_of_no_parity_is_odd_in_nothing() -> None:
    x = signed(np.random.default_rng(0), 300, 2)
    symbols = sp.symbols("a b")
    assert odd(Rows(x=x, y=np.exp(x[:, 0]), symbols=symbols)) == ()
    assert odd(Rows(x=x, y=x[:, 0] + x[:, 1], symbols=symbols)) == ()
    shuffled = np.random.default_rng(1).permutation(x[:, 0])
    assert odd(Rows(x=x, y=shuffled, symbols=symbols)) == ()


def test_sizes_are_looked_at_only_where_a_target_has_one_sign() -> None:
    x = np.random.default_rng(0).normal(size=(60, 2))
    even = Rows(x=x, y=x[:, 0] ** 2 * x[:, 1] ** 2, symbols=(A, B))
    found = sizes(even)
    assert found is not None
    assert np.array_equal(found.x, np.abs(x))
    assert sizes(Rows(x=x, y=x[:, 0], symbols=(A, B))) is None
    assert sizes(Rows(x=np.abs(x), y=even.y, symbols=(A, B))) is None


def test_errors_are_judged_by_the_noise_of_each_row() -> None:
    y = np.logspace(-6, 6, 100)
    one = np.ones(100)
    relative = Unseen(x=y[:, None], y=y, factor=one, spread=y)
    assert relative.error(1.01 * y) == pytest.approx(0.01)
    # An error in the smallest rows counts where noise is relative, and nowhere else.
    missed = np.where(y < 1, 2 * y, y)
    assert relative.error(missed) == pytest.approx(np.sqrt(0.5))
    assert Unseen(x=y[:, None], y=y, factor=one, spread=one).error(missed) < 1e-5


def test_what_carries_the_target_along_is_seen() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(1, 3, (200, 4))
    a, b, c, d = x.T
    names = sp.symbols("a b c d", real=True)
    cooled = Rows(x=x, y=a + (b - a) * np.exp(-c / d), symbols=names)
    (carrier,) = carriers(cooled, cooled)
    assert carrier.expr(names) == names[0]
    less = carried(cooled, carrier)
    assert less.symbols == (names[1] - names[0], names[2], names[3])
    assert np.allclose(less.y, less.x[:, 0] * np.exp(-less.x[:, 1] / less.x[:, 2]))
    assert list(carriers(replace(cooled, y=a * c), replace(cooled, y=a * c))) == []


def test_a_target_that_comes_near_zero_is_seen_as_it_is() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(1, 3, (300, 3))
    y = x[:, 0] * (1 - np.exp(x[:, 1] - x[:, 2])) ** 2
    rows = Rows(x=x, y=y, symbols=sp.symbols("a b c", real=True))
    found = reduce(rows, rows)
    assert found is not None
    assert found.factor_expr() == rows.symbols[0]
    assert found.group_exprs() in {
        (rows.symbols[1] - rows.symbols[2],),
        (rows.symbols[2] - rows.symbols[1],),
    }


def test_a_function_that_misses_the_target_knows_no_carrier() -> None:
    rng = np.random.default_rng(1)
    x = rng.uniform(-1, 1, (300, 2))
    y = x[:, 0] + 0.6 * rng.standard_normal(300)
    noisy = Rows(x=x, y=y, symbols=sp.symbols("a b", real=True))
    assert list(carriers(noisy, noisy)) == []
    clean = replace(noisy, y=x[:, 0] + np.sin(x[:, 1]))
    assert next(carriers(clean, clean)).expr(clean.symbols) == clean.symbols[0]


@pytest.mark.parametrize("low", [1.0, -3.0])
def test_a_product_that_is_added_to_the_rest_is_seen(low: float) -> None:
    x = np.random.default_rng(2).uniform(1, 3, (300, 4))
    x[:, 2] = np.random.default_rng(3).uniform(low, 3, 300)
    m, v, q, k = sp.symbols("m v q k", real=True)
    energy = x[:, 0] * x[:, 1] ** 2 / 2 + np.cos(x[:, 2]) * np.exp(x[:, 3])
    rows = Rows(x=x, y=energy, symbols=(m, v, q, k))
    first = next(carriers(rows, rows))
    assert first.expr(rows.symbols) == m * v**2 / 2
    less = carried(rows, first)
    assert first.column in (0, 1)
    assert np.allclose(less.y, np.cos(x[:, 2]) * np.exp(x[:, 3]))
    # Where the product is in the rest as well, no column can go.
    tied = replace(rows, y=x[:, 0] * x[:, 1] ** 2 / 2 + np.sin(x[:, 0] * x[:, 1]) * x[:, 3])
    assert list(carriers(tied, tied)) == []


def test_a_target_is_seen_on_the_scale_that_is_known() -> None:
    rng = np.random.default_rng(5)
    x, there, one = rng.uniform(-2, 2, (200, 2)), rng.uniform(-2, 2, (200, 2)), np.ones(200)

    def law(z: np.ndarray) -> np.ndarray:  # of one sign, and zero along a line
        return (z[:, 0] - z[:, 1] ** 2) ** 2 * np.exp(z[:, 1])

    unseen = Unseen(x=there, y=law(there), factor=one, spread=one)
    assert see(x, law(x), one, unseen).signed
    assert not see(x, law(x), one, unseen, signed=False).signed
    smooth_in_logarithms = replace(unseen, y=np.exp(there[:, 0]))
    assert not see(x, np.exp(x[:, 0]), one, smooth_in_logarithms).signed
    assert see(x, np.exp(x[:, 0]), one, smooth_in_logarithms, signed=True).signed


def test_trees_tell_the_columns_of_a_target_with_a_pole() -> None:
    rng = np.random.default_rng(3)
    x = rng.uniform(1.0, 3.0, (600, 6))
    y = x[:, 1] ** 2 / (x[:, 3] - x[:, 4]) ** 2
    assert telling(x, y).tolist() == [False, True, False, True, True, False]
    # A growing function of the target changes nothing.
    assert (telling(x, np.log(y)) == telling(x, y)).all()


@pytest.mark.parametrize(("power", "wide", "seed"), [(1, 0.5, 1), (1, 1.5, 0), (2, 0.5, 1)])
def test_columns_without_a_say_are_left_out_near_a_pole(power: int, wide: float, seed: int) -> None:
    x = np.exp(np.random.default_rng(seed).uniform(-wide, wide, (500, 6)))
    y = x[:, 0] / (x[:, 1] ** power - x[:, 2] ** power) ** 2
    symbols = (*sp.symbols("a b c p q r", real=True),)
    found = reduce(
        Rows(x=x[:400], y=y[:400], symbols=symbols), Rows(x=x[400:], y=y[400:], symbols=symbols)
    )
    assert found is not None
    left = set().union(*(g.free_symbols for g in (found.factor_expr(), *found.group_exprs())))
    assert not left & {*symbols[3:]}


def test_numbers_whose_squares_vanish_are_reduced() -> None:
    x = 1e-90 * np.random.default_rng(0).uniform(1.0, 3.0, (200, 1))
    every = Rows(x=x, y=(1e90 * x[:, 0]) ** 2, symbols=(A,))
    found = reduce(every, every)
    assert found is not None
    assert found.factor == (Fraction(2),)
    assert found.groups == ()
