"""One law for each kind of rows: a run for each, and one form for all of them where it holds.

Glass, copper and steel stretch by the same law with other constants. Which form that is nobody
knows beforehand, so each kind is searched by itself; then every law that one of them found is
refitted, with constants of their own, to all the others.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import sympy as sp

from discover import config, report, session, tables
from discover.accuracy import Levels
from discover.config import Recipe
from discover.dataset import Dataset
from discover.errors import InputError
from discover.front import description_length, evidence, length, price
from discover.law import Law
from discover.progress import Event, Listener, silent
from discover.record import Family, Run
from discover.refit import Sample, intervals, refit
from discover.score import score
from discover.session import Job
from discover.store import RunFolder, documents
from discover.store.plain import json_text

_STARTS = 8


@dataclass(frozen=True, kw_only=True, eq=False)
class Kind:
    """One kind of rows.

    Attributes:
        name: What the column says.
        folder: Name of the folder of its run.
        job: Its rows and what to do with them.
    """

    name: str
    folder: str
    job: Job

    @property
    def table(self) -> Dataset:
        """Its rows."""
        assert isinstance(self.job.dataset, Dataset)  # a recipe of fields has no kinds
        return self.job.dataset

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return len(self.table.y)


@dataclass(frozen=True, kw_only=True, eq=False)
class Kinds:
    """A table by kinds of its rows, checked, ready to run.

    Attributes:
        name: Name of the recipe.
        column: The column that names them.
        each: The kinds, in alphabetical order.
        unnamed: Rows of no kind.
    """

    name: str
    column: str
    each: tuple[Kind, ...]
    unnamed: int


def prepare(recipe: Recipe, home: Path) -> Kinds:
    """Check a recipe with `data.per` against the rows of every kind.

    Args:
        recipe: The recipe.
        home: The folder from which `recipe.data.file` is understood.

    Raises:
        InputError: With everything that is wrong, by kind.
    """
    assert recipe.data.per is not None
    names, unnamed = tables.load_kinds(recipe.data, folder=home)
    found, findings = [], []
    for name, folder in zip(names, _folders(names), strict=True):
        try:
            job = session.prepare(_narrowed(recipe, name, folder), home)
            found.append(Kind(name=name, folder=folder, job=job))
        except InputError as error:
            findings += [
                replace(each, where=f"{recipe.data.per} = {name}: {each.where}")
                for each in error.findings
            ]
    if findings:
        raise InputError(findings)
    return Kinds(name=recipe.name, column=recipe.data.per, each=tuple(found), unnamed=unnamed)


def prepare_file(path: Path, overrides: Sequence[str] = ()) -> Kinds | None:
    """The kinds of a recipe in a file; ``None`` where it has no key `data.per`.

    Raises:
        InputError: With everything that is wrong with a recipe that has it.
    """
    inspection = config.inspect(path, overrides)
    recipe = inspection.recipe
    if recipe is None or recipe.data.per is None:
        return None
    if inspection.findings:
        raise InputError(inspection.findings)
    return prepare(recipe, path.parent)


def run(
    kinds: Kinds, out: Path | None = None, *, fresh: bool = False, listen: Listener = silent
) -> Family:
    """Run every kind, and look for a form that holds for all.

    Args:
        kinds: What to do.
        out: A folder that gets the run folder of each kind, and a page on all of them; ``None``
            writes nothing.
        fresh: Compute every stage anew.
        listen: Where progress goes.
    """
    if out is None:
        return _searched(kinds, None, fresh, listen)
    top = RunFolder(out)
    with top.locked():
        family = _searched(kinds, out, fresh, listen)
        folders = {kind.name: kind.folder for kind in kinds.each}
        top.write_files(
            report.family_files(family, folders) | {"laws.json": json_text(document(family))}
        )
    return family


def _searched(kinds: Kinds, out: Path | None, fresh: bool, listen: Listener) -> Family:
    runs: dict[str, Run] = {}
    total = len(kinds.each)
    for number, kind in enumerate(kinds.each):
        listen(Event(stage="kinds", done=number, total=total, message=kind.name))
        folder = None if out is None else out / kind.folder
        runs[kind.name] = session.execute(kind.job, folder, fresh=fresh, listen=listen)
    listen(Event(stage="kinds", done=total, total=total, message="one form for all"))
    rows = {kind.name: kind.table for kind in kinds.each}
    level = kinds.each[0].job.recipe.validation.level
    return Family(
        column=kinds.column,
        runs=runs,
        common=common(runs, rows, level),
        unnamed=kinds.unnamed,
    )


def document(family: Family) -> dict[str, object]:
    """The content of ``laws.json`` for all kinds, in plain values."""
    common = family.common
    return {
        "schema": documents.SCHEMA,
        "per": family.column,
        "kinds": {kind: documents.laws(run) for kind, run in family.runs.items()},
        "common": None if common is None else {kind: law.to_json() for kind, law in common.items()},
    }


def common(
    runs: Mapping[str, Run], datasets: Mapping[str, Dataset], level: float
) -> Mapping[str, Law] | None:
    """The form of a law that holds for every kind, with constants of their own.

    It holds if no kind is described shorter by the law that was found for it alone: that one has to
    state its form, the common one only its constants. Of several such forms the one with the
    shortest description of all rows is taken, its form stated once.

    Args:
        runs: A run for each kind.
        datasets: Its rows.
        level: Confidence level of the constants' intervals.

    Returns:
        The law of each kind, scored; ``None`` if no form holds, or the laws are boundaries.
    """
    if any(run.law.claim == "zero" or run.law.origin == "mean" for run in runs.values()):
        return None
    forms: dict[str, Law] = {}
    for found in runs.values():
        for law in found.laws:
            if law.variables:
                free = released(law)
                forms.setdefault(str(free.form), free)
    best, least = None, float("inf")
    for form in forms.values():
        fitted = {kind: _fitted(form, runs[kind], datasets[kind]) for kind in runs}
        bits = {kind: _bits(law) for kind, law in fitted.items()}
        own = {kind: length(run.law) * evidence(run.law).n for kind, run in runs.items()}
        once = max(price(evidence(law).n) * evidence(law).n for law in fitted.values())
        total = sum(bits.values()) + once * form.complexity
        if total < least and all(bits[kind] <= own[kind] for kind in runs):
            best, least = fitted, total
    if best is None:
        return None
    return {
        kind: replace(
            intervals(law, Sample.of(datasets[kind], "train"), level), accuracy=law.accuracy
        )
        for kind, law in best.items()
    }


def released(law: Law) -> Law:
    """The law with its exact numbers free: what is 1/2 for one kind may be 0.7 for another.

    Every term gets a factor, and numbers that are not whole become constants; exponents and whole
    numbers inside belong to the form.

    Example:
        >>> from discover.dataset import Variable
        >>> x = Variable(name="x")
        >>> exact = Law.of(x.sympy**2 / 2 + 1 / (1 + x.sympy), [x], Variable(name="y"), "graph")
        >>> len(exact.constants), len(released(exact).constants)
        (0, 2)
        >>> wave = Law.of(sp.cos(sp.pi * x.sympy / 6), [x], Variable(name="y"), "graph")
        >>> released(wave).form
        c0*cos(c1*x)
    """
    terms = []
    for term in sp.Add.make_args(law.expr):
        factor, rest = _factor(term)
        terms.append(sp.Mul(sp.Float(float(factor)), _loose(rest)))
    return Law.of(sp.Add(*terms), law.variables, law.target, law.origin)


def _loose(expr: sp.Expr) -> sp.Expr:
    if expr.is_number:
        return expr if expr.is_Integer else sp.Float(float(expr))
    if isinstance(expr, sp.Mul):
        number, rest = _factor(expr)
        if number != 1:
            return sp.Mul(_loose(number), _loose(rest))
    if isinstance(expr, sp.Pow):
        return sp.Pow(_loose(expr.base), expr.exp)
    return expr.func(*(_loose(arg) for arg in expr.args)) if expr.args else expr


def _factor(term: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """The number in front of a term, such as -pi/6, and the rest."""
    number, rest = term.as_independent(*term.free_symbols, as_Add=False)
    return number, rest


def _fitted(form: Law, found: Run, dataset: Dataset) -> Law:
    """The form with the constants of one kind, scored."""
    train = Sample.of(dataset, "train")
    levels: Levels | None = None if found.rounding is None else found.rounding.levels
    return score(refit(form, train, starts=_STARTS), dataset, levels)


def _bits(law: Law) -> float:
    """What it takes to state the constants of a law and its misfit, on all rows of a kind."""
    seen = evidence(law)
    return seen.n * description_length(seen, 0, len(law.constants))


def _narrowed(recipe: Recipe, name: str, folder: str) -> Recipe:
    """The recipe for the rows of one kind."""
    data, second = recipe.data, recipe.validation.beyond
    assert data.per is not None
    only = f"{data.per} = {name}"
    left = data.features is not None or data.per in data.drop
    drop = data.drop if left else (*data.drop, data.per)
    data = data.model_copy(update={"per": None, "where": (*data.where, only), "drop": drop})
    validation = recipe.validation
    if second is not None:
        second = second.model_copy(update={"where": (*second.where, only)})
        validation = validation.model_copy(update={"beyond": second})
    title = f"{recipe.title} ({only})" if recipe.title else ""
    return recipe.model_copy(
        update={
            "name": f"{recipe.name}-{folder}",
            "title": title,
            "data": data,
            "validation": validation,
        }
    )


def _folders(names: Sequence[str]) -> list[str]:
    """A folder for each kind, named after it."""
    plain = [re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._") or "kind" for name in names]
    return [
        folder if plain.count(folder) == 1 else f"{folder}-{number}"
        for number, folder in enumerate(plain, start=1)
    ]
