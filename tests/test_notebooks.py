"""The notebooks run from top to bottom, find what they say, and are stored without outputs."""

import re
from pathlib import Path
from typing import Any

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def executed(name: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Everything that a notebook prints and shows, as text."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    book = nbformat.read(ROOT / "notebooks" / name, as_version=4)
    nbclient.NotebookClient(book, timeout=900, kernel_name="python3").execute()
    outputs = [output for cell in book.cells for output in cell.get("outputs", ())]
    assert not [output for output in outputs if output.get("name") == "stderr"]
    return "\n".join(_text(output) for output in outputs)


def _text(output: Any) -> str:
    data = output.get("data", {})
    return output.get("text", "") + "".join(str(data[kind]) for kind in sorted(data))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebooks_are_stored_without_outputs(path: Path) -> None:
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    assert code
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    headings = [cell.source.splitlines()[0] for cell in book.cells if cell.cell_type == "markdown"]
    for part in ("Data", "Run", "Comparison", "Limits"):
        assert f"## {part}" in headings
    assert {"## Law", "## Result"} & set(headings)


def test_a_first_law(monkeypatch: pytest.MonkeyPatch) -> None:
    said = executed("first_law.ipynb", monkeypatch)
    assert "sqrt(length)" in said
    assert "g = 9.8" in said
    assert "<svg" in said


@pytest.mark.slow
def test_the_knots(monkeypatch: pytest.MonkeyPatch) -> None:
    said = executed("knots.ipynb", monkeypatch)
    assert "longitudinal_translation*" in said
    assert r"\lambda" in said
    assert "<svg" in said


def test_continual_learning(monkeypatch: pytest.MonkeyPatch) -> None:
    said = executed("continual_learning.ipynb", monkeypatch)
    kept, lost = map(float, re.findall(r"(?:KAN|MLP) ([0-9.e+-]+)", said)[-2:])
    assert kept < 1e-3 < 0.1 < lost


def test_two_moons(monkeypatch: pytest.MonkeyPatch) -> None:
    said = executed("classification.ipynb", monkeypatch)
    shares = [float(share) for share in re.findall(r"([0-9.]+) % right", said)]
    assert len(shares) == 2
    assert min(shares) > 99


def test_poisson(monkeypatch: pytest.MonkeyPatch) -> None:
    said = executed("poisson.ipynb", monkeypatch)
    assert float(re.findall(r"mean squared error ([0-9.e+-]+)", said)[0]) < 1e-9
    assert re.search(r"sin\(\S*x0\)\*sin\(\S*x1\)", said)


@pytest.mark.slow
def test_special_functions(monkeypatch: pytest.MonkeyPatch) -> None:
    said = executed("special_functions.ipynb", monkeypatch)
    assert int(re.findall(r"(\d) of 4 below", said)[0]) >= 3


@pytest.mark.slow
def test_scaling(monkeypatch: pytest.MonkeyPatch) -> None:
    said = executed("scaling.ipynb", monkeypatch)
    slopes = [float(slope) for slope in re.findall(r"error ~ G\^(-[0-9.]+)", said)]
    assert len(slopes) == 2
    assert max(slopes) < -3.5


@pytest.mark.slow
def test_a_deep_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    said = executed("deep_formula.ipynb", monkeypatch)
    assert float(re.findall(r"RMSE of the formula: ([0-9.e+-]+)", said)[0]) < 1e-9


@pytest.mark.slow
def test_relations(monkeypatch: pytest.MonkeyPatch) -> None:
    said = executed("relations.ipynb", monkeypatch)
    assert "4*genus - 2" in said
    flat_torus = (
        "longitudinal_translation*meridinal_translation_imag/2",
        "2*cusp_volume/longitudinal_translation",
        "2*cusp_volume/meridinal_translation_imag",
    )
    assert any(law in said for law in flat_torus)
    assert float(re.findall(r"shuffled tables: ([0-9.]+)", said)[0]) < 0.1


@pytest.mark.slow
def test_the_equation_of_a_field(monkeypatch: pytest.MonkeyPatch) -> None:
    said = executed("field_equation.ipynb", monkeypatch)
    values = [float(value) for value in re.findall(r"c\d = (-?[0-9.]+), 95%", said)]
    assert sorted(values) == pytest.approx([-1.0, 0.1], rel=0.01)


@pytest.mark.slow
def test_localisation(monkeypatch: pytest.MonkeyPatch) -> None:
    said = executed("localisation.ipynb", monkeypatch)
    theory, found = map(float, re.findall(r"([0-9.]+) % of unseen states", said))
    assert found > theory - 0.3
