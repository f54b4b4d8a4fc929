"""The whole road to a boundary: known ones come back, shuffled classes do not become one."""

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

from discover import boundary, figures, pipeline, report
from discover.boundary.scaling import scalings
from discover.dataset import Dataset, Source, Split, Variable
from discover.law import Law
from discover.store.documents import laws as document
from tests.worlds import recipe

A, B, C = (Variable(name=name) for name in "abc")
SIDE = Variable(name="side")
a, b = A.sympy, B.sympy


def classes(n: int = 1200, seed: int = 0, values: tuple[float, float] = (0.0, 1.0)) -> Dataset:
    """Rows on two sides of ``a b = 2``; a third column says nothing; a few rows are blurred."""
    rng = np.random.default_rng(seed)
    x = rng.uniform([0.5, 0.5, -1.0], [3.0, 3.0, 1.0], (n, 3))
    above = x[:, 0] * x[:, 1] - 2 + 0.02 * rng.logistic(size=n) > 0
    rows = rng.permutation(n)
    return Dataset(
        name="classes",
        features=(A, B, C),
        target=SIDE,
        x=x,
        y=np.where(above, values[1], values[0]),
        split=Split(
            train=np.sort(rows[: 3 * n // 5]),
            validation=np.sort(rows[3 * n // 5 : 4 * n // 5]),
            test=np.sort(rows[4 * n // 5 :]),
        ),
        source=Source(path="classes"),
    )


SMALL = {
    "task": "classification",
    "kan": {"seeds": 1, "hidden": [[], [1]], "grids": [3, 6]},
    "validate": {"null": 19},
}


@pytest.fixture(scope="module")
def run():  # type: ignore[no-untyped-def]
    changes = SMALL | {"hypotheses": {"truth": "a*b = 2", "free": "c0*a*b - 1"}}
    return pipeline.run(recipe(**changes), classes())


def test_the_boundary_is_found_in_its_own_form(run) -> None:  # type: ignore[no-untyped-def]
    assert run.law.claim == "zero"
    assert run.law.origin == "relation"
    assert run.kept == ("a", "b")
    # Whatever positive factor it bears, it is zero where a b is near 2, and positive above.
    values = boundary.solved(run.law)
    at = float(values["a"].xreplace({b: sp.Float(1.6)}))
    assert at == pytest.approx(1.25, rel=0.02)
    assert run.law.complexity <= 7
    assert run.law.predict({"a": np.array([2.9, 0.6]), "b": np.array([2.9, 0.6])})[0] > 0
    assert run.law.accuracy["test"].accuracy > 0.97


def test_it_is_as_good_as_the_truth_on_the_same_rows(run) -> None:  # type: ignore[no-untyped-def]
    ours = run.law.accuracy["test"].accuracy
    for hypothesis in run.hypotheses:
        theirs = hypothesis.law.accuracy["test"].accuracy
        assert ours >= theirs - 0.01
        assert theirs > 0.97
    assert run.beats_null


def test_stages_and_document_speak_of_classes(run) -> None:  # type: ignore[no-untyped-def]
    assert [stage.stage for stage in run.stages] == ["trained", "law"]
    assert all(stage.accuracy.accuracy > 0.95 for stage in run.stages)
    content = document(run)
    assert content["task"] == "classification"
    assert {law["form"] for law in content["laws"]} == {"zero"}
    assert content["hypotheses"][0]["form"] == "zero"
    assert set(content["laws"][content["selected"]]["solved"]) == {"a", "b"}


def test_the_report_draws_and_words_the_boundary(run) -> None:  # type: ignore[no-untyped-def]
    files = report.render(run, classes())
    assert "<svg" in files["figures/boundary.svg"]
    assert "figures/parity.svg" not in files
    page = files["report.html"]
    assert "of the rows exactly" not in page
    assert "on the right side" in page
    assert "boundary" in files["paper/report.tex"]


def test_a_plane_of_any_three_columns_can_be_drawn() -> None:
    table = classes(50)
    columns = table.columns("train")
    for variables in ((A, B), (A, B, C)):
        assert "<svg" in figures.to_svg(figures.rows(columns, variables))


def test_the_names_of_the_classes_do_not_matter() -> None:
    made = [boundary.compete(_proposed(t), t, max_complexity=9, levels=_levels(t))
            for t in (classes(), classes(values=(-7.0, 3.0)))]  # fmt: skip
    assert made[0].laws[made[0].selected].expression == made[1].laws[made[1].selected].expression


def _levels(table: Dataset):  # type: ignore[no-untyped-def]
    from discover.accuracy import Levels

    return Levels.of(table.y)


def _proposed(table: Dataset) -> list[Law]:
    forms = (1.1 * a * b - 2.1, 1.0 * a + b - 3.0, sp.log(a) + sp.log(b) - 0.7)
    return [Law.of(form, table.features, SIDE, "relation", "zero") for form in forms]


def test_of_boundaries_that_part_alike_the_simplest_is_recommended() -> None:
    table = classes()
    front = boundary.compete(_proposed(table), table, max_complexity=30, levels=_levels(table))
    best = front.laws[front.selected]
    assert best.form.has(a * b)
    assert not best.form.has(sp.log)
    shares = [law.accuracy["validation"].accuracy for law in front.laws]
    assert shares == sorted(shares)


def test_a_law_that_is_longer_and_worse_in_its_last_form_is_not_shown(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    def grown(law: Law, train: object) -> Law:
        if law.form.has(b) or not law.form.has(a):
            return law
        return Law.of(sp.sin(a) + sp.exp(sp.sin(b)) - 1, table.features, SIDE, "relation", "zero")

    table = classes()
    monkeypatch.setattr("discover.boundary.choice.tidied", grown)
    poor = Law.of(sp.log(a) - 0.3, table.features, SIDE, "relation", "zero")
    proposed = [poor, *_proposed(table)]
    front = boundary.compete(proposed, table, max_complexity=30, levels=_levels(table))
    sizes = [law.complexity for law in front.laws]
    assert sizes == sorted(sizes)
    assert front.laws[front.selected].form.has(a * b)


def test_a_constant_that_is_an_exact_number_becomes_one() -> None:
    table = classes(4000)
    front = boundary.compete(_proposed(table), table, max_complexity=30, levels=_levels(table))
    assert not front.laws[front.selected].constants
    assert boundary.solved(front.laws[front.selected])["a"] == 2 / b


def test_shuffled_classes_yield_no_law() -> None:
    table = classes(600)
    shuffled = replace(table, y=np.random.default_rng(0).permutation(table.y))
    run = pipeline.run(recipe(**SMALL), shuffled)
    assert not run.beats_null


def test_points_lie_where_the_odds_are_even(run) -> None:  # type: ignore[no-untyped-def]
    few = classes().select(("a", "b"))
    points = boundary.crossings(run.network, *few.part("train"))
    assert len(points) > 100
    assert np.median(np.abs(points[:, 0] * points[:, 1] - 2)) < 0.05
    # Rows of one class have nothing between them.
    assert len(boundary.crossings(run.network, few.x, np.ones(len(few.y)))) == 0


def test_scaling_a_boundary_changes_no_side() -> None:
    rng = np.random.default_rng(0)
    columns = {"a": rng.normal(size=50), "b": rng.normal(size=50)}
    for expr in (2.0 * a - 3.0 * b**2 + 0.5, 1 - sp.Abs(1.5 * a * b - 0.7 * b)):
        signs = [
            np.sign(Law.of(each, [A, B], SIDE, "relation", "zero").predict(columns))
            for each in scalings(expr)
        ]
        assert len(signs) > 1
        assert all((sign == signs[0]).all() for sign in signs)
