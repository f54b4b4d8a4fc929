"""One row of the knot table: all that SnapPy and its companions say of one diagram.

SnapPy is the optional extra ``knots`` and is imported only when a knot is measured. Every column
is computed from one diagram: signature and hyperbolic invariants that come from different tables
need not mean the same mirror image, and the law between them is then lost.
"""

import random
import zlib
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import islice
from typing import Any

import numpy as np

from discover.errors import MissingExtraError
from discover.sources.knot_invariants import (
    cusp_translations,
    shortest_geodesic,
    signature_and_determinant,
)
from discover.sources.knot_torsion import Holonomy, torsion_degree

Row = dict[str, float | int | str]

PROGRAMS = ("snappy", "snappy_15_knots", "spherogram", "knot_floer_homology")

GROUPS = ("0", "D3", "D4", "D6", "D8", "Z/2 + Z/2")
"""Symmetry groups with a column of their own, ``Symmetry_<group>``."""

GEOMETRIC = "all tetrahedra positively oriented"
RETRIANGULATIONS = 30
GEODESIC_TRIANGULATIONS = 4


class LeftOut(Exception):  # noqa: N818 - no error: some knots have no such row
    """A knot that gets no row; the argument is the reason under which it is counted."""


def require_programs() -> None:
    """Make sure that SnapPy and its companions are there.

    Raises:
        MissingExtraError: If one of them is not installed.
    """
    for package in PROGRAMS:
        if find_spec(package) is None:
            raise MissingExtraError(package=package, extra="knots", purpose="building knots")


def measure(name: str, seed: int = 0) -> Row | str:
    """All columns of one knot of the census, or the reason why it gets no row.

    Args:
        name: Name in the census, such as ``K13n500``.
        seed: Seed of the whole table.

    Returns:
        The row by column names, or a reason in words, such as ``not hyperbolic``.
    """
    import snappy

    row = measured(name, lambda: snappy.HTLinkExteriors[name].link(), seed, more=_slow)
    return row if isinstance(row, str) else row | {"alternating": int("a" in name)}


def measured(
    name: str,
    diagram: Callable[[], Any],
    seed: int,
    more: Callable[[Any, Any], Row] = lambda link, exterior: {},
) -> Row | str:
    """What follows from one diagram, or the reason why it gets no row.

    Python's and SnapPea's random moves are seeded by `seed` and `name` together, so that a row does
    not depend on the knots that were measured before it in the same process.

    Args:
        name: What the knot is called.
        diagram: Makes the diagram, a link of spherogram's.
        seed: Seed of the whole table.
        more: Further columns, from the link and its exterior.
    """
    import snappy

    own_seed = zlib.crc32(f"{seed} {name}".encode()) % 2**31
    state = random.getstate()
    random.seed(own_seed)
    snappy.set_rand_seed(own_seed)
    try:
        link = diagram()
        exterior = _geometric(link)
        return _row(name, link, exterior) | more(link, exterior)
    except LeftOut as reason:
        return str(reason)
    # SnapPea's own failure is no RuntimeError; a diagram that comes undone lacks its crossings.
    except (snappy.SnapPeaFatalError, RuntimeError, ValueError, ArithmeticError, LookupError):
        return "program failed"
    finally:
        random.setstate(state)


def _geometric(link: Any) -> Any:
    """The exterior, in a triangulation that shows its hyperbolic structure."""
    exterior: Any = link.exterior()
    for _ in range(RETRIANGULATIONS):
        if exterior.solution_type() == GEOMETRIC:
            return exterior
        exterior.randomize()
    raise LeftOut("not hyperbolic")


def _row(name: str, link: Any, exterior: Any) -> Row:
    signature, determinant = signature_and_determinant(link.PD_code())
    meridian, longitude, cusp_volume = _cusp(exterior)
    few = islice(_holonomies(exterior), GEODESIC_TRIANGULATIONS)
    geodesic = shortest_geodesic([holonomy.generators for holonomy in few])
    group = _symmetry_group(exterior)
    return {
        "name": name,
        "chern_simons": float(exterior.chern_simons()),
        "cusp_volume": cusp_volume,
        "injectivity_radius": geodesic.real / 2,
        "longitudinal_translation": longitude,
        "meridinal_translation_imag": meridian.imag,
        "meridinal_translation_real": meridian.real,
        "short_geodesic_imag_part": geodesic.imag,
        "short_geodesic_real_part": geodesic.real,
        **{f"Symmetry_{own}": int(group == own) for own in GROUPS},
        "volume": float(exterior.volume()),
        "signature": signature,
        "crossing_number": len(link.crossings),
        "determinant": determinant,
        "symmetry_group": group,
    }


def _slow(link: Any, exterior: Any) -> Row:
    """Columns that take too long, or cannot be resolved, where a diagram is large."""
    adjoint, torsion = _torsion_degree(exterior, 3), _torsion_degree(exterior, 2)
    floer = link.knot_floer_homology()
    return {
        "hyperbolic_adjoint_torsion_degree": adjoint,
        "hyperbolic_torsion_degree": torsion,
        "genus": int(floer["seifert_genus"]),
        "tau": int(floer["tau"]),
    }


def _cusp(exterior: Any) -> tuple[complex, float, float]:
    """Meridional and longitudinal translation and volume of the maximal cusp.

    The cusp is scaled up by hand from where SnapPea first puts it: moving it to its stopping
    point inside SnapPea can loop for ever.
    """
    neighbourhood = exterior.cusp_neighborhood()
    scale = float(np.exp(float(neighbourhood.stopping_displacement())))
    meridian, longitude = neighbourhood.all_translations()[0]
    turned, length = cusp_translations(complex(meridian) * scale, complex(longitude) * scale)
    return turned, length, float(neighbourhood.volume()) * scale**2


def _holonomies(exterior: Any) -> Iterator[Holonomy]:
    """Holonomies from the exterior's own triangulation, and then from random ones."""
    other = exterior.copy()
    for _ in range(RETRIANGULATIONS):
        if other.solution_type() == GEOMETRIC:
            yield _holonomy(other)
        other.randomize()


def _holonomy(exterior: Any) -> Holonomy:
    """Group and matrices, in the presentation that follows the tetrahedra.

    Its relators are short, so products of matrices stay small; the simplified presentation has
    relators of hundreds of letters, whose rounding errors spoil the torsion.
    """
    group = exterior.fundamental_group(
        simplify_presentation=False,
        minimize_number_of_generators=False,
        fillings_may_affect_generators=False,
    )
    matrices = [group.SL2C(generator) for generator in group.generators()]
    return Holonomy(
        generators=np.array(
            [[[complex(m[i, j]) for j in range(2)] for i in range(2)] for m in matrices]
        ),
        # Words as numbers: beyond 26 generators a letter has several characters.
        relators=tuple(tuple(word) for word in group.relators(as_int_list=True)),
        meridian=tuple(group.peripheral_curves(as_int_list=True)[0][0]),
    )


def _symmetry_group(exterior: Any) -> str:
    group = exterior.symmetry_group()
    if not group.is_full_group():
        raise LeftOut("symmetry group not found")
    return str(group)


def _torsion_degree(exterior: Any, dimension: int) -> int:
    """The degree from the first triangulation whose rounding errors let it be seen."""
    for holonomy in _holonomies(exterior):
        degree = torsion_degree(holonomy, dimension)
        if degree is not None:
            return degree
    raise LeftOut("torsion degree not resolved")
