"""inkan: cubic B-splines in closed form, its basis compiled by torch."""

from importlib.metadata import version
from typing import Any

from inkan import KANNetwork

from peers import adam


def versions() -> dict[str, str]:
    """What is measured."""
    return {name: version(name) for name in ("inkan", "torch", "numpy")}


def step(width: list[int], grid: int, rows: int, dtype: str, seconds: float) -> dict[str, float]:
    """A gradient step, with the compiled basis that is its default."""

    def build() -> tuple[Any, Any]:
        model = KANNetwork(list(width), grid_size=grid)
        return model, model.parameters()

    return adam.measured(build, width[0], rows=rows, dtype=dtype, seconds=seconds)
