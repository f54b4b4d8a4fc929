"""All pairs and all triples of columns, by compiled code: the best ones for their price.

How much of a target of unit length few unit columns explain follows from inner products alone. Each
set costs a few operations, so that millions are gone through; no array holds them all.
"""

import numpy as np

from discover.compiling import compiled

COLLINEAR = 1e-10
FLOOR = 1e-15
_SLACK = 1e-9  # what rounding may make of a logarithm


@compiled()
def pairs(gram, b, cost, keep):  # type: ignore[no-untyped-def]
    """The best pairs of all columns.

    Args:
        gram: Inner products of unit columns ``[N, N]``.
        b: Their inner products with a target of unit length ``[N]``.
        cost: What each column costs, in units of the logarithm of the squared error ``[N]``.
        keep: How many.

    Returns:
        Scores ``[m]``, the best first, and column numbers ``[m, 2]``; m is `keep` at most, for
        pairs that are nearly one column are left out.
    """
    scores, chosen = np.full(keep, np.inf), np.zeros((keep, 2), np.int64)
    weight, bound = np.exp(cost), np.inf
    for i in range(len(b) - 1):
        for j in range(i + 1, len(b)):
            free = 1.0 - gram[i, j] ** 2
            if free < COLLINEAR:
                continue
            explained = (b[i] ** 2 + b[j] ** 2 - 2.0 * gram[i, j] * b[i] * b[j]) / free
            rest = max(1.0 - explained, FLOOR)
            if not rest * weight[i] * weight[j] < bound:
                continue
            score = np.log(rest) + (cost[i] + cost[j])
            at = keep
            while at > 0 and score < scores[at - 1]:
                at -= 1
            if at < keep:
                scores[at + 1 :] = scores[at:-1].copy()
                chosen[at + 1 :] = chosen[at:-1].copy()
                scores[at] = score
                chosen[at, 0], chosen[at, 1] = i, j
                bound = np.exp(scores[-1]) * (1.0 + _SLACK)
    found = np.isfinite(scores)
    return scores[found], chosen[found]


@compiled()
def triples(gram, b, cost, keep):  # type: ignore[no-untyped-def]
    """For each column the best triples with two of those after it.

    Args:
        gram: Inner products of unit columns ``[N, N]``.
        b: Their inner products with a target of unit length ``[N]``.
        cost: What each column costs, in units of the logarithm of the squared error ``[N]``.
        keep: How many for each column.

    Returns:
        Scores ``[m]`` and column numbers ``[m, 3]``, in the order of the first column.
    """
    n = len(b)
    scores, chosen = np.full((n, keep), np.inf), np.zeros((n, keep, 3), np.int64)
    weight = np.exp(cost)
    for k in range(n - 2):
        best, bound = scores[k], np.inf
        # What the first column leaves of each other one, and of the target along it.
        free = 1.0 - gram[k] ** 2
        length = np.sqrt(np.maximum(free, COLLINEAR))
        left = (b - gram[k] * b[k]) / length
        for i in range(k + 1, n - 1):
            if free[i] < COLLINEAR:
                continue
            for j in range(i + 1, n):
                if free[j] < COLLINEAR:
                    continue
                along = (gram[i, j] - gram[k, i] * gram[k, j]) / (length[i] * length[j])
                square = 1.0 - along**2
                if square < COLLINEAR:
                    continue
                explained = left[i] ** 2 + left[j] ** 2 - 2.0 * along * left[i] * left[j]
                rest = max(1.0 - (explained / square + b[k] ** 2), FLOOR)
                if not rest * weight[i] * weight[j] * weight[k] < bound:
                    continue
                score = np.log(rest) + (cost[i] + cost[j] + cost[k])
                at = keep
                while at > 0 and score < best[at - 1]:
                    at -= 1
                if at < keep:
                    best[at + 1 :] = best[at:-1].copy()
                    chosen[k, at + 1 :] = chosen[k, at:-1].copy()
                    best[at] = score
                    chosen[k, at, 0], chosen[k, at, 1], chosen[k, at, 2] = k, i, j
                    bound = np.exp(best[-1]) * (1.0 + _SLACK)
    return scores.ravel(), chosen.reshape(-1, 3)
