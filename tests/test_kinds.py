"""One law for each kind of rows: one form where it holds for all, and a clear word where not."""

import json
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import sympy as sp
from typer.testing import CliRunner

from discover import cli, kinds
from discover.config import Recipe
from discover.dataset import Dataset, Source, Split, Variable
from discover.errors import InputError
from discover.law import Law
from discover.record import Family
from discover.report import family_files
from discover.score import score
from tests import small_run

X, Y = Variable(name="x"), Variable(name="y")
SMALL = {"kan": {"hidden": [[]], "grids": [3], "seeds": 1, "keep": 1}, "validate": {"null": 19}}


def rows(values, *, noise: float = 0.0, seed: int = 0) -> Dataset:
    x = np.linspace(0.5, 3.0, 60)
    y = values(x) + noise * np.random.default_rng(seed).normal(size=60)
    at = np.arange(60)
    return Dataset(
        name="t",
        features=(X,),
        target=Y,
        x=x[:, None],
        y=y,
        split=Split(train=at[::2], validation=at[1::4], test=at[3::4]),
        source=Source(path="t.csv"),
    )


def found(dataset: Dataset, *exprs: sp.Expr):
    laws = tuple(score(Law.of(expr, [X], Y, "graph"), dataset) for expr in exprs)
    return replace(small_run.run(), laws=laws, selected=len(laws) - 1, rounding=None)


def test_one_form_gets_the_constants_of_each_kind() -> None:
    tables = {
        "copper": rows(lambda x: 2 * x**2, noise=0.01),
        "steel": rows(lambda x: 0.731 * x**2, noise=0.01, seed=1),
    }
    runs = {
        "copper": found(tables["copper"], 2 * X.sympy**2),  # found as an exact number
        "steel": found(tables["steel"], sp.Float(0.73) * X.sympy**2),
    }
    laws = kinds.common(runs, tables, 0.95)
    assert laws is not None
    assert len({str(law.form) for law in laws.values()}) == 1
    for kind, true in (("copper", 2.0), ("steel", 0.731)):
        (constant,) = laws[kind].constants
        assert constant.low < true < constant.high
        assert constant.high - constant.low < 0.01
        assert laws[kind].accuracy["test"].r2 > 0.999


def test_other_forms_stay_what_they_are() -> None:
    tables = {"a": rows(lambda x: 2 * x**2), "b": rows(lambda x: np.sin(4 * x))}
    runs = {
        "a": found(tables["a"], 2 * X.sympy**2),
        "b": found(tables["b"], sp.sin(4 * X.sympy)),
    }
    assert kinds.common(runs, tables, 0.95) is None


def test_a_longer_form_wins_where_a_kind_needs_it() -> None:
    # Without friction the second term is zero: its form holds for both all the same.
    tables = {
        "smooth": rows(lambda x: 3 * x, noise=0.05),
        "rough": rows(lambda x: 3 * x + 0.5 * x**2, noise=0.05, seed=1),
    }
    runs = {
        "smooth": found(tables["smooth"], 3.0 * X.sympy),
        "rough": found(tables["rough"], 3.0 * X.sympy + 0.5 * X.sympy**2),
    }
    laws = kinds.common(runs, tables, 0.95)
    assert laws is not None
    ends = [(c.low, c.high) for c in laws["smooth"].constants]
    assert any(low < 0 < high for low, high in ends)
    assert any(low < 3 < high for low, high in ends)


def table(path, kind, **more):
    rng, count = np.random.default_rng(3), len(kind)
    x = rng.uniform(0.5, 3.0, count)
    z = rng.uniform(0.5, 3.0, count)
    k = np.array([{"steel": 2.5, "glass": 0.7}.get(each, 1.0) for each in kind])
    frame = pd.DataFrame({"kind": kind, "x": x, "z": z, **more, "y": k * x / z})
    frame.to_csv(path / "t.csv", index=False)


def recipe(**data) -> Recipe:
    given = {"file": "t.csv", "target": "y", "per": "kind"} | data
    return Recipe.model_validate({"name": "t", "data": given} | SMALL)


def test_rows_are_parted_and_those_of_no_kind_are_counted(tmp_path) -> None:
    table(tmp_path, ["steel"] * 18 + ["glass"] * 20 + [None] * 2)
    parted = kinds.prepare(recipe(), tmp_path)
    assert [(k.name, k.folder, len(k.job.dataset.y)) for k in parted.each] == [
        ("glass", "glass", 20),
        ("steel", "steel", 18),
    ]
    assert parted.unnamed == 2
    assert all(kind.job.dataset.names == ("x", "z") for kind in parted.each)


@pytest.mark.parametrize(
    ("kind", "data", "words"),
    [
        (["steel"] * 30 + ["glass"] * 10, {}, "kind = glass: t.csv: found 40 rows, 10 of them"),
        (["steel"] * 40, {}, "1 different values"),
        (list(range(40)), {}, "40 different values"),
        (["steel"] * 20 + ["glass"] * 20, {"per": "knid"}, "Did you mean 'kind'"),
    ],
)
def test_what_cannot_be_parted_is_named(tmp_path, kind, data, words) -> None:
    table(tmp_path, kind)
    with pytest.raises(InputError, match=words):
        kinds.prepare(recipe(**data), tmp_path)


def test_the_commands_from_the_recipe_to_the_page(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    table(tmp_path, ["steel"] * 60 + ["glass"] * 60)
    text = recipe().model_dump_json(by_alias=True, exclude_unset=True)
    (tmp_path / "t.yaml").write_text(text)
    checked = CliRunner().invoke(cli.app, ["check", "t.yaml"])
    assert "kind = glass: 60 rows" in checked.output
    ran = CliRunner().invoke(cli.app, ["run", "t.yaml", "--out", "out", "--quiet"])
    assert ran.exit_code == 0, ran.output
    assert "One form of a law for y holds for both kinds of kind" in ran.output
    said = json.loads((tmp_path / "out" / "laws.json").read_text())
    values = {kind: law["constants"][0]["value"] for kind, law in said["common"].items()}
    assert values == pytest.approx({"glass": 0.7, "steel": 2.5})
    page = (tmp_path / "out" / "report.html").read_text()
    assert 'href="steel/report.html"' in page
    compiled(tmp_path / "out" / "paper" / "kinds.tex")
    assert (tmp_path / "out" / "steel" / "report.html").is_file()
    shown = CliRunner().invoke(cli.app, ["show", "out"])
    assert shown.exit_code == 2
    assert "the folder of 2 runs" in shown.output


def compiled(fragment) -> None:
    text = fragment.read_text()
    assert "steel" in text
    assert "c_{0}" in text
    if shutil.which("pdflatex") is None:
        return
    whole = (
        "\\documentclass{article}\\usepackage[utf8]{inputenc}"
        "\\usepackage{amsmath,amssymb,array,booktabs}\\begin{document}"
        f"{text}\\end{{document}}"
    )
    (fragment.parent / "whole.tex").write_text(whole)
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "whole.tex"],
        cwd=fragment.parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-2000:]


def test_without_a_recipe(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    table(tmp_path, ["steel"] * 40 + ["glass"] * 40)
    asked = ["fit", "t.csv", "--target", "y", "--time-budget", "1", "--quiet"]
    ran = CliRunner().invoke(cli.app, [*asked, "--per", "kind", "--out", "out"])
    assert ran.exit_code == 0, ran.output
    assert "One form of a law for y holds for both kinds of kind" in ran.output
    wrong = CliRunner().invoke(cli.app, [*asked, "--per", "knid", "--out", "other"])
    assert wrong.exit_code == 2
    assert "Did you mean 'kind'" in wrong.output
    assert not (tmp_path / "other").exists()


def test_each_kind_with_a_law_of_its_own_in_the_table() -> None:
    tables = {"a & b": rows(lambda x: 2 * x**2), "c": rows(lambda x: np.sin(4 * x))}
    runs = {
        "a & b": found(tables["a & b"], 2 * X.sympy**2),
        "c": found(tables["c"], sp.sin(4 * X.sympy)),
    }
    family = Family(column="kind", runs=runs, common=None)
    files = family_files(family, {"a & b": "a-b", "c": "c"})
    assert "a \\& b" in files["paper/kinds.tex"]
    assert "\\sin" in files["paper/kinds.tex"]
    assert "constants" not in files["paper/kinds.tex"].partition("laws.json")[2]
    assert "a &amp; b" in files["report.html"]


def test_one_run_cannot_stand_for_all_kinds(tmp_path) -> None:
    from discover import session

    table(tmp_path, ["steel"] * 20 + ["glass"] * 20)
    with pytest.raises(InputError, match="a run for each kind of rows"):
        session.prepare(recipe(), tmp_path)
