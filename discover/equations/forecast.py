"""The proof of an equation: integrated from a measured state, against data that nobody fitted.

Fields on a periodic box go on by a spectral method (`spectral`), states without space by a
Runge-Kutta method of eighth order. A noisy state is smoothed before it is used as a start.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import sympy as sp
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.signal import resample, savgol_coeffs

from discover.dataset import Variable
from discover.equations.terms import Grid, derivatives
from discover.field import Field
from discover.law import Law
from discover.record import Forecast
from discover.spectral import Box, Flow, Modes, resolved

Array = NDArray[np.float64]
Place = tuple[Variable, tuple[int, ...]]
Known = Mapping[sp.Symbol, Place]

_TOLERANCE = 1e-6
_MOST = 64
_FINER = 2  # than the measured grid, so that products of its waves do not alias
_PICTURE = 96
_NOISY = 1e-3  # of the spread: below, a start is taken as it was measured


def forecast(
    laws: Sequence[Law], test: Field, *, order: int, noise: Sequence[float], half: int
) -> Forecast:
    """What the equations say of the test part, from its own beginning.

    Only where every axis of space is periodic; a note says so where one is not.

    Args:
        laws: One equation for each field, in their order.
        test: The part that was never fitted; its first trajectory is used for the picture, all of
            them for the errors.
        order: Order of the equations in time.
        noise: Standard deviation of the noise of each field.
        half: Points on each side over which a noisy start is smoothed in time.
    """
    open_ends = [axis.name for axis in test.space if not axis.periodic]
    if open_ends:
        where = ", ".join(open_ends)
        return _nothing(f"No forecast: what happens at the ends of {where} is not known.")
    spread = test.values.std(axis=tuple(range(1, test.values.ndim)))
    noisy = bool((np.array(noise) > _NOISY * spread).any())
    half = min(half if noisy else 4, (len(test.time) - 2) // 4)
    begin = half  # the start has to have neighbours on both sides
    times = test.time.values[begin:]
    # Steps need not be finer than what is known of the start.
    tolerance = max(_TOLERANCE, 0.1 * float((np.array(noise) / spread).max()))
    runs = []
    note = ""
    for trajectory in range(test.trajectories):
        states = _start(test, trajectory, begin, half, order, noise if noisy else None)
        try:
            runs.append(_integrated(laws, test, states, times, order, tolerance))
        except ArithmeticError as error:
            note = f"The equations could not be integrated: {error}."
            break
    if note:
        return _nothing(note)
    predicted = np.stack(runs, axis=1)
    measured = test.values[:, :, begin:]
    axes = (1, *range(3, measured.ndim))
    errors = np.sqrt(np.mean((predicted - measured) ** 2, axis=axes)) / spread[:, None]
    thin = _thinned(measured.shape[2:])
    return Forecast(
        times=times,
        errors=dict(zip(test.names, errors, strict=True)),
        floor={n: float(s / w) for n, s, w in zip(test.names, noise, spread, strict=True)},
        axis=test.space[0].name if test.space else "",
        measured=measured[:, 0][(slice(None), *thin)],
        predicted=predicted[:, 0][(slice(None), *thin)],
    )


def _nothing(note: str) -> Forecast:
    empty = np.zeros(0)
    return Forecast(
        times=empty, errors={}, floor={}, axis="", measured=empty, predicted=empty, note=note
    )


def _start(
    test: Field, trajectory: int, begin: int, half: int, order: int, noise: Sequence[float] | None
) -> Array:
    """The fields, and for second order their velocities, at one time ``[field * order, *space]``.

    By a polynomial through the neighbours in time (Savitzky and Golay, Anal. Chem. 36 (1964)
    1627); with noise also without the waves in space that noise explains.
    """
    window = test.values[:, trajectory, begin - half : begin + half + 1]
    degree = min(4, 2 * half) if noise is not None else 2 * half
    found = []
    for derivative in range(order):
        weights = savgol_coeffs(
            2 * half + 1, degree, deriv=derivative, delta=test.time.step, use="dot"
        )
        found.append(np.tensordot(weights, window, axes=(0, 1)))
    if order == 1 and noise is None:
        found = [window[:, half]]
    state = np.concatenate(found)
    if noise is None or not test.space:
        return state
    factor = np.sqrt(np.square(weights).sum()) if order == 1 else 1.0
    levels = [factor * spread for spread in noise] * order
    return np.stack([_cleaned(one, level) for one, level in zip(state, levels, strict=True)])


def _cleaned(values: Array, noise: float) -> Array:
    """A field without the waves that noise alone would make.

    Of n waves of pure noise the strongest has about log(n) times the mean power (Donoho and
    Johnstone, Biometrika 81 (1994) 425).
    """
    axes = tuple(range(values.ndim))
    modes = np.fft.rfftn(values, axes=axes)
    kept = np.abs(modes) ** 2 > np.log(values.size) * values.size * noise**2
    return np.asarray(np.fft.irfftn(kept * modes, s=values.shape, axes=axes))


def _integrated(
    laws: Sequence[Law], test: Field, start: Array, times: Array, order: int, tolerance: float
) -> Array:
    """The fields at all times ``[field, n, *space]``.

    Raises:
        ArithmeticError: If the solution grows without bound or cannot be resolved.
    """
    if test.space:
        return _field(laws, test, start, times, order, tolerance)
    return _trajectory(laws, test, start, times)


def _trajectory(laws: Sequence[Law], test: Field, start: Array, times: Array) -> Array:
    known = derivatives(Grid.of(test))
    fields = len(laws)

    def slopes(t: float, state: Array) -> Array:
        columns = {
            variable.name: state[test.names.index(field.name) + fields * orders[0]][None]
            for variable, (field, orders) in _used(laws, known).items()
        }
        right = [law.predict({**columns, "": np.zeros(1)})[0] for law in laws]
        return np.array([*state[fields:], *right])

    with np.errstate(all="ignore"):
        solution = solve_ivp(
            slopes, (times[0], times[-1]), start, method="DOP853", t_eval=times,
            rtol=1e-9, atol=1e-9 * float(np.abs(start).max() + 1e-300),
        )  # fmt: skip
    if not solution.success or not np.isfinite(solution.y).all():
        raise ArithmeticError("their solution grows without bound")
    return np.asarray(solution.y[:fields])


def _used(laws: Sequence[Law], known: Known) -> dict[Variable, Place]:
    """The field and the orders of every column that occurs in the laws."""
    return {v: known[v.sympy] for law in laws for v in law.variables}


def _field(
    laws: Sequence[Law], test: Field, start: Array, times: Array, order: int, tolerance: float
) -> Array:
    box = Box(
        lengths=tuple(axis.length for axis in test.space),
        shape=tuple(_FINER * len(axis) for axis in test.space),
    )
    for axis, n in enumerate(box.shape, start=1):
        start = resample(start, n, axis=axis)
    used = _used(laws, derivatives(Grid.of(test)))
    fields = len(laws)
    factors = {orders[1:]: box.factor(orders[1:]) for _, orders in used.values()}

    def columns(modes: Modes) -> Mapping[str, Array]:
        found = {"": np.zeros(int(np.prod(box.shape)))}
        for variable, (field, orders) in used.items():
            place = test.names.index(field.name) + fields * orders[0]
            found[variable.name] = box.backward(factors[orders[1:]] * modes[place]).reshape(-1)
        return found

    first = box.forward(start)
    linear = _stiff(laws, columns(first), used, test, box) if order == 1 else None

    def rest(modes: Modes) -> Modes:
        at = columns(modes)
        right = [box.forward(law.predict(at).reshape(box.shape)) for law in laws]
        out = np.stack([*modes[fields:], *right])
        return box.kept * (out if linear is None else out - linear * modes)

    flat = np.zeros((1, *(1,) * len(box.shape)), dtype=complex)
    flow = Flow(linear=flat if linear is None else linear, rest=rest)
    states = resolved(first * box.kept, flow, times, tolerance=tolerance, most=_MOST)
    values = np.moveaxis(box.backward(states[:, :fields]), 1, 0)
    every = (slice(None), slice(None), *(slice(None, None, _FINER),) * len(box.shape))
    return np.asarray(values[every])


def _stiff(
    laws: Sequence[Law],
    columns: Mapping[str, Array],
    used: Mapping[Variable, Place],
    test: Field,
    box: Box,
) -> Modes:
    """Factors of each field's own derivatives of order two or more, at their mean slopes."""
    out = np.zeros((len(laws), *box.kept.shape), dtype=complex)
    for index, law in enumerate(laws):
        for place, variable in enumerate(law.variables):
            field, orders = used[variable]
            if sum(orders[1:]) < 2 or field.name != test.names[index]:
                continue
            inputs, n = law.inputs(columns)
            wrt = [len(law.constants) + place]
            slopes = law.tape.slopes([*law.values, *inputs], n, wrt)[1]
            factor = float(slopes.mean()) * box.factor(orders[1:])
            # What would grow is left to the explicit part, which sees it saturate.
            out[index] += np.where(factor.real > 0, 1j * factor.imag, factor)
    return out


def _thinned(shape: tuple[int, ...]) -> tuple[slice | int, ...]:
    """A picture's worth of points: time and the first axis, the others at their middle."""
    steps: list[slice | int] = [slice(None, None, max(1, n // _PICTURE)) for n in shape[:2]]
    return (*steps, *(n // 2 for n in shape[2:]))
