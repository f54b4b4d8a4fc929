"""Simplest first: which columns matter, and which small network explains the target with them.

Two searches, each a few populations:

1. *Columns.* A population of networks with all columns, from strong to weak sparsity penalty, is
   pruned and refitted; from the best, columns are taken away one at a time as long as the
   validation error does not notice.
2. *Shapes.* On the columns that are left, a ladder of shapes is climbed from a sum of one-variable
   functions to two hidden layers; each rung is a population of seeds and penalties, pruned,
   refitted and refined from coarse grids to fine ones.

Everything is judged by one criterion on validation rows: the logarithm of the mean squared error
plus a price for each edge, so that an edge stays only if it lowers the squared error by about a
tenth. Test rows are never seen.
"""

from discover.search.exploring import LADDER, explore, sketched
from discover.search.found import Found, Network, Rung
from discover.search.thinning import sparsified

__all__ = ["LADDER", "Found", "Network", "Rung", "explore", "sketched", "sparsified"]
