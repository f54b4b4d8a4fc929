"""Tables drawn from formulas and special functions, against scipy and against themselves."""

import math
from pathlib import Path

import numpy as np
import pytest
from scipy import special as scipy_special

from discover import config, run, tables
from discover.config import DataConfig
from discover.errors import InputError
from discover.sources import formula, special
from discover.sources.sampling import Drawing

PLANE = {"x": (-1.0, 1.0), "y": (0.5, 2.0)}


def load(data: dict) -> object:
    return tables.load(DataConfig.model_validate(data), folder=Path(), seed=0)


def test_a_formula_is_what_it_says():
    table = formula.sample("exp(sin(pi*x)) + y**2/2", PLANE, Drawing(rows=50))
    assert np.allclose(table["f"], np.exp(np.sin(math.pi * table["x"])) + table["y"] ** 2 / 2)
    assert all(-1 <= x < 1 for x in table["x"])
    assert all(0.5 <= y < 2 for y in table["y"])


def test_noise_is_a_share_of_the_spread_and_comes_after_the_columns():
    clean, noisy = (formula.sample("x*y", PLANE, Drawing(rows=20_000, noise=n)) for n in (0, 0.1))
    assert (clean["x"] == noisy["x"]).all()
    error = noisy["f"] - clean["f"]
    assert error.std() == pytest.approx(0.1 * clean["f"].std(), rel=0.03)
    assert abs(error.mean()) < 0.01 * clean["f"].std()


def test_the_same_seed_draws_the_same_table():
    tables_ = [formula.sample("x*y", PLANE, Drawing(seed=s, noise=0.1)) for s in (1, 1, 2)]
    assert all((tables_[0][k] == tables_[1][k]).all() for k in tables_[0])
    assert not any((tables_[0][k] == tables_[2][k]).any() for k in tables_[0])


@pytest.mark.parametrize("name", special.CATALOGUE)
def test_special_functions_are_finite_smooth_and_vary(name):
    table = special.sample(name, {}, Drawing(rows=2000))
    assert np.isfinite(table["f"]).all()
    assert table["f"].std() > 1e-3
    assert np.abs(table["f"]).max() < 1e3


@pytest.mark.parametrize(("order", "degree"), [(0, 1), (1, 1), (0, 2), (1, 2), (2, 2)])
def test_spherical_harmonics_are_those_of_scipy(order, degree):
    table = special.sample(f"sph_harm_{order}{degree}", {}, Drawing(rows=20))
    if hasattr(scipy_special, "sph_harm_y"):
        exact = scipy_special.sph_harm_y(degree, order, table["y"], table["x"]).real
    else:
        exact = scipy_special.sph_harm(order, degree, table["x"], table["y"]).real
    assert np.allclose(table["f"], exact, atol=1e-12)


def test_the_bessel_function_solves_its_equation():
    rng = np.random.default_rng(0)
    order, at, h = rng.uniform(0, 5, 20), rng.uniform(1, 9, 20), 1e-3
    values = [special.CATALOGUE["jv"].values(order, at + k * h) for k in (-1, 0, 1)]
    slope, bend = (values[2] - values[0]) / (2 * h), (values[2] - 2 * values[1] + values[0]) / h**2
    assert np.abs(at**2 * bend + at * slope + (at**2 - order**2) * values[1]).max() < 1e-4


def test_every_name_that_a_recipe_may_ask_for_is_in_the_catalogue():
    from typing import get_args

    from discover.config.models import SpecialName

    assert set(get_args(SpecialName)) == set(special.CATALOGUE)


def test_a_recipe_draws_its_table():
    data = load({"formula": {"expression": "x*y", "ranges": PLANE, "rows": 100, "seed": 4}})
    assert data.names == ("x", "y")
    assert data.target.name == "f"
    assert len(data.y) == 100
    assert np.allclose(data.y, data.x[:, 0] * data.x[:, 1])
    named = load({"special": {"name": "jv", "rows": 40, "ranges": {"x": [0, 1]}}, "target": "J"})
    assert named.target.name == "J"
    assert named.x[:, 0].max() < 1


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"formula": {"expression": "x*z", "ranges": PLANE}}, "z without a range"),
        ({"formula": {"expression": "x*", "ranges": PLANE}}, "the end of the formula"),
        ({"formula": {"expression": "log(x)", "ranges": PLANE}}, "no finite value on"),
        ({"formula": {"expression": "x", "ranges": PLANE}, "target": "x"}, "which has a range"),
        ({"special": {"name": "yv", "ranges": {"y": [0.0, 1e-300]}}}, "no finite value"),
    ],
)
def test_what_cannot_be_drawn_is_refused(data, words):
    with pytest.raises(InputError, match=words):
        load(data)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{formula: {expression: x, ranges: {x: [1, 0]}}}", "lower end first"),
        ("{formula: {expression: x, ranges: {}}}", "data.formula.ranges"),
        ("{formula: {expression: x, ranges: {x: [0, 1]}}, source: planets}", "both source and"),
        ("{special: {name: ellipk}}", "Did you mean 'ellipj'"),
        ("{special: {name: jv, noise: -1}}", "data.special.noise"),
    ],
)
def test_mistakes_of_a_recipe_are_told(text, words, tmp_path):
    path = tmp_path / "r.yaml"
    path.write_text(f"name: r\ndata: {text}\n")
    with pytest.raises(InputError, match=words):
        config.read(path)


@pytest.mark.parametrize(("name", "columns"), [("exp-sin", 3), ("elliptic", 2)])
def test_shipped_rehearsals_draw_their_tables(name, columns):
    recipe = config.read(config.find(name))
    data = tables.load(recipe.data, folder=Path(), seed=recipe.seed)
    assert len(data.names) == columns
    assert len(data.y) == 1000


@pytest.mark.slow
def test_the_formula_of_the_shipped_rehearsal_is_found_again():
    found = run("exp-sin")
    columns = {"x": np.array([0.3, -0.7]), "y": np.array([0.1, 0.9]), "z": np.array([0.0, 1.0])}
    truth = np.exp(np.sin(np.pi * columns["x"]) + columns["y"] ** 2)
    np.testing.assert_allclose(found.law.predict(columns), truth, rtol=1e-6)
    assert found.kept == ("x", "y")
