"""Invariants of a knot from its diagram and from its hyperbolic structure, one function each.

Nothing here needs a knot-theory program: diagrams are planar-diagram codes, hyperbolic structures
are translations and matrices. :mod:`discover.sources.knot_row` obtains both from SnapPy, and hands
over only what belongs to one and the same diagram, because a mirror image turns half of these
numbers round. The torsion polynomials have their own file, :mod:`discover.sources.knot_torsion`.

Conventions. A crossing ``(i, j, k, l)`` of a planar diagram lists the four edges
counter-clockwise from the incoming lower edge; edges are numbered along the knot. Positive knots
have negative signature.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Crossing = tuple[int, int, int, int]
Complexes = NDArray[np.complex128]

SHORTEST_LENGTH = 1e-3
"""Real lengths below this are rounding errors of parabolic elements, which have length zero."""

TIE = 1e-7
"""Geodesics whose lengths differ by less are of one length."""


def signature_and_determinant(diagram: Sequence[Crossing]) -> tuple[int, int]:
    """Signature and determinant of a knot from the Goeritz form of its diagram.

    The faces of the diagram are coloured like a chessboard. The white ones span the Goeritz form
    of the surface that the black ones make up, and the signature is that of the form less a
    correction for the crossings at which this surface cannot be oriented along the knot. The form
    has about half as many rows as there are crossings, against twice the genus for a Seifert
    matrix, and no surface has to be constructed.

    Source: C. McA. Gordon and R. A. Litherland, On the signature of a link,
    Invent. Math. 47 (1978), 53-69.

    Args:
        diagram: Planar-diagram code of a knot with at least two crossings ``[c, 4]``.

    Returns:
        Signature (even, negative for positive knots) and determinant (odd, positive).

    Example:
        >>> left_trefoil = [(1, 4, 2, 5), (3, 6, 4, 1), (5, 2, 6, 3)]
        >>> right_trefoil = [(1, 5, 2, 4), (3, 1, 4, 6), (5, 3, 6, 2)]
        >>> signature_and_determinant(left_trefoil), signature_and_determinant(right_trefoil)
        ((2, 3), (-2, 3))
    """
    edges = 2 * len(diagram)
    faces, white = _faces(diagram)
    number = {face: i for i, face in enumerate(sorted({faces[corner] for corner in white}))}
    form = np.zeros((len(number), len(number)))
    correction = 0
    for c, (_, right, _, left) in enumerate(diagram):
        # White lies either in the corners 0 and 2 or in 1 and 3; the twist of the black band
        # follows from that alone, since the lower strand always runs from slot 0 to slot 2.
        first = 0 if (c, 0) in white else 1
        twist = 1 - 2 * first
        a, b = number[faces[c, first]], number[faces[c, first + 2]]
        form[a, a] += twist
        form[b, b] += twist
        form[a, b] -= twist
        form[b, a] -= twist
        sign = 1 if (right - left) % edges == 1 else -1
        if sign == twist:
            correction += twist
    minor = form[1:, 1:]
    values = np.linalg.eigvalsh(minor)
    signature = int((values > 0).sum() - (values < 0).sum()) - correction
    return signature, round(abs(float(np.linalg.det(minor))))


def _faces(
    diagram: Sequence[Crossing],
) -> tuple[dict[tuple[int, int], int], set[tuple[int, int]]]:
    """The face of every corner ``(crossing, slot)``, and the corners of the white faces.

    Corner `s` of a crossing lies counter-clockwise of slot `s`.
    """
    ends: dict[int, list[tuple[int, int]]] = {}
    for c, crossing in enumerate(diagram):
        for slot, edge in enumerate(crossing):
            ends.setdefault(edge, []).append((c, slot))
    other = {}
    for one, two in ends.values():
        other[one], other[two] = two, one
    faces: dict[tuple[int, int], int] = {}
    boundaries: list[list[tuple[int, int]]] = []
    for start in sorted(other):
        corner, boundary = start, []
        while corner not in faces:
            faces[corner] = len(boundaries)
            boundary.append(corner)
            corner = other[corner[0], (corner[1] + 1) % 4]
        if boundary:
            boundaries.append(boundary)
    # Faces on the two sides of an edge differ in colour, so neighbouring corners do.
    white = {0: True}
    waiting = [0]
    while waiting:
        face = waiting.pop()
        for c, slot in boundaries[face]:
            for beside in (faces[c, (slot + 1) % 4], faces[c, (slot + 3) % 4]):
                if beside not in white:
                    white[beside] = not white[face]
                    waiting.append(beside)
    return faces, {corner for corner, face in faces.items() if white[face]}


def cusp_translations(meridian: complex, longitude: complex) -> tuple[complex, float]:
    """Translations of the maximal cusp, turned so that the longitude is real and positive.

    The cusp torus is a flat parallelogram known up to a rotation. With the longitude on the real
    axis its real length and the complex meridian are three numbers that depend on the oriented
    knot exterior alone; reversing the knot flips both translations and leaves the three unchanged.

    Source: A. Davies et al., Advancing mathematics by guiding human intuition with AI,
    Nature 600 (2021), 70-74.

    Args:
        meridian: Translation of the meridian in any rotation.
        longitude: Translation of the homological longitude in the same rotation.

    Returns:
        Meridional and longitudinal translation.

    Example:
        >>> cusp_translations(1 + 0j, -4j)
        (1j, 4.0)
    """
    length = abs(longitude)
    return meridian * (longitude.conjugate() / length), length


def shortest_geodesic(presentations: Sequence[Complexes]) -> complex:
    """Complex length of the shortest closed geodesic among words of up to three letters.

    The generators of a presentation that follows the tetrahedra move the base point a short way,
    so short words find the short geodesics. A longer word could in principle be shorter still:
    the value is an upper bound. One triangulation misses the shortest geodesic of about one knot
    in two thousand, hence several are taken together.

    An element of trace ``t`` has complex length ``2 arccosh(t/2)``. Among geodesics of one real
    length the one that turns least is taken, the positive turn before the negative one.

    Sources: J. Weeks, SnapPea (generators that follow the tetrahedra); C. Hodgson and J. Weeks,
    Symmetries, isometries and length spectra of closed hyperbolic three-manifolds,
    Exp. Math. 3 (1994), 261-274, for a search that leaves nothing out and takes far longer.

    Args:
        presentations: For each triangulation, matrices of determinant one ``[k, 2, 2]``, each up
            to sign.

    Returns:
        Real length plus i times the angle of turning in (-pi, pi].

    Example:
        The group of the figure-eight knot:

        >>> turn = np.exp(2j * np.pi / 3)
        >>> pair = np.array([[[1, 1], [0, 1]], [[1, 0], [-turn, 1]]])
        >>> length = shortest_geodesic([pair])
        >>> round(length.real, 9), round(length.imag, 6)
        (1.087070145, 1.722768)
    """
    traces = np.concatenate([_traces(generators) for generators in presentations])
    # cosh(Re l / 2) from the distances to the foci +-2: free of the branch cuts of arccosh.
    lengths = 2 * np.arccosh(np.maximum((abs(traces - 2) + abs(traces + 2)) / 4, 1.0))
    lengths[lengths < SHORTEST_LENGTH] = np.inf
    ties = traces[lengths < lengths.min() + TIE]
    turns = (2 * np.arccosh(ties / 2)).imag
    # A half turn is positive, also where rounding errors make it a little more than that.
    turns = np.pi + TIE - (np.pi + TIE - turns) % (2 * np.pi)
    best = min(range(len(ties)), key=lambda i: (round(abs(float(turns[i])), 6), -turns[i]))
    return complex(float(lengths.min()), min(float(turns[best]), np.pi))


def _traces(generators: Complexes) -> Complexes:
    """Traces of all words of one to three letters ``[2k + 4k^2 + 8k^3]``."""
    letters = np.concatenate([generators, inverse(generators)]).astype(np.complex128)
    pairs = np.einsum("aij,bjk->abik", letters, letters).reshape(-1, 2, 2)
    triples = np.einsum("aij,bji->ab", pairs, letters, optimize=True)
    singles_and_pairs = np.concatenate([letters, pairs])
    return np.concatenate([np.trace(singles_and_pairs, axis1=1, axis2=2), triples.ravel()])


def inverse(matrices: Complexes) -> Complexes:
    """Inverses of matrices of determinant one ``[k, 2, 2]``.

    Example:
        >>> inverse(np.array([[[2, 1], [1, 1]]])).real.tolist()
        [[[1.0, -1.0], [-1.0, 2.0]]]
    """
    swapped = matrices[:, ::-1, ::-1].transpose(0, 2, 1)
    return np.asarray(swapped * np.array([[1, -1], [-1, 1]]), dtype=np.complex128)
