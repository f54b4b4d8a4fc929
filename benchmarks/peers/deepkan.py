"""efficient-kan's algorithm, as Deep-KAN packages it (efficient-kan itself is not on PyPI)."""

import sys
from importlib.metadata import version
from types import ModuleType
from typing import Any

from peers import adam

# The package imports torchvision, which it neither asks for nor uses.
for name in ("torchvision", "torchvision.transforms"):
    sys.modules.setdefault(name, ModuleType(name))

from deepkan import DeepKAN  # noqa: E402


def versions() -> dict[str, str]:
    """What is measured."""
    return {name: version(name) for name in ("Deep-KAN", "torch", "numpy")}


def step(width: list[int], grid: int, rows: int, dtype: str, seconds: float) -> dict[str, float]:
    """A gradient step."""

    def build() -> tuple[Any, Any]:
        model = DeepKAN(width[0], list(width[1:]), num_knots=grid)
        return model, model.parameters()

    return adam.measured(build, width[0], rows=rows, dtype=dtype, seconds=seconds)
