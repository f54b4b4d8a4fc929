"""The notebooks run from top to bottom, find what they say, and are stored without outputs."""

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
    for part in ("Data", "Run", "Law", "Comparison", "Limits"):
        assert f"## {part}" in headings


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
