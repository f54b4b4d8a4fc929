"""The page of the shipped examples: what was found, what is known, and how they compare."""

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import Any

import sympy as sp

from benchmarks import science_truth as truth
from benchmarks import science_words as words
from discover import formula

Key = tuple[str, tuple[str, ...], bool]
Terms = Mapping[str, float]
Kept = Mapping[Key, Mapping[str, Any]]


def page(kept: Kept, code: str = "") -> str:
    """The whole page, in Markdown; `code` is the state of the code beside it."""
    ours = [answer for key, answer in kept.items() if not key[2]]
    older = sum(answer.get("code") != code for answer in ours)
    parts = [
        words.HEAD,
        *([words.OLDER.format(older=older, all=len(ours))] if code and older else []),
        *_fields(kept),
        *_functions(kept),
        *_edges(kept),
        *_relations(kept),
        *_others(kept),
    ]
    return "\n".join(parts) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table, an empty line below; short rows end in empty cells."""
    yield f"| {' | '.join(head)} |"
    yield "|---" * len(head) + "|"
    for row in rows:
        yield f"| {' | '.join([*row, *[''] * (len(head) - len(row))])} |"
    yield ""


def _answers(
    kept: Kept, names: Container[str], cells: Callable[[Key, Mapping[str, Any]], Sequence[str]]
) -> list[Sequence[str]]:
    """A row for every run of some recipes: what it found, or why it found nothing."""
    keys = sorted(key for key in kept if key[0] in names and not key[2])
    return [cells(k, kept[k]) if kept[k]["ok"] else (k[0], kept[k]["reason"]) for k in keys]


def _noise(changes: tuple[str, ...]) -> str:
    """The noise that was added, in per cent.

    Example:
        >>> _noise(("data.noise=0.05",)), _noise(())
        ('5 %', '')
    """
    return f"{100 * _level(changes):g} %" if changes else ""


def _level(changes: tuple[str, ...]) -> float:
    return float(changes[0].partition("=")[2]) if changes else 0.0


def _seconds(answer: Mapping[str, Any]) -> str:
    return "–" if answer["seconds"] is None else f"{answer['seconds']:.0f}"


def _law(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    found = answer["found"]
    law: Mapping[str, Any] = found["laws"][found["selected"]]
    return law


def _fields(kept: Kept) -> Iterator[str]:
    """Every field at every noise, beside PySINDy where it was run."""
    keys = sorted(key for key in kept if key[0] in truth.EQUATIONS and not key[2])
    if not keys:
        return
    rows = [_beside(key, kept[key], kept.get((*key[:2], True))) for key in keys]
    yield "## Equations of fields and trajectories\n"
    yield f"{words.FIELDS}\n"
    yield f"{_counted(rows)}\n"
    head = ("recipe", "noise", "found", "worst", "asked", "s")
    yield from _table((*head, "PySINDy found", "worst", "best", "s"), rows)


def _counted(rows: Sequence[Sequence[str]]) -> str:
    """The table in a sentence or two."""
    both, asked = [row for row in rows if row[6]], [row for row in rows if row[4]]
    kept = sum(bool(row[3]) and float(row[3]) <= float(row[4]) for row in asked)
    said = (
        f"All terms right in {_right(rows, 2)} of {len(rows)} runs, and in {kept} of {len(asked)} "
        "the worst coefficient within what was asked."
    )
    if not both:
        return said
    nearest = sum(row[8][:1].isdigit() for row in both)
    return (
        f"{said} Where both were run: all terms right in {_right(both, 2)} of {len(both)} runs, "
        f"PySINDy {_right(both, 6)}; with the setting that comes nearest to the truth {nearest}."
    )


def _right(rows: Iterable[Sequence[str]], column: int) -> int:
    return sum(row[column] == "right" for row in rows)


def _beside(key: Key, ours: Mapping[str, Any], peer: Mapping[str, Any] | None) -> tuple[str, ...]:
    """A row: ours, what was asked of it, and the peer."""
    found, worst, seconds = _judged(ours, key[0], _ours)
    asked = truth.asked(key[0], _level(key[1]))
    bar = "" if asked is None else f"{asked:.0e}"
    theirs, their_worst, their_seconds = _judged(peer, key[0], _peers)
    beside = (theirs, their_worst, _any(peer, key[0]), their_seconds)
    return key[0], _noise(key[1]), found, worst, bar, seconds, *beside


def _judged(
    answer: Mapping[str, Any] | None, recipe: str, read: Callable[[Mapping[str, Any]], list[Terms]]
) -> tuple[str, str, str]:
    """What was found, the worst coefficient, and the seconds; empty where nothing was asked."""
    if answer is None:
        return "", "", ""
    if not answer["ok"]:
        return answer["reason"], "", ""
    found = read(answer)
    if not any(found):
        return "nothing", "", _seconds(answer)
    verdict = truth.compared(found, truth.EQUATIONS[recipe])
    return verdict.said, _share(verdict.worst), _seconds(answer)


def _ours(answer: Mapping[str, Any]) -> list[Terms]:
    systems = answer["found"].get("equations") or [answer["found"]]
    return [truth.terms(_read(each["laws"][each["selected"]])) for each in systems]


def _peers(answer: Mapping[str, Any]) -> list[Terms]:
    names, space = answer["names"], answer["space"]
    return [{_spelt(k, names, space): v for k, v in terms.items()} for terms in answer["equations"]]


def _any(peer: Mapping[str, Any] | None, recipe: str) -> str:
    """The worst coefficient of the peer's best setting, chosen by one who knows the answer."""
    if peer is None or not peer["ok"]:
        return ""
    verdicts = [
        truth.compared(_peers(peer | {"equations": each}), truth.EQUATIONS[recipe])
        for each in peer["all"]
    ]
    worst = [verdict.worst for verdict in verdicts if verdict.worst is not None]
    return _share(min(worst)) if worst else "none right"


def _spelt(name: str, names: Sequence[str], space: Sequence[str]) -> str:
    """A term of PySINDy's as we write it.

    Example:
        >>> _spelt("u^2u_11", ["u"], ["x"]), _spelt("sin(1 u)", ["u"], [])
        ('u**2*u_xx', 'sin(u)')
    """
    known = "|".join(sorted(map(re.escape, [*names, *(f"{n}_t" for n in names)]), key=len)[::-1])
    factor = (
        rf"(?P<wave>sin|cos)\(1 (?P<of>{known})\)|(?P<field>{known})(\^(?P<power>\d)|_(?P<by>\d+))?"
    )
    product = sp.S.One
    for part in re.finditer(factor, name):
        if part["wave"]:
            product *= getattr(sp, part["wave"])(sp.Symbol(part["of"]))
            continue
        slope = "".join(space[int(digit) - 1] for digit in sorted(part["by"] or ""))
        symbol = sp.Symbol(part["field"] + (f"_{slope}" if slope else ""))
        product *= symbol ** int(part["power"] or 1)
    return str(product)


def _read(law: Mapping[str, Any]) -> sp.Expr:
    return formula.parse(law["expression"], law["variables"], where="laws.json").expr


def _functions(kept: Kept) -> Iterator[str]:
    """Equations whose terms are unknown functions."""

    def cells(key: Key, answer: Mapping[str, Any]) -> Sequence[str]:
        law, names = _law(answer), ["u", "u_x", "u_xx"]
        known = formula.parse(truth.SPREADS[key[0]]["law"], names, where="truth").expr
        away = _share(truth.near(_read(law), known, names).worst)
        return key[0], _noise(key[1]), f"`{_brief(law)}`", away, _seconds(answer)

    rows = _answers(kept, truth.SPREADS, cells)
    if not rows:
        return
    known = "; ".join(f"{name}: `{each['law']}`" for name, each in truth.SPREADS.items())
    yield "## Unknown functions of a field\n"
    yield f"The truth is {known}.\n"
    yield from _table(("recipe", "noise", "law", "largest difference to the truth", "s"), rows)


def _edges(kept: Kept) -> Iterator[str]:
    """Boundaries beside the published theory, on the same unseen states."""

    def cells(key: Key, answer: Mapping[str, Any]) -> Sequence[str]:
        law = _law(answer)
        theory = next(h for h in answer["found"]["hypotheses"] if h["name"] == "theory")
        known = f"`{truth.EDGES[key[0]]}`"
        found = f"`{_brief(law)}`"
        bar = truth.RIGHT[key[0]]
        return key[0], found, _percent(law), bar, known, _percent(theory), _seconds(answer)

    rows = _answers(kept, truth.EDGES, cells)
    if not rows:
        return
    yield "## Mobility edges\n"
    yield f"{words.SIDES}\n"
    head = ("recipe", "boundary (0 =)", "right side", "asked", "theory (0 =)", "right side", "s")
    yield from _table(head, rows)


def _relations(kept: Kept) -> Iterator[str]:
    """What is tied together among the columns of the knots."""
    answer = kept.get(("knots-relations", (), False))
    if answer is None:
        return
    yield "## Relations between the columns of the knots\n"
    if not answer["ok"]:
        yield f"{answer['reason']}\n"
        return
    laws = answer["found"]["laws"]
    exprs = [_read(law) for law in laws]
    yield f"{words.TIED}\n"
    facts = truth.facts_among(exprs)
    places = {fact: None if e is None else exprs.index(e) + 1 for fact, e in facts.items()}
    said = (
        (fact, "no" if place is None else f"yes, no. {place}") for fact, place in places.items()
    )
    yield from _table(
        ("known fact", "found"), [*said, ("none where columns are apart", _apart(kept))]
    )
    yield f"All that was found, in {_seconds(answer)} s:\n"
    shares = [(law, law["accuracy"]["test"]) for law in laws]
    yield from _table(
        ("no.", "relation (0 =)", "share of the variance", "rows that obey it exactly"),
        (
            (str(number), f"`{_brief(law)}`", f"{test['r2']:.4f}", _percent(law))
            for number, (law, test) in enumerate(shares, 1)
        ),
    )


def _apart(kept: Kept) -> str:
    """Whether a table whose columns were shuffled apart has no relation."""
    answer = kept.get(("knots-relations", ("columns=apart",), False))
    if answer is None:
        return "not run"
    if not answer["ok"]:
        return str(answer["reason"])
    # Status 3 says that no law beats chance; what is listed then is the mean of a column.
    return "yes" if answer["status"] == 3 else f"no: {len(answer['found']['laws'])} found"


def _others(kept: Kept) -> Iterator[str]:
    """Tables with a target."""

    def cells(key: Key, answer: Mapping[str, Any]) -> Sequence[str]:
        law = _law(answer)
        test = law["accuracy"]["test"]
        others = "; ".join(
            f"{h['name']} ({h['accuracy']['test']['r2']:.4f}, {_percent(h)})"
            for h in answer["found"]["hypotheses"]
        )
        return (
            key[0], f"`{answer['found']['target']} = {_brief(law)}`", str(law["complexity"]),
            f"{test['r2']:.4f}", f"{test['relative']:.1e}", _percent(law), others, _seconds(answer),
        )  # fmt: skip

    done = {*truth.EQUATIONS, *truth.SPREADS, *truth.EDGES, "knots-relations"}
    rows = _answers(kept, {key[0] for key in kept} - done, cells)
    if not rows:
        return
    yield "## Tables\n"
    yield f"{words.TABLES}\n"
    head = (
        "recipe", "law", "nodes", "r2", "error", "rows hit", "hypotheses (r2, rows hit)", "s",
    )  # fmt: skip
    yield from _table(head, rows)


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
