"""The rows of many edges, each edge in its own units."""

from dataclasses import dataclass, replace

import torch

Tensor = torch.Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """Rows of E edges, scaled and sorted by their argument.

    Attributes:
        z: Arguments ``[E, n]``, ascending, -1 to 1: ``x = mid + half z``.
        v: Arguments ``[E, n]`` in the same unit but from zero: ``x = half v``.
        y: Values ``[E, n]`` of mean 0 and spread 1.
        root: Roots of the weights ``[E, n]``; their squares sum to 1.
        mid: Middle of the range of x ``[E, 1]``.
        half: Half its length ``[E, 1]``.
        level: Mean of the values ``[E, 1]``.
        spread: Standard deviation of the values ``[E, 1]``.
    """

    z: Tensor
    v: Tensor
    y: Tensor
    root: Tensor
    mid: Tensor
    half: Tensor
    level: Tensor
    spread: Tensor

    @classmethod
    def of(cls, x: Tensor, y: Tensor, weights: Tensor | None) -> "Rows":
        """The scaled rows of `x` and `y` ``[E, n]``; a constant column keeps its own scale."""
        x, order = x.sort(dim=1, stable=True)
        y = y.gather(1, order)
        if weights is None:
            share = torch.full_like(x, 1 / x.shape[1])
        else:
            share = (weights / weights.sum(dim=1, keepdim=True)).gather(1, order)
        low, high = x[:, :1], x[:, -1:]
        mid, half = low / 2 + high / 2, _or_one(high / 2 - low / 2)
        first = y[:, :1]  # exact for constant values, and no sum of large numbers
        level = first + (share * (y - first)).sum(dim=1, keepdim=True)
        spread = _or_one((share * (y - level) ** 2).sum(dim=1, keepdim=True).sqrt())
        return cls(
            z=(x - mid) / half,
            v=x / half,
            y=(y - level) / spread,
            root=share.sqrt(),
            mid=mid,
            half=half,
            level=level,
            spread=spread,
        )

    def thin(self, n: int) -> "Rows":
        """At most `n` rows of each edge, evenly spaced by rank, the first and last among them."""
        if n >= self.z.shape[1]:
            return self
        ranks = torch.linspace(0, self.z.shape[1] - 1, n, dtype=torch.float64).round().long()
        root = self.root[:, ranks]
        root = root / (root**2).sum(dim=1, keepdim=True).sqrt().clamp_min(1e-300)
        return replace(self, z=self.z[:, ranks], v=self.v[:, ranks], y=self.y[:, ranks], root=root)

    def select(self, edges: Tensor) -> "Rows":
        """The rows of these edges."""
        return Rows(**{name: value[edges] for name, value in vars(self).items()})


def _or_one(size: Tensor) -> Tensor:
    return torch.where(size > 0, size, torch.ones_like(size))
