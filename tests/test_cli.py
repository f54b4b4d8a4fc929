"""The command line: exit codes, what goes to which stream, resume, and nothing half-written."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
import sympy as sp
from typer.testing import CliRunner, Result

import discover
from discover import config, pipeline, report
from discover.cli import app
from discover.cli.failures import complaint
from discover.cli.progress import Lines
from discover.dataset import PARTS, Dataset, Variable
from discover.errors import Finding, InputError
from discover.functions import LIBRARY, Affine
from discover.law import Constant, Law
from discover.progress import Event
from discover.record import Run, TableCard
from discover.store import RunFolder
from tests import small_run

ROOT = Path(__file__).resolve().parent.parent
STAGES = ("columns", "networks", "laws")


@dataclass(frozen=True)
class Number:
    value: int


def network() -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_node("x:axis", kind="input", layer=0, label="axis")
    graph.add_node("y", kind="sum", layer=2, label="y")
    graph.add_edge("x:axis", "y", function=Affine(atom=LIBRARY["x"]))
    return graph


class Pipeline:
    """A pipeline of three stages that counts what it computes and stops where it is told."""

    def __init__(self) -> None:
        self.computed: list[str] = []
        self.stop_at = ""
        self.p_value = 0.025

    def __call__(self, recipe: Any, dataset: Dataset, *, cache: Any, listen: Any) -> Run:
        key = recipe.model_dump_json()
        for stage in STAGES:
            if cache.get(stage, key, Number) is not None:
                continue
            listen(Event(stage=stage, done=0, total=2, error=0.5, graph=network))
            if stage == self.stop_at:
                raise KeyboardInterrupt
            self.computed.append(stage)
            cache.put(stage, key, Number(1))
            listen(Event(stage=stage, done=2, total=2, error=0.25))
        table = TableCard(
            name=dataset.name, source=dataset.source, features=dataset.features,
            target=dataset.target,
            sizes={part: len(dataset.split.rows(part)) for part in PARTS},
        )  # fmt: skip
        return replace(small_run.run(p_value=self.p_value), recipe=recipe, table=table)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    fake = Pipeline()
    monkeypatch.setattr(pipeline, "run", fake)
    monkeypatch.setattr(
        report, "render", lambda *given: {"report.html": "<html>", "paper/law.tex": "T"}
    )
    return fake


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a table and a recipe for it."""
    monkeypatch.chdir(tmp_path)
    axis = np.linspace(0.4, 30.0, 60)
    mass = 2 + np.cos(np.arange(60.0))
    rows = "".join(
        f"{a!r},{m!r},{a**1.5!r}\n" for a, m in zip(axis.tolist(), mass.tolist(), strict=True)
    )
    (tmp_path / "orbits.csv").write_text("axis,mass (kg),period\n" + rows)
    (tmp_path / "kepler.yaml").write_text(
        "title: Kepler's third law\n"
        "data: {file: orbits.csv, target: period}\n"
        "hypotheses: {Kepler: k*axis^1.5}\n"
    )
    return tmp_path


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=False)


# --- run ---------------------------------------------------------------------------------------


def test_run_prints_the_laws_and_writes_the_folder(home: Path, fake: Pipeline) -> None:
    result = invoke("run", "kepler.yaml")
    assert result.exit_code == 0
    text = result.stdout
    assert "Recommended law" in text
    assert "period = 1.0 * axis**1.5" in text
    assert "Kepler" in text
    assert "p = 0.025" in text
    assert "runs/kepler/report.html" in text
    assert max(map(len, text.splitlines())) <= 80
    assert "networks" in result.stderr
    folder = home / "runs" / "kepler"
    for name in (
        "recipe.yaml", "environment.json", "log.jsonl", "dataset.json", "laws.json", "laws.csv",
        "report.html", "paper/law.tex",
    ):  # fmt: skip
        assert (folder / name).is_file(), name
    events = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    assert [event["stage"] for event in events] == [stage for stage in STAGES for _ in "ab"]


def test_the_written_recipe_runs_again(home: Path, fake: Pipeline) -> None:
    invoke("run", "kepler.yaml")
    assert invoke("run", "runs/kepler/recipe.yaml", "--out", "again").exit_code == 0
    first, second = (RunFolder(path).read().table.source for path in ("runs/kepler", "again"))
    assert first.sha256 == second.sha256 != ""


def test_json_is_alone_on_stdout(home: Path, fake: Pipeline) -> None:
    result = invoke("run", "kepler.yaml", "--json", "--out", "here")
    content = json.loads(result.stdout)
    assert result.stdout.count("\n") == 1
    paths = content.pop("paths")
    assert content == json.loads((home / "here" / "laws.json").read_text())
    assert Path(paths["report"]).is_file()
    assert result.stderr


def test_quiet_says_nothing_on_stderr(home: Path, fake: Pipeline) -> None:
    assert invoke("run", "kepler.yaml", "--quiet").stderr == ""
    assert invoke("run", "kepler.yaml", "--quiet").stderr == ""  # neither of what it took over


def test_set_and_seed_change_the_recipe(home: Path, fake: Pipeline) -> None:
    invoke("run", "kepler.yaml", "--set", "kan.seeds=2", "--set", "law.effort=1", "--seed", "7")
    used = config.read(home / "runs" / "kepler" / "recipe.yaml")
    assert (used.kan.seeds, used.law.effort, used.seed) == (2, 1, 7)


def test_a_film_shows_what_was_computed(home: Path, fake: Pipeline) -> None:
    film = home / "runs" / "kepler" / "figures" / "training.gif"
    assert not invoke("run", "kepler.yaml").exit_code
    assert not film.exists()
    result = invoke("run", "kepler.yaml", "--film", "gif")
    assert "no film" in result.stderr
    assert not film.exists()
    assert not invoke("run", "kepler.yaml", "--film", "gif", "--fresh").exit_code
    assert film.read_bytes().startswith(b"GIF")


def test_an_mp4_without_ffmpeg_is_refused_before_the_run(
    home: Path, fake: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    refused(invoke("run", "kepler.yaml", "--film", "mp4"), "no program ffmpeg", "--film gif")
    assert fake.computed == []
    assert not (home / "runs").exists()


def test_no_law_beats_the_null_control(home: Path, fake: Pipeline) -> None:
    fake.p_value = 0.4
    result = invoke("run", "kepler.yaml")
    assert result.exit_code == 3
    assert "No law beats the null control" in result.stdout
    assert (home / "runs" / "kepler" / "laws.json").is_file()


def test_an_interrupted_run_goes_on(home: Path, fake: Pipeline) -> None:
    fake.stop_at = "laws"
    stopped = invoke("run", "kepler.yaml")
    assert stopped.exit_code == 130
    assert stopped.stdout == ""
    assert "Finished stages are kept in runs/kepler" in stopped.stderr
    assert invoke("show", "runs/kepler").exit_code == 2

    fake.stop_at = ""
    resumed = invoke("run", "kepler.yaml")
    assert resumed.exit_code == 0
    assert fake.computed == list(STAGES)
    assert "Taken from runs/kepler: columns, networks." in resumed.stderr

    invoke("run", "kepler.yaml")
    assert fake.computed == list(STAGES)
    invoke("run", "kepler.yaml", "--fresh")
    assert fake.computed == [*STAGES, *STAGES]
    invoke("run", "kepler.yaml", "--seed", "1")
    assert fake.computed == [*STAGES, *STAGES, *STAGES]


def test_a_damaged_stage_is_computed_again(home: Path, fake: Pipeline) -> None:
    invoke("run", "kepler.yaml")
    stage = home / "runs" / "kepler" / ".stages" / "networks.json"
    stage.write_bytes(stage.read_bytes()[:-20])
    assert invoke("run", "kepler.yaml").exit_code == 0
    assert fake.computed == [*STAGES, "networks"]


def test_a_library_user_writes_nothing_unless_asked(home: Path, fake: Pipeline) -> None:
    run = discover.run("kepler.yaml")
    assert run.law.complexity == small_run.run().law.complexity
    assert not (home / "runs").exists()
    recipe = config.read(home / "kepler.yaml")
    assert discover.run(recipe, home / "out").recipe == recipe
    assert (home / "out" / "laws.json").is_file()


def test_long_names_leave_room_for_the_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    from discover.cli import closing

    run = small_run.run()
    names = [Variable(name=f"a_rather_long_column_name_{i}") for i in range(9)]
    form = sp.Add(*(1.5 * variable.sympy**2 for variable in names))
    long = replace(Law.of(form, names, run.table.target, "graph"), accuracy=run.law.accuracy)
    closing.print_laws(replace(run, laws=(run.laws[0], long)))
    text = capsys.readouterr().out
    assert "rms (yr)" in text
    assert "1.0000" in text
    assert all(variable.name in text for variable in names)
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(
    ("value", "low", "high", "unit", "said"),
    [
        (0.996942, 0.99382, 1.00006, "1", "c = 0.996942, 95% in [0.9938, 1.0001]"),
        (-0.173002, -0.1785, -0.1675, "1", "c = -0.173002, 95% in [-0.1785, -0.1675]"),
        (6.674e-11, 6.6e-11, 6.7e-11, "m", "c = 6.674e-11 m, 95% in [6.6e-11, 6.7e-11]"),
        (0.0, -1.0, 1.0, "1", "c = 0, 95% in [-1.000, 1.000]"),
        (1.5, None, None, "m/s", "c = 1.5 m/s"),
    ],
)
def test_ends_of_an_interval_keep_their_digits(
    value: float, low: Any, high: Any, unit: str, said: str
) -> None:
    from discover.cli import closing

    constant = Constant(name="c", value=value, low=low, high=high, level=0.95)
    assert closing._constant(constant, unit) == said


def test_long_names_give_way_to_signs(capsys: pytest.CaptureFixture[str]) -> None:
    from discover.cli import closing

    run = small_run.run()
    names = [Variable(name=f"translation_number_{k}", symbol=rf"\mu_{{{k}}}") for k in range(2)]
    twins = [Variable(name=f"angle_of_the_knot_{k}", symbol=r"\phi") for k in range(2)]
    form = sp.Add(*(variable.sympy**2 for variable in [*names, *twins]))
    long = Law.of(form, [*names, *twins], run.table.target, "graph")
    closing.print_laws(replace(run, laws=(long,), selected=0))
    said = capsys.readouterr().out
    assert "μ_0**2 + μ_1**2" in said
    assert "  μ_0 = translation_number_0\n" in said
    assert "angle_of_the_knot_0**2" in said  # two columns of one sign keep their names
    closing.print_laws(run)
    assert " = " not in capsys.readouterr().out


# --- wrong input -------------------------------------------------------------------------------


def refused(result: Result, *words: str) -> None:
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr, result.stderr


def test_mistakes_come_together_and_nothing_is_written(home: Path, fake: Pipeline) -> None:
    (home / "bad.yaml").write_text(
        "data: {file: orbits.csv, target: period}\nkan: {seeds: four, setps: 3}\nseed: -1\n"
    )
    for command in ("run", "check"):
        result = invoke(command, "bad.yaml")
        refused(result, "bad.yaml: 3 mistakes\n", "\n  kan.seeds: ", "\n  kan.setps", "\n  seed: ")
    assert not (home / "runs").exists()
    assert fake.computed == []


def test_a_wrong_hypothesis_or_function_is_found_before_the_run(home: Path, fake: Pipeline) -> None:
    result = invoke(
        "run", "kepler.yaml",
        "--set", "hypotheses.Kepler=axis^", "--set", "edges.functions=[sinn]",
    )  # fmt: skip
    refused(result, "kepler.yaml: 2 mistakes", "  hypotheses.Kepler", "  edges.functions", "'sin'")
    assert not (home / "runs").exists()


@pytest.mark.parametrize("formula", ["c*period", "c*axis*mass"])
def test_a_hypothesis_of_the_target_or_a_dropped_column_is_found_before_the_run(
    home: Path, fake: Pipeline, formula: str
) -> None:
    result = invoke(
        "run", "kepler.yaml", "--set", f"hypotheses.mine={formula}", "--set", "data.drop=[mass]"
    )
    refused(result, "hypotheses.mine: found", "the target or a column that is left out")
    assert not (home / "runs").exists()


def test_mistakes_of_recipe_table_and_formula_come_together(home: Path, fake: Pipeline) -> None:
    (home / "bad.yaml").write_text(
        "sed: 3\n"
        "kan: {seeds: four}\n"
        "data: {file: orbits.csv, target: period, features: [axis, mas], units: {axis: flurbs}}\n"
        "hypotheses: {Kepler: axis^}\n"
    )
    places = ("sed: ", "kan.seeds: ", "features: found no column 'mas'", "units.axis: ", "Kepler: ")
    refused(invoke("check", "bad.yaml"), "5 mistakes\n", *places)


def test_a_table_that_is_named_wrongly_brings_no_complaints_that_follow(home: Path) -> None:
    (home / "bad.yaml").write_text("data: {file: orbits.csv, target: period, featurs: [axis]}\n")
    (home / "orbits.csv").write_text("axis,body,period\n" + "1,Earth,1\n" * 20)
    result = invoke("check", "bad.yaml")
    refused(result, "data.featurs: found an unknown key", "Did you mean 'features'?")
    assert "Earth" not in result.stderr


def test_a_table_without_its_column(home: Path, fake: Pipeline) -> None:
    refused(invoke("run", "kepler.yaml", "--set", "data.target=perod"), "Did you mean 'period'?")
    assert not (home / "runs").exists()


def test_an_unknown_recipe(home: Path) -> None:
    refused(invoke("run", "kepplr.yaml"), "kepplr.yaml: found no such file", "kepler.yaml")


def test_a_folder_of_somebody_else(home: Path, fake: Pipeline) -> None:
    refused(invoke("run", "kepler.yaml", "--out", "."), "a folder with other files")
    assert sorted(path.name for path in home.iterdir()) == ["kepler.yaml", "orbits.csv"]


def test_usage_errors(home: Path) -> None:
    for arguments in (["run"], ["fit", "orbits.csv"], ["laws", "x", "--format", "word"], ["nope"]):
        assert invoke(*arguments).exit_code == 2


def test_bugs_keep_their_trace(home: Path, fake: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "run", lambda *given, **more: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        invoke("run", "kepler.yaml")


def test_findings_about_different_things_keep_their_places() -> None:
    error = InputError(
        [Finding(where=where, found="x", expected="y") for where in ("a.csv: b", "--set c")]
    )
    assert complaint(error).splitlines() == [
        "2 mistakes", "  a.csv: b: found x, expected y", "  --set c: found x, expected y",
    ]  # fmt: skip


# --- fit, init, check --------------------------------------------------------------------------


def test_fit_needs_no_recipe_and_writes_one(home: Path, fake: Pipeline) -> None:
    result = invoke(
        "fit", "orbits.csv", "--target", "period", "--features", "axis, mass (kg)",
        "--units", "axis=au, period=yr", "--time-budget", "30",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    used = config.read(home / "runs" / "orbits" / "recipe.yaml")
    assert used.data.target == "period"
    assert used.data.units == {"axis": "au", "period": "yr"}
    assert used.kan.seeds == 1
    dropped = invoke("fit", "orbits.csv", "--target", "period", "--drop", "mass (kg)", "--out", "b")
    assert dropped.exit_code == 0, dropped.stderr
    assert [v.name for v in RunFolder("b").read().table.features] == ["axis"]


def test_fit_refuses_what_it_cannot_read(home: Path) -> None:
    refused(invoke("fit", "orbits.csv", "--target", "period", "--units", "au"), "--units", "'au'")
    refused(invoke("fit", "none.csv", "--target", "period"), "none.csv")
    assert not (home / "runs").exists()


def test_init_writes_a_recipe_that_passes_check(home: Path) -> None:
    (home / "kepler.yaml").unlink()
    assert invoke("init", "orbits.csv", "--target", "period").exit_code == 0
    assert "#" in (home / "orbits.yaml").read_text()
    checked = invoke("check", "orbits.yaml")
    assert checked.exit_code == 0
    assert "no mistakes" in checked.stdout
    refused(invoke("init", "orbits.csv"), "Nothing was overwritten")
    assert invoke("init", "orbits.csv", "--out", "deep/er/o.yaml").exit_code == 0
    assert invoke("check", "deep/er/o.yaml").exit_code == 0
    assert not (home / "runs").exists()


# --- looking at a run --------------------------------------------------------------------------


@pytest.fixture
def finished(home: Path, fake: Pipeline) -> str:
    invoke("run", "kepler.yaml", "--quiet")
    return "runs/kepler"


def test_show(finished: str) -> None:
    text = invoke("show", finished).stdout
    assert text.startswith("Kepler's third law\n")
    assert "Columns kept: axis (of 2)" in text
    assert "trained" in text


def test_laws_in_every_format(finished: str) -> None:
    assert "axis**1.5" in invoke("laws", finished).stdout
    as_json = invoke("laws", finished, "--format", "json").stdout
    assert as_json.encode() == Path(finished, "laws.json").read_bytes()
    as_csv = invoke("laws", finished, "--format", "csv").stdout
    assert as_csv == Path(finished, "laws.csv").read_text()
    latex = invoke("laws", finished, "--format", "latex").stdout
    assert latex.count(r"\[") == 3
    assert "% recommended" in latex.splitlines()[1]


def test_export_the_recommended_or_another_law(finished: str) -> None:
    assert "axis" in invoke("export", finished, "--to", "python").stdout
    first = invoke("export", finished, "--law", "0", "--to", "sympy,latex").stdout
    assert "1.25" in first
    refused(invoke("export", finished, "--law", "3", "--to", "c"), "--law", "from 0 to 2")
    refused(invoke("export", finished, "--to", "cobol"), "cobol")


def test_a_hypothesis_is_tested_on_the_unseen_rows(finished: str, home: Path) -> None:
    (home / "ideas.txt").write_text("# three ideas\nlinear: c*axis\n\nc*axis^p\n")
    result = invoke("test", finished, "k*axis^(3/2)", "--file", "ideas.txt")
    assert result.exit_code == 0, result.stderr
    assert "H1: period = k*axis^(3/2)" in result.stdout
    assert "k = 1" in result.stdout
    assert "linear: period = c*axis" in result.stdout
    assert "line 4" in result.stdout
    refused(invoke("test", finished), "no expression")
    refused(invoke("test", finished, "axis +"), "H1")
    refused(invoke("test", finished, "--file", "none.txt"), "none.txt")


def test_a_changed_table_is_noticed(finished: str, home: Path) -> None:
    with (home / "orbits.csv").open("a") as table:
        table.write("31.0,2.0,172.6\n")
    refused(invoke("test", finished, "k*axis"), "changed since the run")
    refused(invoke("report", finished), "changed since the run")
    (home / "orbits.csv").unlink()
    refused(invoke("test", finished, "k*axis"), "orbits.csv")


def test_a_run_is_found_from_another_folder(
    finished: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "elsewhere").mkdir()
    monkeypatch.chdir(home / "elsewhere")
    assert invoke("test", "../runs/kepler", "k*axis").exit_code == 0


def test_report_is_made_again(finished: str) -> None:
    page = Path(finished, "report.html")
    page.unlink()
    assert invoke("report", finished).stdout.strip() == str(page)
    assert page.is_file()


@pytest.mark.parametrize("command", [["show"], ["laws"], ["export", "--to", "c"], ["report"]])
def test_where_there_is_no_run(home: Path, command: list[str]) -> None:
    refused(invoke(*command, "nowhere"), "nowhere: found no such folder", "discover run RECIPE")


# --- shipped things ----------------------------------------------------------------------------


def test_data_and_recipes_are_listed(home: Path) -> None:
    from discover import sources

    listed = invoke("data", "list").stdout
    for name in sources.names():
        assert re.search(rf"^{name}\b", listed, re.MULTILINE)
        assert "columns:" in invoke("data", "info", name).stdout
        assert invoke("data", "verify", name).stdout == f"{name}: whole\n"
    refused(invoke("data", "info", "knotz"), "knotz")
    assert invoke("list").exit_code == 0


# --- progress ----------------------------------------------------------------------------------


def test_lines_are_few() -> None:
    said: list[str] = []
    lines = Lines(said.append)
    for done in range(101):
        lines(Event(stage="train", done=done, total=100, error=1 / (done + 1)))
    lines(Event(stage="train", done=100, total=100))
    lines(Event(stage="law", done=0, total=0, message="looking"))
    assert said == ["train 0/100, error 1", "train 100/100, error 0.0099, done", "law, looking"]


def test_bars_on_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    from discover.cli.progress import shown

    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with shown(quiet=False) as listen:
        listen(Event(stage="train", done=1, total=4, error=0.031, message="[4, 1] grid 6"))
        listen(Event(stage="train", done=4, total=4, error=0.02))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "train" in captured.err


# --- the program itself ------------------------------------------------------------------------


def program(*arguments: str, **more: Any) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "discover", *arguments],
        env=os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "80"},
        capture_output=True, text=True, check=False, **more,
    )  # fmt: skip


def test_version_and_help_load_nothing_heavy() -> None:
    done = program("--version")
    assert (done.returncode, done.stdout) == (0, f"discover {discover.__version__}\n")
    heavy = ["torch", "numpy", "sympy", "pandas", "pydantic", "rich", "matplotlib", "networkx"]
    code = (
        "import sys; from discover.cli import main; sys.argv = ['discover', '--help']\n"
        f"try: main()\nfinally: print([m for m in {heavy} if m in sys.modules], file=sys.stderr)"
    )
    helped = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert helped.returncode == 0
    assert "export" in helped.stdout
    assert helped.stderr == "[]\n"


def test_the_program_refuses_without_a_trace(home: Path) -> None:
    done = program("run", "no-such-recipe", cwd=home)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    assert list(home.glob("runs*")) == []


def test_control_c_ends_with_130_and_keeps_the_stages(home: Path) -> None:
    # A suite that was started in the background hands on that the signal is ignored.
    code = (
        "import signal, time; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from discover import pipeline\n"
        "def slow(recipe, dataset, *, cache, listen):\n"
        "    cache.put('columns', 'k', ()); print('ready', flush=True); time.sleep(60)\n"
        "pipeline.run = slow\n"
        "from discover.cli import app; app(['run', 'kepler.yaml'])"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    time.sleep(0.2)
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=30)
    assert child.returncode == 130
    assert "Finished stages are kept in runs/kepler" in said
    assert "Traceback" not in said
    assert (home / "runs" / "kepler" / ".stages" / "columns.json").is_file()


def test_the_version_is_stated_once_more_in_the_packaging() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    assert f'version = "{discover.__version__}"' in text or 'dynamic = ["version"]' in text


def test_every_name_of_the_package_is_there() -> None:
    for name in discover.__all__:
        assert getattr(discover, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = discover.nonsense  # type: ignore[attr-defined]


def test_data_info_draws_the_dataset(tmp_path: Path) -> None:
    done = invoke("data", "info", "planets", "--figure", str(tmp_path / "new" / "planets.svg"))
    assert done.exit_code == 0
    assert "<svg" in (tmp_path / "new" / "planets.svg").read_text()
    refused(invoke("data", "info", "planets", "--figure", str(tmp_path / "planets.doc")), ".doc")


@pytest.mark.parametrize("name", ["burgers", "reaction_diffusion", "lorenz"])
def test_fields_are_drawn_too(name: str, tmp_path: Path) -> None:
    done = invoke("data", "info", name, "--figure", str(tmp_path / "field.svg"))
    assert done.exit_code == 0, done.output
    assert "<svg" in (tmp_path / "field.svg").read_text()
