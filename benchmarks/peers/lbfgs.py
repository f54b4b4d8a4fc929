"""A torch module trained by L-BFGS on all rows in float64, with its test error on the way."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from clock import Stopwatch
from numpy.typing import NDArray

Array = NDArray[np.float64]


def trained(
    build: Callable[[], torch.nn.Module],
    rows: tuple[Array, Array, Array, Array],
    *,
    seed: int,
    seconds: float,
) -> dict[str, Any]:
    """Train until the time is up, or until L-BFGS stands still.

    Args:
        build: Makes the module.
        rows: Features and target to train on, then those to test on.
        seed: Of the initial weights.
        seconds: Time to train.
    """
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(seed)
    x, y, x_test, y_test = (torch.as_tensor(a) for a in rows)
    module = build()
    optimiser = torch.optim.LBFGS(
        module.parameters(),
        max_iter=20,
        history_size=50,
        line_search_fn="strong_wolfe",
        tolerance_grad=1e-14,
        tolerance_change=1e-16,
    )

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        value = torch.mean((module(x)[:, 0] - y) ** 2)
        value.backward()
        return value

    def error() -> float:
        with torch.no_grad():
            return float(torch.mean((module(x_test)[:, 0] - y_test) ** 2).sqrt())

    watch = Stopwatch()
    last = None
    while not watch.trace or watch.trace[-1][0] < seconds:
        value = float(optimiser.step(loss))
        watch.note(error)
        if value == last:
            break
        last = value
    return {
        "trace": watch.trace,
        "seconds": watch.trace[-1][0],
        "rmse": watch.trace[-1][1],
        "parameters": sum(p.numel() for p in module.parameters() if p.requires_grad),
    }
