"""The one call that trains a network: rows in, the best member of a population out."""

from typing import Any

from numpy.typing import ArrayLike
from torch import Tensor

from discover.basis import basis as basis_of
from discover.config import KanConfig
from discover.errors import Finding, InputError
from discover.fitting.coarse_to_fine import doubled, refine
from discover.fitting.given import of_settings, of_width
from discover.fitting.network import FittedKan
from discover.fitting.options import Training
from discover.fitting.streamed import from_file, is_stream
from discover.fitting.table import Parts, Table, in_memory
from discover.kan import Kan, Shape, Width, create
from discover.search import explore
from discover.threads import limited
from discover.training import CrossEntropy

# The first grid; curves inside curves inside curves must bend more to be told apart.
_COARSEST, _COARSEST_DEEP = 3, 5
# New rows may lie a little beyond those of the fit: there an edge still is a spline, not a line.
_MARGIN = 0.02


def fit_kan(
    x: ArrayLike | Tensor | Any,
    y: ArrayLike | Tensor | Any,
    width: Width | None = None,
    grid: int | None = None,
    order: int = 3,
    basis: str = "bspline",
    population: int = 1,
    device: str = "cpu",
    seed: int = 0,
    weight: ArrayLike | None = None,
    training: Training | None = None,
) -> FittedKan:
    """Train a population of networks and give back its best member.

    A fifth of the rows is kept for validation. Training starts on a coarse grid and doubles it;
    members that fall behind on the way are dropped, so that fine grids cost little.

    Args:
        x: Rows ``[n, d]``, numpy, torch or pandas, at any scale; or a dataset of an open HDF5
            file, :func:`parquet_rows` or a memory map, which are read in blocks and may be larger
            than memory.
        y: Target ``[n]`` (or ``[n, 1]``), at any scale; ``[n, outputs]`` for several; with
            :class:`CrossEntropy` 0 or 1, in one column or in one for each class.
        width: Widths from the columns to the output, such as ``[2, 1, 1]``, with ``[sums,
            products]`` for a layer that multiplies; ``None`` searches, simplest first.
        grid: Grid intervals to end with; ``None`` goes on to finer grids as long as one or two
            lower the validation error by 30 % and the rows outnumber the coefficients two to one.
        order: Degree of the splines.
        basis: ``bspline``, ``chebyshev``, ``fourier`` or ``rbf``.
        population: Networks that start from different seeds.
        device: Where to compute, such as ``cpu`` or ``cuda``.
        seed: Seed of the split and of the networks.
        weight: Weight of every row ``[n]``; equal by default.
        training: Method, loss, sparsity and other settings.

    Raises:
        InputError: With everything that is wrong with what was given.

    Example:
        >>> import numpy as np
        >>> x = np.linspace(0.0, 3.0, 300)[:, None]
        >>> kan = fit_kan(x, np.sin(x[:, 0]), width=[1, 1])
        >>> kan.width, bool(np.abs(kan.predict(x) - np.sin(x[:, 0])).max() < 1e-5)
        ([1, 1], True)
    """
    training = training or Training()
    _refuse([*of_settings(grid, order, basis, population, device), *training.findings()])
    classes = isinstance(training.loss, CrossEntropy)
    if is_stream(x):
        table = from_file(x, y, device)
    else:
        table = in_memory(x, y, weight, classes=classes, device=device, seed=seed)
    config = KanConfig(
        basis=basis,
        order=order,
        base=training.family_base,  # type: ignore[arg-type]
        seeds=population,
        device=device,
        grids=doubled(_COARSEST, 4 * _COARSEST) if grid is None else (grid,),
    )
    searched = width is None and weight is None and table.dataset is not None
    with limited(training.threads):
        if searched and training.searchable:
            return _searched(table, config, grid, seed, training)
        _refuse(of_width(width, len(table.names), table.outputs, read_out=training.read_out))
        return _of_shape(table, Shape.of(width or []), config, grid, seed, training)


def _refuse(findings: list[Finding]) -> None:
    if findings:
        raise InputError(findings)


def _searched(
    table: Table, config: KanConfig, grid: int | None, seed: int, training: Training
) -> FittedKan:
    """The best network of the ladder of shapes, on the grid that pays."""
    dataset, trainer = table.dataset, training.trainer()
    if dataset is None:
        raise ValueError("a shape can be searched for one target in memory only")
    alone = config.model_copy(update={"keep": 1})
    found = explore(dataset, alone, seed=seed, trainer=trainer)
    network = found.networks[0]
    narrowed = dataset.select(network.columns)
    parts = Parts.of(narrowed, network.scaling, config.device)
    start = network.kan.grid
    refined = refine(
        network.kan,
        parts,
        doubled(start) if grid is None else (start,),
        free=grid is None,
        training=Training(),
        trainer=trainer,
    )
    return FittedKan(
        kan=refined.kan,
        names=table.names,
        columns=tuple(table.names.index(name) for name in network.columns),
        scaling=network.scaling,
        classes=False,
        history=refined.history,
        notes=(*found.diagnosis, *refined.notes),
    )


def _of_shape(
    table: Table,
    shape: Shape,
    config: KanConfig,
    grid: int | None,
    seed: int,
    training: Training,
) -> FittedKan:
    """The best network of one shape, on the grid that pays."""
    first = _COARSEST if len(shape.layers) < 3 else _COARSEST_DEEP
    first = first if grid is None else min(first, grid)
    refined = refine(
        _created(table, shape, config, seed, training, first),
        table.parts,
        doubled(first, grid),
        free=grid is None,
        training=training,
        trainer=training.trainer(),
    )
    return FittedKan(
        kan=refined.kan,
        names=table.names,
        columns=tuple(range(len(table.names))),
        scaling=table.scaling,
        classes=isinstance(training.loss, CrossEntropy),
        history=refined.history,
        notes=refined.notes,
    )


def _created(
    table: Table, shape: Shape, config: KanConfig, seed: int, training: Training, grid: int
) -> Kan:
    """Fresh networks, with layers of straight lines where these were asked for."""
    shape, linear = shape.with_lines(embed=training.embed, outputs=_outputs(table, training))
    kan = create(
        shape,
        basis_of(config.basis, config.order, config.base),
        grid,
        seeds=[seed * 1000 + s for s in range(config.seeds)],
        low=table.low - _MARGIN * (table.high - table.low),
        high=table.high + _MARGIN * (table.high - table.low),
        linear=linear,
    )
    return kan.following(training.follow)


def _outputs(table: Table, training: Training) -> int | None:
    return table.outputs if training.read_out else None
