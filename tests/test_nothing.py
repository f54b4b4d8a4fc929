"""Where there is nothing to find, the whole road says so: exit code 3, and no law."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from discover.cli import app


def table(path: Path, kind: str) -> Path:
    rng = np.random.default_rng(5)
    a, b, c = rng.uniform(0.5, 2.5, (3, 400))
    law = a * np.exp(-b) + c
    y = {"shuffled": rng.permutation(law), "noise": rng.normal(size=400), "law": law}[kind]
    rows = "\n".join(",".join(map(repr, map(float, row))) for row in zip(a, b, c, y, strict=True))
    path.write_text(f"a,b,c,y\n{rows}\n")
    return path


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "code"), [("shuffled", 3), ("noise", 3), ("law", 0)])
def test_only_a_law_is_a_law(tmp_path: Path, kind: str, code: int) -> None:
    csv = table(tmp_path / "table.csv", kind)
    asked = [
        "fit",
        str(csv),
        "--target",
        "y",
        "--time-budget",
        "20",
        "--out",
        str(tmp_path / "run"),
    ]
    result = CliRunner().invoke(app, [*asked, "--out", str(tmp_path / "run"), "--json", "--quiet"])
    assert result.exit_code == code, result.output
    laws = json.loads((tmp_path / "run" / "laws.json").read_text())
    r2 = laws["laws"][laws["selected"]]["accuracy"]["test"]["r2"]
    assert r2 > 0.999999 if kind == "law" else r2 < 0.05
