"""Laws of a boundary: relations that hold on its points, kept where they part the rows."""

from collections.abc import Iterable, Sequence

import numpy as np
import sympy as sp

from discover.boundary.margin import crossings, odds, second
from discover.dataset import Dataset, Matrix, Variable, Vector
from discover.law import Law
from discover.relation import Relation, folds, relations
from discover.relation.terms import Terms, total
from discover.search import Network

ORIGIN = "relation"
# Fewer points than this lie on many surfaces.
_FEWEST = 30
_KEPT = 1000
_FITTED = 40
# Rows nearest to the boundary, which are the ones that laws differ on.
_ROWS = 1500


def candidates(network: Network, dataset: Dataset) -> tuple[Law, ...]:
    """Laws whose zero set lies where the network draws the boundary.

    The relations of up to four terms that hold best on points of the boundary are compared by how
    many training rows near it they put on the right side; the best of each size are returned,
    their constants as the points gave them.

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
    best = [
        relation
        for size in sorted(by_size)
        for relation in _parting(by_size[size], dataset.features, x[near], second(y[near]))
    ]
    return tuple(
        Law.of(normalised(each), dataset.features, dataset.target, ORIGIN, "zero") for each in best
    )


def _parting(
    found: Iterable[Relation], variables: Sequence[Variable], x: Matrix, is_second: Vector
) -> list[Relation]:
    """The relations that put most rows on the right side, whichever side that is."""
    terms = Terms.of({v.sympy: x[:, i] for i, v in enumerate(variables)})
    place = {expr: i for i, expr in enumerate(terms.exprs)}
    ranked = []
    for each in found:
        # A term that is not in the library of these rows has no value on one of them.
        if all(term in place for term in each.terms):
            at = [place[term] for term in each.terms]
            values = terms.values[:, at] @ np.array(each.coefficients)
            values = 1 - np.abs(values) if each.folded else values
            right = float(np.mean((values > 0) == (is_second > 0.5)))
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
