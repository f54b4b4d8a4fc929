"""inkan: cubic B-splines in closed form, its basis compiled by torch."""

from typing import Any

from inkan import KANNetwork

from peers import adam
from peers.lbfgs import Array, trained


def step(width: list[int], grid: int, rows: int, dtype: str, seconds: float) -> dict[str, float]:
    """A gradient step, with the compiled basis that is its default."""

    def build() -> tuple[Any, Any]:
        model = KANNetwork(list(width), grid_size=grid)
        return model, model.parameters()

    return adam.measured(build, width[0], rows=rows, dtype=dtype, seconds=seconds)


def fit(
    x: Array, y: Array, x_test: Array, y_test: Array, seed: int, seconds: float
) -> dict[str, Any]:
    """[2,5,1] on 20 intervals by L-BFGS; not compiled, which would take longer than the fit."""

    def build() -> KANNetwork:
        return KANNetwork([x.shape[1], 5, 1], grid_size=20, compile_basis=False)

    return trained(build, (x, y, x_test, y_test), seed=seed, seconds=seconds)
