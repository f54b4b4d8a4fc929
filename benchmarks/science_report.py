"""The page of the shipped examples: what was found, what is known, and how they compare."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import sympy as sp

from benchmarks import science_truth as truth
from discover import formula

Key = tuple[str, tuple[str, ...], bool]
Kept = Mapping[Key, Mapping[str, Any]]

_HEAD = """# The shipped examples

Written by `make science`: each recipe is run as a user would run it, in a process of its own with
one thread, and its recommended law compared with what is known. Seconds are processor time, with
the start of the program. Nothing that is known is seen by `discover`.

"""


def page(kept: Kept) -> str:
    """The whole page, in Markdown."""
    parts = [
        _HEAD,
        *_fields(kept),
        *_systems(kept),
        *_edges(kept),
        *_relations(kept),
        *_others(kept),
    ]
    return "\n".join(parts) + "\n"


def _fields(kept: Kept) -> Iterator[str]:
    """Every field at every noise, beside PySINDy where it was run."""
    rows = sorted(key for key in kept if key[0] in truth.EQUATIONS and not key[2])
    if not rows:
        return
    yield "## Equations of fields and trajectories\n"
    yield (
        "Noise is a share of each field's spread. `worst` is the largest relative error of a "
        "coefficient; it is given where all terms are right and no other is there. Beside it "
        "PySINDy 2.1, the weak form, on the same samples: polynomials to the fourth power, four "
        "derivatives, 400 test domains, its threshold chosen from seven.\n"
    )
    yield "| recipe | noise | found | worst | s | PySINDy | worst | s |"
    yield "|---|---|---|---|---|---|---|---|"
    for recipe, changes, _ in rows:
        ours = kept[recipe, changes, False]
        theirs = kept.get((recipe, changes, True))
        noise = changes[0].partition("=")[2] if changes else ""
        cells = [recipe, noise, *_judged(ours, recipe), *_judged_peer(theirs, recipe)]
        yield f"| {' | '.join(cells)} |"
    yield ""


def _judged(answer: Mapping[str, Any], recipe: str) -> tuple[str, str, str]:
    if not answer["ok"]:
        return answer["reason"], "", ""
    found = [truth.terms(expr) for expr in _right_hand_sides(answer["found"])]
    verdict = truth.compared(found, truth.EQUATIONS[recipe])
    return verdict.said, _share(verdict.worst), f"{answer['seconds']:.0f}"


def _judged_peer(answer: Mapping[str, Any] | None, recipe: str) -> tuple[str, str, str]:
    if answer is None:
        return "", "", ""
    if not answer["ok"]:
        return answer["reason"], "", ""
    found = [{_spelt(k): v for k, v in terms.items()} for terms in answer["equations"]]
    if not found:
        return "nothing", "", f"{answer['seconds']:.0f}"
    verdict = truth.compared(found, truth.EQUATIONS[recipe])
    return verdict.said, _share(verdict.worst), f"{answer['seconds']:.0f}"


def _spelt(name: str) -> str:
    """A term of PySINDy's as we write it.

    Example:
        >>> _spelt("u^2u_11"), _spelt("u")
        ('u**2*u_xx', 'u')
    """
    power, slope = re.fullmatch(r"(u(?:\^\d)?)?(u_1+)?", name).groups()  # type: ignore[union-attr]
    parts = [(power or "").replace("^", "**"), (slope or "").replace("1", "x")]
    return "*".join(part for part in parts if part)


def _right_hand_sides(found: Mapping[str, Any]) -> list[sp.Expr]:
    systems = found.get("equations") or [found]
    return [_read(each["laws"][each["selected"]]) for each in systems]


def _read(law: Mapping[str, Any]) -> sp.Expr:
    return formula.parse(law["expression"], law["variables"], where="laws.json").expr


def _systems(kept: Kept) -> Iterator[str]:
    """Equations whose terms are unknown functions."""
    rows = sorted(key for key in kept if key[0] in truth.SPREADS)
    if not rows:
        return
    yield "## Unknown functions of a field\n"
    yield "| recipe | noise | law | largest difference to the truth | s |"
    yield "|---|---|---|---|---|"
    for key in rows:
        answer = kept[key]
        if not answer["ok"]:
            yield f"| {key[0]} | {answer['reason']} | | | |"
            continue
        law = answer["found"]["laws"][answer["found"]["selected"]]
        names = ["u", "u_x", "u_xx"]
        known = formula.parse(truth.SPREADS[key[0]]["law"], names, where="truth").expr
        verdict = truth.near(_read(law), known, names)
        noise = key[1][0].partition("=")[2]
        cells = [
            key[0],
            noise,
            f"`{_brief(law)}`",
            _share(verdict.worst),
            f"{answer['seconds']:.0f}",
        ]
        yield f"| {' | '.join(cells)} |"
    yield ""


def _edges(kept: Kept) -> Iterator[str]:
    """Boundaries beside the published theory, on the same unseen states."""
    rows = sorted(key for key in kept if key[0] in truth.EDGES)
    if not rows:
        return
    yield "## Mobility edges\n"
    yield "Share of unseen states on the right side; theory is scored on the same states.\n"
    yield "| recipe | boundary (0 =) | right side | theory (0 =) | right side | s |"
    yield "|---|---|---|---|---|---|"
    for key in rows:
        answer = kept[key]
        if not answer["ok"]:
            yield f"| {key[0]} | {answer['reason']} | | | | |"
            continue
        found = answer["found"]
        law = found["laws"][found["selected"]]
        theory = next(h for h in found["hypotheses"] if h["name"] == "theory")
        cells = [
            key[0], f"`{_brief(law)}`", _percent(law), f"`{truth.EDGES[key[0]]}`",
            _percent(theory), f"{answer['seconds']:.0f}",
        ]  # fmt: skip
        yield f"| {' | '.join(cells)} |"
    yield ""


def _relations(kept: Kept) -> Iterator[str]:
    """What is tied together among the columns of the knots."""
    answer = kept.get(("knots-relations", (), False))
    if answer is None or not answer["ok"]:
        return
    laws = answer["found"]["laws"]
    facts = truth.facts_among([_read(law) for law in laws])
    yield "## Relations between the columns of the knots\n"
    yield f"Known facts among them: {'; '.join(facts) or 'none'}. {answer['seconds']:.0f} s.\n"
    yield "| relation (0 =) | share of the variance | rows that obey it exactly |"
    yield "|---|---|---|"
    for law in laws:
        test = law["accuracy"]["test"]
        yield f"| `{_brief(law)}` | {test['r2']:.4f} | {100 * test['accuracy']:.1f} % |"
    yield ""


def _others(kept: Kept) -> Iterator[str]:
    """Tables with a target."""
    done = {*truth.EQUATIONS, *truth.SPREADS, *truth.EDGES, "knots-relations"}
    rows = sorted(key for key in kept if key[0] not in done and not key[2])
    if not rows:
        return
    yield "## Tables\n"
    yield "| recipe | law | nodes | r2 | rows hit | hypotheses (r2, rows hit) | s |"
    yield "|---|---|---|---|---|---|---|"
    for key in rows:
        answer = kept[key]
        if not answer["ok"]:
            yield f"| {key[0]} | {answer['reason']} | | | | | |"
            continue
        found = answer["found"]
        law = found["laws"][found["selected"]]
        others = "; ".join(
            f"{h['name']} ({h['accuracy']['test']['r2']:.4f}, {_percent(h)})"
            for h in found["hypotheses"]
        )
        cells = [
            key[0], f"`{found['target']} = {_brief(law)}`", str(law["complexity"]),
            f"{law['accuracy']['test']['r2']:.4f}", _percent(law), others,
            f"{answer['seconds']:.0f}",
        ]  # fmt: skip
        yield f"| {' | '.join(cells)} |"
    yield ""


def _brief(law: Mapping[str, Any]) -> str:
    """The law with four digits of each number."""
    expr = _read(law)
    short = {n: sp.Float(f"{float(n):.4g}") for n in expr.atoms(sp.Float)}
    return formula.render(expr.xreplace(short)).replace("|", "\\|")


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1e}"


def _percent(law: Mapping[str, Any]) -> str:
    share = law["accuracy"]["test"]["accuracy"]
    return "–" if share is None else f"{100 * share:.2f} %"
