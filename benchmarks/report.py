"""The answers as a page and a picture."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
from cases import CASES, Case
from engines import ENGINES, Versions
from jobs import Answers
from tables import table

_OPENING = """\
# `discover` beside its peers

Written by `make bench`; [docs/benchmarks.md](../../docs/benchmarks.md) says what is done and how.
"""


def write(
    folder: Path,
    answers: Mapping[str, Answers],
    *,
    machine: Mapping[str, str],
    versions: Mapping[str, Versions | None],
    loads: Mapping[str, float],
) -> None:
    """Write ``engine.md``, ``engine.svg`` and ``engine.png``.

    Args:
        folder: Where to.
        answers: Those of each case that has any.
        machine: What it was measured on.
        versions: Of each engine, by module.
        loads: The largest load average at which an answer of each case was taken.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parts = [_OPENING, _conditions(machine, versions)]
    if _drawn(folder, answers):
        parts.append("![The comparisons as pictures](engine.svg)\n")
    for name, case in CASES.items():
        if name in answers:
            parts.append(_section(case, answers[name], loads[name] - int(machine["cores"])))
    (folder / "engine.md").write_text("\n".join(parts))


def _conditions(machine: Mapping[str, str], versions: Mapping[str, Versions | None]) -> str:
    where = f"{machine['processor']}, {machine['cores']} cores, {machine['system']}"
    where += f", Python {machine['python']}"
    rows = []
    for engine in ENGINES:
        found = versions.get(engine.module)
        text = "not installed"
        if found is not None:
            text = ", ".join(f"{k} {v}" for k, v in found.items())
        rows.append([engine.name, text])
    return f"Measured on {where}.\n\n{table(['engine', 'versions'], rows)}\n"


def _section(case: Case, answers: Answers, excess: float) -> str:
    text = f"## {case.title}\n\n{case.about}\n\n{case.table(answers)}\n"
    failed: dict[tuple[str, str], list[str]] = {}
    for engine, label, reason in answers.failures():
        failed.setdefault((engine, reason), []).append(label)
    lines = [f"- {e}, {_joined(labels)}: {r}" for (e, r), labels in failed.items()]
    if lines:
        text += "\nNo answer:\n\n" + "\n".join(lines) + "\n"
    # Own work is a load of up to the number of cores.
    if excess > 0.5:
        text += f"\n*Taken under a load of {excess:.1f} by other work: times are too long.*\n"
    return text


def _joined(labels: list[str]) -> str:
    return ", ".join(labels) if len(labels) < 4 else f"{labels[0]} … {labels[-1]}"


def _drawn(folder: Path, answers: Mapping[str, Answers]) -> bool:
    pictures = [(CASES[n], a) for n, a in answers.items() if CASES[n].draw and any_good(a)]
    if not pictures:
        return False
    style: dict[str, Any] = {"svg.hashsalt": "discover", "font.size": 8, "axes.grid": True}
    with mpl.rc_context({**style, "grid.alpha": 0.3}):
        columns = min(2, len(pictures))
        count = -(-len(pictures) // columns)
        figure, axes = plt.subplots(
            count, columns, figsize=(5.2 * columns, 4 * count), squeeze=False, layout="constrained"
        )
        for place, (case, found) in zip(axes.flat, pictures, strict=False):
            assert case.draw is not None
            case.draw(place, found)
            place.set_title(case.title, fontsize=9)
        for place in axes.flat[len(pictures) :]:
            place.set_visible(False)
        figure.savefig(folder / "engine.svg", metadata={"Date": None})
        figure.savefig(folder / "engine.png", dpi=130)
        plt.close(figure)
    return True


def any_good(answers: Answers) -> bool:
    """Whether anything worked."""
    return any(answer["ok"] for answer in answers.by.values())
