"""What a fit gives back: the best network of a population, in the units of its table."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from discover.dataset import Matrix, Scaling, Vector
from discover.errors import InputError
from discover.fitting import saved
from discover.fitting.coarse_to_fine import Level
from discover.fitting.given import numbers, of_rows
from discover.graph import prune
from discover.kan import Kan
from discover.threads import limited
from discover.training import CrossEntropy, Memory, Schedule, fit


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedKan:
    """The best network of a population.

    Attributes:
        kan: The network, a population of one, in scaled units.
        names: Names of all columns of the table.
        columns: Numbers of the columns it reads; all of them, unless the shape was searched for.
        scaling: How the columns it reads were scaled.
        classes: Whether it answers with probabilities of classes.
        history: Error after each grid, coarse to fine.
        notes: Over- and underfit and the end of the time, with what was done about it, in words.
    """

    kan: Kan
    names: tuple[str, ...]
    columns: tuple[int, ...]
    scaling: Scaling
    classes: bool
    history: tuple[Level, ...]
    notes: tuple[str, ...] = ()

    @property
    def width(self) -> list[int | list[int]]:
        """The widths, such as ``[2, 1, 1]``; the first is the number of columns it reads."""
        return self.kan.shape.width

    @property
    def n_parameters(self) -> int:
        """Coefficients of the living edges that were trained."""
        return int(self.kan.parameters[0])

    @property
    def graph(self) -> nx.DiGraph:
        """Its living part as a networkx graph in the units of the table, one curve an edge.

        Raises:
            InputError: If it has several outputs.
        """
        if self.kan.shape.layers[-1].size != 1:
            raise InputError.one(
                where="graph",
                found=f"{self.kan.shape.layers[-1].size} outputs",
                expected="a network with one output",
            )
        return prune(self.kan, self.scaling, [self.names[i] for i in self.columns])

    def predict(self, x: ArrayLike | Tensor) -> Vector:
        """The network's values.

        Args:
            x: Rows ``[n, d]`` with the columns of the fit.

        Returns:
            Values ``[n]`` (or ``[n, outputs]``) in the target's unit; of a network that was
            trained on classes their probabilities. Rows outside the range of the fit are answered
            by straight lines.

        Raises:
            InputError: If `x` has another number of columns, or is not finite.
        """
        value = self.kan(self._scaled(numbers(x, "x")))[0].cpu()
        if self.classes:
            value = value.sigmoid() if value.shape[1] == 1 else value.softmax(1)
        answer = value.numpy() * self.scaling.y_scale + self.scaling.y_shift
        return np.asarray(answer[:, 0] if answer.shape[1] == 1 else answer)

    @limited()
    def trained(
        self, x: ArrayLike | Tensor, y: ArrayLike | Tensor, *, steps: int = 30
    ) -> "FittedKan":
        """The same network after these rows too, which it forgets nothing for.

        Only coefficients whose functions see the new rows move; ranges, grids and the base
        function on every edge, which is felt everywhere, stay as they are.

        Args:
            x: New rows ``[n, d]``, within the range of the first fit.
            y: Their target ``[n]``, or ``[n, outputs]``.
            steps: Most training steps.

        Source: continual learning as in arXiv 2404.19756, section 3.4.
        """
        rows, target = numbers(x, "x"), numbers(y, "y")
        wrong = of_rows(rows, target, classes=self.classes)
        if wrong:
            raise InputError(wrong)
        like = self.kan.layers[0].coef
        scaled = (target - self.scaling.y_shift) / self.scaling.y_scale
        aims = torch.as_tensor(scaled).to(like)
        still = self.kan.with_base_held()
        fitted = fit(
            still,
            Memory.of(still, self._scaled(rows), aims),
            loss=CrossEntropy() if self.classes else None,
            schedule=Schedule(steps=steps, regrid=()),
        )
        layers = [
            replace(layer, held=old.held)
            for layer, old in zip(fitted.kan.layers, self.kan.layers, strict=True)
        ]
        return replace(self, kan=replace(fitted.kan, layers=tuple(layers)))

    def save(self, path: str | Path) -> None:
        """Write it to ``<path>.safetensors`` and ``<path>.json``."""
        about = {
            "names": list(self.names),
            "columns": list(self.columns),
            "classes": self.classes,
            "history": [vars(level) for level in self.history],
            "notes": list(self.notes),
        }
        saved.write(self.kan, self.scaling, about, Path(path))

    @classmethod
    def load(cls, path: str | Path) -> "FittedKan":
        """Read what :meth:`save` wrote; it predicts the same to the last bit.

        Raises:
            InputError: If there is no such network, or it cannot be understood.
        """
        kan, scaling, about = saved.read(Path(path))
        return cls(
            kan=kan,
            names=tuple(str(name) for name in _list(about, "names")),
            columns=tuple(int(i) for i in _list(about, "columns")),
            scaling=scaling,
            classes=bool(about.get("classes")),
            history=tuple(Level(**level) for level in _list(about, "history")),
            notes=tuple(str(note) for note in _list(about, "notes")),
        )

    def _scaled(self, rows: Matrix) -> Tensor:
        if rows.ndim != 2 or rows.shape[1] != len(self.names):
            raise InputError.one(
                where="x",
                found=f"shape {tuple(rows.shape)}",
                expected=f"rows of {len(self.names)} columns, [n, {len(self.names)}]",
            )
        scaled = (rows[:, list(self.columns)] - self.scaling.x_shift) / self.scaling.x_scale
        return torch.as_tensor(scaled).to(self.kan.layers[0].coef)


def _list(about: Mapping[str, Any], name: str) -> list[Any]:
    value = about.get(name)
    return value if isinstance(value, list) else []
