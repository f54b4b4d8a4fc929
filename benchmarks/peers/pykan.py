"""pykan: the KAN authors' own library."""

from importlib.metadata import version
from typing import Any

from kan import KAN

from peers import adam


def versions() -> dict[str, str]:
    """What is measured."""
    return {name: version(name) for name in ("pykan", "torch", "numpy")}


def step(width: list[int], grid: int, rows: int, dtype: str, seconds: float) -> dict[str, float]:
    """A gradient step without the symbolic branch (`speed`), which is its quickest."""

    def build() -> tuple[Any, Any]:
        model = KAN(width=list(width), grid=grid, k=3, seed=0, auto_save=False)
        model.speed()
        return model, model.get_params()

    return adam.measured(build, width[0], rows=rows, dtype=dtype, seconds=seconds)
