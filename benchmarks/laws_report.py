"""The table and the picture of all outcomes that are kept."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.laws_worker import Outcome, Setting

#: Exact recovery in per cent at noise 0, 0.001, 0.01 and 0.1, SRBench ranges, without units unless
#: it is said; (fig): read off a figure.
PUBLISHED: dict[str, tuple[float, float, float, float]] = {
    "PSE (fig)": (75, 55, 41, 31),
    "uDSR (fig)": (70, 38, 29, 11),
    "AI Feynman 2": (55.8, 32, 13, 1),
    "PySR (fig)": (41, 40, 38, 36),
    "Operon": (16.5, 13, 2, 0),
    "PhySO, units": (58.5, 58.5, 57.9, 53.5),
}
# Noise hides a difference up to a test error of so many times its own size; without noise a form is
# near the truth up to this error, over the target's size.
_WITHIN, _NEAR = 1.1, 0.01
NOISES = (0.0, 0.001, 0.01, 0.1)


@dataclass(frozen=True, kw_only=True)
class Line:
    """One kept outcome."""

    setting: Setting
    law: str
    seed: int
    difficulty: str
    outcome: Outcome
    code: str
    when: float


def write(kept: Path, results: Path) -> None:
    """Write ``laws.md`` and ``laws.svg`` into `results` from the outcomes in `kept`."""
    groups: dict[Setting, list[Line]] = defaultdict(list)
    for line in _newest(map(_line, sorted(kept.glob("*.json")))):
        groups[line.setting].append(line)
    order = sorted(groups, key=lambda s: (s.file, s.units, s.dummies, s.noise, s.rows, s.budget))
    text = [
        "# Laws found again",
        "",
        "Made by `make bench-laws`; `benchmarks/laws_judge.py` says what counts as recovered.",
        "*front*: the true law is on the front, but another one is recommended.",
        "",
        *_summary([(setting, groups[setting]) for setting in order]),
        "",
        "![recovery against noise](laws.svg)",
    ]
    for setting in order:
        text += ["", f"## {_title(setting)}", "", *_missed(groups[setting])]
        text += ["", *_table(groups[setting])]
    (results / "laws.md").write_text("\n".join(text) + "\n", encoding="utf-8")
    _picture(groups, results / "laws.svg")


def _line(path: Path) -> Line:
    data = json.loads(path.read_text(encoding="utf-8"))
    task = data.pop("task")
    setting, outcome = Setting(**task.pop("setting")), Outcome(**data.pop("outcome"))
    return Line(setting=setting, outcome=outcome, **task, **data)


def _newest(lines: Iterable[Line]) -> list[Line]:
    """Of each law, seed and setting the newest outcome."""
    newest: dict[tuple[Setting, str, int], Line] = {}
    for line in sorted(lines, key=lambda line: line.when):
        newest[line.setting, line.law, line.seed] = line
    return sorted(newest.values(), key=lambda line: (line.law, line.seed))


def _title(setting: Setting) -> str:
    parts = [setting.file, f"noise {setting.noise:g}"]
    parts += ["with units"] if setting.units else []
    parts += [f"{setting.dummies} irrelevant columns"] if setting.dummies else []
    return ", ".join([*parts, f"{setting.rows} rows", f"{setting.budget:g} s"])


def _share(lines: Sequence[Line]) -> str:
    found = sum(line.outcome.recovered for line in lines)
    return f"{found} of {len(lines)} ({100 * found / len(lines):.0f} %)"


def _summary(groups: Sequence[tuple[Setting, list[Line]]]) -> list[str]:
    rows = ["| setting | recovered | and on the front | by origin | seconds: median, worst "
            "| beyond the budget | code |",
            "|---|---|---|---|---|---|---|"]  # fmt: skip
    for setting, lines in groups:
        on_front = sum(line.outcome.on_front for line in lines)
        origins = Counter(line.outcome.origin for line in lines if line.outcome.recovered)
        by = ", ".join(f"{name} {count}" for name, count in origins.most_common())
        seconds = sorted(line.outcome.seconds for line in lines)
        times = f"{seconds[len(lines) // 2]:.0f}, {seconds[-1]:.0f}"
        late = sum(each > setting.budget for each in seconds)
        share = _share(lines)
        levels = dict.fromkeys(line.difficulty for line in lines if line.difficulty)
        share += "".join(
            f"; {level} {_share([x for x in lines if x.difficulty == level])}" for level in levels
        )
        code = ", ".join(sorted({line.code for line in lines}))
        rows.append(
            f"| {_title(setting)} | {share} | {on_front} | {by} | {times} | {late} | {code} |"
        )
    return rows


def _missed(lines: Sequence[Line]) -> list[str]:
    """The laws that were not recovered, by cause."""
    causes: dict[str, list[str]] = defaultdict(list)
    for line in lines:
        if not line.outcome.recovered:
            causes[_cause(line)].append(line.law)
    if not causes:
        return ["Every law was recovered."]
    order = sorted(causes, key=lambda cause: (-len(causes[cause]), cause))
    return [f"- *{cause}* ({len(causes[cause])}): {', '.join(causes[cause])}" for cause in order]


def _cause(line: Line) -> str:
    """Why a law was not recovered, so far as its outcome says."""
    outcome, noise = line.outcome, line.setting.noise
    if not outcome.expression:
        stopped = outcome.reason.startswith("stopped")
        return "out of time" if stopped else "the search failed"
    if outcome.on_front:
        return "found, but another law of the front is recommended"
    if outcome.reason.startswith("a number"):
        return "the right form, a number too far off"
    if noise and outcome.error < _WITHIN * noise:
        return "another form that the noise does not tell from the truth"
    if outcome.error < _NEAR:
        return "another form that is near the truth on the rows"
    return "no form that is near the truth"


def _table(lines: Sequence[Line]) -> list[str]:
    rows = ["| law | recovered | origin | complexity | seconds | error | law found | judge |",
            "|---|---|---|---|---|---|---|---|"]  # fmt: skip
    for line in lines:
        o = line.outcome
        mark = "yes" if o.recovered else "front" if o.on_front else "no"
        name = f"{line.law}" + (f" (seed {line.seed})" if line.seed else "")
        expression = o.expression if len(o.expression) <= 120 else f"{o.expression[:117]}..."
        rows.append(
            f"| {name} | {mark} | {o.origin} | {o.complexity} | {o.seconds:.0f} | {o.error:.1e} "
            f"| `{expression}` | {o.reason} |"
        )
    return rows


def _picture(groups: dict[Setting, list[Line]], path: Path) -> None:
    mpl.rcParams["svg.hashsalt"] = "laws"  # the same bytes for the same figures
    figure = Figure(figsize=(7.0, 4.2), layout="constrained")
    axes = figure.add_subplot()
    for name, values in PUBLISHED.items():
        axes.plot(range(len(NOISES)), values, color="0.7", linewidth=1, marker=".")
        axes.annotate(name, (0, values[0]), (-6, 0), textcoords="offset points", fontsize=7,
                      color="0.4", ha="right", va="center")  # fmt: skip
    curves: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for setting, lines in groups.items():
        if setting.noise in NOISES and not setting.dummies:
            label = f"discover, {setting.file}" + (", units" if setting.units else "")
            share = 100 * sum(line.outcome.recovered for line in lines) / len(lines)
            curves[label].append((NOISES.index(setting.noise), share))
    for label, points in sorted(curves.items()):
        axes.plot(*zip(*sorted(points), strict=True), marker="o", label=label)
    axes.set_xticks(range(len(NOISES)), [f"{noise:g}" for noise in NOISES])
    axes.set_xlim(-0.9, len(NOISES) - 0.8)
    axes.set_ylim(0, 102)
    axes.set_xlabel("noise of the target, relative to its RMS")
    axes.set_ylabel("laws recovered exactly, %")
    if curves:
        axes.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    figure.savefig(path, metadata={"Date": None})
