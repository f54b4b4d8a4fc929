"""Every edge against every function: which simple functions could an edge be?

For each edge, a cloud of points ``(x, y)``, and each atom ``f`` the best ``c f(a x + b) + d`` is
found: the linear pair in closed form, ``(a, b)`` on a coarse grid and then by damped Gauss-Newton
steps (see `descent`), all edges at once. An atom whose domain does not hold all observed rows is
out. What remains is ranked by a description length: the logarithm of the error, and a price for
each node of the formula.

This room judges an edge on its own; what it does to the whole network is judged by `assignment`.
"""

from discover.edges.ranking import PRICE, Candidate, fit

__all__ = ["PRICE", "Candidate", "fit"]
