"""An expression in many digits: what it is worth, not what 64 bits make of it."""

from collections.abc import Callable, Sequence

import mpmath as mp
import sympy as sp

#: Digits of every value.
DIGITS = 120
_IMAGINARY = mp.mpf("1e-60")  # what rounding leaves of an imaginary part, of the real one


class Digits:
    """An expression as a function of numbers of many digits; ``None`` where it has no value."""

    def __init__(self, expr: sp.Expr, symbols: Sequence[sp.Symbol]):
        plain = {symbol: sp.Dummy() for symbol in symbols}  # no name of a column becomes code
        self._call: Callable[..., mp.mpf] = sp.lambdify(
            list(plain.values()), expr.xreplace(plain), modules=[_BOUNDED, "mpmath"]
        )

    def __call__(self, *arguments: mp.mpf | float) -> mp.mpf | None:
        """The value at these arguments."""
        with mp.workdps(DIGITS):
            try:
                value = mp.mpmathify(self._call(*map(mp.mpf, arguments)))
            except (ZeroDivisionError, ValueError, OverflowError):
                return None
            if isinstance(value, mp.mpc):
                if abs(value.imag) > _IMAGINARY * abs(value.real):
                    return None
                value = value.real
            return value if mp.isfinite(value) else None


def _bounded(function: Callable[[mp.mpf], mp.mpf], most: float) -> Callable[[mp.mpf], mp.mpf]:
    def call(x: mp.mpf) -> mp.mpf:
        if abs(x) > most:  # it would take for ever
            raise OverflowError
        return function(x)

    return call


_BOUNDED = {name: _bounded(getattr(mp, name), 1e6) for name in ("exp", "sinh", "cosh")} | {
    name: _bounded(getattr(mp, name), 1e60) for name in ("sin", "cos", "tan")
}
