"""A multi-layer perceptron of torch, trained by L-BFGS: what a KAN has to beat on smooth laws."""

from typing import Any

from torch import nn

from peers.lbfgs import Array, trained


def fit(
    x: Array, y: Array, x_test: Array, y_test: Array, seed: int, seconds: float
) -> dict[str, Any]:
    """Two hidden layers of 50 tanh."""

    def build() -> nn.Module:
        return nn.Sequential(
            nn.Linear(x.shape[1], 50), nn.Tanh(), nn.Linear(50, 50), nn.Tanh(), nn.Linear(50, 1)
        )

    return trained(build, (x, y, x_test, y_test), seed=seed, seconds=seconds)
