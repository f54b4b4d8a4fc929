"""The roads but the network: in which order they are asked, and on which columns."""

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

from discover import roads
from discover.config import LawConfig
from discover.law import Law
from discover.progress import silent
from discover.proposals import Proposal, Proposals, Structure
from discover.score import score
from discover.selection import Front
from tests.worlds import recipe, world

A, B = sp.symbols("v0 v1", real=True)


def proposals(expr: sp.Expr) -> Proposals:
    law = Proposal(origin="structure", expr=expr)
    return Proposals(laws=(law,), structure=None, settled=False)


@pytest.mark.parametrize(("effort", "asked"), [(LawConfig().effort, True), (1, False)])
def test_columns_of_a_leaner_law_are_looked_at_on_their_own(monkeypatch, effort, asked):
    dataset = world(lambda a, b: a**2 + 1e-3 * np.sin(9 * b), 2)
    seen = []

    def propose(table, *, listen=silent):
        seen.append(table.names)
        return Proposals(
            laws=(Proposal(origin="structure", expr=3.0 * A**2),), structure=None, settled=False
        )

    monkeypatch.setattr(roads, "propose", propose)
    monkeypatch.setattr(roads, "search", lambda *_, **__: (Proposal(origin="operon", expr=A**2),))
    known = roads.Early(
        proposals=Proposals(
            laws=(Proposal(origin="structure", expr=A**2 + B / 1000),),
            structure=None,
            settled=False,
        ),
        homogeneous=None,
        settled=False,
        offered=dataset.names,
        columns=dataset.names,
        error=1e-3,
    )
    settings = recipe()
    settings = settings.model_copy(
        update={"law": settings.law.model_copy(update={"effort": effort})}
    )
    found = roads.searched(known, dataset, settings, None, silent)
    assert seen == ([("v0",)] if asked else [])
    assert (3.0 * A**2 in [each.expr for each in found.proposals.laws]) == asked


@pytest.mark.parametrize(
    ("settled", "expr", "asked"),
    [
        (("first", "other"), A, ["first", "other"]),
        (("columns",), A, ["first", "columns"]),
        (("columns",), A + B, ["first", "columns", "other"]),  # metres and seconds
        (("other",), A, ["first", "columns", "other"]),
        ((), A, ["first", "columns", "other"]),
    ],
)
def test_other_groups_are_not_looked_at_where_a_law_of_the_columns_settles_the_matter(
    monkeypatch, settled, expr, asked
):
    dataset = world(lambda a, b: a + 1e-3 * b, 2)
    features = tuple(
        replace(v, unit=unit) for v, unit in zip(dataset.features, ("m", "s"), strict=True)
    )
    dataset = replace(dataset, features=features, target=replace(dataset.target, unit="m"))
    seen, laws = [], {"first": 2.0 * A, "other": 3.0 * A, "columns": expr}

    def homogeneous(choices, *_, **__):
        seen.extend(choices)
        law = Law.of(laws[choices[0]], dataset.features, dataset.target, "units")
        return Front(laws=(score(law, dataset),), selected=0)

    def propose(table, *, listen=silent):
        seen.append("columns")
        return replace(proposals(expr), settled="columns" in settled)

    def settles(expr, _, *, seen):
        return expr in [laws[name] for name in settled]

    monkeypatch.setattr(roads, "wanted", lambda *_: ("first", "other"))
    monkeypatch.setattr(roads, "joined", lambda _, second: second)
    for name, stand_in in (
        ("homogeneous", homogeneous),
        ("propose", propose),
        ("settles", settles),
    ):
        monkeypatch.setattr(roads, name, stand_in)
    found = roads.early(dataset, recipe(), None, silent)
    assert seen == asked
    assert found.settled == bool(settled)


def test_what_is_seen_in_groups_is_held_against_their_law(monkeypatch):
    dataset = world(lambda a, b: a * b, 2)
    structure = Structure(factor=A, variables=(B,), error=1e-4, full=1e-3, spectrum=())
    law = Law.of(2.0 * A, dataset.features, dataset.target, "units")
    asked = []

    def homogeneous(choices, table, _, proposed, **__):
        proposed(table)
        return Front(laws=(score(law, dataset),), selected=0)

    def settles(expr, _, *, seen):
        asked.append((expr, seen))
        return True

    monkeypatch.setattr(roads, "wanted", lambda *_: ("first",))
    monkeypatch.setattr(roads, "joined", lambda first, _: first)
    monkeypatch.setattr(roads, "homogeneous", homogeneous)
    monkeypatch.setattr(
        roads, "propose", lambda *_, **__: replace(proposals(A), structure=structure)
    )
    monkeypatch.setattr(roads, "settles", settles)
    assert roads.early(dataset, recipe(), None, silent).settled
    assert set(asked) == {(law.expr, 1e-4)}


def test_rows_of_little_weight_do_not_say_what_a_law_misses():
    table = world(lambda a, b: np.exp(a) + b**2, 2)
    rough = np.random.default_rng(1).random(len(table.y)) < 0.3
    weights = np.where(rough, 1e-6, 1.0)
    table = replace(table, y=table.y + 5.0 * rough * np.sin(40 * table.x[:, 0]), weights=weights)
    assert roads.early(table, recipe(), None, silent).error < 1e-9
