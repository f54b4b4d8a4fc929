"""One law as a value: a sympy form, the values of its constants, and how well it holds.

A :class:`Law` can say its value on columns, its complexity, its text and its LaTeX, and goes into
JSON and back. It does not change itself: constants are fitted in `refit`, shorter forms are made in
`simplify`, laws are compared in `front`.
"""

from discover.law.constant import Constant
from discover.law.law import Claim, Law
from discover.law.size import complexity

__all__ = ["Claim", "Constant", "Law", "complexity"]
