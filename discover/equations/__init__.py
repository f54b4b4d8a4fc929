"""Equations of fields and of dynamical systems: the pipeline of ``task: pde`` and ``task: ode``.

For each field its time derivative is explained twice: by few terms of a library of derivatives of
monomials, and by few unknown functions of a field, which then become formulas. Both are fitted in
the weak form on training rows and compete on validation rows. The recommended equations are then
integrated from a measured state, and compared with data that nobody fitted.

In the order of reading: `terms` and `subsets` (few terms of a library), `balance` (an equation held
against test functions) and `whitening` (its constants against the covariance of the noise),
`profiles` (unknown functions), `seen`, `control`, `search`, `forecast`, `pipeline`.
"""

from discover.equations.pipeline import run
from discover.equations.search import RESOLUTION, Found, find

__all__ = ["RESOLUTION", "Found", "find", "run"]
