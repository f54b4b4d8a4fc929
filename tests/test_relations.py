"""Relations between columns: planted ones are found as laws, and none where columns are apart."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sympy as sp
from typer.testing import CliRunner

from discover import relations, session
from discover.cli import app
from discover.config import DataConfig, KanConfig, LawConfig, Recipe, ValidateConfig
from discover.dataset import Dataset, Source, Split, Variable
from discover.errors import InputError
from discover.law import Law
from discover.relations import laws as room
from discover.relations.population import Tie
from discover.store import documents

KAN = KanConfig(seeds=2, penalties=(0.01,))
N = 400


def columns(seed: int = 0) -> dict[str, np.ndarray]:
    """``area = a b / 2``, ``twice = 3 a`` but for one row in thirty, and a column of its own."""
    rng = np.random.default_rng(seed)
    a, b = rng.uniform(1.0, 3.0, (2, N))
    twice = np.where(rng.random(N) < 1 / 30, 3 * a - 0.5, 3 * a)
    return {"a": a, "b": b, "area": a * b / 2, "thrice": twice, "alone": rng.normal(size=N)}


def table(values: dict[str, np.ndarray]) -> Dataset:
    *names, last = values
    return Dataset(
        name="made",
        features=tuple(Variable(name=name) for name in names),
        target=Variable(name=last),
        x=np.column_stack([values[name] for name in names]),
        y=values[last],
        split=Split(
            train=np.arange(0, 240), validation=np.arange(240, 320), test=np.arange(320, N)
        ),
        source=Source(path="made"),
    )


def apart(values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(7)
    return {name: rng.permutation(column) for name, column in values.items()}


def recipe(**more) -> Recipe:
    return Recipe(
        name="made",
        task="relation",
        data=DataConfig(file="made.csv"),
        kan=KAN,
        law=LawConfig(refine="none", max_complexity=12),
        validate=ValidateConfig(null=19),
        **more,
    )


def test_planted_ties_are_found_and_no_others():
    found = relations.ties(table(columns()), KAN, seed=0)
    together = {tie.together for tie in found}
    assert frozenset({"a", "thrice"}) in together
    assert any(each <= {"a", "b", "area", "thrice"} and "area" in each for each in together)
    assert not any("alone" in tie.together for tie in found)


def test_columns_that_were_shuffled_apart_are_not_tied():
    assert relations.ties(table(apart(columns())), KAN, seed=0) == ()


def test_shuffles_explain_next_to_nothing():
    reached = relations.accidental(table(columns()), KAN, repeats=3, seed=0)
    assert len(reached) == 3
    assert max(reached) < 0.2


def test_a_law_that_most_rows_obey_is_exact_in_spite_of_exceptions():
    tie = Tie(target="thrice", columns=("a",), r2=0.99)
    law = room.relation(tie, table(columns()), recipe())
    a, thrice = sp.symbols("a thrice", real=True)
    assert law.form == thrice - 3 * a
    assert law.claim == "zero"
    assert law.solved.form == 3 * a
    # The exceptions count against it: 29 of 30 rows obey it, not all.
    assert 0.9 < law.accuracy["test"].accuracy < 1.0


def test_a_law_without_exceptions_explains_all():
    law = room.relation(Tie(target="area", columns=("a", "b"), r2=0.99), table(columns()), recipe())
    a, b, area = sp.symbols("a b area", real=True)
    assert law.form == area - a * b / 2
    assert law.accuracy["test"].accuracy == 1.0


def test_relations_between_the_same_columns_are_one():
    made = table(columns())
    both = [
        room.relation(Tie(target=x, columns=(y,), r2=0.9), made, recipe())
        for x, y in (("thrice", "a"), ("a", "thrice"))
    ]
    assert len(room.ranked(both)) == 1


def test_constants_keep_their_intervals_beside_a_column_called_c0():
    b = Variable(name="b")
    law = Law.of(1.8 * b.sympy - 0.7, [b], Variable(name="c0"), "expansion")
    known = [replace(c, low=c.value - 0.1, high=c.value + 0.1, level=0.95) for c in law.constants]
    zero = room.as_zero(replace(law, constants=tuple(known)))
    assert "c0" not in {constant.name for constant in zero.constants}
    for constant in zero.constants:
        assert constant.low == pytest.approx(constant.value - 0.1)
    assert zero.predict({"b": np.array([1.0, 2.0]), "c0": np.array([1.1, 2.9])}) == pytest.approx(
        [0, 0]
    )


def test_a_table_without_ties_ends_with_a_plain_word_and_exit_code_three(tmp_path):
    pd.DataFrame(apart(columns())).to_csv(tmp_path / "made.csv", index=False)
    (tmp_path / "made.yaml").write_text(
        "name: made\ntask: relation\ndata: {file: made.csv}\n"
        "kan: {seeds: 1, penalties: [0.01]}\nlaw: {refine: none}\nvalidate: {null: 19}\n"
    )
    out = tmp_path / "out"
    result = CliRunner().invoke(app, ["run", str(tmp_path / "made.yaml"), "--out", str(out)])
    assert result.exit_code == 3, result.output
    assert "No column is tied to others" in result.output
    assert "No relation was found" in (out / "report.html").read_text()


@pytest.mark.slow
def test_the_recipe_of_the_knots_finds_what_is_known(tmp_path):
    found = session.run("knots-relations")
    forms = {law.form for law in found.laws}
    V, lam, mu = (
        sp.Symbol(n, real=True)
        for n in ("cusp_volume", "longitudinal_translation", "meridinal_translation_imag")
    )
    torsion, genus = sp.symbols("hyperbolic_torsion_degree genus", real=True)
    assert V - lam * mu / 2 in forms
    assert torsion - 4 * genus + 2 in forms
    ratios = [law for law in found.laws if {v.name for v in law.variables} == {
        "hyperbolic_torsion_degree", "hyperbolic_adjoint_torsion_degree"}]  # fmt: skip
    adjoint = sp.Symbol("hyperbolic_adjoint_torsion_degree", real=True)
    assert sp.solve(ratios[0].form, adjoint)[0] == sp.Rational(3, 2) * torsion
    signature = next(law for law in found.laws if law.target.name == "signature")
    assert {v.name for v in signature.variables} & {
        "meridinal_translation_real", "longitudinal_translation"}  # fmt: skip


def test_laws_json_states_zeros_and_what_they_are_solved_for(tmp_path):
    made = columns()
    del made["thrice"]
    pd.DataFrame(made).to_csv(tmp_path / "made.csv", index=False)
    job = session.prepare(
        recipe().model_copy(update={"validation": ValidateConfig(null=0)}), tmp_path
    )
    found = session.execute(job, tmp_path / "out")
    content = json.loads(json.dumps(documents.laws(found)))
    assert content["task"] == "relation"
    assert {law["form"] for law in content["laws"]} == {"zero"}
    (law,) = content["laws"]
    assert set(law["variables"]) == {"a", "b", "area"}
    assert law["target"]["name"] in law["solved"]
    assert law["accuracy"]["test"]["r2"] == pytest.approx(1.0)
    assert law["accuracy"]["test"]["accuracy"] == 1.0
    assert found.beats_null
    page = (tmp_path / "out" / "report.html").read_text()
    table = page[page.index("All relations") :]
    # A row says of which column it speaks, and shows both sides.
    row = table[table.index('<tr class="chosen">') :].partition("</tr>")[0]
    assert f"<td>0 {law['target']['name']}</td>" in row
    assert "<mo>=</mo>" in row
    again = session.execute(job, tmp_path / "out")
    assert documents.laws(again) == documents.laws(found)


def test_hypotheses_are_refused():
    with pytest.raises(InputError, match="none, for task: relation"):
        session.prepare(
            recipe(hypotheses={"mine": "a*b"}).model_copy(
                update={"data": DataConfig(source="planets")}
            ),
            Path(),
        )
