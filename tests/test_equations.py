"""Equations end to end: exact fields, noise, no law, forecasts, and the command line."""

import json

import h5py
import numpy as np
import pytest
import sympy as sp
import torch
from typer.testing import CliRunner

from discover import config, equations, functions, session, sources
from discover.cli import app
from discover.config import DataConfig, EquationConfig, Recipe, ValidateConfig
from discover.dataset import Source, Variable
from discover.equations.balance import Rows
from discover.equations.forecast import forecast
from discover.equations.profiles import named, profiles
from discover.equations.seen import Seen
from discover.equations.terms import target
from discover.errors import InputError
from discover.field import Axis, Field
from discover.spectral import Box, Flow, evolve, resolved
from discover.store import documents

LENGTH = 10.0


def recipe(task="pde", **equation) -> Recipe:
    settings = {"degree": 2, "derivatives": 3, "curves": False} | equation
    return Recipe(
        name="made", task=task, data=DataConfig(file="made.h5"),
        equation=EquationConfig(**settings), validate=ValidateConfig(null=19),
    )  # fmt: skip


def made(values, end: float, *, periodic: bool = True, names=("u",)) -> Field:
    """A field ``[field, trajectory, time, *space]`` on a box of length 10."""
    t = Axis(name="t", values=np.linspace(0, end, values.shape[2]))
    x = tuple(
        Axis(name="x", values=np.arange(n) * LENGTH / n, periodic=periodic)
        for n in values.shape[3:]
    )
    variables = tuple(Variable(name=name) for name in names)
    return Field(name="made", time=t, space=x, variables=variables, values=values,
                 source=Source(path="made"))  # fmt: skip


def advected() -> Field:
    """``u_t = -0.7 u_x + 0.1 u_xx`` in closed form, several waves."""
    t, x = np.linspace(0, 4, 160)[:, None], np.arange(96)[None, :] * LENGTH / 96
    u = np.zeros((160, 96))
    for wave, height in ((1, 1.0), (2, 0.8), (3, 0.5), (4, 0.3)):
        k = 2 * np.pi * wave / LENGTH
        u += height * np.exp(-0.1 * k**2 * t) * np.cos(k * (x - 0.7 * t) + wave)
    return made(u[None, None], 4.0)


def test_a_field_in_closed_form_gives_its_equation_back() -> None:
    found = equations.run(recipe(), advected())
    values = dict(zip([v.name for v in found.law.variables], found.law.values, strict=True))
    assert found.table.target.name == "u_t"
    assert values == pytest.approx({"u_x": -0.7, "u_xx": 0.1}, rel=1e-6)
    assert found.beats_null
    assert found.forecast is not None
    assert max(found.forecast.errors["u"]) < 1e-5


def test_the_form_survives_noise_and_the_intervals_hold_the_truth() -> None:
    clean = advected()
    noise = np.random.default_rng(0).normal(0, 0.05 * clean.values.std(), clean.values.shape)
    found = equations.run(recipe(), made(clean.values + noise, 4.0))
    assert {v.name for v in found.law.variables} == {"u_x", "u_xx"}
    for constant, truth in zip(
        found.law.constants, sorted((-0.7, 0.1), key=lambda v: v > 0), strict=True
    ):
        assert constant.value == pytest.approx(truth, rel=0.05)
        assert constant.low < truth < constant.high


def test_noise_alone_has_no_equation() -> None:
    noise = np.random.default_rng(0).normal(size=(1, 1, 160, 96))
    found = equations.run(recipe(), made(noise, 4.0))
    assert not found.beats_null
    assert found.law.origin == "mean"
    assert found.law.expression == "0"


def test_smooth_fields_without_a_law_do_not_pass() -> None:
    rng = np.random.default_rng(5)
    modes = np.fft.rfft2(rng.normal(size=(160, 96)))
    modes[12:-12] = 0
    modes[:, 8:] = 0
    smooth = np.fft.irfft2(modes, s=(160, 96))
    found = equations.run(recipe(), made(smooth[None, None], 4.0))
    assert not found.beats_null or found.law.accuracy["test"].r2 < 0.9


def test_an_equation_of_second_order() -> None:
    t, x = np.linspace(0, 6, 160)[:, None], np.arange(96)[None, :] * LENGTH / 96
    u = sum(
        np.cos(2 * np.pi * w / LENGTH * (x - 1.5 * s * t) + w + s)
        for w in (1, 2, 3)
        for s in (1, -1)
    )
    found = equations.run(recipe(order=2), made(np.asarray(u)[None, None], 6.0))
    assert found.table.target.name == "u_tt"
    assert found.law.expression.endswith("*u_xx")
    assert found.law.values == pytest.approx((2.25,), rel=1e-6)
    assert found.forecast is not None
    assert max(found.forecast.errors["u"]) < 1e-4


def swings(noise: float = 0.0) -> Field:
    """Rotations in the plane: ``u_t = v``, ``v_t = -4 u``, six trajectories."""
    t = np.linspace(0, 6, 300)[None, :]
    height, phase = np.random.default_rng(1).uniform(1, 2, (2, 6, 1))
    u, v = height * np.cos(2 * t + phase), -2 * height * np.sin(2 * t + phase)
    values = np.stack([u, v])
    values += np.random.default_rng(2).normal(0, noise, values.shape)
    return made(values, 6.0, names=("u", "v"))


def test_a_system_has_one_equation_for_each_state() -> None:
    found = equations.run(recipe("ode"), swings())
    assert [e.target.name for e in found.equations] == ["u_t", "v_t"]
    assert [str(e.law.variables[0].name) for e in found.equations] == ["v", "u"]
    assert [e.law.values[0] for e in found.equations] == pytest.approx([1.0, -4.0], rel=1e-7)


def test_a_curve_becomes_a_function() -> None:
    t = np.linspace(0, 3, 200)
    starts = np.array([-1.2, 1.4, 0.4, -0.6, 0.9, -1.0, 0.6, 1.2])
    # u_t = -sin(u): tan(u/2) decays like exp(-t).
    u = 2 * np.arctan(np.tan(starts[:, None] / 2) * np.exp(-t)[None])
    field = made(u[None], 3.0)
    seen = Seen.of(field, EquationConfig(derivatives=0))
    left, _ = target(field, 0, 1)
    train, validation = seen.rows["train"], seen.rows["validation"]
    curves = profiles(left, train, validation, highest=0, resolution=1e-5)
    assert curves.error < 1e-4
    best, *_ = sorted(
        named(curves, left, train, functions.catalogue()),
        key=lambda b: (len(b.values), np.linalg.norm(b.predicted(train) - train.values(left))),
    )
    u_symbol = sp.Symbol("u", real=True)
    value = best.terms[0].body.xreplace({s: sp.Float(v) for s, v in best.values.items()})
    assert len(best.terms) == 1
    assert float((value / sp.sin(u_symbol)).simplify()) == pytest.approx(-1, rel=1e-7)


def test_test_rows_are_not_looked_at() -> None:
    field = advected()
    other = field.values.copy()
    other[:, :, 130:] = np.random.default_rng(0).normal(size=other[:, :, 130:].shape)
    laws = [equations.run(recipe(), made(v, 4.0)).law for v in (field.values, other)]
    assert laws[0].values == laws[1].values


def test_no_forecast_where_the_ends_are_unknown() -> None:
    field = made(advected().values, 4.0, periodic=False)
    outlook = equations.run(recipe(), field).forecast
    assert outlook is not None
    assert "ends of x" in outlook.note


def test_a_wrong_equation_is_seen_in_the_forecast() -> None:
    field = advected()
    law = equations.run(recipe(), field).law
    wrong = law.with_values([value * 1.5 for value in law.values])
    right, worse = (
        forecast([one], field.part("test"), order=1, noise=[0.0], half=2) for one in (law, wrong)
    )
    assert worse.errors["u"][-1] > 100 * right.errors["u"][-1]


def test_an_equation_that_blows_up_says_so() -> None:
    field = advected()
    law = equations.run(recipe(), field).law
    unstable = law.with_values([value if value < 0 else -50.0 for value in law.values])
    note = forecast([unstable], field.part("test"), order=1, noise=[0.0], half=2).note
    assert "could not be integrated" in note


def test_the_solver_meets_the_soliton() -> None:
    # u = c/2 sech^2(sqrt(c)/2 (x - c t)) solves u_t = -6 u u_x - u_xxx.
    c, box = 1.0, Box(lengths=(60.0,), shape=(256,))
    x = np.arange(256) * 60 / 256 - 30

    def soliton(t: float) -> np.ndarray:
        return c / 2 / np.cosh(np.sqrt(c) / 2 * (x - c * t)) ** 2

    slope = box.factor([1])
    flow = Flow(
        linear=-box.factor([3]),
        rest=lambda m: -3 * slope * box.kept * box.forward(box.backward(m) ** 2),
    )
    states = resolved(box.forward(soliton(0)), flow, np.linspace(0, 4, 41), tolerance=1e-9)
    assert np.abs(box.backward(states[-1]) - soliton(4.0)).max() < 1e-7


def test_the_stepper_is_of_fourth_order() -> None:
    flow = Flow(linear=np.array([-2.0 + 0j]), rest=lambda u: u**2)
    # u' = -2u + u^2 from 1: u = 2/(1 + exp(2t)).
    exact = 2 / (1 + np.exp(2.0))
    errors = [
        abs(evolve(np.ones(1, dtype=complex), flow, np.array([0.0, 1.0]), n)[-1, 0].real - exact)
        for n in (8, 16)
    ]
    assert 12 < errors[0] / errors[1] < 20


def test_an_unresolved_solution_is_refused() -> None:
    flow = Flow(linear=np.zeros(1, dtype=complex), rest=lambda u: u**2)
    with pytest.raises(ArithmeticError, match="no solution"):
        resolved(np.ones(1, dtype=complex), flow, np.array([0.0, 2.0]), tolerance=1e-9, most=8)


def test_the_same_seed_gives_the_same_laws(tmp_path) -> None:
    out = tmp_path / "a"
    sets = ["--set", "equation.curves=false"]
    done = CliRunner().invoke(app, ["run", "lotka-volterra", "--out", str(out), "--quiet", *sets])
    assert done.exit_code == 0, done.output
    laws = json.loads((out / "laws.json").read_text())
    again = session.execute(session.prepare_file(config.find("lotka-volterra"), sets[1:]))
    assert laws == json.loads(json.dumps(documents.laws(again)))
    assert [e["target"] for e in laws["equations"]] == ["prey_t", "predator_t"]
    assert laws["target"] == "prey_t"
    assert laws["task"] == "ode"
    assert set(laws["forecast"]["errors"]) == {"prey", "predator"}
    page = (tmp_path / "a" / "report.html").read_text()
    assert "The other equations of the system" in page
    assert "nobody fitted" in page
    assert (tmp_path / "a" / "figures" / "forecast.svg").exists()
    shown = CliRunner().invoke(app, ["show", str(tmp_path / "a")])
    assert shown.exit_code == 0
    assert "predator_t" in shown.output
    refused = CliRunner().invoke(app, ["test", str(tmp_path / "a"), "prey"])
    assert refused.exit_code == 2


def test_noise_on_the_command_line_ends_with_three(tmp_path) -> None:
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "noise.npz", t=np.arange(100.0), x=np.arange(48.0),
             u=rng.normal(size=(100, 48)))  # fmt: skip
    (tmp_path / "noise.yaml").write_text(
        "task: pde\ndata: {file: noise.npz, periodic: [x]}\n"
        "equation: {degree: 2, derivatives: 2, curves: false}\n"
    )
    path = str(tmp_path / "noise.yaml")
    assert CliRunner().invoke(app, ["check", path]).exit_code == 0
    done = CliRunner().invoke(app, ["run", path, "--out", str(tmp_path / "out"), "--quiet"])
    assert done.exit_code == 3, done.output


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("task: regression\ndata: {file: f.csv, target: y, noise: 0.1}", "noise for the task"),
        ("task: pde\ndata: {file: f.npz, target: u}", "no target"),
        ("task: ode\ndata: {file: f.npz}\nhypotheses: {mine: c*u}", "forecasts"),
        ("task: pde\ndata: {file: f.npz}\nequation: {order: 3}", "order"),
        ("task: pde\ndata: {file: f.npz, rows: 9}", "rows for the task pde"),
        ("task: pde\ndata: {special: {name: jv}}", "special for the task|special"),
        ("task: pde\ndata: {file: f.npz, noise: -1}", "noise"),
    ],
)
def test_recipes_that_contradict_themselves(tmp_path, lines, words) -> None:
    (tmp_path / "f.yaml").write_text(f"name: f\n{lines}\n")
    with pytest.raises(InputError, match=words):
        config.read(tmp_path / "f.yaml")


def test_rows_do_not_depend_on_threads_or_order() -> None:
    torch.set_num_threads(1)
    field = advected()
    seen = [Seen.of(field, EquationConfig()) for _ in range(2)]
    rows: list[Rows] = [one.rows["train"] for one in seen]
    left, _ = target(field, 0, 1)
    assert np.array_equal(rows[0].values(left), rows[1].values(left))


@pytest.mark.parametrize("name", ["wave", "burgers", "lotka_volterra"])
def test_shipped_fields_are_those_of_their_builder(tmp_path, name) -> None:
    card = sources.card(name)
    built = sources.build(name, tmp_path)
    with h5py.File(built) as new, h5py.File(card.path) as old:
        assert list(new["fields"]) == list(old["fields"])
        for key in old["fields"]:
            assert np.allclose(new["fields"][key], old["fields"][key], rtol=1e-7, atol=1e-9)


TRUTH = {
    "burgers": {"u*u_x": -1.0, "u_xx": 0.1},
    "kdv": {"u*u_x": -6.0, "u_xxx": -1.0},
    "ks": {"u*u_x": -1.0, "u_xx": -1.0, "u_xxxx": -1.0},
    "allen-cahn": {"u_xx": 0.1, "u": 1.0, "u**3": -1.0},
    "fisher": {"u_xx": 0.4, "u": 1.0, "u**2": -1.0},
    "wave": {"u_xx": 2.25},
}
LIMITS = {0.0: 1e-4, 0.01: 2e-3, 0.05: 1e-2, 0.1: 3e-2}


@pytest.mark.slow
@pytest.mark.parametrize("noise", LIMITS)
@pytest.mark.parametrize("name", TRUTH)
def test_shipped_fields_give_their_equations_at_every_noise(name: str, noise: float) -> None:
    job = session.prepare_file(config.find(name), [f"data.noise={noise}"])
    law = session.execute(job).law
    found = {str(k): float(v) for k, v in sp.expand(law.expr).as_coefficients_dict().items()}
    assert found.keys() == TRUTH[name].keys()
    worst = max(abs(found[term] / value - 1) for term, value in TRUTH[name].items())
    assert worst <= LIMITS[noise]


@pytest.mark.slow
@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_the_flux_and_the_reaction_are_found_as_formulas(noise: float) -> None:
    job = session.prepare_file(config.find("diffusion-nonlinear"), [f"data.noise={noise}"])
    law = session.execute(job).law
    rng = np.random.default_rng(0)
    u, u_x, u_xx = rng.uniform(-2, 2, (3, 50))
    bent = 0.5 * u_xx / (1 + u**2) - u * u_x**2 / (1 + u**2) ** 2
    exact = np.sin(2 * u) + bent
    found = law.predict({"u": u, "u_x": u_x, "u_xx": u_xx})
    assert np.abs(found - exact).max() < (1e-6 if noise == 0 else 0.02)


@pytest.mark.slow
@pytest.mark.parametrize(("noise", "limit"), [(0.0, 1e-4), (0.01, 1e-2)])
def test_lorenz_and_the_sine_of_the_pendulum(noise: float, limit: float) -> None:
    truth = {
        "lorenz": [{"x": -10, "y": 10}, {"x": 28, "y": -1, "x*z": -1}, {"z": -8 / 3, "x*y": 1}],
        "pendulum": [{"omega": 1}, {"omega": -0.2, "sin(theta)": -9.81}],
    }
    for name, equations_ in truth.items():
        job = session.prepare_file(config.find(name), [f"data.noise={noise}"])
        for equation, terms in zip(session.execute(job).equations, equations_, strict=True):
            found = {str(k): float(v) for k, v in equation.law.expr.as_coefficients_dict().items()}
            assert found == pytest.approx(terms, rel=1.1 * limit)
