"""The roads but the network: in which order they are asked, and on which columns."""

import numpy as np
import pytest
import sympy as sp

from discover import roads
from discover.config import LawConfig
from discover.progress import silent
from discover.proposals import Proposal, Proposals
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
        columns=dataset.names,
    )
    settings = recipe()
    settings = settings.model_copy(
        update={"law": settings.law.model_copy(update={"effort": effort})}
    )
    found = roads.searched(known, dataset, settings, None, silent)
    assert seen == ([("v0",)] if asked else [])
    assert (3.0 * A**2 in [each.expr for each in found.proposals.laws]) == asked
