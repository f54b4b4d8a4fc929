"""The rows that a search may see, scaled."""

from dataclasses import dataclass

import numpy as np
import torch

from discover.dataset import Dataset, Scaling
from discover.training import Rows

# Rows used while exploring; the chosen networks are trained on all rows at the end.
EXPLORE = 3000


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """Scaled tensors of training and validation rows.

    Attributes:
        names: Names of the columns.
        scaling: How they were scaled.
        train: Features and target of the training rows.
        validation: The same of the validation rows.
    """

    names: tuple[str, ...]
    scaling: Scaling
    train: Rows
    validation: Rows

    @classmethod
    def of(cls, dataset: Dataset, device: str) -> "Table":
        """The rows of a dataset on a device; its test rows are not read."""
        x, y = dataset.part("train")
        scaling = Scaling.of(x, y)

        def scaled(part: tuple[np.ndarray, np.ndarray]) -> Rows:
            a = (part[0] - scaling.x_shift) / scaling.x_scale
            b = (part[1] - scaling.y_shift) / scaling.y_scale
            return torch.as_tensor(a, device=device), torch.as_tensor(b, device=device)

        return cls(
            names=dataset.names,
            scaling=scaling,
            train=scaled((x, y)),
            validation=scaled(dataset.part("validation")),
        )

    def few(self) -> tuple[Rows, Rows]:
        """At most `EXPLORE` rows of each part, evenly taken."""

        def thin(rows: Rows) -> Rows:
            every = -(-len(rows[1]) // EXPLORE)
            return rows[0][::every], rows[1][::every]

        return thin(self.train), thin(self.validation)
