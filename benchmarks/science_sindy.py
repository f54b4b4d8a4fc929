"""PySINDy's weak form on one shipped dataset; runs in the environment of the peers.

    python benchmarks/science_sindy.py FILE.npz < settings.json

The samples are the very ones that `discover` was given, noise and all, and the library is the one
that the recipe asks of `discover`: degree, derivatives, order in time. Settings follow the examples
of the package: test functions of a share of the domain, sequentially thresholded least squares on
the first four fifths of the time (or of the trajectories, where there are five or more). It is
tried with several thresholds, for plain and for normalised columns, and what leaves the least
there, with a price for each term, is taken. The weak rows are made once for all of them.

Where the equation is of second order in time, the first derivative is a second field, made from the
samples by the package's smoothed differences: its weak form knows first derivatives only.
"""

import json
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pysindy as ps

Equations = list[dict[str, float]]

_FEWEST = 5  # trajectories that are split as wholes
# Half a test function's width by the length of each axis: as in the package's examples.
_FIELDS, _TRAJECTORIES = 1 / 12, 1 / 20


def main() -> None:
    """Fit, print the equations chosen and those of every setting, and the seconds it took."""
    given: dict[str, Any] = json.load(sys.stdin)
    arrays = np.load(sys.argv[1])
    started = time.process_time()
    warnings.simplefilter("ignore")
    np.random.seed(0)  # noqa: NPY002 - where the package draws its test functions from
    found = _fitted(arrays, given)
    chosen = found[0] if found else []
    answer = {"equations": chosen, "all": found, "seconds": time.process_time() - started}
    print(json.dumps(answer))


def _fitted(arrays: Any, given: dict[str, Any]) -> list[Equations]:
    """The equations of every setting that finds any, the best first."""
    t, u = _seen(arrays["t"], arrays["u"])
    names = given["names"]
    if given["order"] == 2:
        u = [_with_rates(each, t) for each in u]
        names = [*names, *(f"{name}_t" for name in names)]
    library = _library([arrays[name] for name in given["space"]], t, given)
    library.fit(u)
    theta = np.concatenate([np.asarray(each) for each in library.transform(u)])
    target = np.concatenate([np.asarray(library.convert_u_dot_integral(each)) for each in u])
    found = [c for c in _coefficients(theta, target, given["thresholds"]) if c.any()]
    found.sort(key=lambda c: _score(c, theta, target))
    terms = library.get_feature_names(names)
    # Of order two: only the equations of the rates, which come last.
    return [[_named(row, terms) for row in c[-len(given["names"]) :]] for c in found]


def _named(row: Any, terms: Sequence[str]) -> dict[str, float]:
    return {name: float(c) for name, c in zip(terms, row, strict=True) if c}


def _seen(t: Any, u: Any) -> tuple[Any, list[Any]]:
    """The first four fifths: times ``[n]``, and for each trajectory ``[*space, n, fields]``."""
    if len(u) >= _FEWEST:
        return t, list(u[: round(0.8 * len(u))])
    cut = int(0.8 * len(t))
    return t[:cut], [each[..., :cut, :] for each in u]


def _with_rates(u: Any, t: Any) -> Any:
    rates = ps.SmoothedFiniteDifference(axis=u.ndim - 2)(u, t)
    return np.concatenate([u, np.asarray(rates)], axis=-1)


def _library(space: Sequence[Any], t: Any, given: dict[str, Any]) -> Any:
    functions = ps.PolynomialLibrary(degree=given["degree"], include_bias=False)
    if given["sines"]:
        functions += ps.FourierLibrary(n_frequencies=1)
    grid = np.stack(np.meshgrid(*space, t, indexing="ij"), axis=-1) if space else t
    share = _FIELDS if space else _TRAJECTORIES
    return ps.WeakPDELibrary(
        function_library=functions,
        derivative_order=given["derivatives"] if space else 0,
        spatiotemporal_grid=grid,
        K=given["domains"],
        H_xt=[share * (a[-1] - a[0]) for a in (*space, t)],
        include_interaction=True,
    )


def _coefficients(theta: Any, target: Any, thresholds: Sequence[float]) -> Iterator[Any]:
    """Coefficients ``[fields, terms]`` for each threshold, of plain and of normalised columns."""
    size = float(np.linalg.norm(target, axis=0).min())
    for threshold in thresholds:
        for plain in (True, False):
            # The coefficient of a normalised column is to be compared with the target's length.
            least = threshold if plain else threshold * size / 4
            optimizer = ps.STLSQ(threshold=least, alpha=1e-12, normalize_columns=not plain)
            yield optimizer.fit(theta, target).coef_


def _score(coefficients: Any, theta: Any, target: Any) -> float:
    """Logarithm of the share that is left, the mean of all equations, with a price for terms."""
    rest = target - theta @ coefficients.T
    left = np.mean(np.mean(rest**2, axis=0) / np.mean(target**2, axis=0))
    return float(np.log(left) + 0.02 * 3 * np.count_nonzero(coefficients))


if __name__ == "__main__":
    main()
