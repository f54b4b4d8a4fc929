"""One function of one variable, defined once, as a sympy expression.

Its numpy and torch versions and its derivatives are made from the expression by `lambdify`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Literal

import numpy as np
import sympy as sp
import torch
from numpy.typing import NDArray

X = sp.Symbol("x", real=True)
"""The argument of every atom."""

Freedom = Literal["none", "shift", "scale", "both"]
NumpyFunction = Callable[[NDArray[np.float64]], NDArray[np.float64]]
TorchFunction = Callable[[torch.Tensor], torch.Tensor]
TorchJet = Callable[[torch.Tensor], tuple[torch.Tensor, torch.Tensor]]
_oo = math.inf


@dataclass(frozen=True, kw_only=True)
class Atom:
    """One function of one variable.

    Attributes:
        name: What recipes and files call it, such as ``x^2`` or ``exp``.
        expr: The function, in :data:`X`.
        domain: Open interval ``(low, high)`` of the argument on which `expr` is real, finite and
            smooth; one branch, where there are several.
        rests: Values of the shift ``b`` that make the function simpler, the exact numbers; 0 for
            most, also pi/2 for the sine, which is then a cosine.

    Example:
        >>> square = Atom(name="x^2", expr=X**2)
        >>> square.complexity, square.freedom, square.parity
        (3, 'shift', 1)
        >>> square.torch(torch.tensor([3.0])), square.torch_slope(torch.tensor([3.0]))
        (tensor([9.]), tensor([6.]))
    """

    name: str
    expr: sp.Expr
    domain: tuple[float, float] = (-_oo, _oo)
    rests: tuple[sp.Expr, ...] = (sp.Integer(0),)

    def __getstate__(self) -> dict[str, object]:
        # The compiled functions are made anew from the expression; they cannot be pickled.
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @cached_property
    def complexity(self) -> int:
        """Number of nodes of the expression."""
        return nodes(self.expr)

    @cached_property
    def slope(self) -> sp.Expr:
        """First derivative, in :data:`X`; what a kink adds counts as nothing."""
        return _derivative(self.expr)

    @cached_property
    def numpy(self) -> NumpyFunction:
        """The function on arrays of any shape."""
        return _numpy(self.expr)

    @cached_property
    def torch(self) -> TorchFunction:
        """The function on tensors of any shape."""
        return _torch(self.expr)

    @cached_property
    def torch_slope(self) -> TorchFunction:
        """Its first derivative on tensors."""
        return _torch(self.slope)

    @cached_property
    def torch_jet(self) -> TorchJet:
        """Value and first derivative on tensors; what both are made of is computed once."""
        return _torch_jet(self.expr, self.slope)

    @cached_property
    def degree(self) -> float | None:
        """The p of ``f(s x) = s^p f(x)``, or ``None`` where there is none.

        Example:
            >>> from discover.functions import LIBRARY
            >>> [LIBRARY[name].degree for name in ("1/x^2", "sqrt", "exp")]
            [-2.0, 0.5, None]
        """
        return _number(X * self.slope / self.expr)

    @cached_property
    def log_rate(self) -> float | None:
        """The k of ``f(s x) = f(x) + k log(s)``, or ``None`` where there is none."""
        return _number(X * self.slope)

    @cached_property
    def growth(self) -> float | None:
        """The k of ``f(x + t) = exp(k t) f(x)``, or ``None`` where there is none."""
        return _number(self.slope / self.expr)

    @cached_property
    def freedom(self) -> Freedom:
        """Which of ``(a, b)`` in ``c f(a x + b) + d`` the pair ``(c, d)`` cannot replace.

        ``shift`` leaves the sign of ``a``.

        Example:
            >>> from discover.functions import LIBRARY
            >>> [LIBRARY[name].freedom for name in ("x", "log", "exp", "sin")]
            ['none', 'shift', 'scale', 'both']
        """
        if _number(self.slope) is not None:
            return "none"
        if self.degree is not None or self.log_rate is not None:
            return "shift"
        return "both" if self.growth is None else "scale"

    @cached_property
    def parity(self) -> int:
        """1 for ``f(-x) = f(x)``, -1 for ``f(-x) = k - f(x)``, else 0.

        With a parity the sign of ``a`` says nothing that the sign of ``c`` does not say.
        """
        if self.domain[0] != -self.domain[1]:
            return 0
        at = torch.tensor([0.11, 0.37, 0.59, 0.83], dtype=torch.float64) * min(1.0, self.domain[1])
        right, left = (self.torch_jet(side)[1].numpy() for side in (at, -at))
        if np.allclose(left, -right, rtol=1e-9, atol=0):
            return 1
        return -1 if np.allclose(left, right, rtol=1e-9, atol=0) else 0

    @cached_property
    def period(self) -> float | None:
        """The period of a function that is smooth everywhere, else ``None``."""
        waves = (sp.sin, sp.cos)
        if self.domain != (-_oo, _oo) or not self.expr.has(*waves):
            return None
        try:
            period = sp.periodicity(self.expr, X)
        except NotImplementedError:
            return None
        return None if period is None else float(period)


def nodes(expr: sp.Basic) -> int:
    """The complexity of an expression: nodes of its tree, constants included.

    Example:
        >>> nodes(2 * X**2 + 1)
        7
    """
    return sum(1 for _ in sp.preorder_traversal(expr))


def _number(expr: sp.Expr) -> float | None:
    """The value of an expression without :data:`X`, else ``None``."""
    expr = expr.xreplace({sp.sign(X): sp.Abs(X) / X})
    return None if expr.free_symbols else float(expr)


def _derivative(expr: sp.Expr) -> sp.Expr:
    # A kink's delta function is zero on all arguments but one.
    return expr.diff(X).replace(sp.DiracDelta, lambda *_: sp.Integer(0))


def _numpy(expr: sp.Expr) -> NumpyFunction:
    raw = sp.lambdify(X, expr, modules="numpy", cse=True)

    def function(x: NDArray[np.float64]) -> NDArray[np.float64]:
        x = np.asarray(x, dtype=np.float64)
        with np.errstate(all="ignore"):
            return np.asarray(raw(x), dtype=np.float64) + np.zeros_like(x)

    return function


def _torch(expr: sp.Expr) -> TorchFunction:
    raw = _compiled(expr)
    return lambda x: _filled(raw(x), x)


def _torch_jet(*exprs: sp.Expr) -> TorchJet:
    raw = _compiled(exprs)

    def function(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        value, slope = raw(x)
        return _filled(value, x), _filled(slope, x)

    return function


def _compiled(exprs: sp.Expr | tuple[sp.Expr, ...]) -> Callable[[torch.Tensor], Any]:
    extremes = {"min": _extreme(torch.minimum), "max": _extreme(torch.maximum)}
    compiled: Callable[[torch.Tensor], Any] = sp.lambdify(
        X, exprs, modules=[extremes, "torch"], cse=True
    )
    return compiled


def _filled(value: torch.Tensor | float, like: torch.Tensor) -> torch.Tensor:
    return value if isinstance(value, torch.Tensor) else torch.full_like(like, float(value))


def _extreme(pairwise: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    """Torch's smaller or larger of two, for any mixture of tensors and numbers."""

    def function(*parts: torch.Tensor | float) -> torch.Tensor:
        like = next(part for part in parts if isinstance(part, torch.Tensor))
        tensors = [
            part if isinstance(part, torch.Tensor) else torch.full_like(like, part)
            for part in parts
        ]
        found = tensors[0]
        for tensor in tensors[1:]:
            found = pairwise(found, tensor)
        return found

    return function
