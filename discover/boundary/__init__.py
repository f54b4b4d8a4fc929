"""The law of a boundary: where two classes part.

The trained network draws the boundary, points on it are searched for exact relations, and the
relations compete for the rows. The law is an expression whose zero set is the claim; it is positive
on the side of the second class.

In the order of reading: `terms`, `relations` and `folds` (expressions of few terms that vanish on
points, whoever drew them), `margin` (the points), `polishing`, `candidates` (relations held against
the rows), `scaling`, `snapping`, `choice`, `solving`.
"""

from discover.boundary.candidates import candidates
from discover.boundary.choice import compete
from discover.boundary.margin import crossings, margin, second
from discover.boundary.solving import solved

__all__ = ["candidates", "compete", "crossings", "margin", "second", "solved"]
