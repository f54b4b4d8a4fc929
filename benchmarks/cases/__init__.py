"""The comparisons, one file each: what is asked of whom, and the table that comes of it."""

from typing import Final

from cases import edges, hellokan, poisson, population, rows, scaling, special, step, toy
from cases.case import Case

CASES: Final[dict[str, Case]] = {
    "toy": toy.CASE,
    "hellokan": hellokan.CASE,
    "edges": edges.CASE,
    "step": step.CASE,
    "population": population.CASE,
    "scaling": scaling.CASE,
    "special": special.CASE,
    "rows": rows.CASE,
    "poisson": poisson.CASE,
}

__all__ = ["CASES", "Case"]
