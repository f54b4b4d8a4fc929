"""What travels: the wheel runs on its own, the sdist makes the same wheel, versions agree."""

import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import discover

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def build(source: Path, out: Path, *targets: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", str(out), *targets],
        cwd=source, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist of this tree."""
    out = tmp_path_factory.mktemp("dist")
    build(ROOT, out, "-t", "wheel", "-t", "sdist")
    return out


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as it lies in an environment: a wheel without build steps is its own tree."""
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def shipped(folder: str) -> set[str]:
    listed = subprocess.run(
        ["git", "ls-files", folder], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split()
    return set(listed) or {
        str(p.relative_to(ROOT)) for p in (ROOT / folder).rglob("*") if p.is_file()
    }


def test_the_wheel_holds_every_dataset_recipe_and_template(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("datasets", "pipelines"):
        files = shipped(folder)
        assert files
        assert {f"discover/shipped/{name}" for name in files} <= names
    templates = shipped("discover/report/templates")
    assert any(name.endswith("report.html.j2") for name in templates)
    assert templates | {"discover/py.typed"} <= names


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    for name in zipfile.ZipFile(wheel).namelist():
        assert name.startswith(("discover/", f"discover-{discover.__version__}.dist-info/"))
        assert "__pycache__" not in name


def test_the_sdist_makes_the_same_wheel(built: Path, wheel: Path, tmp_path: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    build(source, tmp_path / "dist", "-t", "wheel")
    (again,) = (tmp_path / "dist").glob("*.whl")
    assert set(zipfile.ZipFile(again).namelist()) == set(zipfile.ZipFile(wheel).namelist())


def run(site: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The installed program, in a folder that knows nothing of this checkout."""
    environment = os.environ | {"PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_installed_it_finds_its_recipes_and_data_from_any_folder(
    site: Path, tmp_path: Path
) -> None:
    listed = run(site, tmp_path, "discover", "list")
    for recipe in (ROOT / "pipelines").glob("*.yaml"):
        assert recipe.stem in listed.stdout
    checked = run(site, tmp_path, "discover", "check", "planets.yaml")
    assert checked.returncode == 0, checked.stderr
    verified = run(site, tmp_path, "discover", "data", "verify", "planets")
    assert verified.returncode == 0, verified.stderr
    info = run(site, tmp_path, "discover", "data", "info", "planets")
    assert str(site) in "".join(info.stdout.split("\n")), "the data of the checkout were read"
    assert list(tmp_path.iterdir()) == []


def test_one_version_everywhere(wheel: Path) -> None:
    assert PROJECT["version"] == discover.__version__
    assert wheel.name.startswith(f"discover-{discover.__version__}-")
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {re.escape(discover.__version__)}\b", changes, re.MULTILINE)


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    wanted = [line for line in lines if line and not line.startswith("#")]
    assert all(line.count("==") == 1 for line in wanted), "a constraint is not exact"
    return {canonicalize_name(name): version for name, version in (w.split("==") for w in wanted)}


def test_the_constraints_agree_with_what_the_project_asks_for() -> None:
    known = pins()
    extras = PROJECT["optional-dependencies"]
    asked = PROJECT["dependencies"] + [
        each for name in ("dev", "knots", "parquet", "pysr", "dask") for each in extras[name]
    ]
    for requirement in map(Requirement, asked):
        version = known[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"{requirement} against {version}"


def test_every_dependency_has_a_lower_bound() -> None:
    for requirement in map(Requirement, PROJECT["dependencies"]):
        operators = {each.operator for each in requirement.specifier}
        assert operators & {">=", "=="}, requirement
        assert operators & {"<", "=="}, requirement


def test_help_answers_at_once(tmp_path: Path) -> None:
    """Half a second on an idle machine; here only that nothing slow is loaded on the way."""
    code = (
        "import json, sys; from discover.cli import app; "
        "print(json.dumps([m for m in sys.modules if '.' not in m]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(done.stdout))
    assert (
        loaded & {"torch", "sympy", "numpy", "pandas", "matplotlib", "pydantic", "scipy"} == set()
    )
