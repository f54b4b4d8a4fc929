"""What a caller handed over as rows, target and settings: read, checked and dealt."""

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from discover.basis import FAMILIES
from discover.dataset import Matrix, Rows, Vector
from discover.errors import Finding, InputError, did_you_mean
from discover.kan import Shape, Width

FEWEST_ROWS = 8
"""Below this the validation part says nothing."""
FINEST = 1 << 10
"""Most grid intervals."""
_UNSEEN = 0.2


def numbers(values: ArrayLike | Tensor, where: str) -> NDArray[np.float64]:
    """Values as a finite float64 array.

    Args:
        values: Anything that numpy or torch calls an array.
        where: What complaints call it.

    Raises:
        InputError: If they are no real, finite numbers.
    """
    if isinstance(values, Tensor):
        values = values.detach().cpu().numpy()
    try:
        array = np.asarray(values)
        if np.iscomplexobj(array):
            raise TypeError("complex")
        array = array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise InputError.one(
            where=where, found="values that are no real numbers", expected="an array of numbers"
        ) from error
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        raise InputError.one(
            where=where,
            found=f"{len(bad)} NaN or infinite values, the first at {bad[0].tolist()}",
            expected="finite numbers",
            advice="Leave these rows out.",
        )
    return array


def named(x: object, count: int) -> tuple[str, ...]:
    """Names of the columns: those of a data frame, or ``x0, x1, ...``.

    Example:
        >>> named(np.zeros((3, 2)), 2)
        ('x0', 'x1')
    """
    columns = getattr(x, "columns", None)
    return tuple(f"x{i}" if columns is None else str(columns[i]) for i in range(count))


def of_rows(x: Matrix, y: Vector, *, classes: bool = False) -> list[Finding]:
    """What is wrong with the rows and the target ``[n]`` or ``[n, outputs]``."""
    wrong = []
    if x.ndim != 2 or x.shape[1] == 0:
        advice = "Write x[:, None] for a single column." if x.ndim == 1 else ""
        wrong.append(_finding("x", f"shape {x.shape}", "rows and columns, [n, d]", advice))
    elif len(x) < FEWEST_ROWS:
        wrong.append(_finding("x", f"{len(x)} rows", f"at least {FEWEST_ROWS}"))
    if y.ndim not in (1, 2) or y.size == 0:
        wrong.append(_finding("y", f"shape {y.shape}", "a target, [n] or [n, outputs]"))
    elif x.ndim == 2 and len(x) != len(y):
        wrong.append(_finding("y", f"{len(y)} values", f"one for each of the {len(x)} rows of x"))
    if classes and not np.isin(y, (0.0, 1.0)).all():
        other = y[~np.isin(y, (0.0, 1.0))].flat[0]
        wrong.append(_finding("y", f"the value {other:g}", "0 or 1, whether a row is of the class"))
    return wrong


def of_weight(weight: Vector | None, rows: int) -> list[Finding]:
    """What is wrong with the weights of rows."""
    if weight is None:
        return []
    if weight.shape != (rows,):
        return [_finding("weight", f"shape {weight.shape}", f"one for each of the {rows} rows")]
    if not (weight >= 0).all() or not weight.sum() > 0:
        return [_finding("weight", "a negative one, or none above 0", "numbers from 0")]
    return []


def of_width(
    width: Width | None, columns: int, outputs: int, *, read_out: bool = False
) -> list[Finding]:
    """What is wrong with the widths of a network for so many columns and outputs."""
    d = columns
    expected = f"widths from {d} columns to {outputs} output(s), such as [{d}, 1, {outputs}]"
    if width is None:
        advice = (
            "A shape is searched for only with one target in memory, without weights, and with no "
            "settings of the training but method, loss, base and time."
        )
        return [_finding("width", "None", expected, advice)]
    try:
        shape = Shape.of(width)
    except (ValueError, TypeError):
        return [_finding("width", repr(width), expected)]
    if shape.inputs != d or (shape.layers[-1].size != outputs and not read_out):
        return [_finding("width", repr(width), expected)]
    return []


def of_settings(
    grid: int | None, order: int, family: str, population: int, device: str
) -> list[Finding]:
    """What is wrong with the other settings."""
    wrong = []
    if grid is not None and not 1 <= grid <= FINEST:
        wrong.append(_finding("grid", grid, f"a number of intervals from 1 to {FINEST}, or None"))
    if not 1 <= order <= 7:
        wrong.append(_finding("order", order, "a degree from 1 to 7"))
    if family not in FAMILIES:
        near = did_you_mean(family, FAMILIES)
        wrong.append(_finding("basis", repr(family), f"one of {', '.join(FAMILIES)}", near))
    if population < 1:
        wrong.append(_finding("population", population, "at least 1"))
    if not _present(device):
        expected = "cpu, or a cuda device that this machine has"
        wrong.append(_finding("device", repr(device), expected))
    return wrong


def _finding(where: str, found: object, expected: str, advice: str = "") -> Finding:
    return Finding(where=where, found=str(found), expected=expected, advice=advice)


def _present(device: str) -> bool:
    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError):  # how torch says it was built without that device
        return False
    return True


def deal(x: Matrix, y: Vector, seed: int) -> tuple[Rows, Rows]:
    """Numbers of the rows to train on and of those to validate on.

    The rows at the ends of a column or of the target train: validation shall ask how the network
    does between the rows, not beyond them.
    """
    n = len(y)
    both = np.column_stack([x, y.reshape(len(y), -1)])
    ends = np.unique(np.concatenate([both.argmin(0), both.argmax(0)]))
    wanted = max(2, round(_UNSEEN * n))
    inner = np.setdiff1d(np.arange(n), ends)
    if len(inner) < wanted:
        inner = np.arange(n)
    unseen = np.sort(np.random.default_rng(seed).permutation(inner)[:wanted])
    return np.setdiff1d(np.arange(n), unseen), unseen
