"""Laws of a boundary: relations that hold on its points, kept where they part the rows."""

from collections.abc import Iterable, Sequence

import numpy as np
import sympy as sp

from discover.boundary.margin import crossings, odds, second
from discover.dataset import Dataset, Variable
from discover.law import Law
from discover.refit import Sample, refit
from discover.relation import Relation, folds, relations
from discover.relation.terms import Terms, total
from discover.search import Network

ORIGIN = "relation"
# Fewer points than this lie on many surfaces.
_FEWEST = 30
_KEPT = 1000
_FITTED = 60
_STEPS = 8
_KEPT_BEST = 15
_KEPT_SIMPLE = 20
# Standard errors of the share on the right side within which a relation is nearly as good.
_NEARLY = 2.0
# Rows nearest to the boundary, which are the ones that laws differ on.
_ROWS = 1500


def candidates(network: Network, dataset: Dataset) -> tuple[Law, ...]:
    """Laws whose zero set lies where the network draws the boundary.

    The relations of up to four terms that hold best on points of the boundary are compared by how
    many training rows near it they put on the right side, first as the points gave them, then with
    their constants fitted to those rows. Of each size the best are returned, and the simplest of
    those that are nearly as good.

    Args:
        network: Its output is the logarithm of the odds of the second class.
        dataset: The table.
    """
    x, y = dataset.part("train")
    points = crossings(network, x, y)
    if len(points) < _FEWEST:
        return ()
    columns = {v.sympy: points[:, i] for i, v in enumerate(dataset.features)}
    spreads = {v.sympy: float(x[:, i].std()) for i, v in enumerate(dataset.features)}
    plain = relations(columns, spreads, keep=_KEPT)
    by_size: dict[int, list[Relation]] = {0: list(folds(columns, spreads, keep=_KEPT))}
    for each in plain:
        by_size.setdefault(len(each.terms), []).append(each)
    near = np.argsort(np.abs(odds(network, x)), kind="stable")[:_ROWS]
    rows = Sample(
        columns={name: x[near, i] for i, name in enumerate(dataset.names)}, y=second(y[near])
    )
    found: list[Law] = []
    for size in sorted(by_size):
        parting = _parting(by_size[size], dataset.features, rows)
        laws = [
            Law.of(normalised(each), dataset.features, dataset.target, ORIGIN, "zero")
            for each in parting
        ]
        fitted = [refit(law, rows.columns, rows.y, steps=_STEPS) for law in laws]
        found += _worth_keeping(fitted, rows)
    return tuple(found)


def _worth_keeping(laws: Sequence[Law], rows: Sample) -> list[Law]:
    """The laws that part the rows best, and the simplest of those that are nearly as good."""
    if not laws:
        return []
    right = [float(np.mean((law.predict(rows.columns) > 0) == (rows.y > 0.5))) for law in laws]
    best = sorted(range(len(laws)), key=lambda i: (-right[i], laws[i].complexity))
    top = right[best[0]]
    near = top - _NEARLY * np.sqrt(top * (1 - top) / len(rows.y))
    simple = sorted(
        (i for i in best if right[i] >= near), key=lambda i: (laws[i].complexity, -right[i])
    )
    return [laws[i] for i in dict.fromkeys([*best[:_KEPT_BEST], *simple[:_KEPT_SIMPLE]])]


def _parting(
    found: Iterable[Relation], variables: Sequence[Variable], rows: Sample
) -> list[Relation]:
    """The relations that put most rows on the right side, whichever side that is."""
    terms = Terms.of({v.sympy: np.asarray(rows.columns[v.name]) for v in variables})
    place = {expr: i for i, expr in enumerate(terms.exprs)}
    ranked = []
    for each in found:
        # A term that is not in the library of these rows has no value on one of them.
        if all(term in place for term in each.terms):
            at = [place[term] for term in each.terms]
            values = terms.values[:, at] @ np.array(each.coefficients)
            values = 1 - np.abs(values) if each.folded else values
            right = float(np.mean((values > 0) == (rows.y > 0.5)))
            ranked.append((max(right, 1 - right), each))
    ranked.sort(key=lambda pair: -pair[0])
    return [each for _, each in ranked[:_FITTED]]


def normalised(relation: Relation) -> sp.Expr:
    """The relation divided by its largest coefficient of a term that is no constant.

    Example:
        >>> x, y = sp.symbols("x y", real=True)
        >>> one = Relation(terms=(sp.S.One, x, y), coefficients=(3.0, 1.0, -2.0), distance=0.0)
        >>> normalised(one)
        -0.5*x + y - 1.5
    """
    if relation.folded:
        return relation.expr
    pairs = list(zip(relation.terms, relation.coefficients, strict=True))
    leading = max((pair for pair in pairs if pair[0] != 1), key=lambda pair: abs(pair[1]))
    rest = [(term, c / leading[1]) for term, c in pairs if term is not leading[0]]
    return leading[0] + total([c for _, c in rest], [term for term, _ in rest])
