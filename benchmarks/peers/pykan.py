"""pykan: the KAN authors' own library, as its `hellokan` notebook uses it."""

import math
import time
from pathlib import Path
from typing import Any

import numpy as np
import sympy
import torch
from clock import Stopwatch
from kan import KAN
from kan.spline import curve2coef
from numpy.typing import NDArray
from torch import Tensor

from peers import adam

Array = NDArray[np.float64]

# What the notebook offers to `auto_symbolic`.
LIBRARY = ["x", "x^2", "x^3", "x^4", "exp", "log", "sqrt", "tanh", "sin", "abs"]

# Grid intervals at which a spline is the curve it was made from.
_FINE = 30


def step(width: list[int], grid: int, rows: int, dtype: str, seconds: float) -> dict[str, float]:
    """A gradient step without the symbolic branch (`speed`), which is its quickest."""

    def build() -> tuple[Any, Any]:
        model = KAN(width=list(width), grid=grid, k=3, seed=0, auto_save=False)
        model.speed()
        return model, model.get_params()

    return adam.measured(build, width[0], rows=rows, dtype=dtype, seconds=seconds)


class _Run:
    """A model on its rows, in float64, with the test error after every step of its optimiser."""

    def __init__(self, width: list[int], grid: int, seed: int, rows: tuple[Array, ...]) -> None:
        torch.set_default_dtype(torch.float64)
        x, y, x_test, y_test = (torch.as_tensor(a) for a in rows)
        self.data = {
            "train_input": x,
            "train_label": y[:, None],
            "test_input": x_test,
            "test_label": y_test[:, None],
        }
        np.random.seed(seed)  # noqa: NPY002  (pykan draws its batches from it)
        torch.manual_seed(seed)
        # Nothing is saved on the way, but what `prune` makes saves itself all the same.
        Path("model").mkdir(exist_ok=True)
        self.model = KAN(width=list(width), grid=grid, k=3, seed=seed, auto_save=False)
        self.watch = Stopwatch()

    def error(self) -> float:
        with torch.no_grad():
            gap = self.model(self.data["test_input"]) - self.data["test_label"]
        return float((gap**2).mean().sqrt())

    def fit(self, steps: int, penalty: float = 0.0) -> None:
        def test_error() -> Tensor:
            self.watch.note(self.error)
            return torch.zeros(())

        self.model.fit(
            self.data, opt="LBFGS", steps=steps, lamb=penalty, metrics=(test_error,), log=steps
        )

    def train(self, steps: int) -> None:
        """The notebook's way to an accurate network: sparsify, prune, refine."""
        self.fit(steps, penalty=0.001)
        self.model = self.model.prune()
        self.fit(steps)
        self.model = self.model.refine(10)
        self.fit(steps)

    def parameters(self) -> int:
        """Coefficients of the edges that live."""
        layers = self.model.act_fun
        return sum(int(layer.mask.sum()) * layer.coef.shape[-1] for layer in layers)


def fit(
    x: Array, y: Array, x_test: Array, y_test: Array, seed: int, steps: int = 50
) -> dict[str, Any]:
    """`hellokan` up to its formula: [2,5,1], 50 steps with penalty, prune, 50, grid 10, 50."""
    run = _Run([x.shape[1], 5, 1], 3, seed, (x, y, x_test, y_test))
    run.train(steps)
    return _result(run)


def _result(run: _Run) -> dict[str, Any]:
    seconds, rmse = run.watch.trace[-1]
    return {
        "trace": run.watch.trace,
        "seconds": seconds,
        "rmse": rmse,
        "parameters": run.parameters(),
        "width": str([w[0] if isinstance(w, list) else w for w in run.model.width]),
    }


def scaling(
    x: Array,
    y: Array,
    x_test: Array,
    y_test: Array,
    seed: int,
    width: list[int],
    grids: list[int],
    steps: int = 50,
) -> dict[str, Any]:
    """Test error after each grid, each refined from the one before."""
    run = _Run(width, grids[0], seed, (x, y, x_test, y_test))
    levels = []
    for number, grid in enumerate(grids):
        if number:
            run.model = run.model.refine(grid)
        run.fit(steps)
        seconds, rmse = run.watch.trace[-1]
        levels.append({"grid": grid, "rmse": rmse, "seconds": seconds})
    return {"levels": levels}


def hellokan(
    x: Array, y: Array, x_test: Array, y_test: Array, seed: int, steps: int = 50
) -> dict[str, Any]:
    """The whole notebook: the same, then `auto_symbolic`, 50 more steps, and the formula."""
    start = time.perf_counter()
    run = _Run([x.shape[1], 5, 1], 3, seed, (x, y, x_test, y_test))
    run.train(steps)
    trained = run.watch.trace[-1][1]
    run.model.auto_symbolic(lib=LIBRARY)
    run.fit(steps)
    formulas, symbols = run.model.symbolic_formula()
    seconds = time.perf_counter() - start
    value = sympy.lambdify(symbols, formulas[0], "numpy")(*x_test.T)
    rmse = float(np.sqrt(np.mean((np.broadcast_to(value, y_test.shape) - y_test) ** 2)))
    return {
        "seconds": seconds,
        "trained": trained,
        "rmse": rmse if math.isfinite(rmse) else None,
        "expression": str(formulas[0].xreplace(_rounded(formulas[0]))),
    }


def edges(x: Array, y: Array) -> dict[str, Any]:
    """`auto_symbolic` with the whole library, on a layer whose splines are the given curves.

    It is asked for the best fit and not for a simple one (`weight_simple`), and its line is quiet.

    Args:
        x: Inputs of the layer ``[n, in]``.
        y: Values of its edges ``[n, out, in]``.
    """
    torch.set_default_dtype(torch.float64)
    rows, values = torch.as_tensor(x), torch.as_tensor(y)
    model = KAN(
        width=[x.shape[1], y.shape[1]], grid=_FINE, k=3, seed=0, base_fun="zero", auto_save=False
    )
    layer = model.act_fun[0]
    layer.update_grid_from_samples(rows)
    layer.coef.data = curve2coef(rows, values.transpose(1, 2), layer.grid, layer.k)
    layer.scale_sp.data = torch.ones_like(layer.scale_sp)
    model(rows)
    start = time.perf_counter()
    model.auto_symbolic(lib=None, weight_simple=0.0, verbose=0)
    seconds = time.perf_counter() - start
    found = model.symbolic_fun[0](rows)[1].detach()
    rest = ((found - values) ** 2).mean(0) / values.var(0, unbiased=False)
    return {
        "seconds": seconds,
        "unexplained": rest.flatten().tolist(),
        "names": [str(name) for row in model.symbolic_fun[0].funs_name for name in row],
    }


def _rounded(formula: sympy.Expr) -> dict[sympy.Float, sympy.Float]:
    return {number: number.round(4) for number in formula.atoms(sympy.Float)}
