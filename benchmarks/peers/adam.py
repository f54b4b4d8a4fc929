"""One step of Adam on a torch module: forward, backward, update."""

from collections.abc import Callable, Iterable

import torch
from clock import rate
from torch import Tensor

DTYPES = {"float32": torch.float32, "float64": torch.float64}


def measured(
    build: Callable[[], tuple[Callable[[Tensor], Tensor], Iterable[torch.nn.Parameter]]],
    inputs: int,
    *,
    rows: int,
    dtype: str,
    seconds: float,
) -> dict[str, float]:
    """Rate of a step on random rows in [-1, 1].

    Args:
        build: Makes the network, under the default type of the step, and says what is trained.
        inputs: Number of columns.
        rows: Number of rows; all of them are in each step.
        dtype: ``float32`` or ``float64``.
        seconds: How long to measure.
    """
    torch.set_default_dtype(DTYPES[dtype])
    torch.manual_seed(0)
    forward, parameters = build()
    optimiser = torch.optim.Adam(parameters, lr=1e-3, fused=True)
    x = 2 * torch.rand(rows, inputs) - 1
    y = torch.sin(3 * x[:, :1])

    def step() -> None:
        optimiser.zero_grad()
        loss = torch.mean((forward(x) - y) ** 2)
        loss.backward()
        optimiser.step()

    return rate(step, seconds)
