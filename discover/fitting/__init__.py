"""A trained network in one call, for those who want the function and not the law.

:func:`fit_kan` scales the rows, deals some of them to validation, trains a population from coarse
grids to fine ones, and gives back its best member. There is no pruning here (unless the shape is
searched for), no formula and no file.
"""

from discover.fitting.network import FittedKan, fit_kan
from discover.fitting.road import Level

__all__ = ["FittedKan", "Level", "fit_kan"]
