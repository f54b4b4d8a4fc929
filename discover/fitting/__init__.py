"""A trained network in one call, for those who want the function and not the law.

:func:`fit_kan` scales the rows, deals some of them to validation, trains a population from coarse
grids to fine ones, and gives back its best member, which can be saved, drawn and trained on.
"""

from discover.fitting.coarse_to_fine import Level
from discover.fitting.equation import fit_equation
from discover.fitting.network import FittedKan
from discover.fitting.one_call import fit_kan
from discover.fitting.options import Training
from discover.fitting.parquet import parquet_rows

__all__ = ["FittedKan", "Level", "Training", "fit_equation", "fit_kan", "parquet_rows"]
