"""efficient-kan's algorithm, as Deep-KAN packages it (efficient-kan itself is not on PyPI)."""

import sys
from types import ModuleType
from typing import Any

from peers import adam
from peers.lbfgs import Array, trained

# The package imports torchvision, which it neither asks for nor uses.
for name in ("torchvision", "torchvision.transforms"):
    sys.modules.setdefault(name, ModuleType(name))

from deepkan import DeepKAN  # noqa: E402


def step(width: list[int], grid: int, rows: int, dtype: str, seconds: float) -> dict[str, float]:
    """A gradient step."""

    def build() -> tuple[Any, Any]:
        model = DeepKAN(width[0], list(width[1:]), num_knots=grid)
        return model, model.parameters()

    return adam.measured(build, width[0], rows=rows, dtype=dtype, seconds=seconds)


def fit(
    x: Array, y: Array, x_test: Array, y_test: Array, seed: int, seconds: float
) -> dict[str, Any]:
    """[2,5,1] on 20 intervals by L-BFGS."""

    def build() -> DeepKAN:
        return DeepKAN(x.shape[1], [5, 1], num_knots=20)

    return trained(build, (x, y, x_test, y_test), seed=seed, seconds=seconds)
