"""Products of a few rows with a large matrix, as a layer makes them, by compiled code.

A layer writes few sub-nodes and reads many functions on many rows. Libraries for matrices first
move them to where they can be read in order, which pays for square ones. With few rows on one side
a plain loop that reads the large matrix once, some rows of it at a time, takes half the time.
"""

from typing import Final

from torch import Tensor

from discover.compiling import compiled

# With more sub-nodes, or not so many functions for each, libraries are as quick.
_FEW: Final = 64
_LONG: Final = 3


def by_row(coef: Tensor, functions: Tensor) -> Tensor:
    """Sums of functions at every row.

    Args:
        coef: What every sub-node takes of each function ``[pop, out, functions]``.
        functions: Their values ``[1 or pop, n, functions]``.

    Returns:
        ``coef @ functions.mT`` ``[pop, out, n]``.

    Example:
        >>> import torch
        >>> by_row(torch.tensor([[[2.0, 1.0]]]), torch.tensor([[[1.0, 0.0], [3.0, 5.0]]])).tolist()
        [[[2.0, 11.0]]]
    """
    if not _thin(coef, functions):
        return coef @ functions.mT
    found = coef.new_empty(*coef.shape[:2], functions.shape[1])
    _by_row(coef.contiguous().numpy(), functions.contiguous().numpy(), found.numpy())
    return found


def by_function(delta: Tensor, functions: Tensor) -> Tensor:
    """Sums over rows for every function.

    Args:
        delta: What every sub-node takes of each row ``[pop, out, n]``.
        functions: Their values ``[1 or pop, n, functions]``.

    Returns:
        ``delta @ functions`` ``[pop, out, functions]``.

    Example:
        >>> import torch
        >>> rows = torch.tensor([[[1.0, 0.0], [3.0, 5.0]]])
        >>> by_function(torch.tensor([[[2.0, 1.0]]]), rows).tolist()
        [[[5.0, 5.0]]]
    """
    if not _thin(delta, functions):
        return delta @ functions
    found = delta.new_zeros(*delta.shape[:2], functions.shape[2])
    _by_function(delta.contiguous().numpy(), functions.contiguous().numpy(), found.numpy())
    return found


def _thin(left: Tensor, functions: Tensor) -> bool:
    out = left.shape[1]
    return out <= min(_FEW, functions.shape[2] // _LONG) and left.device.type == "cpu"


@compiled(fastmath={"contract", "reassoc"})
def _by_row(coef, functions, found):  # type: ignore[no-untyped-def]
    pop, out, m = coef.shape
    n, nothing = functions.shape[1], coef.dtype.type(0.0)
    for p in range(pop):
        own = functions[p if len(functions) > 1 else 0]
        whole = n - n % 4
        for r in range(0, whole, 4):
            f0, f1, f2, f3 = own[r], own[r + 1], own[r + 2], own[r + 3]
            for o in range(out):
                c = coef[p, o]
                s0, s1, s2, s3 = nothing, nothing, nothing, nothing
                for j in range(m):
                    s0 += c[j] * f0[j]
                    s1 += c[j] * f1[j]
                    s2 += c[j] * f2[j]
                    s3 += c[j] * f3[j]
                to = found[p, o]
                to[r], to[r + 1], to[r + 2], to[r + 3] = s0, s1, s2, s3
        for r in range(whole, n):
            for o in range(out):
                s0 = nothing
                for j in range(m):
                    s0 += coef[p, o, j] * own[r, j]
                found[p, o, r] = s0


@compiled(fastmath={"contract", "reassoc"})
def _by_function(delta, functions, found):  # type: ignore[no-untyped-def]
    pop, out, n = delta.shape
    m = functions.shape[2]
    for p in range(pop):
        own = functions[p if len(functions) > 1 else 0]
        whole = n - n % 8
        for r in range(0, whole, 8):
            f0, f1, f2, f3 = own[r], own[r + 1], own[r + 2], own[r + 3]
            f4, f5, f6, f7 = own[r + 4], own[r + 5], own[r + 6], own[r + 7]
            for o in range(out):
                d, to = delta[p, o, r : r + 8], found[p, o]
                d0, d1, d2, d3, d4, d5, d6, d7 = d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7]
                for j in range(m):
                    to[j] += (
                        (d0 * f0[j] + d1 * f1[j]) + (d2 * f2[j] + d3 * f3[j])
                        + (d4 * f4[j] + d5 * f5[j]) + (d6 * f6[j] + d7 * f7[j])
                    )  # fmt: skip
        for r in range(whole, n):
            for o in range(out):
                d0, to, f0 = delta[p, o, r], found[p, o], own[r]
                for j in range(m):
                    to[j] += d0 * f0[j]
