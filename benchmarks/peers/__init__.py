"""The engines that `discover` is measured against, one file each, with the same few functions.

``step(width, grid, rows, dtype, seconds) -> rate`` of one gradient step (see `clock.rate`)
``fit(x, y, x_test, y_test, seed, ...) -> {trace, rmse, seconds, parameters}``, the trace as pairs
    of seconds and test error
``hellokan(x, y, x_test, y_test, seed) -> {seconds, expression, rmse}`` where there are formulas
``edges(x, y) -> {seconds, unexplained, names}``, a function for every edge of a layer and what it
    leaves of the edge's variance, likewise

They run in the peers' own interpreter, started by `worker.py`; none of them knows `discover`.
"""
