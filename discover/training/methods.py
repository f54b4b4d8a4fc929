"""How a step is made: one protocol for second-order and gradient methods.

A method keeps its memory (damping, past steps, moments) in tensors with the population as their
leading axis, so that the loop can leave out members that are done, and never touches a member
whose step it rejects.
"""

from abc import ABC, abstractmethod
from collections.abc import Set
from typing import TypeAlias

from torch import Tensor

from discover.kan import Kan
from discover.training.objective import Objective

Memory: TypeAlias = tuple[Tensor, ...]


class Method(ABC):
    """A way to lower the objective of every member of a population."""

    @abstractmethod
    def start(self, kan: Kan, problem: Objective) -> Memory:
        """What the method remembers before its first step, each tensor ``[pop, ...]``."""

    @abstractmethod
    def step(
        self, kan: Kan, problem: Objective, old: Tensor, memory: Memory
    ) -> tuple[Kan, Tensor, Memory]:
        """One step of every member.

        Args:
            kan: The population.
            problem: What it is trained for.
            old: Its objective ``[pop]``, finite.
            memory: What the last step left, or :meth:`start`.

        Returns:
            The population after the step, its objective ``[pop]`` (finite) and the new memory.
        """

    def moved(self, memory: Memory) -> Memory:
        """The memory after the ranges of hidden nodes changed under the method's feet."""
        return memory

    def exhausted(self, memory: Memory) -> Set[int]:
        """Members that cannot be improved any more, by their place in the memory."""
        return frozenset()
