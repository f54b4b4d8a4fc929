"""Laws of a boundary: relations that hold on its points, kept where they part the rows."""

from collections.abc import Iterable

import numpy as np
import sympy as sp

from discover.boundary.folds import folds
from discover.boundary.margin import crossings, odds, second
from discover.boundary.polishing import Nearby, polished
from discover.boundary.relations import Relation, relations
from discover.boundary.terms import Terms, total
from discover.dataset import Dataset
from discover.law import Law, complexity
from discover.search import Network

ORIGIN = "relation"
# Fewer points than this lie on many surfaces.
_FEWEST = 30
_KEPT = 1000
_POLISHED = 250
_BEST = 15
_SIMPLEST = 20
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
    rows = Nearby(
        terms=Terms.of({v.sympy: x[near, i] for i, v in enumerate(dataset.features)}),
        columns=tuple(x[near].T),
        spreads=tuple(spreads.values()),
        second=second(y[near]),
    )
    kept = [each for size in sorted(by_size) for each in _parting(by_size[size], rows)]
    return tuple(
        Law.of(normalised(each), dataset.features, dataset.target, ORIGIN, "zero") for each in kept
    )


def _parting(found: Iterable[Relation], rows: Nearby) -> list[Relation]:
    """The relations that part the rows best, and the simplest of those that are nearly as good."""
    screened = sorted(found, key=lambda each: -rows.right(each))[:_POLISHED]
    fitted = [polished(each, rows) for each in screened]
    right = [rows.right(each) for each in fitted]
    size = [sum(complexity(term) for term in each.terms) for each in fitted]
    best = sorted(range(len(fitted)), key=lambda i: (-right[i], size[i]))
    top = max(right, default=0.0)
    near = top - _NEARLY * np.sqrt(top * (1 - top) / len(rows.second))
    simple = sorted((i for i in best if right[i] >= near), key=lambda i: (size[i], -right[i]))
    return [fitted[i] for i in dict.fromkeys([*best[:_BEST], *simple[:_SIMPLEST]]) if right[i] > 0]


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
