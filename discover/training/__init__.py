"""Fit a population sparsely: a loss, a penalty, a method, and the loop around them.

Nothing here chooses shapes or prunes.
"""

from discover.training.adam import Adam
from discover.training.lbfgs import LBFGS
from discover.training.levenberg import LevenbergMarquardt
from discover.training.loop import Fitted, Rows, Schedule, Watch, errors, fit, minimise
from discover.training.losses import CrossEntropy, Huber, Loss, Squares
from discover.training.methods import Method
from discover.training.objective import Objective, Quadratic
from discover.training.problem import Problem
from discover.training.rows import Data, Memory, Stream
from discover.training.trainer import Trainer

__all__ = [
    "LBFGS",
    "Adam",
    "CrossEntropy",
    "Data",
    "Fitted",
    "Huber",
    "LevenbergMarquardt",
    "Loss",
    "Memory",
    "Method",
    "Objective",
    "Problem",
    "Quadratic",
    "Rows",
    "Schedule",
    "Squares",
    "Stream",
    "Trainer",
    "Watch",
    "errors",
    "fit",
    "minimise",
]
