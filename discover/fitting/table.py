"""The rows of a fit: checked, named, scaled, and dealt to training and validation."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from discover.dataset import Dataset, Matrix, Scaling, Source, Split, Variable, Vector
from discover.errors import InputError
from discover.fitting.given import deal, named, numbers, of_rows, of_weight
from discover.kan import Kan
from discover.training import Data, Memory, Rows, Stream
from discover.training.rows import SAMPLE


@dataclass(frozen=True, kw_only=True, eq=False)
class Parts:
    """Scaled rows: of training, of validation, and of both together.

    Attributes:
        train: Features and target to train on, or a file of them.
        validation: Those to judge by.
        both: All of them, in the order of the parts; the same file again.
        scale: Spread of the target, in its unit.
        weight: Weights of the rows of `both`, or ``None``.
        dealt: Numbers of the rows of `train` and of `validation` among those of `both`.
    """

    train: Rows | Stream
    validation: Rows
    both: Rows | Stream
    scale: float
    weight: Tensor | None = None
    dealt: tuple[np.ndarray, np.ndarray] | None = None

    @classmethod
    def of(cls, dataset: Dataset, scaling: Scaling, device: str) -> "Parts":
        """The rows of a dataset, on a device."""
        x = torch.as_tensor((dataset.x - scaling.x_shift) / scaling.x_scale, device=device)
        y = torch.as_tensor((dataset.y - scaling.y_shift) / scaling.y_scale, device=device)
        train, unseen = dataset.split.train, dataset.split.validation
        return cls(
            train=(x[train], y[train]),
            validation=(x[unseen], y[unseen]),
            both=(x, y),
            scale=scaling.y_scale,
        )

    def data(self, kan: Kan) -> Data:
        """The training rows as this population reads them."""
        if isinstance(self.train, Stream):
            return self.train
        return Memory.of(kan, *self.train, self._weight(0))

    def unseen(self, kan: Kan) -> Data:
        """The validation rows as this population reads them."""
        return Memory.of(kan, *self.validation, self._weight(1))

    def _weight(self, part: int) -> Tensor | None:
        if self.weight is None or self.dealt is None:
            return None
        return self.weight[torch.as_tensor(self.dealt[part], device=self.weight.device)]

    @property
    def n(self) -> int:
        """Number of training rows."""
        return self.train.n if isinstance(self.train, Stream) else len(self.train[1])

    @property
    def few(self) -> Tensor:
        """Some rows of training features, evenly taken ``[n, d]``."""
        if isinstance(self.train, Stream):
            return self.train.sample()[0]
        return self.train[0][:: max(1, self.n // SAMPLE)]


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """A table ready to be fitted.

    Attributes:
        names: Names of the columns.
        outputs: Number of targets.
        parts: The scaled rows.
        scaling: How they were scaled.
        low: Least value of each scaled column ``[d]``.
        high: Greatest value.
        dataset: The rows as the search for a shape reads them; ``None`` where they are no
            single target in memory.
    """

    names: tuple[str, ...]
    outputs: int
    parts: Parts
    scaling: Scaling
    low: Tensor
    high: Tensor
    dataset: Dataset | None


def in_memory(
    x: ArrayLike | Tensor,
    y: ArrayLike | Tensor,
    weight: ArrayLike | None,
    *,
    classes: bool,
    device: str,
    seed: int,
) -> Table:
    """The table of rows in memory.

    Args:
        x: Features ``[n, d]``.
        y: Target ``[n]``, ``[n, 1]`` or ``[n, outputs]``.
        weight: Weight of every row ``[n]``, or ``None``.
        classes: Whether targets are classes, which are not scaled.
        device: Where to compute.
        seed: Seed of the split.

    Raises:
        InputError: With everything that is wrong with them.
    """
    rows, target = numbers(x, "x"), numbers(y, "y")
    if target.ndim == 2 and target.shape[1] == 1:
        target = target[:, 0]
    outputs = target.shape[1] if target.ndim == 2 else 1
    by_row = None if weight is None else numbers(weight, "weight")
    findings = [*of_rows(rows, target, classes=classes), *of_weight(by_row, len(rows))]
    if findings:
        raise InputError(findings)
    train, unseen = deal(rows, target, seed)
    scaling = Scaling.of(rows[train], target[train])
    if classes:
        scaling = replace(scaling, y_shift=0.0, y_scale=1.0)
    names = named(x, rows.shape[1])
    dataset = _dataset(names, rows, target, (train, unseen))
    parts = Parts.of(dataset, scaling, device)
    if by_row is not None:
        heavy = torch.as_tensor(by_row, device=device)
        parts = replace(parts, weight=heavy, dealt=(train, unseen))
    ends = parts.both[0] if isinstance(parts.both, tuple) else parts.few
    return Table(
        names=names,
        outputs=outputs,
        parts=parts,
        scaling=scaling,
        low=ends.amin(0),
        high=ends.amax(0),
        dataset=None if outputs > 1 or classes else dataset,
    )


def _dataset(
    names: tuple[str, ...], x: Matrix, y: Vector, dealt: tuple[np.ndarray, np.ndarray]
) -> Dataset:
    train, unseen = dealt
    return Dataset(
        name="rows",
        features=tuple(Variable(name=name) for name in names),
        target=Variable(name="y"),
        x=x,
        y=y,
        split=Split(train=train, validation=unseen, test=np.zeros(0, dtype=np.int64)),
        source=Source(path="rows in memory", rows=len(y)),
    )
