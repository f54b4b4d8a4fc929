"""jaxkan: jitted by XLA; its `spline` layer is efficient-kan's algorithm."""

from functools import partial
from typing import Any

import jax
import numpy as np
import optax
from clock import Stopwatch, rate
from flax import nnx
from jax import numpy as jnp
from jaxkan.models.KAN import KAN
from numpy.typing import NDArray

Array = NDArray[np.float64]


def _created(width: list[int], grid: int, seed: int, dtype: str, x: Any = None) -> Any:
    """A network, its parameters in the asked type (jaxkan makes them in float32)."""
    jax.config.update("jax_enable_x64", dtype == "float64")
    model = KAN(
        layer_dims=list(width),
        layer_type="spline",
        required_parameters={"k": 3, "G": grid},
        seed=seed,
    )
    if x is not None:
        model.update_grids(x, grid)
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


def fit(
    x: Array, y: Array, x_test: Array, y_test: Array, seed: int, seconds: float
) -> dict[str, Any]:
    """[2,5,1] on 20 intervals set from the data, by optax's L-BFGS; compiling is not counted."""
    jax.config.update("jax_enable_x64", True)
    rows, target = jnp.asarray(x), jnp.asarray(y)
    graph, parameters, rest = _created([x.shape[1], 5, 1], 20, seed, "float64", rows)
    optimiser = optax.lbfgs(memory_size=20)

    def predict(parameters: Any, x: Any) -> Any:
        return nnx.merge(graph, parameters, rest)(x)[:, 0]

    def loss(parameters: Any) -> Any:
        return jnp.mean((predict(parameters, rows) - target) ** 2)

    value_and_slope = optax.value_and_grad_from_state(loss)

    def once(at: Any, _: Any) -> Any:
        parameters, state = at
        value, slope = value_and_slope(parameters, state=state)
        change, state = optimiser.update(
            slope, state, parameters, value=value, grad=slope, value_fn=loss
        )
        return (optax.apply_updates(parameters, change), state), value

    twenty = jax.jit(lambda at: jax.lax.scan(once, at, None, length=20))
    error = jax.jit(lambda p: jnp.sqrt(jnp.mean((predict(p, x_test) - y_test) ** 2)))
    at = (parameters, optimiser.init(parameters))
    # Twice, since the state of the first call has weaker types than that of all others.
    jax.block_until_ready(twenty(twenty(at)[0]))
    watch = Stopwatch()
    last = None
    while not watch.trace or watch.trace[-1][0] < seconds:
        at, values = jax.block_until_ready(twenty(at))
        watch.note(partial(_number, error, at[0]))
        if float(values[-1]) == last:
            break
        last = float(values[-1])
    return {
        "trace": watch.trace,
        "seconds": watch.trace[-1][0],
        "rmse": watch.trace[-1][1],
        "parameters": sum(int(a.size) for a in jax.tree.leaves(parameters)),
    }


def _number(error: Any, parameters: Any) -> float:
    return float(error(parameters))
