"""From proposals to a front: refitted, shortened, snapped, and chosen without the test rows."""

from dataclasses import replace

import numpy as np
import sympy as sp

from discover import selection
from discover.accuracy import Levels
from discover.selection import compete
from tests.worlds import world

A, B = sp.symbols("v0 v1", real=True)


def _front(law, *proposals, **options):  # type: ignore[no-untyped-def]
    table = world(law, 2, **options)
    return compete([("graph", p) for p in proposals], table, max_complexity=30), table


def test_a_rough_proposal_becomes_the_exact_law() -> None:
    rough = 1.9 * A ** sp.Float(1.45) / (B + 0.01) + 0.003
    front, _ = _front(lambda a, b: 2 * a**1.5 / b, rough)
    assert front.laws[front.selected].form == 2 * A ** sp.Rational(3, 2) / B


def test_a_law_whose_exact_numbers_are_too_long_keeps_its_arbitrary_ones() -> None:
    table = world(lambda a, b: a / (4 * np.pi) + b, 2)
    law = 0.08 * A + B
    short = compete([("graph", law)], table, max_complexity=5)
    assert short.laws[short.selected].complexity == 5
    whole = compete([("graph", law)], table, max_complexity=30)
    assert whole.laws[whole.selected].form == A / (4 * sp.pi) + B


def test_idle_terms_are_dropped_at_noise() -> None:
    long = 1.1 * A * B + 0.05 * sp.sin(B) + 0.01 * A**2
    front, _ = _front(lambda a, b: a * b, long, noise=0.02)
    assert front.laws[front.selected].form == A * B


def test_without_proposals_the_mean_is_the_law() -> None:
    front, table = _front(lambda a, b: a)
    assert [law.origin for law in front.laws] == ["mean"]
    assert front.laws[0].values[0] == np.mean(table.part("train")[1])


def test_noise_is_not_explained() -> None:
    def noise(a, b):  # type: ignore[no-untyped-def]
        return np.random.default_rng(7).standard_normal(len(a))

    front, _ = _front(noise, 1.0 * A + 0.5 * sp.sin(2.0 * B) + 1.0, 1.0 * A * B, n=600)
    assert front.laws[front.selected].origin == "mean"


def test_a_column_is_no_law_because_it_is_small() -> None:
    def noise(a, b):  # type: ignore[no-untyped-def]
        return 1e9 * np.random.default_rng(0).standard_normal(len(a))

    front, _ = _front(noise, 1.0 * A, 1.0 * B)
    assert [law.origin for law in front.laws] == ["mean"]


def test_a_law_without_value_on_a_row_is_left_out() -> None:
    front, _ = _front(lambda a, b: a, sp.log(A - 1.0), 1.0 * A)
    assert all(not law.form.has(sp.log) for law in front.laws)


def test_the_choice_does_not_see_test_rows() -> None:
    table = world(lambda a, b: a * b + 0.1 * np.sin(b), 2, noise=0.01)
    y = table.y.copy()
    y[table.split.test] = 1e9
    proposals = [("graph", 1.0 * A * B + 0.1 * sp.sin(1.0 * B)), ("operon", 1.0 * A)]
    one = compete(proposals, table, max_complexity=30)
    two = compete(proposals, replace(table, y=y), max_complexity=30)
    assert [law.expression for law in one.laws] == [law.expression for law in two.laws]
    assert one.selected == two.selected


def test_longer_laws_than_wanted_are_only_stepping_stones() -> None:
    table = world(lambda a, b: a * b, 2)
    long = 1.0 * A * B + sum(1e-9 * sp.sin(k * A) for k in range(1, 9))
    front = compete([("graph", long)], table, max_complexity=6)
    assert max(law.complexity for law in front.laws) <= 6
    assert front.laws[front.selected].form == A * B


def test_an_ordinal_target_is_scored_by_hits() -> None:
    table = world(lambda a, b: 2 * np.round(3 * a), 2)
    front = compete([("graph", 6.0 * A)], table, max_complexity=30, levels=Levels.of(table.y))
    accuracy = front.laws[front.selected].accuracy["test"]
    assert accuracy.accuracy is not None
    assert accuracy.accuracy > 0.9


def test_what_was_made_is_shortened_in_its_turn(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    table = world(lambda a, b: a * b, 2, noise=0.05)
    a, b = (variable.sympy for variable in table.features)
    asked = []

    def once(law, train, validation):  # type: ignore[no-untyped-def]
        asked.append(law.form)
        shorter = law.expr.xreplace({sp.exp(a): 1 + a, 1 + a: a})
        return (replace(law, form=shorter, constants=()),) if shorter != law.expr else (law,)

    monkeypatch.setattr(selection, "reductions", once)
    found = selection.compete([("graph", sp.exp(a) * b)], table, max_complexity=30)
    assert (1 + a) * b in asked
    assert found.laws[found.selected].form == a * b


def test_nothing_is_shortened_where_that_is_not_asked_for() -> None:
    table = world(lambda a, b: a**2 * b, 2, noise=0.01)
    proposed = [("graph", 1.1 * A**2 * B + 0.01 * sp.sin(B))]
    long = compete(proposed, table, max_complexity=30, shorten=False)
    assert all(law.expr.has(sp.sin) or not law.variables for law in long.laws)
    short = compete(proposed, table, max_complexity=30)
    assert any(not law.expr.has(sp.sin) for law in short.laws if law.variables)


def test_a_law_is_not_lost_to_one_of_its_size_with_more_numbers(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    # Both have four nodes and, so close to 1, the same values; that with a number has the smaller
    # error, as the number was fitted, and the longer description.
    plain, fitted = sp.exp(A) * B, 2.7 * A * B
    noisy = {"noise": 0.6, "low": 1.0, "high": 1.2, "n": 3000}
    front, _ = _front(lambda a, b: 2.75 * a * b, plain, fitted, **noisy)
    assert front.laws[front.selected].form == plain
    monkeypatch.setattr(selection, "unmatched", selection.front)
    front, _ = _front(lambda a, b: 2.75 * a * b, plain, fitted, **noisy)
    assert plain not in [law.form for law in front.laws]
