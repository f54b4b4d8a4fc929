"""Products of powers with rational exponents: their values, their forms, and how they are read off.

A singular value decomposition gives a space of exponents in some basis of decimal numbers. Its
reduced echelon form is the same for every basis, and made of small whole numbers and halves where
the law is one of physics.
"""

from collections.abc import Mapping
from fractions import Fraction
from itertools import combinations

import numpy as np
import sympy as sp
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
Exponents = tuple[Fraction, ...]
Structure = tuple[Exponents, tuple[Exponents, ...]]

# Fitted exponents this near a whole number, a half or a third are taken for it.
NEAR: Mapping[int, float] = {1: 0.2, 2: 0.1, 3: 0.03}
# Where none is near, noise may hide one: the nearest whole numbers.
NEAREST: Mapping[int, float] = {1: 0.5}
_LARGEST = 12  # whole exponent; of halves the numerator is at most 3, of thirds 1
_CONDITION = 300.0


def power(base: tuple[sp.Expr, ...], exponents: tuple[Fraction, ...]) -> sp.Expr:
    """The product of powers in symbols."""
    return sp.Mul(
        *(
            b ** sp.Rational(e.numerator, e.denominator)
            for b, e in zip(base, exponents, strict=True)
        )
    )


def base_values(base: tuple[sp.Expr, ...], x: Matrix, symbols: tuple[sp.Expr, ...]) -> Matrix:
    """Values ``[n, p]`` of columns, sums and differences of columns."""
    column = {s: x[:, i] for i, s in enumerate(symbols)}
    out = []
    for expr in base:
        terms = [term.as_coeff_Mul() for term in sp.Add.make_args(expr)]
        out.append(sum(float(c) * column[s] for c, s in terms))
    return np.column_stack(out)


def powers(base: Matrix, exponents: Matrix) -> Matrix:
    """Products of powers ``[n, r]``; of negative numbers whole powers only.

    Args:
        base: What the powers are of ``[n, p]``.
        exponents: Exponents of each product ``[r, p]``.
    """
    products = [_product(base[:, row != 0], row[row != 0]) for row in exponents]
    return np.column_stack(products) if products else np.empty((len(base), 0))


def _product(base: Matrix, exponents: Vector) -> Vector:
    odd = np.round(exponents).astype(int) % 2 == 1
    with np.errstate(all="ignore"):
        size = np.exp(np.log(np.abs(base)) @ exponents)
    # A zero has no sign here: its power is zero, or, where the exponent is negative, a pole.
    return np.asarray(size * np.where(base[:, odd] < 0, -1.0, 1.0).prod(axis=1))


def _rational(value: float, near: Mapping[int, float]) -> Fraction | None:
    for denominator, reach in near.items():
        exact = Fraction(round(value * denominator), denominator)
        if abs(float(exact) - value) < reach and abs(exact.numerator) <= _LARGEST // denominator**2:
            return exact
    return None


def echelons(space: Matrix, r: int, near: Mapping[int, float]) -> list[Structure]:
    """Factor and groups whose exponents span the row space ``[r + 1, d + 1]`` up to rounding.

    Of each rational space the shortest basis; of all spaces the one with the shortest first.
    """
    d = space.shape[1] - 1
    found: dict[object, tuple[float, Structure]] = {}
    for pivots in combinations(range(d), r):
        block = space[:, [*pivots, d]]
        if np.linalg.cond(block) > _CONDITION:
            continue
        reduced = np.linalg.solve(block, space)[:, :d]
        rows = [[_rational(v, near) for v in row] for row in reduced]
        if any(v is None for row in rows for v in row):
            continue
        exact = [tuple(v for v in row if v is not None) for row in rows]
        cost = float(sum(abs(v.numerator) + 2 * (v.denominator - 1) for row in exact for v in row))
        matrix = sp.Matrix(
            [
                [sp.Rational(v.numerator, v.denominator) for v in row] + [int(k == r)]
                for k, row in enumerate(exact)
            ]
        )
        key = sp.ImmutableMatrix(matrix.rref()[0])
        if key not in found or cost < found[key][0]:
            # The last row is that of -y: its exponents are those of the factor, negated.
            found[key] = cost, (tuple(-v for v in exact[-1]), tuple(exact[:-1]))
    return [structure for _, structure in sorted(found.values(), key=lambda pair: pair[0])]


def broken(structure: Structure) -> bool:
    """Whether an exponent of the factor or of a group is no whole number."""
    return any(e.denominator != 1 for row in (structure[0], *structure[1]) for e in row)


def whole_of_signed(exponents: tuple[tuple[Fraction, ...], ...], signed: NDArray[np.bool_]) -> bool:
    """Whether variables of either sign have whole exponents only."""
    return all(
        e.denominator == 1 or not s for row in exponents for e, s in zip(row, signed, strict=True)
    )
