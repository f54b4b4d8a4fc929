"""The weak form: an equation held against smooth test functions instead of points.

Multiplied with a test function that vanishes at the ends of its support, and integrated by parts,
``u_t = D^p g(u)`` becomes a sum over measured values: derivatives fall on the test function, which
is known exactly, and never on the data. Noise is averaged instead of amplified.

Source: D. A. Messenger and D. M. Bortz, Multiscale Model. Simul. 19 (2021) 1474 and
J. Comput. Phys. 443 (2021) 110525.
"""

from discover.weak.noise import debiased, noise_of
from discover.weak.overlap import overlap
from discover.weak.probe import Probe
from discover.weak.support import Bump, bumps

__all__ = ["Bump", "Probe", "bumps", "debiased", "noise_of", "overlap"]
