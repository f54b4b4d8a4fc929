"""An atom in place: ``c f(a x + b) + d``, for numbers and for symbols."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import sympy as sp
import torch

from discover.functions.atom import Atom, X, nodes


@dataclass(frozen=True, kw_only=True)
class Affine:
    """An atom in place: ``c f(a x + b) + d``.

    Example:
        >>> from discover.functions import LIBRARY
        >>> wave = Affine(atom=LIBRARY["sin"], a=2.0, b=math.pi / 2, c=3.0)
        >>> wave.symbolic(sp.Symbol("t", real=True)), wave.complexity
        (3.0*cos(2.0*t), 6)
        >>> wave(torch.tensor([0.0]))
        tensor([3.])
    """

    atom: Atom
    a: float = 1.0
    b: float = 0.0
    c: float = 1.0
    d: float = 0.0

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """The values at `x`, of its shape; NaN or infinite outside the atom's domain."""
        if self.c == 0:
            return torch.full_like(x, self.d)
        return self.c * self.atom.torch(self.a * x + self.b) + self.d

    def slope(self, x: torch.Tensor) -> torch.Tensor:
        """The first derivative at `x`, of its shape."""
        if self.c == 0:
            return torch.zeros_like(x)
        return self.c * self.a * self.atom.torch_slope(self.a * x + self.b)

    def symbolic(self, arg: sp.Expr) -> sp.Expr:
        """The function of `arg`, with full-precision floats and without idle 0 and 1."""
        if self.c == 0:
            return sp.Float(self.d)
        rest = next((r for r in self.atom.rests if float(r) == self.b), None)
        inner = _number_of(self.a) * arg + (sp.Float(self.b) if rest is None else rest)
        outer = _number_of(self.c) * self.atom.expr.xreplace({X: inner})
        return outer + sp.Float(self.d) if self.d else outer

    @property
    def complexity(self) -> int:
        """Number of nodes of the function of one symbol."""
        if self.c == 0:
            return 1
        rests = [float(r) for r in self.atom.rests]
        shape = Affine(
            atom=self.atom,
            a=self.a if abs(self.a) == 1 else math.copysign(2.5, self.a),
            b=self.b if self.b in rests else 0.3,
            c=self.c if abs(self.c) == 1 else 3.5,
            d=0.7 if self.d else 0.0,
        )
        return _nodes_of_shape(shape)

    def reduced(self) -> "Affine":
        """The same function in its one standard form.

        What is redundant among its constants is gone (see `Atom.freedom`); of ``a`` and ``-a`` the
        positive one is taken where the atom has a parity; ``b`` lies within half a period of zero.
        Where that form would overflow, the function is returned as it is.

        Example:
            >>> from discover.functions import LIBRARY
            >>> law = Affine(atom=LIBRARY["1/x^2"], a=2.0, b=1.0, c=8.0).reduced()
            >>> law.symbolic(X)
            2.0/(x + 0.5)**2
            >>> wave = Affine(atom=LIBRARY["sin"], a=-2.0, b=12.0).reduced()
            >>> wave.a, round(wave.b, 4), wave.c
            (2.0, 0.5664, -1.0)
        """
        f, a, b, c, d = self.atom, self.a, self.b, self.c, self.d
        size = abs(a)
        try:
            if f.freedom == "none":
                zero, at_b = f.numpy(np.array([0.0, b])).tolist()
                found = Affine(atom=f, c=c * a, d=d + c * at_b - c * a * zero)
            elif f.degree is not None:
                found = Affine(atom=f, a=a / size, b=b / size, c=c * size**f.degree, d=d)
            elif f.log_rate is not None:
                moved = d + c * f.log_rate * math.log(size)
                found = Affine(atom=f, a=a / size, b=b / size, c=c, d=moved)
            elif f.growth is not None:
                found = Affine(atom=f, a=a, c=c * math.exp(f.growth * b), d=d)
            else:
                found = self
        except (OverflowError, ZeroDivisionError):
            return self
        usable = all(math.isfinite(v) for v in (found.b, found.c, found.d))
        found = found if usable and abs(found.c) > 1e-300 else self
        return found._turned()._wrapped()

    def _turned(self) -> "Affine":
        parity = self.atom.parity
        if self.a >= 0 or not parity:
            return self
        sum_of_both = 0.0 if parity == 1 else 2 * float(self.atom.numpy(np.zeros(1))[0])
        d = self.d + self.c * sum_of_both
        return Affine(atom=self.atom, a=-self.a, b=-self.b, c=parity * self.c, d=d)

    def _wrapped(self) -> "Affine":
        if self.atom.period is None:
            return self
        b = math.remainder(self.b, self.atom.period)
        return Affine(atom=self.atom, a=self.a, b=b, c=self.c, d=self.d)


@lru_cache(maxsize=4096)
def _nodes_of_shape(shape: Affine) -> int:
    return nodes(shape.symbolic(X))


def _number_of(value: float) -> sp.Expr:
    return sp.Integer(int(value)) if abs(value) == 1 else sp.Float(value)
