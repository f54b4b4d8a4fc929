"""Laws that are a simple function of a sparse sum of products, or of a ratio of two such sums.

Most laws of physics are: of few terms, each a product of powers and of a function or two, inside
nothing more than a root or a logarithm. Such laws are found by linear algebra instead of by chance.
"""

from discover.expansion.curves import named
from discover.expansion.expanding import expand
from discover.expansion.reduced import Expansion, Reduced
from discover.expansion.separated import separate
from discover.expansion.single import single
from discover.expansion.stepped import stepped

__all__ = ["Expansion", "Reduced", "expand", "named", "separate", "single", "stepped"]
