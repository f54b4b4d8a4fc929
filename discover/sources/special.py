"""Tables of special functions of two variables: the fifteen of the KAN paper.

Source: Z. Liu et al., arXiv 2404.19756, table 2; the ranges are ours.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import factorial

import numpy as np
from scipy import special

from discover.sources.sampling import Drawing, Ranges, Vector, drawn


@dataclass(frozen=True, kw_only=True)
class Special:
    """A special function of two variables.

    Attributes:
        title: Its name in words.
        values: Values ``[n]`` at two columns ``[n]``.
        x: Range of the first variable.
        y: Range of the second.
    """

    title: str
    values: Callable[[Vector, Vector], Vector]
    x: tuple[float, float]
    y: tuple[float, float]


def _harmonic(order: int, degree: int, azimuth: Vector, polar: Vector) -> Vector:
    """Real part of the spherical harmonic, orthonormal, with the Condon-Shortley phase."""
    square = (2 * degree + 1) / (4 * np.pi) * factorial(degree - order) / factorial(degree + order)
    legendre = special.lpmv(order, degree, np.cos(polar))
    return np.asarray(np.sqrt(square) * legendre * np.cos(order * azimuth))


def _legendre(order: int) -> Special:
    return Special(
        title=f"Associated Legendre function of order {order} (degree x, argument y)",
        values=lambda x, y: np.asarray(special.lpmv(order, x, y)),
        x=(order, 5.0),
        y=(-0.95, 0.95),
    )


def _spherical(order: int, degree: int) -> Special:
    return Special(
        title=f"Spherical harmonic of order {order} and degree {degree} (azimuth x, polar angle y)",
        values=partial(_harmonic, order, degree),
        x=(0.0, 2 * np.pi),
        y=(0.0, np.pi),
    )


CATALOGUE: Mapping[str, Special] = {
    "ellipj": Special(
        title="Jacobi's elliptic sine (argument x, parameter y)",
        values=lambda x, y: np.asarray(special.ellipj(x, y)[0]),
        x=(-3.0, 3.0),
        y=(0.0, 0.95),
    ),
    "ellipkinc": Special(
        title="Incomplete elliptic integral of the first kind (amplitude x, parameter y)",
        values=special.ellipkinc,
        x=(0.0, np.pi / 2),
        y=(0.0, 0.95),
    ),
    "ellipeinc": Special(
        title="Incomplete elliptic integral of the second kind (amplitude x, parameter y)",
        values=special.ellipeinc,
        x=(0.0, np.pi / 2),
        y=(0.0, 0.95),
    ),
    "jv": Special(
        title="Bessel function of the first kind (order x, argument y)",
        values=special.jv,
        x=(0.0, 5.0),
        y=(0.0, 10.0),
    ),
    "yv": Special(
        title="Bessel function of the second kind (order x, argument y)",
        values=special.yv,
        x=(0.0, 2.0),
        y=(1.0, 10.0),
    ),
    "kv": Special(
        title="Modified Bessel function of the second kind (order x, argument y)",
        values=special.kv,
        x=(0.0, 2.0),
        y=(0.5, 5.0),
    ),
    "iv": Special(
        title="Modified Bessel function of the first kind (order x, argument y)",
        values=special.iv,
        x=(0.0, 5.0),
        y=(0.0, 5.0),
    ),
    **{f"lpmv_{order}": _legendre(order) for order in (0, 1, 2)},
    **{f"sph_harm_{m}{n}": _spherical(m, n) for m, n in ((0, 1), (1, 1), (0, 2), (1, 2), (2, 2))},
}
"""The functions by the name under which a recipe asks for them."""


def sample(name: str, ranges: Ranges, drawing: Drawing) -> dict[str, Vector]:
    """A table of a special function of ``x`` and ``y``; see :func:`sampling.drawn`.

    Args:
        name: One of the :data:`CATALOGUE`.
        ranges: Other ranges than those of the catalogue, by variable.
        drawing: Rows, noise, seed and the name of the target.

    Raises:
        InputError: If the function has no finite value on some row.

    Example:
        >>> table = sample("jv", {"x": (0.0, 1.0)}, Drawing(rows=4))
        >>> list(table), bool(np.allclose(table["f"], special.jv(table["x"], table["y"])))
        (['x', 'y', 'f'], True)
    """
    chosen = CATALOGUE[name]
    return drawn(
        lambda columns: chosen.values(columns["x"], columns["y"]),
        {"x": chosen.x, "y": chosen.y} | dict(ranges),
        drawing,
        where="data.special",
    )
