"""The README does what it says, and the pages of docs/ agree with the code.

Blocks of bash and Python run in their order in one folder. By default searches are kept short (the
same commands, fewer networks); the slow test runs every block as it is printed.
"""

import ast
import importlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel
from pydantic_core import PydanticUndefined
from typer.main import get_command

from discover.cli import app
from discover.config import Recipe

ROOT = Path(__file__).resolve().parent.parent
README_TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
NOT_RUN = "<!-- not run"
SHORT = (
    " --set kan.hidden=[[]] --set kan.seeds=1 --set kan.steps=15 --set kan.grids=[3]"
    " --set kan.keep=1 --set law.refine=none --set validate.null=0"
)


@dataclass(frozen=True)
class Block:
    """One block of code of a page, and whether it is meant to be run."""

    language: str
    text: str
    line: int
    run: bool


def blocks(page: Path) -> Iterator[Block]:
    lines = page.read_text(encoding="utf-8").splitlines()
    start, language = 0, ""
    for number, line in enumerate(lines):
        if not line.startswith("```"):
            continue
        if not start:
            start, language = number + 1, line[3:].strip()
        else:
            run = not (start >= 2 and lines[start - 2].startswith(NOT_RUN))
            text = "\n".join(lines[start:number]) + "\n"
            yield Block(language=language, text=text, line=start, run=run)
            start = 0
    assert not start, f"{page.name}: a block of code has no end"


README = tuple(blocks(ROOT / "README.md"))


@pytest.fixture
def shell(tmp_path: Path) -> Any:
    """Runs a block in one folder, where `discover` is this checkout's."""
    programs = tmp_path / "bin"
    programs.mkdir()
    program = programs / "discover"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m discover "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir()
    environment = os.environ | {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }

    def run(block: Block, text: str) -> subprocess.CompletedProcess[str]:
        command = {"bash": ["bash", "-euo", "pipefail", "-c", text]}.get(
            block.language, [sys.executable, "-c", text]
        )
        done = subprocess.run(
            command, cwd=home, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"README.md:{block.line}\n{done.stdout}{done.stderr}"
        return done

    run.home = home  # type: ignore[attr-defined]
    return run


def searches(block: Block) -> bool:
    """Whether a block of Python looks for something, which takes its time."""
    return block.language == "python" and "from discover" in block.text


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_the_commands_of_the_readme_work(shell: Any) -> None:
    ran = 0
    for block in README:
        if block.run and block.language in ("bash", "python") and not searches(block):
            shell(block, re.sub(r"^(discover run .*)$", rf"\1{SHORT}", block.text, flags=re.M))
            ran += 1
    assert ran >= 4
    for name in ("laws.json", "report.html", "paper/report.tex"):
        assert (shell.home / "runs" / "pendulum" / name).is_file()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_everything_in_the_readme_works_as_printed(shell: Any) -> None:
    said = ""
    for block in README:
        if block.run and block.language in ("bash", "python"):
            said += shell(block, block.text).stdout
        elif block.language == "text" and "$ discover" in block.text:
            said += shell(
                Block(language="bash", text="", line=block.line, run=True),
                next(iter(re.findall(r"^\$ (discover .*)$", block.text, re.M))),
            ).stdout
    laws = re.findall(r"^  (period = .*)$", "".join(b.text for b in README), re.M)
    assert len(laws) == 2
    for law in laws:
        assert law in said
    assert "m*v**2/2" in said


@pytest.mark.parametrize(
    "block", [b for b in README if b.language == "python"], ids=lambda b: f"line {b.line}"
)
def test_the_python_of_the_readme_names_what_is_there(block: Block) -> None:
    for node in ast.walk(ast.parse(block.text)):
        if isinstance(node, ast.ImportFrom):
            module = importlib.import_module(str(node.module))
            for alias in node.names:
                assert hasattr(module, alias.name)


def test_the_readme_lists_every_command() -> None:
    told = set(re.findall(r"^\| `discover (\w+)", README_TEXT, re.M))
    assert told == set(get_command(app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    text = re.sub(r"```.*?```|`[^`\n]*`|<!--.*?-->", "", text, flags=re.S)
    targets = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'src="([^"]+)"', text)
    for target in targets:
        if "://" not in target:
            file = target.split("#")[0]
            assert (page.parent / file).exists(), f"{page.name} links to {target}"


def keys(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, Any, bool]]:
    """Every key of a recipe by its path, with its default, and whether it is required."""
    for name, field in model.model_fields.items():
        path = f"{prefix}{field.alias or name}"
        inner = [t for t in (field.annotation, *walked(field.annotation)) if is_model(t)]
        value = field.default
        if inner and isinstance(value, dict):
            yield path, {}, False
            yield from keys(inner[0], f"{path}.*.")
        elif inner:
            yield from keys(inner[0], f"{path}.")
        else:
            required = value is PydanticUndefined
            yield path, None if required else plain(value), required


def walked(annotation: Any) -> Iterator[Any]:
    for part in get_args(annotation):
        yield part
        yield from walked(part)


def is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def plain(value: Any) -> Any:
    return [plain(v) for v in value] if isinstance(value, tuple | list) else value


def test_the_page_of_the_recipe_has_every_key_with_its_default() -> None:
    text = (ROOT / "docs" / "recipe.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| (?:`([^`]+)`|(required)) \| \S", text, re.M)
    told = {key: (default, bool(required)) for key, default, required in rows}
    known = {key: (default, required) for key, default, required in keys(Recipe)}
    assert list(told) == list(known)
    for key, (default, required) in known.items():
        assert told[key][1] == required, key
        if not required:
            assert yaml.safe_load(told[key][0]) == default, key


def test_the_examples_of_the_recipe_page_are_recipes() -> None:
    found = [yaml.safe_load(b.text) for b in blocks(ROOT / "docs" / "recipe.md")]
    whole, own, claims = found
    assert Recipe.model_validate(whole).data.target == "time"
    functions = Recipe.model_validate(whole | own).edges.functions
    assert "saturation" in str(functions)
    assert set(Recipe.model_validate(whole | claims).hypotheses) == {"galileo", "with friction"}
