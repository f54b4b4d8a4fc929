"""Rows with errors of measurement: from the recipe to the law."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sympy as sp
import yaml
from typer.testing import CliRunner

from discover.accuracy import measure
from discover.cli import app
from discover.config import DataConfig
from discover.dataset import Dataset, Source, Split, Variable
from discover.draft import draft
from discover.errors import InputError
from discover.hypothesis import test as believed
from discover.law import Law
from discover.refit import Sample, intervals, refit
from discover.regressor import LawRegressor
from discover.selection import compete
from discover.simplify import snap
from discover.structure.powers import powers
from discover.tables import load

X = Variable(name="x")
Y = Variable(name="y")
x = X.sympy


def two_clusters() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    near, far = np.linspace(0, 1, 20), np.linspace(9, 10, 20)
    u = np.concatenate([near, far])
    sigma = np.where(u < 5, 0.01, 2.0)
    return u, 1 + 2 * u + sigma * rng.normal(size=40), sigma


def noisy_power(n: int = 400) -> Dataset:
    """A power 3/2 through noise a hundred times larger on every other row."""
    rng = np.random.default_rng(5)
    u = rng.uniform(1, 10, n)
    sigma = np.where(np.arange(n) % 2, 0.01, 8.0)
    rows = rng.permutation(n)
    cut, last = int(0.6 * n), int(0.8 * n)
    split = Split(
        train=np.sort(rows[:cut]), validation=np.sort(rows[cut:last]), test=np.sort(rows[last:])
    )
    return Dataset(
        name="power",
        features=(X,),
        target=Y,
        x=u[:, None],
        y=u**1.5 + sigma * rng.normal(size=n),
        split=split,
        source=Source(path="power"),
        weights=1 / sigma**2,
    )


def test_a_weighted_line_and_its_intervals_are_the_textbooks() -> None:
    u, y, sigma = two_clusters()
    sample = Sample(columns={"x": u}, y=y, weights=1 / sigma**2)
    law = intervals(refit(Law.of(1.0 * x + 0.5, [X], Y, "t"), sample), sample, 0.95)
    a = np.column_stack([np.ones(40), u])
    normal = a.T @ (a / sigma[:, None] ** 2)
    best = np.linalg.solve(normal, a.T @ (y / sigma**2))
    chi2 = float(np.sum(((y - a @ best) / sigma) ** 2)) / 38
    errors = np.sqrt(chi2 * np.diag(np.linalg.inv(normal)))
    found = sorted(law.constants, key=lambda c: c.value)
    assert [c.value for c in found] == pytest.approx(best, rel=1e-10)
    half = [(c.high - c.low) / 2 / 2.024394 for c in found]  # t of 38 degrees at 97.5 %
    assert half == pytest.approx(errors, rel=1e-6)


@pytest.mark.parametrize("factor", [1e-200, 7.0, 1e200])
def test_only_ratios_of_weights_matter(factor: float) -> None:
    u, y, sigma = two_clusters()
    start = Law.of(1.0 * x**1.1 + 0.5, [X], Y, "t")
    one, two = (
        refit(start, Sample(columns={"x": u}, y=y, weights=k / sigma**2)) for k in (1.0, factor)
    )
    assert one.values == pytest.approx(two.values, rel=1e-6)


def test_equal_weights_are_none() -> None:
    u, y, _ = two_clusters()
    plain = measure(u, y, split="test")
    assert measure(u, y, split="test", weights=np.full(40, 3.0)).rms == pytest.approx(plain.rms)


def test_weighted_accuracy_is_that_of_repeated_rows() -> None:
    target, said = np.array([1.0, 2.0, 5.0]), np.array([1.5, 2.0, 4.0])
    count = np.array([1, 4, 2])
    weighed = measure(said, target, split="test", weights=count.astype(float))
    repeated = measure(np.repeat(said, count), np.repeat(target, count), split="test")
    for figure in ("rms", "relative", "r2", "worst"):
        assert getattr(weighed, figure) == pytest.approx(getattr(repeated, figure))


def test_an_exponent_is_snapped_only_with_sigma() -> None:
    table = noisy_power()
    for data, snapped in ((table, True), (replace(table, weights=None), False)):
        train, unseen = Sample.of(data, "train"), Sample.of(data, "validation")
        law = snap(Law.of(1.0 * x**1.4, [X], Y, "t"), train, unseen)
        assert (law.form == x ** sp.Rational(3, 2)) is snapped


def test_the_front_is_chosen_by_sigma() -> None:
    table = noisy_power()
    front = compete([("t", 1.1 * x**1.4 + 0.3)], table, max_complexity=20)
    assert front.laws[front.selected].form == x ** sp.Rational(3, 2)
    assert front.laws[front.selected].accuracy["test"].rms < 0.02


def test_a_hypothesis_is_fitted_and_scored_by_sigma() -> None:
    law = believed("power", "c*x**p", noisy_power()).law
    assert sorted(law.values) == pytest.approx([1.0, 1.5], abs=2e-3)


def test_another_target_has_no_weights() -> None:
    table = noisy_power()
    assert table.turned("x", ["y"]).weights is None
    assert table.select(["x"]).weights is table.weights


def test_procedures_without_weights_see_the_precise_rows() -> None:
    table = noisy_power()
    even = table.evened()
    assert even.weights is None
    assert set(even.split.train) <= set(table.split.train)
    assert (even.split.train % 2 == 1).all()  # the odd rows are the precise ones
    assert len(even.split.train) > 0.9 * (table.split.train % 2).sum()
    equal = replace(table, weights=np.ones(len(table.y))).evened()
    np.testing.assert_array_equal(equal.split.train, table.split.train)
    plain = replace(table, weights=None)
    assert plain.evened() is plain


def written(folder: Path, first: str = "0.1", header: str = "x,y,sigma_y") -> Path:
    rng = np.random.default_rng(0)
    lines = [header]
    for i in range(40):
        sigma = first if i == 0 else f"{rng.uniform(0.01, 1):.4f}"
        lines.append(f"{i + 0.5},{2 * i + rng.normal():.5f},{sigma}")
    path = folder / "table.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_sigma_flows_from_the_table_to_the_right_rows(tmp_path: Path) -> None:
    config = DataConfig(file=written(tmp_path), target="y", sigma="sigma_y", rows=30)
    data = load(config, folder=tmp_path, seed=1)
    assert data.names == ("x",)
    sigma = np.genfromtxt(tmp_path / "table.csv", delimiter=",", names=True)
    of = dict(zip(sigma["x"], sigma["sigma_y"], strict=True))
    assert data.weights is not None
    scaled = data.weights * np.array([of[u] for u in data.x[:, 0]]) ** 2
    assert scaled == pytest.approx(scaled[0])
    assert len(data.weighted("test")) == len(data.part("test")[1])


@pytest.mark.parametrize("bad", ["0", "-1", "nan", "inf", ""])
def test_a_sigma_that_is_none_is_refused(tmp_path: Path, bad: str) -> None:
    config = DataConfig(file=written(tmp_path, bad), target="y", sigma="sigma_y")
    with pytest.raises(InputError) as refused:
        load(config, folder=tmp_path, seed=1)
    (finding,) = refused.value.findings
    assert finding.where.endswith("table.csv: sigma: sigma_y")
    assert "first in row 1" in finding.found
    recipe = tmp_path / "r.yaml"
    recipe.write_text("name: r\ndata: {file: table.csv, target: y, sigma: sigma_y}\n")
    assert CliRunner().invoke(app, ["check", str(recipe)]).exit_code == 2


def test_sigma_is_a_column_of_its_own(tmp_path: Path) -> None:
    file = written(tmp_path)
    for wrong in (
        DataConfig(file=file, target="y", sigma="y"),
        DataConfig(file=file, target="y", sigma="sigma_y", features=("x", "sigma_y")),
        DataConfig(file=file, target="y", sigma="sigma_x"),
    ):
        with pytest.raises(InputError, match="sigma"):
            load(wrong, folder=tmp_path, seed=1)


@pytest.mark.parametrize("name", ["sigma_y", "err_y", "y_err", "y_error", "d_y", "± y", "y std"])
def test_a_draft_knows_an_error_by_its_name(tmp_path: Path, name: str) -> None:
    read = yaml.safe_load(draft(written(tmp_path, header=f"x,y,{name}")))
    assert (read["data"]["target"], read["data"]["sigma"]) == ("y", name)


@pytest.mark.parametrize("name", ["dy", "y2", "sigma", "x_err", "yd"])
def test_a_draft_takes_no_other_for_it(tmp_path: Path, name: str) -> None:
    read = yaml.safe_load(draft(written(tmp_path, header=f"x,y,{name}"), "y"))
    assert "sigma" not in read["data"]


def test_a_draft_says_how_to_use_kinds(tmp_path: Path) -> None:
    path = tmp_path / "kinds.csv"
    rows = "\n".join(f"{i},{i**2},{'ab'[i % 2]}" for i in range(1, 40))
    path.write_text("x,y,kind\n" + rows + "\n")
    assert "names 2 kinds: to use them put  categories: [kind]" in draft(path, "y")


def test_the_estimator_takes_weights() -> None:
    table = noisy_power(200)
    model = LawRegressor(time_budget=1)
    model.fit(table.x, table.y, sample_weight=table.weights)
    assert model.law_.form == sp.Symbol("x0", real=True) ** sp.Rational(3, 2)
    with pytest.raises(ValueError):
        model.fit(table.x, table.y, sample_weight=-table.weights)


@pytest.mark.filterwarnings("error")
def test_powers_of_zero_and_of_both_signs_are_quiet() -> None:
    base = np.array([[-2.0], [0.0], [2.0]])
    found = powers(base, np.array([[3.0], [-1.0], [2.0]]))
    np.testing.assert_allclose(found, [[-8, -0.5, 4], [0, np.inf, 0], [8, 0.5, 4]])
