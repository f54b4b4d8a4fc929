"""PySINDy's weak form on one shipped dataset; runs in the environment of the peers.

    python benchmarks/science_sindy.py FILE.npz < settings.json

The samples are the very ones that `discover` was given, noise and all, and the library is the one
that the recipe asks of `discover`: degree, derivatives, order in time. Settings follow the examples
of the package: test functions of a share of the domain, sequentially thresholded least squares on
the first four fifths of the time (or of the trajectories, where there are five or more). Of several
thresholds the one is taken that leaves the least there, with a price for each term.

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

_FEWEST = 5  # trajectories that are split as wholes
# Half a test function's width by the length of each axis: as in the package's examples.
_FIELDS, _TRAJECTORIES = 1 / 12, 1 / 20


def main() -> None:
    """Fit, and print the terms of every equation with the seconds it took."""
    given: dict[str, Any] = json.load(sys.stdin)
    arrays = np.load(sys.argv[1])
    started = time.process_time()
    warnings.simplefilter("ignore")
    np.random.seed(0)  # noqa: NPY002 - where the package draws its test functions from
    found = _fitted(arrays, given)
    print(json.dumps({"equations": found, "seconds": time.process_time() - started}))


def _fitted(arrays: Any, given: dict[str, Any]) -> list[dict[str, float]]:
    t, u = _seen(arrays["t"], arrays["u"])
    names = given["names"]
    if given["order"] == 2:
        u = [_with_rates(each, t) for each in u]
        names = [*names, *(f"{name}_t" for name in names)]
    library = _library([arrays[name] for name in given["space"]], t, given)
    best: tuple[float, Any] = (np.inf, None)
    for model in _models(library, u, t, names, given["thresholds"]):
        size = int(np.count_nonzero(model.coefficients()))
        score = np.log(_left(model, library, u)) + 0.02 * 3 * size if size else np.inf
        if score < best[0]:
            best = score, model
    if best[1] is None:
        return []
    model = best[1]
    rows = model.coefficients()[-len(given["names"]) :]  # of order two: those of the rates
    return [
        {name: float(c) for name, c in zip(model.get_feature_names(), row, strict=True) if c}
        for row in rows
    ]


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


def _models(
    library: Any, u: list[Any], t: Any, names: list[str], thresholds: list[float]
) -> Iterator[Any]:
    for threshold in thresholds:
        optimizer = ps.STLSQ(threshold=threshold, alpha=1e-12, normalize_columns=False)
        model = ps.SINDy(feature_library=library, optimizer=optimizer)
        try:
            model.fit(u, t=t, feature_names=names)
        except ValueError:  # nothing is as large as the threshold
            continue
        yield model


def _left(model: Any, library: Any, u: list[Any]) -> float:
    """Share of the weak left-hand sides that a model leaves, the mean of all equations."""
    theta = np.concatenate([np.asarray(each) for each in library.transform(u)])
    target = np.concatenate([np.asarray(library.convert_u_dot_integral(each)) for each in u])
    rest = target - theta @ model.coefficients().T
    return float(np.mean(np.mean(rest**2, axis=0) / np.mean(target**2, axis=0)))


if __name__ == "__main__":
    main()
