"""What a law can depend on, read off the slopes of a smooth function through the rows.

Products of powers, differences and sums of columns that a target depends on, and the factor in
front: fewer variables, found before any formula is written. Nothing here writes laws.
"""

from discover.structure.carrying import Carrier, carried, carriers
from discover.structure.parity import folded, odd, sizes
from discover.structure.reducing import denoised, explained, reduce
from discover.structure.reduction import Reduction, Rows, alternatives, longer, unreduced

__all__ = [
    "Carrier",
    "Reduction",
    "Rows",
    "alternatives",
    "carried",
    "carriers",
    "denoised",
    "explained",
    "folded",
    "longer",
    "odd",
    "reduce",
    "sizes",
    "unreduced",
]
