"""scikit-learn's MLPRegressor, trained by its L-BFGS."""

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.neural_network import MLPRegressor

Array = NDArray[np.float64]


def fit(
    x: Array, y: Array, x_test: Array, y_test: Array, seed: int, seconds: float
) -> dict[str, Any]:
    """Two hidden layers of 50 tanh, weak decay; it tells no errors on the way."""
    start = time.perf_counter()
    model = MLPRegressor(
        hidden_layer_sizes=(50, 50),
        activation="tanh",
        solver="lbfgs",
        alpha=1e-10,
        tol=1e-12,
        max_iter=200,
        max_fun=10**9,
        warm_start=True,
        random_state=seed,
    )
    trace = []
    spent = 0.0
    while spent < seconds:
        start = time.perf_counter()
        model.fit(x, y)
        spent += time.perf_counter() - start
        trace.append((spent, float(np.sqrt(np.mean((model.predict(x_test) - y_test) ** 2)))))
        if model.n_iter_ < model.max_iter:
            break
    return {
        "trace": trace,
        "seconds": spent,
        "rmse": trace[-1][1],
        "parameters": sum(w.size for w in (*model.coefs_, *model.intercepts_)),
    }
