"""jaxkan: jitted by XLA; its `spline` layer is efficient-kan's algorithm."""

from importlib.metadata import version
from typing import Any

import jax
import numpy as np
import optax
from flax import nnx
from jax import numpy as jnp
from jaxkan.models.KAN import KAN

from clock import rate


def versions() -> dict[str, str]:
    """What is measured."""
    return {name: version(name) for name in ("jaxkan", "jax", "flax", "optax", "numpy")}


def _created(width: list[int], grid: int, seed: int, dtype: str) -> Any:
    """A network, its parameters in the asked type (jaxkan makes them in float32)."""
    jax.config.update("jax_enable_x64", dtype == "float64")
    model = KAN(
        layer_dims=list(width),
        layer_type="spline",
        required_parameters={"k": 3, "G": grid},
        seed=seed,
    )
    graph, parameters, rest = nnx.split(model, nnx.Param, ...)
    parameters = jax.tree.map(lambda a: a.astype(dtype), parameters)
    return graph, parameters, rest


def step(width: list[int], grid: int, rows: int, dtype: str, seconds: float) -> dict[str, float]:
    """A gradient step as one jitted function of plain parameters, which is its quickest."""
    graph, parameters, rest = _created(width, grid, 0, dtype)
    optimiser = optax.adam(1e-3)
    x = jnp.asarray(np.random.default_rng(0).uniform(-1, 1, (rows, width[0])), dtype)
    y = jnp.sin(3 * x[:, :1])

    def loss(parameters: Any) -> Any:
        return jnp.mean((nnx.merge(graph, parameters, rest)(x) - y) ** 2)

    @jax.jit
    def update(parameters: Any, state: Any) -> tuple[Any, Any]:
        slope = jax.grad(loss)(parameters)
        change, state = optimiser.update(slope, state)
        return optax.apply_updates(parameters, change), state

    at = [(parameters, optimiser.init(parameters))]

    def one() -> None:
        at[0] = jax.block_until_ready(update(*at[0]))

    return rate(one, seconds)
