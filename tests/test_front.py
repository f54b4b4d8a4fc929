"""The front and the choice, on laws whose errors are made up."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from discover.accuracy import Accuracy
from discover.dataset import Variable
from discover.front import description_length, front, select, unmatched, worthwhile
from discover.law import Constant, Law

x = Variable(name="x")


def accuracy(relative: float, n: int = 1000) -> Accuracy:
    return Accuracy(
        split="validation", n=n, unit="1", rms=relative, relative=relative, r2=0.0, worst=1.0
    )


def law(nodes: int, relative: float, n: int = 1000) -> Law:
    """A law of that many nodes: x, or a sum of x and symbols."""
    terms = [sp.Symbol(f"s{i}", real=True) for i in range(nodes - 1)]
    form = sp.Add(*terms) if nodes > 2 else sp.sin(x.sympy) if nodes == 2 else x.sympy
    return Law(
        form=form,
        constants=(),
        variables=(x,),
        target=Variable(name="T"),
        origin="graph",
        accuracy={"validation": accuracy(relative, n)},
    )


@given(st.lists(st.tuples(st.integers(1, 12), st.floats(1e-12, 2.0)), min_size=1, max_size=12))
def test_the_front_rises_in_size_and_falls_in_error_and_nothing_beats_it(pairs):
    laws = [law(nodes, relative) for nodes, relative in pairs]
    kept = front(laws)
    sizes = [k.complexity for k in kept]
    errors = [k.accuracy["validation"].relative for k in kept]
    assert sizes == sorted(set(sizes))
    assert all(a > b for a, b in pairwise(errors))
    for other in laws:
        best = min(
            k.accuracy["validation"].relative for k in kept if k.complexity <= other.complexity
        )
        assert best <= max(other.accuracy["validation"].relative, 1e-10) * (1 + 2e-9)


@given(
    st.lists(st.tuples(st.integers(1, 12), st.floats(1e-6, 2.0)), min_size=1, max_size=12),
    st.floats(0.0, 1.0),
)
def test_any_price_of_a_node_recommends_a_law_that_is_shown(pairs, more):
    found = front([law(nodes, relative) for nodes, relative in pairs])
    shown = worthwhile(found)
    assert shown[0] == found[0]
    assert found[select(found)] in shown
    price = math.log(1000) / 1000 + more

    def cost(each):
        return 2 * math.log(each.accuracy["validation"].relative) + price * each.complexity

    assert min(map(cost, shown)) == pytest.approx(min(map(cost, found)), abs=1e-9)


def test_a_law_best_at_no_price_is_not_shown():
    chain = [law(1, 0.5), law(6, 0.49), law(7, 1e-4)]
    assert [each.complexity for each in worthwhile(chain)] == [1, 7]


def test_what_fits_noise_is_not_shown():
    chain = [law(1, 0.5), law(7, 1e-2), law(12, 1e-2 * (1 - 1e-3))]
    assert [each.complexity for each in worthwhile(chain)] == [1, 7]


def test_a_law_is_not_lost_to_one_that_has_more_numbers():
    plain, fitted = law(6, 0.1), law(6, 0.099)
    fitted = replace(fitted, constants=tuple(Constant(name=f"c{i}", value=1.0) for i in range(4)))
    mean = law(1, 0.9)
    laws = [mean, plain, fitted]
    assert front(laws) == (mean, fitted)
    assert unmatched(laws) == (mean, fitted, plain)
    shown = worthwhile(unmatched(laws))
    assert shown == (mean, plain)
    assert shown[select(shown)] is plain
    # Where the numbers pay, the law that has them is the one to be recommended.
    better = replace(fitted, accuracy={"validation": accuracy(0.05)})
    shown = worthwhile(unmatched([mean, plain, better]))
    assert shown[select(shown)] is better


def test_equal_errors_leave_the_simpler_law():
    assert [k.complexity for k in front([law(5, 0.1), law(3, 0.1 * (1 + 1e-10))])] == [3]


def test_below_rounding_all_errors_are_equal():
    assert [k.complexity for k in front([law(5, 1e-16), law(3, 3e-11)])] == [3]


def test_laws_without_a_value_are_left_out():
    assert front([law(3, math.inf), law(4, math.nan)]) == ()


def test_a_node_must_lower_the_squared_error_by_two_percent():
    step = math.exp(-0.01)  # of the rms: 2 % of its square
    n = 10**6
    assert select([law(5, 0.1, n), law(6, 0.1 * step * 1.0001, n)]) == 0
    assert select([law(5, 0.1, n), law(6, 0.1 * step * 0.9999, n)]) == 1


def test_few_rows_make_nodes_dearer():
    laws = [law(5, 0.1, 20), law(6, 0.096, 20)]
    assert select(laws) == 0
    assert select([law(5, 0.1, 2000), law(6, 0.096, 2000)]) == 1


def test_a_law_only_as_good_as_a_much_simpler_one_loses():
    assert select([law(3, 0.0500), law(12, 0.0499)]) == 0
    assert select([law(3, 1e-13), law(12, 1e-16)]) == 0


def test_an_exact_law_beats_every_approximation():
    assert select([law(3, 0.01), law(9, 1e-6), law(12, 1e-15)]) == 2


def test_the_formula():
    assert description_length(accuracy(0.1, 100), 7) == pytest.approx(
        2 * math.log(0.1) + 7 * math.log(100) / 100
    )
    assert math.isfinite(description_length(accuracy(0.0, 1), 1))


def test_nothing_to_choose_from():
    with pytest.raises(ValueError, match="no law"):
        select([])
