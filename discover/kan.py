r"""The network and only the network: a population of Kolmogorov-Arnold networks of one shape.

An edge computes ``phi(x) = sum_m coef_m b_m(t)``, where ``t`` maps the range of its input node to
[-1, 1]. A sum node adds the edges that enter it; a product node multiplies the sums of two or more
sub-nodes. Every tensor has a leading population axis: seeds, penalties, subsets of columns and
shuffled targets of one shape are trained as one program. One network is a population of one.

There is no training here, no sparsity and no symbol.

Source: arXiv 2404.19756 (edges, sums), arXiv 2408.10205 (product nodes).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from itertools import pairwise

import torch
from torch import Tensor

from discover.basis import Basis, Functions, WithBase, projection

Width = Sequence[int | Sequence[int]]
# Quantiles are known well enough from so many rows.
_ROWS = 5000


@dataclass(frozen=True)
class Nodes:
    """The nodes of one layer: sums first, then products.

    Attributes:
        sums: Number of sum nodes.
        arities: Number of factors of each product node.
    """

    sums: int
    arities: tuple[int, ...] = ()

    @property
    def size(self) -> int:
        """Number of nodes, which is what the next layer reads."""
        return self.sums + len(self.arities)

    @property
    def subnodes(self) -> int:
        """Number of sums that edges enter, which is what this layer's edges write."""
        return self.sums + sum(self.arities)

    @property
    def factors(self) -> tuple[range, ...]:
        """For each node the sub-nodes it multiplies (one, for a sum node)."""
        bounds = [self.sums]
        for arity in self.arities:
            bounds.append(bounds[-1] + arity)
        return (
            *(range(i, i + 1) for i in range(self.sums)),
            *(range(a, b) for a, b in pairwise(bounds)),
        )

    def combine(self, subnodes: Tensor) -> Tensor:
        """Values of the nodes ``[..., size]`` from those of the sub-nodes ``[..., subnodes]``."""
        if not self.arities:
            return subnodes
        columns = [subnodes[..., f.start : f.stop].prod(-1) for f in self.factors[self.sums :]]
        return torch.cat([subnodes[..., : self.sums], torch.stack(columns, -1)], -1)

    def spread(self, delta: Tensor, subnodes: Tensor) -> Tensor:
        """Derivatives by the sub-nodes from those by the nodes (the chain rule of `combine`)."""
        if not self.arities:
            return delta
        parts = [delta[..., : self.sums]]
        for node, factors in enumerate(self.factors[self.sums :], start=self.sums):
            values = subnodes[..., factors.start : factors.stop]
            for i in range(len(factors)):
                others = torch.cat([values[..., :i], values[..., i + 1 :]], -1).prod(-1)
                parts.append((delta[..., node] * others)[..., None])
        return torch.cat(parts, -1)


@dataclass(frozen=True)
class Shape:
    """Widths of a network.

    Example:
        >>> shape = Shape.of([4, [1, 2], 1])
        >>> shape.layers[0]
        Nodes(sums=1, arities=(2, 2))
        >>> str(shape)
        '[4, [1, 2], 1]'
    """

    inputs: int
    layers: tuple[Nodes, ...]

    @classmethod
    def of(cls, width: Width) -> "Shape":
        """From the usual notation: ``[sums, products]`` for a layer with product nodes.

        Products have two factors; ``[1, 2, 3]`` after the sums lists other arities one by one
        only where longer than two entries are given.

        Raises:
            ValueError: If a width is no positive number of nodes.
        """
        inputs, *rest = width
        layers = []
        for entry in rest:
            if isinstance(entry, int):
                nodes = Nodes(entry)
            elif len(entry) == 2:
                nodes = Nodes(entry[0], (2,) * entry[1])
            else:
                nodes = Nodes(entry[0], tuple(entry[1:]))
            if nodes.size < 1 or nodes.sums < 0 or any(a < 2 for a in nodes.arities):
                raise ValueError(f"a layer of width {entry!r} has no nodes")
            layers.append(nodes)
        if not isinstance(inputs, int) or inputs < 1 or not layers:
            raise ValueError(f"a width such as [2, 1, 1] is expected, not {list(width)!r}")
        return cls(inputs, tuple(layers))

    def with_lines(self, *, embed: bool, outputs: int | None) -> tuple["Shape", tuple[int, ...]]:
        """The shape with an embedding before it and a read-out to so many outputs behind it.

        Returns:
            The shape, and the numbers of the layers that are to be straight lines.

        Example:
            >>> shape, linear = Shape.of([2, 5]).with_lines(embed=True, outputs=1)
            >>> str(shape), linear
            ('[2, 2, 5, 1]', (0, 2))
        """
        before = (Nodes(self.inputs),) if embed else ()
        after = (Nodes(outputs),) if outputs is not None else ()
        layers = (*before, *self.layers, *after)
        linear = (*range(len(before)), *range(len(layers) - len(after), len(layers)))
        return Shape(self.inputs, layers), linear

    @property
    def width(self) -> list[int | list[int]]:
        """The usual notation, as given to :meth:`of`."""

        def entry(nodes: Nodes) -> int | list[int]:
            if not nodes.arities:
                return nodes.sums
            if set(nodes.arities) == {2}:
                return [nodes.sums, len(nodes.arities)]
            return [nodes.sums, *nodes.arities]

        return [self.inputs, *(entry(nodes) for nodes in self.layers)]

    @property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """For each layer the number of sub-nodes written and of nodes read: ``(out, in)``."""
        reads = [self.inputs, *(nodes.size for nodes in self.layers)]
        return tuple((nodes.subnodes, i) for nodes, i in zip(self.layers, reads, strict=False))

    @property
    def edges(self) -> int:
        """Number of edges."""
        return sum(out * size for out, size in self.sizes)

    def __str__(self) -> str:
        return str(self.width)


@dataclass(frozen=True, eq=False)
class Frame:
    """Where the nodes that a layer reads live: the map of their ranges to [-1, 1].

    Attributes:
        low: Lower end of each node's range ``[pop, in]`` (``[1, in]`` where shared).
        high: Upper end of it, same shape; always above `low`.
        knots: Ends of the grid intervals of each node in the normalised coordinate
            ``[pop or 1, in, grid + 1]``; ``None`` for equal intervals.
    """

    low: Tensor
    high: Tensor
    knots: Tensor | None = None

    @cached_property
    def stretch(self) -> Tensor:
        """``dt/dx`` of each node ``[pop, 1, in]``."""
        return (2.0 / (self.high - self.low))[:, None]

    @cached_property
    def shift(self) -> Tensor:
        """The coordinate of ``x = 0`` ``[pop, 1, in]``."""
        return ((self.low + self.high) / (self.low - self.high))[:, None]

    def normalised(self, x: Tensor) -> Tensor:
        """The coordinate ``t`` of node values ``x`` ``[pop, n, in]``."""
        return torch.addcmul(self.shift, x, self.stretch)


@dataclass(frozen=True, eq=False)
class Layer:
    """The edges between two rows of nodes.

    Attributes:
        coef: Coefficients ``[pop, out, in, basis]``.
        mask: 1 for an edge that lives, 0 for one that was pruned ``[pop, out, in]``.
        frame: Where the nodes live that the edges read.
        held: 1 for a coefficient that training must leave as it is, else 0, ``[pop, out, in,
            basis]``; ``None`` where all may move.
    """

    coef: Tensor
    mask: Tensor
    frame: Frame
    held: Tensor | None = None

    @property
    def effective(self) -> Tensor:
        """Coefficients with those of pruned edges at zero."""
        return self.coef * self.mask[..., None]

    @property
    def free(self) -> Tensor:
        """1 for a coefficient that training may move, else 0 ``[pop, out, in, basis]``."""
        alive = self.mask[..., None].expand_as(self.coef)
        return alive if self.held is None else alive * (1 - self.held)

    def picked(self, pick: Callable[[Tensor], Tensor]) -> "Layer":
        """The same layer with every tensor changed."""
        frame = Frame(**{name: pick(a) for name, a in _tensors(self.frame).items()})
        return replace(self, frame=frame, **{n: pick(a) for n, a in _tensors(self).items()})


def _tensors(owner: Layer | Frame) -> dict[str, Tensor]:
    values = {field.name: getattr(owner, field.name) for field in fields(owner)}
    return {name: value for name, value in values.items() if isinstance(value, Tensor)}


@dataclass(frozen=True, eq=False)
class Kan:
    """A population of networks of one shape, basis and grid.

    Attributes:
        shape: The widths.
        basis: What every edge is made of.
        grid: Number of grid intervals of every edge.
        layers: One :class:`Layer` for each row of edges.
        linear: Numbers of layers whose edges are straight lines (an embedding, a read-out); they
            keep their ranges.
        follow: How far the knots of a grid follow the data: 0 for equal intervals, 1 for equally
            many rows in each.
    """

    shape: Shape
    basis: Basis
    grid: int
    layers: tuple[Layer, ...]
    linear: tuple[int, ...] = ()
    follow: float = 0.0

    @property
    def population(self) -> int:
        """Number of members."""
        return self.layers[0].coef.shape[0]

    @property
    def functions(self) -> int:
        """Number of basis functions of an edge."""
        return self.basis.size(self.grid)

    @property
    def edges(self) -> Tensor:
        """Living edges of each member ``[pop]``."""
        return torch.stack([layer.mask.sum((1, 2)) for layer in self.layers]).sum(0)

    @property
    def parameters(self) -> Tensor:
        """Free parameters of each member ``[pop]``."""
        return torch.stack([layer.free.sum((1, 2, 3)) for layer in self.layers]).sum(0)

    @property
    def vector(self) -> Tensor:
        """All coefficients, layer after layer ``[pop, P]``."""
        return torch.cat([layer.coef.flatten(1) for layer in self.layers], 1)

    @property
    def free(self) -> Tensor:
        """1 for a coefficient that training may move, in the order of `vector` ``[pop, P]``."""
        return torch.cat([layer.free.flatten(1) for layer in self.layers], 1)

    def with_vector(self, vector: Tensor) -> "Kan":
        """The same networks with other coefficients ``[pop, P]``, in the order of `vector`."""
        parts = torch.split(vector, [layer.coef[0].numel() for layer in self.layers], dim=1)
        return self.with_coef(
            [part.view_as(la.coef) for part, la in zip(parts, self.layers, strict=True)]
        )

    def members(self, index: Tensor | Sequence[int]) -> "Kan":
        """The population of these members only, in this order."""
        at = torch.as_tensor(index, device=self.layers[0].coef.device)
        ascending = len(at) == self.population and bool((at.diff() > 0).all())
        if ascending:
            return self

        def pick(a: Tensor) -> Tensor:
            return a[at] if a.shape[0] == self.population else a

        return replace(self, layers=tuple(layer.picked(pick) for layer in self.layers))

    def joined(self, index: Tensor, part: "Kan") -> "Kan":
        """The population with the members at `index` replaced by those of `part`."""
        if len(index) == self.population:
            return part

        def put(a: Tensor, b: Tensor) -> Tensor:
            return a.index_copy(0, index, b) if a.shape[0] == self.population else a

        layers = []
        for whole, new in zip(self.layers, part.layers, strict=True):
            theirs = iter([*_tensors(new.frame).values(), *_tensors(new).values()])
            layers.append(whole.picked(lambda a: put(a, next(theirs))))  # noqa: B023
        return replace(self, layers=tuple(layers))

    def chosen(self, which: Tensor, other: "Kan") -> "Kan":
        """Member by member this network where `which` ``[pop]`` holds, else the other one."""
        index = (~which).nonzero()[:, 0]
        return self if len(index) == 0 else self.joined(index, other.members(index))

    def with_coef(self, coef: Sequence[Tensor]) -> "Kan":
        """The same networks with other coefficients, one tensor for each layer."""
        layers = [replace(la, coef=c) for la, c in zip(self.layers, coef, strict=True)]
        return replace(self, layers=tuple(layers))

    def with_masks(self, masks: Sequence[Tensor]) -> "Kan":
        """The same networks with other edges alive, one mask for each layer."""
        layers = [replace(la, mask=m) for la, m in zip(self.layers, masks, strict=True)]
        return replace(self, layers=tuple(layers))

    def with_held(self, edges: Sequence[Tensor]) -> "Kan":
        """The same networks with other edges locked, 1 for locked ``[pop, out, in]`` by layer.

        A locked edge keeps its function while training moves the others. Linear layers keep
        what makes them linear.
        """
        layers = []
        for at, (layer, locked) in enumerate(zip(self.layers, edges, strict=True)):
            held = locked[..., None].expand_as(layer.coef).clone()
            if at in self.linear:
                held[..., :-1] = 1.0
            layers.append(replace(layer, held=held))
        return replace(self, layers=tuple(layers))

    def with_base_held(self) -> "Kan":
        """The same networks whose base functions, and what was held before, stay as they are."""
        if not isinstance(self.basis, WithBase):
            return self
        layers = []
        for layer in self.layers:
            held = torch.zeros_like(layer.coef) if layer.held is None else layer.held.clone()
            held[..., -1] = 1.0
            layers.append(replace(layer, held=held))
        return replace(self, layers=tuple(layers))

    def following(self, follow: float) -> "Kan":
        """The same networks, the knots of whose next grids follow the data so far."""
        return replace(self, follow=follow)

    def functions_at(self, depth: int, value: Tensor, order: int) -> tuple[Tensor, ...]:
        """Basis functions of one layer, and their derivatives by the node values it reads.

        Args:
            depth: Number of the layer.
            value: Node values ``[1 or pop, n, in]``.
            order: Highest derivative that is wanted, from 0 to 3.

        Returns:
            ``order + 1`` tensors ``[1 or pop, n, in, basis]``.
        """
        return self.local_at(depth, value, order).dense(self.functions)

    def local_at(self, depth: int, value: Tensor, order: int) -> Functions:
        """As :meth:`functions_at`, with only the functions that are not zero."""
        frame = self.layers[depth].frame
        knots = None if frame.knots is None else frame.knots[:, None]
        found = self.basis.local(frame.normalised(value), self.grid, order=order, knots=knots)
        if order == 0:
            return found
        stretch = frame.stretch[..., None]
        powers = (f if power == 0 else f * stretch**power for power, f in enumerate(found.powers))
        return replace(found, powers=tuple(powers))

    def lift(self, x: Tensor) -> Tensor:
        """The first layer's basis functions on these rows, which training never changes.

        Args:
            x: Rows ``[n, inputs]``, the same for all, or ``[pop, n, inputs]``.

        Returns:
            ``[1 or pop, n, inputs, basis]``.
        """
        (functions,) = self.functions_at(0, x if x.dim() == 3 else x[None], 0)
        return functions

    def __call__(self, x: Tensor) -> Tensor:
        """Output of every member.

        Args:
            x: Rows ``[n, inputs]``, the same for all, or ``[pop, n, inputs]``.

        Returns:
            Values ``[pop, n, outputs]``.
        """
        return self.forward(self.lift(x))

    def forward(self, lifted: Tensor) -> Tensor:
        """Output ``[pop, n, outputs]`` from lifted rows."""
        functions = value = lifted
        for at, (layer, nodes) in enumerate(zip(self.layers, self.shape.layers, strict=True)):
            if at:
                (functions,) = self.functions_at(at, value, 0)
            value = nodes.combine(summed(functions, layer.effective))
        return value


def summed(functions: Tensor, coef: Tensor) -> Tensor:
    """Sums of edges at every sub-node.

    Args:
        functions: Basis functions of what the layer reads ``[pop or 1, n, in, basis]``.
        coef: Coefficients ``[pop, out, in, basis]``.

    Returns:
        ``[pop, n, out]``.
    """
    flat = functions.flatten(2)
    weights = coef.flatten(2)
    if flat.shape[0] == 1:
        # One matrix product for the whole population while it reads the same rows.
        pop, out, _ = weights.shape
        product = flat[0] @ weights.flatten(0, 1).T
        return product.view(-1, pop, out).transpose(0, 1)
    return flat @ weights.mT


def create(
    shape: Shape,
    basis: Basis,
    grid: int,
    *,
    seeds: Sequence[int],
    low: Tensor,
    high: Tensor,
    linear: Sequence[int] = (),
) -> Kan:
    """Fresh networks, one for each seed, for inputs that lie between `low` and `high`.

    Every edge starts as a random, mostly straight function whose size keeps the spread of node
    values near one, so that the ranges of hidden nodes can be set at once.

    Args:
        shape: The widths.
        basis: What edges are made of.
        grid: Number of grid intervals.
        seeds: One seed for each member.
        low: Lower ends of the input ranges ``[inputs]``.
        high: Upper ends ``[inputs]``; a range may be empty for a constant column.
        linear: Numbers of layers whose edges are to be straight lines; the basis must end with the
            identity as its base function.
    """
    points, matrix = projection(basis, grid)
    points, matrix = points.to(low), matrix.to(low)
    layers = []
    drawn = [torch.Generator().manual_seed(seed) for seed in seeds]
    for depth, (out, size) in enumerate(shape.sizes):
        noise = torch.stack(
            [torch.randn(out, size, 3, generator=g, dtype=torch.float64) for g in drawn]
        ).to(low)
        # A random cubic a t + b (t^2 - 1/3) + c t^3 is smooth at every grid.
        powers = torch.stack([points, points**2 - 1 / 3, points**3], -1) * low.new_tensor(
            [1.5, 0.8, 0.4]
        )
        coef = noise @ (matrix @ powers).T / size**0.5
        held = None
        if depth in linear:
            held = torch.ones_like(coef)
            held[..., -1] = 0.0
            coef = (1 - held) * noise[..., :1] * (1.5 / size**0.5)
        first = depth == 0
        start = low[None] if first else -2 * low.new_ones(1, size).expand(len(seeds), size)
        end = high[None] if first else 2 * low.new_ones(1, size).expand(len(seeds), size)
        end = torch.where(end > start, end, start + 1.0)
        mask = low.new_ones(len(seeds), out, size)
        layers.append(Layer(coef, mask, Frame(start.clone(), end.clone()), held))
    return Kan(shape, basis, grid, tuple(layers), tuple(linear))


def regrid(kan: Kan, x: Tensor, grid: int | None = None, *, margin: float = 0.02) -> Kan:
    """The same functions on ranges taken from the data, and on another grid if asked for.

    Every edge is projected by least squares on its new basis. The input layer keeps its range,
    and its knots unless the grid changes.

    Args:
        kan: The population.
        x: Rows that set the ranges of hidden nodes ``[n, inputs]`` or ``[pop, n, inputs]``.
        grid: New number of intervals; ``None`` keeps it.
        margin: Share of the range that is added at each end.
    """
    new_grid = kan.grid if grid is None else grid
    value = x if x.dim() == 3 else x[None]
    layers = []
    for depth, (layer, nodes) in enumerate(zip(kan.layers, kan.shape.layers, strict=True)):
        if depth in kan.linear:
            layers.append(_widened(layer, kan.basis.size(new_grid)))
        else:
            frame = _reframed(layer.frame, value, margin) if depth else layer.frame
            if kan.follow and (depth or new_grid != kan.grid or frame.knots is None):
                knots = _knots(frame.normalised(value), new_grid, kan.follow)
                frame = replace(frame, knots=knots)
            same = frame is layer.frame and new_grid == kan.grid
            layers.append(layer if same else _projected(kan, depth, frame, new_grid))
        # Go on with the old functions, so that the new ranges are those of the old network.
        (functions,) = kan.functions_at(depth, value, 0)
        value = nodes.combine(summed(functions, layer.effective))
    return replace(kan, grid=new_grid, layers=tuple(layers))


def _reframed(frame: Frame, value: Tensor, margin: float) -> Frame:
    """The range of node values ``[pop, n, in]``, a little wider."""
    low, high = value.amin(1), value.amax(1)
    pad = margin * (high - low) + 1e-9 * (1 + high.abs())
    return replace(frame, low=low - pad, high=high + pad)


def _projected(kan: Kan, depth: int, frame: Frame, grid: int) -> Layer:
    """The edges of one layer as least squares see them in another frame and on another grid."""
    layer = kan.layers[depth]
    points, matrix = projection(kan.basis, grid)
    points, matrix = points.to(frame.low), matrix.to(frame.low)
    # Points of the new range, as node values, seen through the old basis.
    low, high = frame.low[:, None], frame.high[:, None]
    at = 0.5 * (low + high) + 0.5 * (high - low) * points[None, :, None]
    (old,) = kan.functions_at(depth, at, 0)
    old = old.expand(kan.population, -1, -1, -1)
    curves = torch.einsum("pkib,poib->poik", old, layer.coef)
    if frame.knots is None:
        coef = curves @ matrix.T
    else:
        normalised = points[None, :, None].expand(1, -1, old.shape[2])
        (new,) = kan.basis(normalised, grid, order=0, knots=frame.knots[:, None])
        inverse = torch.linalg.pinv(new.transpose(1, 2), rtol=1e-9)
        coef = torch.einsum("pibk,poik->poib", inverse.expand(kan.population, -1, -1, -1), curves)
    held = layer.held
    if held is not None and held.shape[-1] != coef.shape[-1]:
        held = held[..., :1].expand_as(coef)
    return replace(layer, coef=coef, frame=frame, held=held)


def _widened(layer: Layer, size: int) -> Layer:
    """A linear layer on another grid: the same lines, with more splines at zero."""
    coef, held = layer.coef.new_zeros(*layer.coef.shape[:3], size), None
    coef[..., -1] = layer.coef[..., -1]
    if layer.held is not None:
        held = torch.ones_like(coef)
        held[..., -1] = layer.held[..., -1]
    return replace(layer, coef=coef, held=held)


def _knots(t: Tensor, grid: int, follow: float) -> Tensor:
    """Knots ``[pop or 1, in, grid + 1]`` between equal intervals and equal numbers of rows.

    Source: the adaptive grid of arXiv 2404.19756, appendix A.3, where ``1 - follow`` is its eps.
    """
    at = torch.linspace(0, 1, grid + 1, dtype=t.dtype, device=t.device)
    few = t[:, :: -(-t.shape[1] // _ROWS)].clamp(-1, 1)
    quantiles = torch.quantile(few, at, dim=1).permute(1, 2, 0)
    quantiles[..., 0], quantiles[..., -1] = -1.0, 1.0
    return follow * quantiles + (1 - follow) * (2 * at - 1)
