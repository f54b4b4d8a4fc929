"""How wrong: against scikit-learn, against worked examples, and where floats end."""

import json
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import mean_squared_error, r2_score

from discover.accuracy import Levels, Rounding, measure

sizes = st.integers(2, 30)
numbers = st.floats(-1e6, 1e6).map(lambda v: round(v, 6))
pairs = sizes.flatmap(
    lambda n: st.tuples(
        hnp.arrays(np.float64, n, elements=numbers), hnp.arrays(np.float64, n, elements=numbers)
    )
)


def array(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float64)


@given(pairs)
def test_as_scikit_learn_says(pair) -> None:
    predicted, target = pair
    assume(np.ptp(target) > 1e-3)
    found = measure(predicted, target, split="test", unit="m")
    assert found.rms == pytest.approx(math.sqrt(mean_squared_error(target, predicted)))
    assert found.r2 == pytest.approx(r2_score(target, predicted))
    assert found.worst == np.abs(predicted - target).max()
    assert found.relative == pytest.approx(found.rms / math.sqrt(np.mean(target**2)))
    assert (found.split, found.n, found.unit, found.accuracy) == ("test", len(target), "m", None)


def test_worked_by_hand() -> None:
    found = measure(array(1, 2, 3, 8), array(1, 2, 3, 4), split="validation")
    assert found.rms == 2.0
    assert found.worst == 4.0
    assert found.r2 == pytest.approx(1 - 4 / 1.25)
    assert found.relative == pytest.approx(2 / math.sqrt(7.5))


@given(pairs, st.floats(-250, 250).map(lambda e: 10.0**e))
def test_shares_do_not_depend_on_the_unit(pair, scale: float) -> None:
    predicted, target = (values / 1e6 for values in pair)
    assume(np.ptp(target) > 1e-6)
    assume(np.abs(predicted - target).max() > 1e-6)
    here = measure(predicted, target, split="test")
    there = measure(predicted * scale, target * scale, split="test")
    assert there.r2 == pytest.approx(here.r2, rel=1e-6, abs=1e-6)
    assert there.relative == pytest.approx(here.relative, rel=1e-6)
    assert there.rms == pytest.approx(here.rms * scale, rel=1e-6)


def test_tiny_errors_of_tiny_targets_are_seen() -> None:
    found = measure(array(1e-200, 2e-200), array(1e-200, 4e-200), split="test")
    assert found.rms == pytest.approx(math.sqrt(2) * 1e-200)
    assert found.r2 == pytest.approx(1 - 2 / 2.25)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [0.1, 1 / 3, 1e9 + 0.1, 0.0])
def test_a_constant_target_has_nothing_to_explain(value: float) -> None:
    target = np.full(7, value)
    assert measure(target, target, split="test").r2 == 1.0
    assert measure(target + 1.0, target, split="test").r2 == -math.inf
    assert measure(target, target, split="test").relative == 0.0
    assert measure(target + 1.0, np.zeros(7), split="test").relative == math.inf


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_law_without_a_value_is_wrong(bad: float) -> None:
    found = measure(array(1, bad, 3), array(1, 2, 3), split="test")
    assert (found.rms, found.relative, found.worst) == (math.inf,) * 3
    assert found.r2 == -math.inf
    rounding = Rounding(levels=Levels(offset=0.0, step=1.0))
    found = measure(array(1, bad, 3), array(1, 2, 3), split="test", rounding=rounding)
    assert found.accuracy == pytest.approx(2 / 3)


@given(pairs)
def test_never_nan(pair) -> None:
    predicted, target = pair
    found = measure(predicted * 1e302, target * 1e302, split="test")
    assert not any(math.isnan(v) for v in (found.rms, found.relative, found.r2, found.worst))
    assert found.r2 <= 1


def test_what_cannot_be_measured() -> None:
    with pytest.raises(ValueError, match="shapes differ"):
        measure(array(1, 2), array(1, 2, 3), split="test")
    with pytest.raises(ValueError, match="at least one row"):
        measure(array(), array(), split="test")
    with pytest.raises(ValueError, match="finite target"):
        measure(array(1), array(math.nan), split="test")


def test_as_json() -> None:
    found = measure(array(1, 2), array(1, 4), split="test", unit="m")
    assert json.loads(json.dumps(found.to_json()))["unit"] == "m"
    assert set(found.to_json()) == {
        "split", "n", "unit", "rms", "relative", "r2", "worst", "accuracy",
    }  # fmt: skip


# --- ordinal targets ------------------------------------------------------------------------------


@given(
    st.lists(st.integers(-40, 40), min_size=2, max_size=30, unique=True),
    st.sampled_from([1.0, 2.0, 0.5, 0.1, 0.25, 1 / 3, 1e-12, 1e12, 0.07]),
    st.sampled_from([0.0, 1.0, 0.3, -7.0, 1000.0]),
)
def test_the_lattice_is_found(ks: list[int], step: float, shift: float) -> None:
    target = step * (np.array(ks, dtype=np.float64) + shift)
    levels = Levels.of(target)
    gcd = math.gcd(*(k - ks[0] for k in ks))
    assert levels.step == pytest.approx(step * gcd, rel=1e-9)
    np.testing.assert_allclose(levels.round(target), target, rtol=1e-9, atol=1e-9 * step)
    middle = target + 0.4 * levels.step
    np.testing.assert_allclose(levels.round(middle), target, rtol=1e-9, atol=1e-9 * step)


@pytest.mark.parametrize(
    ("target", "offset", "step"),
    [
        ([4, -2, 0, 8], 0.0, 2.0),
        ([1, 3, 7], 1.0, 2.0),
        ([0.1, 0.2, 0.3, 0.7], 0.0, 0.1),
        ([0.1 * 3, 0.3, 0.6], 0.0, 0.3),  # 0.1 * 3 and 0.3 differ in the last bit
        ([6, 10, 16], 0.0, 2.0),  # no two neighbours are one step apart
        ([1e9, 1e9 + 1, 1e9 + 3], 0.0, 1.0),
        ([-0.5, 0.5, 1.5], 0.5, 1.0),
    ],
)
def test_lattices_worked_by_hand(target, offset: float, step: float) -> None:
    levels = Levels.of(array(*target))
    assert levels.step == step
    assert abs(levels.offset - offset) % step == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ([3, 3, 3], "constant"),
        ([0, 1, math.sqrt(2)], "common step"),
        ([0.0, 1.0, math.pi, math.e], "common step"),
        ([0, 1, 1e9], "common step"),
        ([0, 1, 2.00005, 1e5], "common step"),
        ([1, math.nan], "finite"),
        ([1, math.inf], "finite"),
        ([1.0, 1.0 + 1e-15], "common step"),
    ],
)
def test_what_is_no_lattice(target, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Levels.of(array(*target))


def test_measured_values_are_no_lattice() -> None:
    for seed in range(5):
        with pytest.raises(ValueError, match="common step"):
            Levels.of(np.random.default_rng(seed).normal(size=200))


@given(st.floats(0.75, 1.3), st.integers(0, 2**32 - 1))
def test_the_scale_undoes_shrinking(shrunk: float, seed: int) -> None:
    generator = np.random.default_rng(seed)
    target = 2.0 * generator.integers(-6, 7, size=400)
    target[:2] = (0.0, 2.0)
    predicted = target / shrunk
    rounding = Rounding.fit(Levels.of(target), predicted, target)
    assert rounding.scale == pytest.approx(shrunk, abs=0.12)
    assert np.array_equal(rounding(predicted), target)
    assert measure(predicted, target, split="train", rounding=rounding).accuracy == 1.0


def test_an_exact_law_needs_no_scale() -> None:
    target = 2.0 * np.arange(-6, 7)
    assert Rounding.fit(Levels.of(target), target, target).scale == pytest.approx(1.0, abs=0.02)


def test_a_shuffled_answer_is_hit_by_chance_only() -> None:
    generator = np.random.default_rng(0)
    target = 2.0 * generator.integers(-6, 7, size=2000)
    predicted = generator.permutation(target)
    rounding = Rounding.fit(Levels.of(target), predicted, target)
    found = measure(predicted, target, split="test", rounding=rounding)
    assert found.accuracy is not None
    assert found.accuracy < 0.15
    assert found.r2 < 0


def test_an_error_too_large_to_be_squared_is_a_number_all_the_same() -> None:
    target = np.array([1.0, 2.0, 3.0])
    far = measure(np.full(3, 1e200), target, split="test", unit="1")
    assert (far.rms, far.r2) == (pytest.approx(1e200), -np.inf)
