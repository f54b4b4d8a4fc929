"""What a row costs, and how that bends: losses behind one protocol.

A second-order step needs of a loss its value, its slope and its curvature by the outputs, row by
row. For least squares that is the whole of Gauss-Newton; for other losses it is the generalised
Gauss-Newton method, whose curvature is never negative.

Source: N. Schraudolph, Neural Computation 14 (2002) 1723; for the robust loss P. Huber, Ann. Math.
Statist. 35 (1964) 73, with the weights of iteratively reweighted least squares.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import softplus


class Loss(ABC):
    """The cost of outputs ``[pop, n, out]`` where targets ``[1 or pop, n, out]`` are expected."""

    @abstractmethod
    def value(self, output: Tensor, y: Tensor) -> Tensor:
        """Cost of every row ``[pop, n]``."""

    @abstractmethod
    def slope(self, output: Tensor, y: Tensor) -> Tensor:
        """Its derivatives by the outputs ``[pop, n, out]``."""

    @abstractmethod
    def curvature(self, output: Tensor, y: Tensor) -> Tensor | None:
        """Weights ``[pop, n, out]`` of a quadratic above it; ``None`` where all are 1."""

    def error(self, mean: Tensor) -> Tensor:
        """The figure that people read, from a mean cost."""
        return mean


@dataclass(frozen=True)
class Squares(Loss):
    """Half the squared error; its figure is the root mean squared error.

    Example:
        >>> one = torch.ones(1, 1, 1)
        >>> Squares().value(3 * one, one).item()
        2.0
    """

    def value(self, output: Tensor, y: Tensor) -> Tensor:
        """Half the squared error, summed over outputs."""
        return 0.5 * (output - y).square().sum(-1)

    def slope(self, output: Tensor, y: Tensor) -> Tensor:
        """The residual."""
        return output - y

    def curvature(self, output: Tensor, y: Tensor) -> None:
        """One everywhere."""

    def error(self, mean: Tensor) -> Tensor:
        """Root mean squared error."""
        return (2 * mean).sqrt()


@dataclass(frozen=True)
class Huber(Loss):
    """Squares for small residuals, absolute values for large ones: outliers pull less.

    Its figure is the root of twice the mean cost: where all residuals are small, the root mean
    squared error.

    Attributes:
        delta: Where the one becomes the other, in units of the (scaled) target.

    Example:
        >>> far = torch.full((1, 1, 1), 10.0)
        >>> Huber(delta=1.0).slope(far, 0 * far).item()
        1.0
    """

    delta: float = 0.1

    def value(self, output: Tensor, y: Tensor) -> Tensor:
        """Quadratic up to `delta`, linear beyond."""
        size = (output - y).abs()
        beyond = self.delta * (size - 0.5 * self.delta)
        return torch.where(size <= self.delta, 0.5 * size.square(), beyond).sum(-1)

    def slope(self, output: Tensor, y: Tensor) -> Tensor:
        """The residual, cut off at `delta`."""
        return (output - y).clamp(-self.delta, self.delta)

    def curvature(self, output: Tensor, y: Tensor) -> Tensor:
        """The weight of the quadratic that touches it: ``delta / |r|`` beyond `delta`."""
        return self.delta / (output - y).abs().clamp_min(self.delta)

    def error(self, mean: Tensor) -> Tensor:
        """Root of twice the mean."""
        return (2 * mean).sqrt()


@dataclass(frozen=True)
class CrossEntropy(Loss):
    """Classes: one output is the logit of the second class, several are those of all classes.

    Targets are 0 or 1: whether a row belongs to the class.

    Example:
        >>> even = torch.zeros(1, 1, 1)
        >>> round(CrossEntropy().value(even, even).item(), 4)
        0.6931
    """

    def value(self, output: Tensor, y: Tensor) -> Tensor:
        """Negative log likelihood of the right class."""
        if output.shape[-1] == 1:
            return (softplus(output) - y * output)[..., 0]
        return output.logsumexp(-1) - (y * output).sum(-1)

    def slope(self, output: Tensor, y: Tensor) -> Tensor:
        """Probability minus truth."""
        return self._probability(output) - y

    def curvature(self, output: Tensor, y: Tensor) -> Tensor:
        """``p (1 - p)`` for two classes; for more, ``p``, which lies above ``diag(p) - p p^T``."""
        p = self._probability(output)
        # A row that is certain still holds the step a little.
        return (p * (1 - p) if output.shape[-1] == 1 else p).clamp_min(1e-6)

    def _probability(self, output: Tensor) -> Tensor:
        return output.sigmoid() if output.shape[-1] == 1 else output.softmax(-1)
