"""Tables that are larger than memory: rows are read from their file whenever they are needed.

Every fifth block of rows is kept for validation; a sample of those is held in memory. The scaling
takes one pass over the file.
"""

from typing import Any

import numpy as np
import torch

from discover.dataset import Scaling
from discover.errors import InputError
from discover.fitting.table import Parts, Table
from discover.training import Stream
from discover.training.rows import BLOCK

_EVERY = 5
_UNSEEN_BLOCKS = 10


def is_stream(x: Any) -> bool:
    """Whether rows are to be read where they are: of an open HDF5 dataset, Parquet, a memory map.

    Example:
        >>> is_stream(np.zeros((3, 2)))
        False
    """
    if isinstance(x, np.memmap):
        return True
    plain = isinstance(x, np.ndarray | torch.Tensor | list | tuple)
    return not plain and hasattr(x, "shape") and hasattr(x, "dtype") and not hasattr(x, "iloc")


def from_file(x: Any, y: Any, device: str) -> Table:
    """Deal and scale the rows of a file.

    Args:
        x: Features ``[n, d]``, read by slices.
        y: Target ``[n]``, read by slices.
        device: Where to compute.

    Raises:
        InputError: If the rows do not fit or are not finite.
    """
    if len(x.shape) != 2 or len(y.shape) != 1 or x.shape[0] != y.shape[0] or x.shape[0] < BLOCK:
        raise InputError.one(
            where="x, y",
            found=f"shapes {tuple(x.shape)} and {tuple(y.shape)}",
            expected=f"[n, d] and [n] with at least {BLOCK} rows",
            advice="Hand over smaller tables as arrays.",
        )
    blocks = [(a, min(a + BLOCK, x.shape[0])) for a in range(0, x.shape[0], BLOCK)]
    unseen = blocks[_EVERY - 1 :: _EVERY]
    seen = [b for i, b in enumerate(blocks) if i % _EVERY != _EVERY - 1] if unseen else blocks
    scaling, low, high = _scaling(x, y, seen)
    like = torch.zeros(1, dtype=torch.float64, device=device)
    whole = Stream(x=x, y=y, scaling=scaling, blocks=tuple(seen), like=like)
    held = unseen[:: -(-len(unseen) // _UNSEEN_BLOCKS)] if unseen else blocks[-1:]
    rows = [whole.read(*block) for block in held]
    validation = torch.cat([part[0] for part in rows]), torch.cat([part[1] for part in rows])
    few = [whole.read(*block) for block in seen[:: -(-len(seen) // _UNSEEN_BLOCKS)]]
    return Table(
        names=getattr(x, "names", tuple(f"x{i}" for i in range(x.shape[1]))),
        outputs=1,
        dataset=None,
        parts=Parts(train=whole, validation=validation, both=whole, scale=scaling.y_scale),
        scaling=scaling,
        low=torch.as_tensor((low - scaling.x_shift) / scaling.x_scale).to(few[0][0]),
        high=torch.as_tensor((high - scaling.x_shift) / scaling.x_scale).to(few[0][0]),
    )


def _scaling(
    x: Any, y: Any, blocks: list[tuple[int, int]]
) -> tuple[Scaling, np.ndarray, np.ndarray]:
    """Means and spreads of the training rows, merged block by block, and the ends of columns.

    Source: T. Chan, G. Golub, R. LeVeque, Am. Stat. 37 (1983) 242, equation 2.1.
    """
    d = x.shape[1]
    count, mean, scatter = 0, np.zeros(d + 1), np.zeros(d + 1)
    low, high = np.full(d, np.inf), np.full(d, -np.inf)
    for start, stop in blocks:
        rows = np.column_stack([x[start:stop], y[start:stop]]).astype(np.float64)
        if not np.isfinite(rows).all():
            raise InputError.one(
                where="x, y",
                found=f"NaN or infinite values in rows {start} to {stop}",
                expected="finite numbers",
                advice="Leave these rows out.",
            )
        n = len(rows)
        shift = rows.mean(0) - mean
        scatter += rows.var(0) * n + shift**2 * (count * n / (count + n))
        mean += shift * (n / (count + n))
        count += n
        low, high = np.minimum(low, rows[:, :-1].min(0)), np.maximum(high, rows[:, :-1].max(0))
    spread = np.sqrt(scatter / count)
    spread = np.where(spread > 0, spread, 1.0)
    scaling = Scaling(
        x_shift=mean[:-1], x_scale=spread[:-1], y_shift=float(mean[-1]), y_scale=float(spread[-1])
    )
    return scaling, low, high
