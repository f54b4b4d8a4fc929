"""Units to dimensions, and whether a formula makes sense dimensionally.

:func:`dimension` reads unit strings; :func:`check` walks a formula, and :func:`carried` says what
its constants carry. Values are never converted:
columns stay in the units in which they came, and the constants of a law carry the factors.
"""

from discover.units.carried import carried
from discover.units.consistency import Verdict, check
from discover.units.dimension import NONE, Dimension, dimension, scale

__all__ = ["NONE", "Dimension", "Verdict", "carried", "check", "dimension", "scale"]
