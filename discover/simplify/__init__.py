"""Shorter forms of a law: tidied, its constants snapped to exact numbers, its parts dropped.

Three verbs, from safe to bold: `tidy` never changes a value, `snap` changes constants by less than
the data can tell, `reductions` gives a ladder of shorter laws of larger errors. All are bounded by
counts of operations, never by the clock, so the same input gives the same law on any machine.
"""

from discover.simplify.merging import merge
from discover.simplify.reducing import reductions
from discover.simplify.snapping import snap
from discover.simplify.tidying import tidy

__all__ = ["merge", "reductions", "snap", "tidy"]
