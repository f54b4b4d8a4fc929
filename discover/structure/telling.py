"""Columns that tell something of a target, and those that tell no more than shuffled ones.

A smooth function of many columns is blind where a target spans decades or has a pole, and then it
cannot say which columns it would not miss. Trees can: they do not mind scales, and what a target
depends on is the same for any growing function of it, such as its ranks. So they are grown on the
target's normal scores, once with a shuffled copy beside each column, and a column tells something
if shuffling it afterwards hurts clearly more than shuffling these copies.

Source: permutation importance as in L. Breiman, Machine Learning 45 (2001) 5; shuffled copies as
in M. Kursa, W. Rudnicki, J. Stat. Softw. 36, 11 (2010). Ranks for a target of any scale are ours.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, rankdata

from discover.threads import limited

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

_ROWS = 4000
_HELD = 0.25  # share of the rows that the trees do not see
_SHUFFLES = 8
_CLEARLY = 3.0  # times what shuffling the copies does on average, to the better or the worse


def telling(x: Matrix, y: Vector) -> NDArray[np.bool_]:
    """Which columns tell something of the target ``[d]``.

    Args:
        x: Columns ``[n, d]``.
        y: Target ``[n]``.

    Example:
        >>> x = np.random.default_rng(0).uniform(1, 2, (300, 3))
        >>> telling(x, 1 / (x[:, 0] - x[:, 2]) ** 2).tolist()
        [True, False, True]
    """
    # Loaded late: it takes a while, and most tables do without.
    from sklearn.ensemble import HistGradientBoostingRegressor

    draw = np.random.default_rng(0)
    some = draw.permutation(len(y))[:_ROWS]
    x, y = x[some], y[some]
    scores = norm.ppf((rankdata(y) - 0.5) / len(y))
    held = int(_HELD * len(y))
    both = np.hstack([x, draw.permuted(x, axis=0)])
    with limited():
        trees = HistGradientBoostingRegressor(
            max_iter=200, early_stopping=False, min_samples_leaf=10, random_state=0
        )
        trees.fit(both[held:], scores[held:])
        hurt = np.zeros(both.shape[1])
        for column in range(both.shape[1]):
            shuffled = np.tile(both[:held], (_SHUFFLES, 1))
            shuffled[:, column] = draw.permuted(
                shuffled[:, column].reshape(_SHUFFLES, -1), axis=1
            ).ravel()
            missed = trees.predict(shuffled) - np.tile(scores[:held], _SHUFFLES)
            hurt[column] = np.mean(missed**2)
        hurt -= np.mean((trees.predict(both[:held]) - scores[:held]) ** 2)
    d = x.shape[1]
    return np.asarray(hurt[:d] > _CLEARLY * np.sqrt(np.mean(hurt[d:] ** 2)))
