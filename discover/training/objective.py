"""What a method needs to know of that which it lowers."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from torch import Tensor

from discover.kan import Kan


@dataclass(frozen=True, eq=False)
class Quadratic:
    """The quadratic model of every member's objective, on its living edges.

    Attributes:
        normal: Second derivatives ``[pop, count * basis, count * basis]``.
        gradient: First derivatives ``[pop, count * basis]``; zero where nothing may move.
        edges: Numbers of these edges ``[pop, count]``.
    """

    normal: Tensor
    gradient: Tensor
    edges: Tensor


class Objective(ABC):
    """A function of a population's coefficients, one for each member, to be made small."""

    @abstractmethod
    def members(self, index: Tensor) -> "Objective":
        """The objectives of these members, in ascending order."""

    @abstractmethod
    def objective(self, kan: Kan) -> Tensor:
        """Its value ``[pop]``; infinite where it has none."""

    @abstractmethod
    def error(self, kan: Kan) -> Tensor:
        """The figure that people read ``[pop]``."""

    @abstractmethod
    def slope(self, kan: Kan, batch: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Value ``[pop]`` and derivatives by all coefficients ``[pop, P]``.

        Args:
            kan: The population.
            batch: Numbers of the rows to look at; all by default.
        """

    @abstractmethod
    def quadratic(self, kan: Kan) -> Quadratic:
        """The Gauss-Newton model on the living edges."""

    @abstractmethod
    def sample(self) -> Tensor:
        """Some rows that the networks are read on ``[1 or pop, n, d]``."""

    @property
    @abstractmethod
    def rows(self) -> int:
        """Number of rows in all."""
