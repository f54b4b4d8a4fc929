"""PySR: what its files say is read, and what fails is said.

PySR needs a Julia: where there is none, its own code is asked (with a stub for Julia, in a process
apart) whether our keywords are right and our reading of its files is its own, and a stand-in for
PySR walks the whole road of files. No search of PySR's runs then.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from discover.errors import InputError, MissingExtraError
from discover.progress import Event
from discover.refine.engines import pysr
from discover.refine.engines.pysr import PySR, equation, hall_of_fame
from discover.tape import tape
from tests.test_refine import X0, X1, A, B, X, error

# PySR


HALL = """Complexity,Loss,Equation
1,1.5,"x0"
3,0.5,"x0 * -0.25"
5,0.1,"(x0 ^ 2.0) * 1.2f-5"
7,0.01,"sqrt(x1) + (exp(x0 / -3.5e-1) - 5.0f-1)"
9,0.001,"log(x0) * NaN"
11,0.0001,"sin(x0 * 2.0) / cos(x1 - Inf)"
13,0.00001,"sin(x0 * 2.0) / cos(x1)"
"""
EXPECTED = [
    X0,
    -0.25 * X0,
    1.2e-5 * X0**2.0,
    sp.sqrt(X1) + sp.exp(X0 / -0.35) - 0.5,
    sp.sin(2.0 * X0) / sp.cos(X1),
]


def same(first: sp.Expr, second: sp.Expr) -> bool:
    rows = [X[:20, 0], X[:20, 1]]
    one, two = (tape(expr, (X0, X1)).values(rows, 20) for expr in (first, second))
    return bool(np.allclose(one, two, rtol=1e-12, atol=0))


def test_a_hall_of_fame_becomes_sympy(tmp_path: Path) -> None:
    (tmp_path / "hall_of_fame.csv").write_text(HALL, encoding="utf-8")
    read = list(hall_of_fame(tmp_path, (X0, X1)))
    assert len(read) == len(EXPECTED)
    assert all(map(same, read, EXPECTED))


def test_the_backup_is_preferred_as_pysr_prefers_it(tmp_path: Path) -> None:
    (tmp_path / "hall_of_fame.csv").write_text("Complexity,Loss,Equa", encoding="utf-8")
    with pytest.raises(InputError, match="no column 'Equation'"):
        list(hall_of_fame(tmp_path, (X0, X1)))
    (tmp_path / "hall_of_fame.csv.bak").write_text(HALL, encoding="utf-8")
    assert len(list(hall_of_fame(tmp_path, (X0, X1)))) == len(EXPECTED)


def test_no_hall_of_fame_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no hall_of_fame\.csv"):
        list(hall_of_fame(tmp_path, (X0, X1)))


@pytest.mark.parametrize(
    "text", ["", "x0 +", "x2", "__import__('os')", "x0.real", "1/0", "log(0.0)", "Inf", "exp(1f9)"]
)
def test_text_that_is_no_formula_is_left_out(text: str) -> None:
    assert equation(text, (X0, X1)) is None


@given(st.floats(1e-30, 1e30), st.booleans())
def test_julia_floats_are_read(value: float, single: bool) -> None:
    mantissa, exponent = f"{value:.9e}".split("e")
    text = f"{mantissa}{'f' if single else 'e'}{int(exponent)}"
    assert float(equation(text, (X0,))) == float(f"{mantissa}e{exponent}")


def test_a_missing_pysr_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("discover.refine.engines.pysr.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"discover\[pysr\]"):
        PySR().search(X, X[:, 0], [A, B], effort=1, max_complexity=10, seed=0)


STAND_IN = """
import sys
from pathlib import Path
import numpy as np
assert "torch" not in sys.modules and "discover" not in sys.modules
class PySRRegressor:
    def __init__(self, *, output_directory, run_id, niterations, constraints, **settings):
        assert isinstance(constraints["^"], tuple), constraints
        assert settings["deterministic"] and settings["random_state"] == 11
        self.folder = Path(output_directory) / run_id
        self.niterations = niterations
    def fit(self, x, y):
        print("Compiling Julia backend...")
        slope = float(x[:, 0] @ y / (x[:, 0] @ x[:, 0]))
        self.folder.mkdir()
        (self.folder / "hall_of_fame.csv").write_text(
            'Complexity,Loss,Equation\\n'
            f'3,0.0,"x0 * {slope!r}"\\n'
            f'1,0.0,"x0 ^ x1 ^ log(x0 - 2.0)"\\n'
        )
"""


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package called pysr that stands where the real one would."""
    package = tmp_path / "stand_in" / "pysr"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(STAND_IN, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(package.parent))
    monkeypatch.setattr(pysr, "find_spec", lambda name: object())
    return package / "__init__.py"


def test_a_search_goes_through_files_and_prints_nothing(
    stand_in: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    events: list[Event] = []
    x = X * np.array([1e-30, 1e20])
    laws = PySR().search(
        x, 4e5 * X[:, 0], [A, B], effort=2, max_complexity=10, seed=11, listen=events.append
    )
    (law,) = laws
    assert float(law.coeff(A.sympy)) == pytest.approx(4e35, rel=1e-12)
    assert capfd.readouterr() == ("", "")
    assert [(e.done, e.total) for e in events] == [(0, 1), (1, 1)]


def test_a_search_that_breaks_says_why(stand_in: Path) -> None:
    stand_in.write_text(STAND_IN.replace("slope =", "raise RuntimeError('no memory')\n        s ="))
    with pytest.raises(InputError, match="RuntimeError: no memory"):
        PySR().search(X, X[:, 0], [A, B], effort=1, max_complexity=10, seed=11)


def test_a_pysr_that_cannot_start_says_what_to_install(stand_in: Path) -> None:
    stand_in.write_text("raise Exception('could not find Julia 1.10')", encoding="utf-8")
    with pytest.raises(InputError, match=r"found could not find Julia 1\.10.*julialang"):
        PySR().search(X, X[:, 0], [A, B], effort=1, max_complexity=10, seed=11)


ASK_PYSR = """
import inspect, json, sys, types, warnings
warnings.simplefilter("ignore")
class Absorbing:
    VERSION = types.SimpleNamespace(major=1, minor=10, patch=3)
    def __getattr__(self, name): return Absorbing()
    def __call__(self, *args, **kwargs): return Absorbing()
stub = types.ModuleType("juliacall")
stub.Main = Absorbing()
stub.convert = lambda *args: None
for name in ("AnyValue", "VectorValue", "ArrayValue"):
    setattr(stub, name, type(name, (), {}))
stub.JuliaError = type("JuliaError", (Exception,), {})
sys.modules["juliacall"] = stub
from pysr import PySRRegressor
import numpy as np
task = json.load(sys.stdin)
model = PySRRegressor.from_file(
    run_directory=task["folder"], n_features_in=2,
    binary_operators=task["settings"]["binary_operators"],
    unary_operators=task["settings"]["unary_operators"],
)
x = np.array(task["x"])
PySRRegressor(**task["settings"], output_directory=task["folder"], run_id="run")
print("ANSWER" + json.dumps({
    "keywords": list(inspect.signature(PySRRegressor.__init__).parameters),
    "values": [model.predict(x, index=i).tolist() for i in range(len(model.equations_))],
}))
"""


def test_pysr_knows_our_keywords_and_reads_its_files_as_we_do_no_search_run(tmp_path: Path) -> None:
    pytest.importorskip("sympy", minversion="1.14")
    if pysr.find_spec("pysr") is None:
        pytest.skip("the extra 'pysr' is not installed")
    rows = [line for line in HALL.splitlines() if "NaN" not in line and "Inf" not in line]
    (tmp_path / "hall_of_fame.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    chosen = {**pysr.settings(40, 30, 11), "constraints": {"^": (-1, 1)}}
    task = {"folder": str(tmp_path), "settings": chosen, "x": X[:20].tolist()}
    done = subprocess.run(
        [sys.executable, "-P", "-c", ASK_PYSR],
        input=json.dumps(task), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.partition("ANSWER")[2])
    assert set(chosen) <= set(answer["keywords"])
    ours = list(hall_of_fame(tmp_path, (X0, X1)))
    for expr, theirs in zip(ours, answer["values"], strict=True):
        np.testing.assert_allclose(
            tape(expr, (X0, X1)).values([X[:20, 0], X[:20, 1]], 20), theirs, rtol=1e-6
        )


def test_pysr_searches_where_there_is_a_julia() -> None:
    if pysr.find_spec("pysr") is None:
        pytest.skip("the extra 'pysr' is not installed")
    try:
        pysr.require()
    except InputError as missing:
        pytest.skip(f"PySR cannot start here: {missing.findings[0].found}")
    y = 3.0 * X[:, 0] * np.sin(X[:, 1])
    laws = PySR().search(X, y, [A, B], effort=1, max_complexity=12, seed=0)
    assert min(error(law, [A, B], X, y) for law in laws) < 1e-5
