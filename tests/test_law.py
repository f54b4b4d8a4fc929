"""A law as a value: from an expression and back, text, LaTeX, prediction, JSON."""

import json
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from discover import formula
from discover.accuracy import measure
from discover.dataset import Variable
from discover.errors import InputError
from discover.law import Constant, Law, complexity

A, B = Variable(name="a", symbol=r"\alpha", unit="m"), Variable(name="Z/2 + Z/2")
T = Variable(name="T", unit="s")
a, b = A.sympy, B.sympy


def law(expr: sp.Expr, *variables: Variable) -> Law:
    return Law.of(expr, variables or (A, B), T, "graph")


@pytest.mark.parametrize(
    ("expr", "nodes"),
    [(a, 1), (sp.Float(2.5), 1), (a / b, 5), (2.5 * a**1.5, 5), (sp.exp(-(a**2) / 2), 6)],
)
def test_complexity_is_the_number_of_nodes(expr, nodes):
    assert complexity(expr) == nodes == sum(1 for _ in sp.preorder_traversal(expr))
    assert law(expr).complexity == nodes


def test_floats_become_constants_and_exact_numbers_stay():
    found = law(2.5 * a**1.9999999 + sp.pi * b / 3 + sp.sqrt(2))
    assert [c.name for c in found.constants] == ["c0", "c1"]
    assert sorted(found.values) == [1.9999999, 2.5]
    assert found.form.atoms(sp.Float) == set()
    assert found.form.has(sp.pi, sp.sqrt(2), sp.Rational(1, 3))
    assert found.expr == 2.5 * a**1.9999999 + sp.pi * b / 3 + sp.sqrt(2)


def test_equal_floats_are_constants_of_their_own():
    assert len(law(1.0 * sp.sin(1.0 * a) + 1.0).constants) == 3


def test_a_column_called_c0_keeps_its_name():
    column = Variable(name="c0")
    found = law(2.5 * column.sympy, column)
    assert [c.name for c in found.constants] == ["k0"]
    assert found.predict({"c0": np.array([2.0])}) == 5.0


def test_only_the_columns_that_occur_are_kept():
    assert law(2.5 * a).variables == (A,)
    assert law(sp.Float(2.0)).variables == ()


def test_a_symbol_that_is_no_column_is_refused():
    with pytest.raises(ValueError, match="'z'"):
        law(2.0 * sp.Symbol("z", real=True))


floats = st.floats(min_value=0.01, max_value=100, allow_nan=False)


@settings(max_examples=40, deadline=None)
@given(floats, floats, floats, st.sampled_from([sp.sin, sp.tanh, sp.exp, sp.Abs]))
def test_prediction_text_and_json_agree(p, q, r, function):
    found = law(p * a**q + function(b / r) - r)
    rows = {"a": np.array([0.5, 1.5]), "Z/2 + Z/2": np.array([0.2, -0.7])}
    want = p * rows["a"] ** q + found_value(function, rows["Z/2 + Z/2"] / r) - r
    assert found.predict(rows) == pytest.approx(want, rel=1e-12)
    read = formula.parse(found.expression, {"a", "Z/2 + Z/2"})
    assert read.expr == found.expr
    again = Law.from_json(json.loads(json.dumps(found.to_json())))
    assert (again.form, again.constants, again.variables) == (
        found.form,
        found.constants,
        found.variables,
    )
    assert np.array_equal(again.predict(rows), found.predict(rows))


def found_value(function, values):
    numpy = {sp.sin: np.sin, sp.tanh: np.tanh, sp.exp: np.exp, sp.Abs: np.abs}
    return numpy[function](values)


def test_scalars_are_spread_over_the_rows():
    assert law(sp.Float(2.5)).predict({"a": np.zeros(3)}).tolist() == [2.5] * 3


def test_no_value_is_no_warning(recwarn):
    found = law(1.5 * sp.log(a) + 1 / b)
    values = found.predict({"a": np.array([-1.0, 1.0]), "Z/2 + Z/2": np.array([1.0, 0.0])})
    assert np.isnan(values[0])
    assert np.isinf(values[1])
    assert not recwarn.list


def test_missing_columns_are_named():
    with pytest.raises(InputError, match=r"no column 'Z/2 \+ Z/2'"):
        law(a * b).predict({"a": np.zeros(2)})


def test_accuracy_and_intervals_travel_through_json():
    accuracy = measure(np.array([1.0, 2.0]), np.array([1.0, 2.5]), split="test", unit="s")
    found = replace(
        law(2.5 * a),
        accuracy={"test": accuracy},
        constants=(Constant(name="c0", value=2.5, low=2.4, high=2.6, level=0.95),),
    )
    data = found.to_json()
    assert {
        "expression",
        "latex",
        "complexity",
        "variables",
        "constants",
        "accuracy",
        "origin",
    } <= (set(data))
    assert data["variables"] == ["a"]
    assert data["form"] == "value"
    again = Law.from_json(data)
    assert again.accuracy["test"] == accuracy
    assert again.constants == found.constants


def test_json_that_was_tampered_with_is_refused_and_never_run(tmp_path):
    marker = tmp_path / "ran"
    data = law(2.5 * a).to_json()
    for skeleton in (f"__import__('pathlib').Path('{marker}').touch()", "c0*nobody", "a**"):
        with pytest.raises(InputError):
            Law.from_json(data | {"skeleton": skeleton})
    assert not Path(marker).exists()


def test_latex_rounds_to_what_the_interval_supports():
    exact = law(-2.123456 * a**1.5)
    assert exact.latex() == r"-2.123\,\alpha^{1.500}"
    rough = replace(
        law(2.123456 * a), constants=(Constant(name="c0", value=2.123456, low=1.9, high=2.3),)
    )
    assert rough.latex() == r"2.1\,\alpha"
    assert law(b).latex() == r"\text{Z/2 + Z/2}"


def test_laws_travel_between_processes():
    found = law(2.5 * a)
    found.predict({"a": np.zeros(2)})
    again = pickle.loads(pickle.dumps(found))
    assert again.expr == found.expr


def test_restated_drops_and_renumbers_constants():
    found = law(2.5 * a + 1.5)
    c = {constant.value: constant.sympy for constant in found.constants}
    shorter = law(2.5 * a + 1.5).restated(a * c[2.5], {c[2.5]: 2.5})
    assert [k.name for k in shorter.constants] == ["c0"]
    assert shorter.expr == 2.5 * a


def test_new_values_make_old_intervals_and_accuracies_stale():
    found = replace(law(2.5 * a), accuracy={"test": None})
    assert found.with_values([3.0]).accuracy == {}
    with pytest.raises(ValueError):
        found.with_values([1.0, 2.0])
