"""The same table in other coordinates, in which some laws are short.

A product of powers is a sum of logarithms, and the factor that Operon gives every variable becomes
an exponent there. So the logarithms of positive columns may stand beside the columns, and that of
a target of one sign in its place. Each view knows the way back.
"""

from dataclasses import dataclass

import numpy as np
import sympy as sp

from discover.dataset import Matrix, Vector
from discover.refine.sample import Sample


@dataclass(frozen=True, kw_only=True, eq=False)
class View:
    """A sample as an engine is to see it.

    Attributes:
        x: Columns ``[m, k]``.
        y: Target ``[m]``.
        inputs: What the columns are, in the sample's symbols ``[k]``.
        sign: Sign of the sample's target where `y` is the logarithm of its size, else 0.
    """

    x: Matrix
    y: Vector
    inputs: tuple[sp.Expr, ...]
    sign: int = 0

    def restored(self, expr: sp.Expr) -> sp.Expr:
        """A formula for `y` as one for the sample's target."""
        return self.sign * sp.exp(expr) if self.sign else expr


def plain(sample: Sample) -> View:
    """The sample as it is."""
    return View(x=sample.x, y=sample.y, inputs=sample.inputs)


def with_logarithms(sample: Sample) -> View:
    """The logarithms of positive columns beside the columns."""
    positive = np.flatnonzero((sample.x > 0).all(axis=0))
    logs = tuple(sp.log(sample.inputs[i]) for i in positive)
    x = np.column_stack([sample.x, np.log(sample.x[:, positive])])
    return View(x=x, y=sample.y, inputs=(*sample.inputs, *logs))


def logarithmic(sample: Sample) -> View:
    """Logarithms of the target too, if it is never zero and of one sign.

    Example:
        >>> from discover.dataset import Variable
        >>> a = np.linspace(1.0, 2.0, 9)
        >>> sample = Sample.of(a[:, None], -(a**3), [Variable(name="a")], rows=9, seed=0)
        >>> view, (z,) = logarithmic(sample), sample.inputs
        >>> view.restored(3 * view.inputs[1]) == -(z**3)
        True
    """
    view = with_logarithms(sample)
    signs = {int(sign) for sign in np.sign(sample.y)}
    if signs not in ({1}, {-1}):
        return view
    return View(x=view.x, y=np.log(np.abs(sample.y)), inputs=view.inputs, sign=signs.pop())
