"""Laws of one variable: a power of it times one of the functions that an edge may be.

The scale and the shift of the function are fitted, which no dictionary of terms can offer: Planck's
law is ``z**3 / (exp(c z) - 1)``, and nobody knows c beforehand.
"""

import math

import numpy as np
import sympy as sp
import torch

from discover.edges import fit
from discover.expansion.reduced import Expansion, Reduced
from discover.front import price
from discover.functions import catalogue
from discover.law import complexity
from discover.tape import tape

# Powers of the variable that may stand before the function.
_BEFORE = tuple(sp.Rational(k, 2) for k in range(-8, 9))
# Powers of it that the function may be of: what is simple in a ratio may not be so in its inverse.
_INSIDE = (1, -1, 2)
_ROWS = 1000
_KEEP = 3  # functions for each power
_EXACT = 1e-9


def single(symbol: sp.Symbol, train: Reduced, unseen: Reduced) -> tuple[Expansion, ...]:
    """Short laws of one variable, in no order.

    Args:
        symbol: The variable.
        train: Rows that the functions are fitted to, with one variable.
        unseen: Rows that the errors are of.
    """
    train = train.take(_ROWS)
    z, there = train.z[:, 0], unseen.z[:, 0]
    positive = bool(np.all(z > 0) and np.all(there > 0))
    kept, clouds = [], []
    for power, way in ((p, way) for p in _BEFORE for way in _INSIDE):
        if not positive and (way < 0 or not power.is_integer):
            continue
        with np.errstate(all="ignore"):
            scale = train.factor * z ** float(power)
            cloud = (z**way, train.y / scale, scale**2 / np.median(scale**2))
        if all(np.isfinite(each).all() for each in cloud):
            kept.append((power, way))
            clouds.append(np.stack(cloud))
    if not kept:
        return ()
    x, y, weights = torch.as_tensor(np.stack(clouds)).unbind(1)
    fits = fit(x, y, catalogue(), weights=weights, keep=_KEEP)
    made = [
        _made(symbol**power * each.function.reduced().symbolic(symbol**way), symbol, train, unseen)
        for (power, way), candidates in zip(kept, fits, strict=True)
        for each in candidates
    ]
    return tuple(each for each in made if each is not None)


def _made(expr: sp.Expr, symbol: sp.Symbol, train: Reduced, unseen: Reduced) -> Expansion | None:
    """The law as a proposal, if it has a value on all unseen rows."""
    value = tape(expr, (symbol,)).values([unseen.z[:, 0]], len(unseen.y)) * unseen.factor
    error = float(np.sqrt(np.mean((value - unseen.y) ** 2) / np.mean(unseen.y**2)))
    if not np.isfinite(error):
        return None
    size = complexity(expr)
    described = size + 2 * sum(leaf.is_Float for leaf in expr.atoms())
    n = len(train.y) + len(unseen.y)
    length = 2 * math.log(max(error, _EXACT)) + price(n) * described
    return Expansion(expr=expr, error=error, length=length, size=size)
