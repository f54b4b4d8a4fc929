"""Layers of edges in their frames, and a population of networks made of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from discover.basis import Basis, WithBase
from discover.kan.compiled import Narrow
from discover.kan.frame import Frame
from discover.kan.shape import Shape


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
    values = {name: getattr(owner, name) for name in owner.__dataclass_fields__}
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
        shapes = [layer.coef.shape for layer in self.layers]
        parts = vector.split_with_sizes([o * i * m for _, o, i, m in shapes], 1)
        return self.with_coef([part.view(s) for part, s in zip(parts, shapes, strict=True)])

    def members(self, index: Tensor | Sequence[int] | slice) -> "Kan":
        """The population of these members only, in this order."""
        if isinstance(index, slice):
            whole = len(range(*index.indices(self.population))) == self.population
            return self if whole else self._picked(index)
        at = torch.as_tensor(index, device=self.layers[0].coef.device)
        ascending = len(at) == self.population and bool((at.diff() > 0).all())
        return self if ascending else self._picked(at)

    def _picked(self, at: Tensor | slice) -> "Kan":
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
        # Named one by one: this is done in every step, and `replace` takes its time.
        layers = tuple(
            Layer(c, la.mask, la.frame, la.held) for la, c in zip(self.layers, coef, strict=True)
        )
        return Kan(self.shape, self.basis, self.grid, layers, self.linear, self.follow)

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
        frame = self.layers[depth].frame
        knots = None if frame.knots is None else frame.knots[:, None]
        found = self.basis(frame.normalised(value), self.grid, order=order, knots=knots)
        stretch = frame.stretch[..., None]
        return tuple(f if power == 0 else f * stretch**power for power, f in enumerate(found))

    def narrow_at(self, depth: int, value: Tensor) -> Narrow | None:
        """A layer for compiled code at node values ``[pop, n, in]``, ``None`` where none serves."""
        layer = self.layers[depth]
        return Narrow.of(self.basis, self.grid, layer.frame, layer.effective, value)

    def lift(self, x: Tensor) -> Tensor:
        """The first layer's basis functions on these rows, which training never changes.

        Args:
            x: Rows ``[n, inputs]``, the same for all, or ``[pop, n, inputs]``.

        Returns:
            ``[1 or pop, n, inputs, basis]``.
        """
        value, layer = x if x.dim() == 3 else x[None], self.layers[0]
        none = layer.coef.new_empty(len(value), 0, *layer.coef.shape[2:])
        narrow = Narrow.of(self.basis, self.grid, layer.frame, none, value)
        return self.functions_at(0, value, 0)[0] if narrow is None else narrow.edges().functions

    def __call__(self, x: Tensor) -> Tensor:
        """Output of every member.

        Args:
            x: Rows ``[n, inputs]``, the same for all, or ``[pop, n, inputs]``.

        Returns:
            Values ``[pop, n, outputs]``.
        """
        value = x if x.dim() == 3 else x[None]
        narrow = self.narrow_at(0, value)
        if narrow is None:
            return self.forward(self.lift(value))
        return self._onward(self.shape.layers[0].combine(narrow.sums()))

    def forward(self, lifted: Tensor) -> Tensor:
        """Output ``[pop, n, outputs]`` from lifted rows."""
        written = summed(lifted, self.layers[0].effective)
        return self._onward(self.shape.layers[0].combine(written))

    def _onward(self, value: Tensor) -> Tensor:
        """Output from the nodes that the first layer writes ``[pop, n, nodes]``."""
        for at, nodes in enumerate(self.shape.layers[1:], start=1):
            narrow = self.narrow_at(at, value)
            if narrow is None:
                (functions,) = self.functions_at(at, value, 0)
                written = summed(functions, self.layers[at].effective)
            else:
                written = narrow.sums()
            value = nodes.combine(written)
        return value


def stacked(networks: Sequence[Kan]) -> Kan:
    """Populations of one shape on one grid as one population.

    Ranges of the inputs that are the same for all stay shared.
    """
    layers, sizes = [], [kan.population for kan in networks]
    for depth, alike in enumerate(zip(*(kan.layers for kan in networks), strict=True)):
        frames = [_tensors(layer.frame) for layer in alike]
        shared = depth == 0 and all(
            a.shape == b.shape and torch.equal(a, b)
            for name, a in frames[0].items()
            for b in (frame[name] for frame in frames[1:])
        )
        frame = alike[0].frame if shared else Frame(**_catenated(frames, sizes))
        layers.append(Layer(frame=frame, **_catenated([_tensors(la) for la in alike], sizes)))
    return replace(networks[0], layers=tuple(layers))


def _catenated(owners: Sequence[dict[str, Tensor]], sizes: Sequence[int]) -> dict[str, Tensor]:
    return {
        name: torch.cat(
            [o[name].expand(k, *a.shape[1:]) for o, k in zip(owners, sizes, strict=True)]
        )
        for name, a in owners[0].items()
    }


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
        # One matrix product for the whole population while it reads the same rows. Those of one
        # sub-node lie side by side in memory, for what follows goes along them.
        pop, out, _ = weights.shape
        return (weights.flatten(0, 1) @ flat[0].T).view(pop, out, -1).mT
    return (weights @ flat.mT).mT
