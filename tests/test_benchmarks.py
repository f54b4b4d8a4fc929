"""The harness of the comparisons: what it computes, writes, keeps and starts; no peer is needed."""

import json
import sys
from pathlib import Path
from time import monotonic

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
# Imported as the command does, from its own folder.
sys.path.insert(0, str(BENCHMARKS))
try:
    import clock
    import engine as command
    import tables
    from cases import CASES
    from cases.data import LAWS, SPECIAL, make
    from cases.special import PAPER, SHAPES, edges
    from engines import ENGINES, OURS, Engine, installed, source_of
    from jobs import Answers, Job, Shelf, run
    from report import write
finally:
    sys.path.remove(str(BENCHMARKS))

FAKE = Engine(name="fake", module="fake", packages=())
ENGINE = """
def fit(x, y, x_test, y_test, seed):
    print("chatter that is no part of the answer")
    return {"rmse": float(abs(y).max()), "rows": len(x), "seed": seed}
def fail():
    raise ValueError("no luck\\nat all")
def die():
    import os
    os._exit(3)
def hang():
    import time
    time.sleep(60)
"""


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "fake.py").write_text(ENGINE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))


def job(task: str, **given: object) -> Job:
    return Job(engine=FAKE, task=task, label="it", given=given, limit=20)


def test_a_power_law_has_its_own_slope() -> None:
    grids = [5, 10, 20, 40]
    for power in (-4.0, -3.5, 0.0, 2.0):
        assert tables.slope(grids, [0.3 * g**power for g in grids]) == pytest.approx(power)


def test_the_slope_stops_where_rounding_begins() -> None:
    grids = [10, 20, 40, 80, 160]
    errors = [1e-5 * (g / 10) ** -4.0 for g in grids[:3]] + [3e-8, 5e-8]
    assert tables.slope(grids, errors, floor=4e-8) == pytest.approx(-4.0)
    assert tables.slope(grids, errors) > -3
    assert tables.slope([5], [0.1]) is None


@pytest.mark.parametrize("name", ["slope", "table", "number", "lowest"])
def test_examples_of_the_tables_hold(name: str) -> None:
    import doctest

    finder = doctest.DocTestFinder()
    (test,) = finder.find(getattr(tables, name), name, globs=vars(tables))
    assert test.examples
    assert doctest.DocTestRunner().run(test).failed == 0


def test_time_to_an_error_is_that_of_the_first_point_at_or_below_it() -> None:
    trace = [(1.0, 0.1), (2.0, 0.01), (3.0, 0.02), (4.0, 0.001)]
    assert tables.time_to(trace, 0.01) == 2.0
    assert tables.time_to(trace, 0.0001) is None


def test_a_median_leaves_out_what_is_no_number() -> None:
    assert tables.median([3.0, float("nan"), 1.0, float("inf"), 2.0]) == 2.0
    assert tables.median([]) is None


class FakeTime:
    """A clock that goes on only when something is done."""

    def __init__(self) -> None:
        self.now, self.calls = 0.0, 0

    def perf_counter(self) -> float:
        return self.now

    def spend(self, seconds: float) -> float:
        self.now += seconds
        self.calls += 1
        return seconds


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    fake = FakeTime()
    monkeypatch.setattr(clock, "time", fake)
    return fake


def test_a_rate_is_that_of_warm_steps(time: FakeTime) -> None:
    slow = iter([3.0])
    rates = clock.rate(lambda: time.spend(next(slow, 0.004)), 7.0)
    assert rates == pytest.approx({"median": 250, "best": 250, "warm": 3.016})
    assert time.now - 3.0 == pytest.approx(7.0, rel=0.35)


def test_a_stall_does_not_touch_the_best(time: FakeTime) -> None:
    rates = clock.rate(lambda: time.spend(5.0 if time.calls % 400 == 399 else 0.004), 7.0)
    assert rates["best"] == pytest.approx(250)


def test_looking_at_the_test_rows_is_off_the_clock(time: FakeTime) -> None:
    watch = clock.Stopwatch()
    time.spend(1.0)
    watch.note(lambda: time.spend(0.5))
    time.spend(1.0)
    watch.note(lambda: time.spend(0.25))
    assert watch.trace == [(1.0, 0.5), (2.0, 0.25)]


@pytest.mark.parametrize("name", LAWS)
def test_rows_are_those_of_the_seed_and_finite(name: str) -> None:
    rows = make(name, 3, 50)
    again, other = make(name, 3, 50), make(name, 4, 50)
    assert all(np.array_equal(rows[k], again[k]) and np.isfinite(rows[k]).all() for k in rows)
    assert not np.array_equal(rows["x"], other["x"])
    assert not np.array_equal(rows["x"], rows["x_test"])


def test_special_functions_are_what_they_are_called() -> None:
    x, y = np.array([0.3, 0.7]), np.array([0.4, 0.6])
    rows = np.stack([x, y], 1)
    values = {name: law.value(rows) for name, law in SPECIAL.items()}
    one, two = np.sqrt(3 / (4 * np.pi)), np.sqrt(5 / (16 * np.pi))
    assert values["sph_harm (0,1)"] == pytest.approx(one * np.cos(y))
    assert values["sph_harm (1,1)"] == pytest.approx(-one / 2**0.5 * np.cos(x) * np.sin(y))
    assert values["sph_harm (0,2)"] == pytest.approx(two * (3 * np.cos(y) ** 2 - 1))
    # sn^2 + cn^2 = 1 with am its angle: sn = sin(am); at m = 0 an elliptic integral is its angle.
    none = np.stack([x, np.zeros(2)], 1)
    assert SPECIAL["ellipj"].value(none) == pytest.approx(np.sin(x))
    assert SPECIAL["ellipkinc"].value(none) == pytest.approx(x)
    assert SPECIAL["ellipeinc"].value(none) == pytest.approx(x)
    half = np.stack([np.full(2, 0.5), y], 1)
    assert SPECIAL["jv"].value(half) == pytest.approx(np.sqrt(2 / (np.pi * y)) * np.sin(y))
    assert SPECIAL["yv"].value(half) == pytest.approx(-np.sqrt(2 / (np.pi * y)) * np.cos(y))
    assert SPECIAL["kv"].value(half) == pytest.approx(np.sqrt(np.pi / (2 * y)) * np.exp(-y))
    assert SPECIAL["iv"].value(half) == pytest.approx(np.sqrt(2 / (np.pi * y)) * np.sinh(y))
    three = np.stack([np.full(2, 2.0), y], 1)
    assert SPECIAL["lpmv m=0"].value(three) == pytest.approx((3 * y**2 - 1) / 2)
    assert SPECIAL["lpmv m=1"].value(three) == pytest.approx(-3 * y * np.sqrt(1 - y**2))
    assert SPECIAL["lpmv m=2"].value(three) == pytest.approx(3 * (1 - y**2))
    assert set(SPECIAL) == set(PAPER) == set(SHAPES)
    assert edges([4, [1, 2], 1]) == 23


@pytest.mark.usefixtures("fake")
def test_a_job_goes_to_its_engine_and_comes_back() -> None:
    rows = make("toy", 0, 40)
    answer = run(job("fit", seed=7), sys.executable, rows)
    assert answer["ok"]
    assert answer["result"] == {"rmse": abs(rows["y"]).max(), "rows": 40, "seed": 7}
    assert answer["seconds"] >= 0
    assert answer["peak_mib"] > 1


@pytest.mark.usefixtures("fake")
@pytest.mark.parametrize(
    ("task", "reason"),
    [("fail", "ValueError: no luck"), ("none", "not offered"), ("die", "exit code 3")],
)
def test_a_failure_is_an_answer(task: str, reason: str) -> None:
    assert run(job(task), sys.executable) == {"ok": False, "reason": reason}


@pytest.mark.usefixtures("fake")
def test_what_takes_too_long_is_stopped() -> None:
    hang = Job(engine=FAKE, task="hang", label="it", limit=1.5)
    start = monotonic()
    assert run(hang, sys.executable) == {"ok": False, "reason": "not done after 2 s"}
    assert monotonic() - start < 30


def test_a_peer_that_is_not_there_is_said_to_be_missing() -> None:
    missing = Engine(name="none", module="peers.adam", packages=("no-such-distribution",))
    here = Engine(name="numpy", module="peers.lbfgs", packages=("numpy",))
    found = installed(sys.executable, (missing, here))
    assert found["peers.adam"] is None
    assert found["peers.lbfgs"] == {"numpy": np.__version__, **source_of(here)}


def test_a_key_changes_with_all_that_matters() -> None:
    rows = make("toy", 0, 10)
    moved = {**rows, "x": rows["x"] + 1}
    one = job("fit", seed=1).key({"a": "1"}, {"cpu": "x"}, rows)
    assert one == job("fit", seed=1).key({"a": "1"}, {"cpu": "x"}, rows)
    others = {
        job("fit", seed=2).key({"a": "1"}, {"cpu": "x"}, rows),
        job("fit", seed=1).key({"a": "2"}, {"cpu": "x"}, rows),
        job("fit", seed=1).key({"a": "1"}, {"cpu": "y"}, rows),
        job("fit", seed=1).key({"a": "1"}, {"cpu": "x"}, moved),
    }
    assert len(others | {one}) == 5


def test_an_answer_is_kept_under_its_key_alone(tmp_path: Path) -> None:
    shelf, question = Shelf(tmp_path), job("fit")
    assert shelf.get(question, "k") is None
    shelf.put(question, "k", {"ok": True, "result": {}})
    assert shelf.get(question, "k") == {"ok": True, "result": {}}
    assert shelf.get(question, "other") is None


def test_the_labels_of_a_case_are_its_own() -> None:
    for case in CASES.values():
        for short in (True, False):
            names = [(j.engine.name, j.label) for j in case.jobs(short)]
            assert len(names) == len(set(names))
            assert {j.engine for j in case.jobs(short)} <= set(ENGINES)


def test_cases_make_a_page_of_nothing_but_failures(tmp_path: Path) -> None:
    answers = {
        name: Answers(
            by={(j.engine.name, j.label): {"ok": False, "reason": "x"} for j in case.jobs(True)}
        )
        for name, case in CASES.items()
    }
    write(
        tmp_path,
        answers,
        machine={"processor": "p", "cores": "2", "system": "s", "python": "3"},
        versions={},
        loads=dict.fromkeys(CASES, 9.0),
    )
    page = (tmp_path / "engine.md").read_text()
    assert all(case.title in page for case in CASES.values())
    assert "not installed" in page
    assert "under a load of 7.0 by other work" in page
    assert not (tmp_path / "engine.png").exists()


def test_steps_are_compared_with_the_best_peer(tmp_path: Path) -> None:
    rates = {"discover": 900.0, "pykan": 100.0, "inkan": 300.0}
    by = {
        (name, f"float64 {width}"): {"ok": True, "result": {"median": rate, "best": rate}}
        for name, rate in rates.items()
        for width in ([2, 5, 1], [17, 5, 1], [64, 64, 1])
    }
    answers = Answers(by=by)
    assert "| times the best peer's | 3 | 3 | 3 |" in CASES["step"].table(answers)
    write(
        tmp_path,
        {"step": answers},
        machine={"processor": "p", "cores": "2", "system": "s", "python": "3"},
        versions={OURS.module: {"torch": "2"}},
        loads={"step": 2.0},
    )
    assert (tmp_path / "engine.svg").exists()
    assert "load" not in (tmp_path / "engine.md").read_text()


def test_the_command_asks_only_what_is_not_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def answered(job: Job, python: str, arrays: object, *, cores: int) -> dict[str, object]:
        asked.append(job.label)
        return {"ok": False, "reason": "not offered"}

    monkeypatch.setattr(command, "run", answered)
    arguments = ["poisson", "--peers", sys.executable, "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", ["engine.py", *arguments])
    command.main()
    command.main()
    assert asked == ["[2,10,1]", "one product node", "[2,10,1], with y²"]
    kept = json.loads((tmp_path / "answers" / "poisson" / "ours.json").read_text())
    assert kept["[2,10,1]"]["answer"]["reason"] == "not offered"
    monkeypatch.setattr(sys, "argv", ["engine.py", *arguments, "--again"])
    command.main()
    assert asked == 2 * ["[2,10,1]", "one product node", "[2,10,1], with y²"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["nonsense"], "no case nonsense"), (["step", "--peers", "/no/python"], "no interpreter at")],
)
def test_a_mistake_is_said_in_one_line(
    arguments: list[str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["engine.py", *arguments])
    with pytest.raises(SystemExit, match="2"):
        command.main()
    assert said in capsys.readouterr().err
