"""Degrees of the torsion polynomials of a knot, from its group and its hyperbolic structure.

Torsion polynomials are usually computed in exact or in high-precision arithmetic. Here only their
degrees are wanted, and double precision is enough for that, if one looks at the right circles.

Letters of a word are integers, ``+n`` for the generator `n` counted from 1 and ``-n`` for its
inverse.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from discover.sources.knot_invariants import Complexes, inverse

Word = tuple[int, ...]
Integers = NDArray[np.int64]
Sizes = NDArray[np.float64]

RADIUS = 1.7
"""Outer circle on which torsion is sampled; the inner one has the inverse radius.

The outermost coefficients of an adjoint torsion are up to ten orders smaller than the middle ones.
This radius lifts them above the rounding errors; larger radii lift the errors too.
"""

CLEARANCE = 2000.0
"""Least ratio of an outermost coefficient to the rounding errors beyond it."""

SYMMETRY = 1e-3
"""Largest relative difference between the two outermost coefficients."""


@dataclass(frozen=True, eq=False)
class Holonomy:
    """A knot group with the matrices of the hyperbolic structure.

    Attributes:
        generators: Matrices of determinant one ``[k, 2, 2]``, each up to sign.
        relators: The ``k - 1`` words that are trivial in the group.
        meridian: Word of a meridian; it fixes the map of the group onto the integers.
    """

    generators: Complexes
    relators: tuple[Word, ...]
    meridian: Word


def torsion_degree(holonomy: Holonomy, dimension: int) -> int | None:
    """Degree of the hyperbolic torsion (dimension 2) or of the adjoint torsion (dimension 3).

    Torsion is the determinant of a matrix of Fox derivatives, twisted by powers of ``z`` and by
    the matrices of the group, over a factor of known degree. The determinant is sampled on two
    circles and its coefficients follow by Fourier transform; the outer circle shows where they
    end, the inner one where they begin. Coefficients are symmetric, so both ends must be of one
    size, and must stand clear of the rounding errors; else no degree is given.

    The sign of each generator's matrix is chosen such that relators become the identity. The two
    such choices differ by ``z -> -z``, which has no influence on a degree.

    Sources: N. Dunfield, S. Friedl and N. Jackson, Twisted Alexander polynomials of hyperbolic
    knots, Exp. Math. 21 (2012), 329-352 (arXiv 1108.3045); J. Dubois and Y. Yamaguchi,
    arXiv 0906.1500 (adjoint).

    Args:
        holonomy: Presentation and matrices; any signs of the matrices.
        dimension: 2 for the hyperbolic torsion, 3 for the adjoint torsion.

    Returns:
        Difference of the highest and the lowest exponent, ``None`` where rounding errors leave
        it open.

    Example:
        The figure-eight knot has genus one, hence 4 - 2 and 6 - 3:

        >>> turn = np.exp(2j * np.pi / 3)
        >>> pair = np.array([[[1, 1], [0, 1]], [[1, 0], [-turn, 1]]])
        >>> group = Holonomy(pair, ((-1, 2, 1, -2, 1, 2, -1, -2, 1, -2),), (1,))
        >>> torsion_degree(group, 2), torsion_degree(group, 3)
        (2, 3)
    """
    exponents = _exponents(holonomy)
    lifted = _lift(holonomy, exponents)
    matrices = lifted if dimension == 2 else _symmetric_square(lifted)
    inverses = inverse(lifted) if dimension == 2 else _symmetric_square(inverse(lifted))
    derivatives = _fox_derivatives(holonomy.relators, exponents, matrices, inverses)
    # The generator left out contributes a known factor; small powers keep its degree small.
    out = min(
        np.flatnonzero(exponents),
        key=lambda g: (abs(int(exponents[g])), float(abs(matrices[g]).max())),
    )
    derivatives = np.delete(derivatives, out, axis=3)
    circles = [_coefficients(derivatives, r) for r in (RADIUS, 1 / RADIUS)]
    top, top_size, top_clearance = _end(circles[0], up=True)
    bottom, bottom_size, bottom_clearance = _end(circles[1], up=False)
    if min(top_clearance, bottom_clearance) < CLEARANCE or (
        abs(top_size / bottom_size - 1) > SYMMETRY
    ):
        return None
    return (top - bottom) % len(circles[0]) - dimension * abs(int(exponents[out]))


def _exponents(holonomy: Holonomy) -> Integers:
    """Image of every generator under the map to the integers that sends a meridian to one."""
    k = len(holonomy.generators)
    sums = np.array([_letter_sums(word, k) for word in holonomy.relators])
    kernel = np.linalg.svd(sums.astype(float))[2][-1]
    scale = float(_letter_sums(holonomy.meridian, k) @ kernel)
    exponents: Integers = np.rint(kernel / scale).astype(np.int64)
    if (sums @ exponents).any():
        raise ArithmeticError("the group's map onto the integers was not found")
    return exponents


def _letter_sums(word: Word, k: int) -> Integers:
    """How often each of `k` generators occurs in a word, inverses counted negative."""
    sums = np.zeros(k, dtype=np.int64)
    for letter in word:
        sums[abs(letter) - 1] += 1 if letter > 0 else -1
    return sums


def _lift(holonomy: Holonomy, exponents: Integers) -> Complexes:
    """The generators with signs such that every relator is the identity, not its negative.

    Modulo two the signs solve a linear system. With a generator of odd exponent left out its
    determinant is odd, so the real solution times this exponent is an integer solution.
    """
    matrices = holonomy.generators.astype(complex)
    inverses = inverse(matrices)
    negative = np.zeros(len(holonomy.relators))
    for i, word in enumerate(holonomy.relators):
        product = np.eye(2, dtype=complex)
        for letter in word:
            product = product @ (matrices[letter - 1] if letter > 0 else inverses[-letter - 1])
        negative[i] = product[0, 0].real < 0
    odd = int(np.flatnonzero(exponents % 2)[0])
    sums = np.array([_letter_sums(word, len(matrices)) for word in holonomy.relators])
    solution = np.linalg.solve(
        np.delete(sums, odd, axis=1).astype(float), negative * float(exponents[odd])
    )
    signs = np.insert(1.0 - 2.0 * (np.rint(solution) % 2), odd, 1.0)
    return np.asarray(matrices * signs[:, None, None], dtype=np.complex128)


def _fox_derivatives(
    relators: Sequence[Word], exponents: Integers, matrices: Complexes, inverses: Complexes
) -> Complexes:
    """Twisted Fox derivatives as polynomials ``[power, relator, row, generator, column]``.

    Powers are counted from the lowest one that occurs.
    """
    size = matrices.shape[1]
    terms: list[tuple[int, int, int, Complexes]] = []
    for i, word in enumerate(relators):
        prefix, power = np.eye(size, dtype=complex), 0
        for letter in word:
            g = abs(letter) - 1
            if letter > 0:
                terms.append((power, i, g, prefix))
                prefix, power = prefix @ matrices[g], power + int(exponents[g])
            else:
                prefix, power = prefix @ inverses[g], power - int(exponents[g])
                terms.append((power, i, g, -prefix))
    lowest = min(term[0] for term in terms)
    highest = max(term[0] for term in terms)
    shape = (highest - lowest + 1, len(relators), size, len(matrices), size)
    derivatives = np.zeros(shape, dtype=complex)
    for power, i, g, matrix in terms:
        derivatives[power - lowest, i, :, g, :] += matrix
    return derivatives


def _coefficients(derivatives: Complexes, radius: float) -> Sizes:
    """Sizes of the determinant's coefficients times powers of the radius, largest one 1.

    Args:
        derivatives: Polynomial matrix ``[power, rows, size, rows, size]``.
        radius: Radius of the circle of sampling.

    Returns:
        Sizes ``[n]``; exponents are known modulo `n` only, which is more than twice the span for
        knots of up to 15 crossings (genus at most seven).
    """
    powers, rows, size = derivatives.shape[:3]
    n = 64 * (size - 1)
    z = radius * np.exp(2j * np.pi * np.arange(n) / n)
    values = np.tensordot(z[:, None] ** np.arange(powers), derivatives, 1)
    determinants = np.linalg.det(values.reshape(n, rows * size, rows * size))
    sizes = np.abs(np.fft.fft(determinants))
    return np.asarray(sizes / sizes.max(), dtype=np.float64)


def _end(sizes: Sizes, *, up: bool) -> tuple[int, float, float]:
    """The last coefficient above (or below) the largest one that is no rounding error.

    Returns:
        Its index, its size, and its ratio to the errors: the largest of the smaller half of all.
    """
    n, peak = len(sizes), int(sizes.argmax())
    step = 1 if up else -1
    outwards = sizes[(peak + step * np.arange(n // 2)) % n]
    error = float(np.sort(sizes)[n // 2 - 1])
    last = int(np.flatnonzero(outwards > 20 * error).max(initial=0))
    return peak + step * last, float(outwards[last]), float(outwards[last]) / max(error, 1e-300)


def _symmetric_square(matrices: Complexes) -> Complexes:
    """Action on quadratic forms ``[k, 3, 3]``; conjugate to the adjoint action."""
    a, b, c, d = matrices[:, 0, 0], matrices[:, 0, 1], matrices[:, 1, 0], matrices[:, 1, 1]
    rows = [[a * a, 2 * a * b, b * b], [a * c, a * d + b * c, b * d], [c * c, 2 * c * d, d * d]]
    return np.moveaxis(np.array(rows, dtype=np.complex128), 2, 0)
