"""A sympy expression as numpy arithmetic: its values, and its exact derivatives.

The expression is laid out once as a tape of elementary steps, shared sub-expressions once. Values
run down the tape, derivatives by all wanted symbols run back up it (reverse accumulation, row by
row), so that no large symbolic derivative is ever formed. That makes a tape cheap enough to judge
hundreds of candidate laws a second. Its parameters are fitted by `least_squares`, or, where its
zero set parts two classes, by `likelihood`. Nothing here knows of laws, or simplifies.
"""

from discover.tape.layout import open_tape, parts, tape
from discover.tape.operations import number
from discover.tape.running import Tape

__all__ = ["Tape", "number", "open_tape", "parts", "tape"]
