r"""Networks that obey an equation: value, slopes and bends by every column, and a fit to them.

A *jet* is the value of a network with its first and second derivatives by each column. It is
carried through the layers exactly: an edge maps ``(v, s, b)`` to

    (phi(v),  phi'(v) s,  phi''(v) s^2 + phi'(v) b),

a product node by Leibniz's rule. The residual of an equation is a function of the jet; backwards
its derivatives reach every coefficient as sums of outer products, so that Levenberg-Marquardt works
here as it does on rows. Mixed derivatives are not there.

Source: physics-informed fits as in arXiv 2404.19756, section 3.3 (M. Raissi, P. Perdikaris, G.
Karniadakis, J. Comput. Phys. 378 (2019) 686); jets as in A. Griewank, A. Walther, Evaluating
Derivatives (2008), chapter 13. The Jacobian in this form is ours.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from discover.kan import Kan, Nodes
from discover.training import Objective, Quadratic


@dataclass(frozen=True, kw_only=True, eq=False)
class Jet:
    """A function at some points, with its derivatives by every column.

    Attributes:
        value: ``[pop, n, k]`` for `k` nodes.
        slope: First derivatives ``[pop, n, d, k]``.
        bend: Second derivatives ``[pop, n, d, k]``.
    """

    value: Tensor
    slope: Tensor
    bend: Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class Equation:
    """Something that shall be zero at some points.

    Attributes:
        points: Where ``[n, d]``.
        residual: From the points and the jet of the (single) output, whose attributes are
            ``[pop, n]``, ``[pop, n, d]`` and ``[pop, n, d]``, to what shall be zero ``[pop, n]``.
        weight: Weight of its mean square.
    """

    points: Tensor
    residual: Callable[[Tensor, Jet], Tensor]
    weight: float = 1.0


@dataclass(frozen=True, eq=False)
class _Site:
    """What a layer saw: jets read and written, and basis functions with three derivatives."""

    read: Jet
    functions: tuple[Tensor, ...]
    curves: tuple[Tensor, ...]
    written: Jet


def jets(kan: Kan, points: Tensor) -> Jet:
    """The network's outputs as jets.

    Args:
        kan: The population.
        points: Where ``[n, d]``.

    Example:
        >>> from discover.basis import basis
        >>> from discover.kan import Shape, create
        >>> x = torch.linspace(-1, 1, 5, dtype=torch.float64)[:, None]
        >>> kan = create(Shape.of([1, 1]), basis(), 4, seeds=[0], low=x[0], high=x[-1])
        >>> jets(kan, x).bend.shape
        torch.Size([1, 5, 1, 1])
    """
    return _forward(kan, points, 2)[1]


def _forward(kan: Kan, points: Tensor, order: int) -> tuple[list[_Site], Jet]:
    n, d = points.shape
    jet = Jet(
        value=points[None],
        slope=torch.eye(d).to(points).expand(1, n, d, d),
        bend=points.new_zeros(1, n, d, d),
    )
    sites = []
    for depth, nodes in enumerate(kan.shape.layers):
        functions = kan.functions_at(depth, jet.value, order)
        coef = kan.layers[depth].effective
        curves = tuple(torch.einsum("pnib,poib->pnoi", f, coef) for f in functions)
        rise = curves[1].mT
        written = Jet(
            value=curves[0].sum(-1),
            slope=jet.slope @ rise,
            bend=jet.slope.square() @ curves[2].mT + jet.bend @ rise,
        )
        sites.append(_Site(jet, functions, curves, written))
        jet = _combined(nodes, written)
    return sites, jet


def _times(a: Jet, b: Jet) -> Jet:
    """Leibniz's rule."""
    u, v = a.value[:, :, None], b.value[:, :, None]
    return Jet(
        value=a.value * b.value,
        slope=a.slope * v + u * b.slope,
        bend=a.bend * v + 2 * a.slope * b.slope + u * b.bend,
    )


def _picked(jet: Jet, at: slice) -> Jet:
    return Jet(value=jet.value[..., at], slope=jet.slope[..., at], bend=jet.bend[..., at])


def _joined(parts: Sequence[Jet]) -> Jet:
    return Jet(
        value=torch.cat([p.value for p in parts], -1),
        slope=torch.cat([p.slope for p in parts], -1),
        bend=torch.cat([p.bend for p in parts], -1),
    )


def _combined(nodes: Nodes, written: Jet) -> Jet:
    if not nodes.arities:
        return written
    parts = [_picked(written, slice(0, nodes.sums))]
    for factors in nodes.factors[nodes.sums :]:
        product = _picked(written, slice(factors[0], factors[0] + 1))
        for i in factors[1:]:
            product = _times(product, _picked(written, slice(i, i + 1)))
        parts.append(product)
    return _joined(parts)


def _spread(nodes: Nodes, written: Jet, pull: Jet) -> Jet:
    """Derivatives by the jets of sub-nodes, from those by the jets of nodes."""
    if not nodes.arities:
        return pull
    parts = [_picked(pull, slice(0, nodes.sums))]
    for node, factors in enumerate(nodes.factors[nodes.sums :], start=nodes.sums):
        mine = _picked(pull, slice(node, node + 1))
        for i in factors:
            others = [j for j in factors if j != i]
            rest = _picked(written, slice(others[0], others[0] + 1))
            for j in others[1:]:
                rest = _times(rest, _picked(written, slice(j, j + 1)))
            parts.append(_times_back(mine, rest))
    return _joined(parts)


def _times_back(pull: Jet, rest: Jet) -> Jet:
    """The adjoint of :func:`_times` by its first factor."""
    along = (pull.slope * rest.slope + pull.bend * rest.bend).sum(2)
    v = rest.value[:, :, None]
    return Jet(
        value=pull.value * rest.value + along,
        slope=pull.slope * v + 2 * pull.bend * rest.slope,
        bend=pull.bend * v,
    )


def _columns(site: _Site, pull: Jet) -> Tensor:
    """Derivatives of every row's residual by the layer's coefficients ``[pop, n, P]``.

    Summed over directions ``j`` it is ``l_o B + (m_oj s_ij + k_oj b_ij) B' + k_oj s_ij^2 B''`` with
    the adjoints ``l, m, k`` of value, slope and bend at sub-node `o`.
    """
    b0, b1, b2 = (f[:, :, None] for f in site.functions[:3])
    s, b = site.read.slope, site.read.bend
    first = (pull.slope.mT @ s + pull.bend.mT @ b)[..., None]
    second = (pull.bend.mT @ s.square())[..., None]
    return (pull.value[..., None, None] * b0 + first * b1 + second * b2).flatten(2)


def _back(site: _Site, pull: Jet) -> Jet:
    """Derivatives by the jets that a layer reads."""
    _, c1, c2, c3 = site.curves
    s, b = site.read.slope, site.read.bend
    first = pull.slope.mT @ s + pull.bend.mT @ b
    second = pull.bend.mT @ s.square()
    return Jet(
        value=(pull.value[..., None] * c1 + first * c2 + second * c3).sum(2),
        slope=pull.slope @ c1 + 2 * (pull.bend @ c2) * s,
        bend=pull.bend @ c1,
    )


@dataclass(frozen=True, eq=False)
class Equations(Objective):
    """Half the weighted mean squares of residuals, summed over equations.

    Attributes:
        equations: What shall be zero, and where.
    """

    equations: tuple[Equation, ...]

    def members(self, index: Tensor) -> "Equations":
        """The same: all members obey the same equations."""
        return self

    def sample(self) -> Tensor:
        """All points."""
        return torch.cat([e.points for e in self.equations])[None]

    @property
    def rows(self) -> int:
        """Number of points."""
        return sum(len(e.points) for e in self.equations)

    def objective(self, kan: Kan) -> Tensor:
        """Half the weighted mean squares ``[pop]``."""
        total = kan.vector.new_zeros(kan.population)
        for equation in self.equations:
            residual = equation.residual(equation.points, _single(jets(kan, equation.points)))
            total = total + 0.5 * equation.weight * residual.square().mean(1)
        return torch.where(total.isfinite(), total, torch.inf)

    def error(self, kan: Kan) -> Tensor:
        """Root of the weighted mean squares ``[pop]``."""
        return (2 * self.objective(kan)).sqrt()

    def slope(self, kan: Kan, batch: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Value and derivatives; `batch` is not looked at, all points are."""
        value = kan.vector.new_zeros(kan.population)
        total = torch.zeros_like(kan.vector)
        for equation in self.equations:
            residual, columns = _linearised(kan, equation)
            share = equation.weight / len(equation.points)
            value = value + 0.5 * share * residual.square().sum(1)
            total = total + share * (columns.mT @ residual[..., None])[..., 0]
        return value, total * kan.free

    def quadratic(self, kan: Kan) -> Quadratic:
        """The Gauss-Newton model on all edges."""
        size = kan.vector.shape[1]
        normal = kan.vector.new_zeros(kan.population, size, size)
        slope = torch.zeros_like(kan.vector)
        for equation in self.equations:
            residual, columns = _linearised(kan, equation)
            share = equation.weight / len(equation.points)
            normal.baddbmm_(columns.mT, columns, alpha=share)
            slope += share * (columns.mT @ residual[..., None])[..., 0]
        free = kan.free
        normal *= free[:, :, None] * free[:, None, :]
        normal.diagonal(dim1=1, dim2=2).add_(1 - free)
        edges = torch.arange(kan.shape.edges, device=slope.device)
        return Quadratic(normal, slope * free, edges.expand(kan.population, -1))


def _single(jet: Jet) -> Jet:
    """The jet of the one output, without its last axis."""
    return Jet(value=jet.value[..., 0], slope=jet.slope[..., 0], bend=jet.bend[..., 0])


def _linearised(kan: Kan, equation: Equation) -> tuple[Tensor, Tensor]:
    """Residuals ``[pop, n]`` and their derivatives by all coefficients ``[pop, n, P]``."""
    sites, jet = _forward(kan, equation.points, 3)
    with torch.enable_grad():
        leaves = [part.detach().requires_grad_() for part in (jet.value, jet.slope, jet.bend)]
        value, slope, bend = leaves
        seen = _single(replace(jet, value=value, slope=slope, bend=bend))
        residual = equation.residual(equation.points, seen)
        # An equation need not hold every derivative.
        found = torch.autograd.grad(residual.sum(), leaves, allow_unused=True)
    parts = [
        torch.zeros_like(leaf) if part is None else part
        for leaf, part in zip(leaves, found, strict=True)
    ]
    pull = Jet(value=parts[0], slope=parts[1], bend=parts[2])
    columns = []
    for depth in reversed(range(len(sites))):
        site = sites[depth]
        pull = _spread(kan.shape.layers[depth], site.written, pull)
        columns.append(_columns(site, pull).expand(kan.population, -1, -1))
        if depth:
            pull = _back(site, pull)
    return residual.detach(), torch.cat(columns[::-1], 2)
