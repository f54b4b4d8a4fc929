"""Exact relations between columns: expressions of a few terms that vanish on a set of points.

Given points in the space of the columns, all small combinations of a fixed library are searched
for those whose zero set the points lie on. Which of them is a law is decided elsewhere, on data.
"""

from discover.relation.folds import folds
from discover.relation.search import Relation, relations

__all__ = ["Relation", "folds", "relations"]
