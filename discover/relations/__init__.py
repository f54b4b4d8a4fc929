"""Which columns of a table are tied together, and by which laws: the stages of ``task: relation``.

No column is the target: each is explained in its turn by the others, by a population of sparse
networks of which each sees another choice of columns. What they keep becomes sets of columns, and
each set a law that is zero where it holds. Columns that were shuffled apart say how much such
networks explain by accident.
"""

from discover.relations.pipeline import run
from discover.relations.population import Tie, accidental, ties

__all__ = ["Tie", "accidental", "run", "ties"]
