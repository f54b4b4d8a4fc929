"""The curves of a graph become functions: one chosen for each edge, all parameters refitted.

Edges can also be frozen, fixed to a known function, and released again.
"""

from discover.assignment.choosing import Assigned, Choice, assign, expression
from discover.assignment.locking import fix, is_locked, lock, release, unlock
from discover.assignment.tuning import Sample, error, tune

__all__ = [
    "Assigned",
    "Choice",
    "Sample",
    "assign",
    "error",
    "expression",
    "fix",
    "is_locked",
    "lock",
    "release",
    "tune",
    "unlock",
]
