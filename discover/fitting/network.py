"""What a fit gives back, and the one call that makes it."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from discover.basis import basis as basis_of
from discover.config import KanConfig
from discover.dataset import Dataset, Matrix, Scaling, Source, Split, Variable, Vector
from discover.errors import InputError
from discover.fitting.given import deal, numbers, of_rows, of_settings, of_width
from discover.fitting.road import Level, Parts, doubled, refine
from discover.kan import Kan, Shape, Width, create
from discover.search import explore

_COARSEST = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedKan:
    """The best network of a population, in the units of its table.

    Attributes:
        kan: The network, a population of one, in scaled units.
        columns: Numbers of the columns it reads; all of them, unless the shape was searched for.
        inputs: Number of columns of the table.
        scaling: How the columns it reads were scaled.
        history: Error after each grid, coarse to fine.
    """

    kan: Kan
    columns: tuple[int, ...]
    inputs: int
    scaling: Scaling
    history: tuple[Level, ...]

    @property
    def width(self) -> list[int | list[int]]:
        """The widths, such as ``[2, 1, 1]``; the first is the number of columns it reads."""
        return self.kan.shape.width

    @property
    def n_parameters(self) -> int:
        """Coefficients of the living edges."""
        return int(self.kan.parameters[0])

    def predict(self, x: ArrayLike | Tensor) -> Vector:
        """The network's values.

        Args:
            x: Rows ``[n, d]`` with the columns of the fit.

        Returns:
            Values ``[n]`` in the target's unit. Rows outside the range of the fit are answered
            by straight lines.

        Raises:
            InputError: If `x` has another number of columns, or is not finite.
        """
        rows = numbers(x, "x")
        if rows.ndim != 2 or rows.shape[1] != self.inputs:
            raise InputError.one(
                where="x",
                found=f"shape {tuple(rows.shape)}",
                expected=f"rows of {self.inputs} columns, [n, {self.inputs}]",
            )
        scaled = (rows[:, list(self.columns)] - self.scaling.x_shift) / self.scaling.x_scale
        at = torch.as_tensor(scaled, device=self.kan.layers[0].coef.device)
        value = self.kan(at)[0, :, 0].cpu().numpy()
        return np.asarray(value * self.scaling.y_scale + self.scaling.y_shift)


def fit_kan(
    x: ArrayLike | Tensor,
    y: ArrayLike | Tensor,
    width: Width | None = None,
    grid: int | None = None,
    order: int = 3,
    basis: str = "bspline",
    population: int = 1,
    device: str = "cpu",
    seed: int = 0,
) -> FittedKan:
    """Train a population of networks and give back its best member.

    A fifth of the rows is kept for validation. Training starts on a coarse grid and doubles it;
    members that fall behind on the way are dropped, so that fine grids cost little.

    Args:
        x: Rows ``[n, d]``, numpy or torch, at any scale.
        y: Target ``[n]`` (or ``[n, 1]``), at any scale.
        width: Widths from the columns to the one output, such as ``[2, 1, 1]``, with ``[sums,
            products]`` for a layer that multiplies; ``None`` searches, simplest first.
        grid: Grid intervals to end with; ``None`` goes on to finer grids as long as the
            validation error falls by 30 % and the rows outnumber the coefficients two to one.
        order: Degree of the splines.
        basis: ``bspline``, ``chebyshev``, ``fourier`` or ``rbf``.
        population: Networks that start from different seeds.
        device: Where to compute, such as ``cpu`` or ``cuda``.
        seed: Seed of the split and of the networks.

    Raises:
        InputError: With everything that is wrong with what was given.

    Example:
        >>> x = np.linspace(0.0, 3.0, 300)[:, None]
        >>> kan = fit_kan(x, np.sin(x[:, 0]), width=[1, 1])
        >>> kan.width, bool(np.abs(kan.predict(x) - np.sin(x[:, 0])).max() < 1e-5)
        ([1, 1], True)
    """
    rows, target = numbers(x, "x"), numbers(y, "y")
    if target.ndim == 2 and target.shape[1] == 1:
        target = target[:, 0]
    findings = [
        *of_rows(rows, target),
        *of_width(width, rows),
        *of_settings(grid, order, basis, population, device),
    ]
    if findings:
        raise InputError(findings)
    config = KanConfig(
        basis=basis,  # type: ignore[arg-type]
        order=order,
        seeds=population,
        device=device,
        grids=(_COARSEST, 2 * _COARSEST) if grid is None else (grid,),
    )
    dataset = _dataset(rows, target, seed)
    if width is None:
        return _searched(dataset, config, grid, seed)
    scaling = Scaling.of(*dataset.part("train"))
    parts = Parts.of(dataset, scaling, device)
    kan, history = refine(
        _created(parts, Shape.of(width), config, seed),
        parts,
        doubled(_COARSEST, grid),
        free=grid is None,
    )
    return FittedKan(
        kan=kan,
        columns=tuple(range(len(dataset.names))),
        inputs=len(dataset.names),
        scaling=scaling,
        history=history,
    )


def _dataset(x: Matrix, y: Vector, seed: int) -> Dataset:
    train, unseen = deal(x, y, seed)
    return Dataset(
        name="rows",
        features=tuple(Variable(name=str(i)) for i in range(x.shape[1])),
        target=Variable(name="y"),
        x=x,
        y=y,
        split=Split(train=train, validation=unseen, test=np.zeros(0, dtype=np.int64)),
        source=Source(path="rows in memory", rows=len(y)),
    )


def _searched(dataset: Dataset, config: KanConfig, grid: int | None, seed: int) -> FittedKan:
    """The best network of the ladder of shapes, on the grid that pays."""
    network = explore(dataset, config, seed=seed).networks[0]
    parts = Parts.of(dataset.select(network.columns), network.scaling, config.device)
    start = network.kan.grid
    kan, history = refine(
        network.kan,
        parts,
        doubled(start) if grid is None else (start,),
        free=grid is None,
    )
    return FittedKan(
        kan=kan,
        columns=tuple(dataset.names.index(name) for name in network.columns),
        inputs=len(dataset.names),
        scaling=network.scaling,
        history=history,
    )


def _created(parts: Parts, shape: Shape, config: KanConfig, seed: int) -> Kan:
    x = parts.both[0]
    return create(
        shape,
        basis_of(config.basis, config.order, config.base),
        min(_COARSEST, *config.grids),
        seeds=[seed * 1000 + s for s in range(config.seeds)],
        low=x.amin(0),
        high=x.amax(0),
    )
