r"""The network and only the network: a population of Kolmogorov-Arnold networks of one shape.

An edge computes ``phi(x) = sum_m coef_m b_m(t)``, where ``t`` maps the range of its input node to
[-1, 1]. A sum node adds the edges that enter it; a product node multiplies the sums of two or more
sub-nodes. Every tensor has a leading population axis: seeds, penalties, subsets of columns and
shuffled targets of one shape are trained as one program. One network is a population of one.

There is no training here, no sparsity and no symbol.

Source: arXiv 2404.19756 (edges, sums), arXiv 2408.10205 (product nodes).
"""

from discover.kan.frame import Frame
from discover.kan.making import create
from discover.kan.narrowing import narrowed, touched, widened
from discover.kan.network import Kan, Layer, stacked, summed
from discover.kan.regridding import regrid
from discover.kan.shape import Nodes, Shape, Width

__all__ = [
    "Frame",
    "Kan",
    "Layer",
    "Nodes",
    "Shape",
    "Width",
    "create",
    "narrowed",
    "regrid",
    "stacked",
    "summed",
    "touched",
    "widened",
]
