"""How a network is trained, where the defaults of :func:`fit_kan` are not wanted."""

from dataclasses import dataclass, field
from typing import Literal

from discover.errors import Finding
from discover.training import LevenbergMarquardt, Loss, Method, Squares, Trainer, Watch


@dataclass(frozen=True, kw_only=True)
class Training:
    """What may be said about the training of a network.

    Attributes:
        method: How a step is made: :class:`LevenbergMarquardt`, :class:`LBFGS` or :class:`Adam`.
        loss: What a row costs: :class:`Squares`, :class:`Huber` or :class:`CrossEntropy`.
        steps: Most steps on the first grid, in steps of Levenberg-Marquardt; L-BFGS makes five
            times and Adam 25 times as many, which is about the same work.
        time_budget: Seconds after which the search and the training stop with the best network
            so far; ``None`` for as many as it takes. Only without it the same seed gives the
            same network on every machine.
        threads: Threads that portions of a step of Levenberg-Marquardt are dealt to. More than one
            pay for populations and for many rows, where nobody else wants the processor; the
            network does not depend on it.
        sparse: Train from strong to weak penalties first, and cut the edges that are not needed.
        base: The function beside the splines on every edge: ``silu``, ``identity`` or ``none``.
        follow: How far the knots follow the data: 0 for equal intervals, near 1 for equally
            many rows in each.
        embed: Put a layer of straight lines, as wide as the columns, before the first: for
            inputs that want rotating.
        read_out: Put a layer of straight lines after the last: the target is a weighted sum
            of the last layer's nodes.
        watch: Called after every step with its number on this grid, the networks that still
            train, in scaled units, and what they have to lower ``[pop]``; a true answer ends the
            training on this grid.

    Example:
        >>> Training(sparse=True).findings()
        []
        >>> [str(finding) for finding in Training(follow=2.0).findings()]
        ['training.follow: found 2.0, expected a number from 0 to 0.99']
    """

    method: Method = field(default_factory=LevenbergMarquardt)
    loss: Loss = field(default_factory=Squares)
    steps: int = 120
    time_budget: float | None = None
    threads: int = 1
    sparse: bool = False
    base: Literal["silu", "identity", "none"] = "silu"
    follow: float = 0.0
    embed: bool = False
    read_out: bool = False
    watch: Watch | None = None

    @property
    def family_base(self) -> str:
        """The base function, which is the identity where some layers are straight lines."""
        return "identity" if self.embed or self.read_out else self.base

    @property
    def searchable(self) -> bool:
        """Whether a shape can be searched for with these settings."""
        return self == Training(
            method=self.method,
            loss=self.loss,
            time_budget=self.time_budget,
            threads=self.threads,
            base=self.base,
            watch=self.watch,
        )

    def trainer(self) -> Trainer:
        """Who trains so, from now on until the time is up."""
        return Trainer.within(
            self.time_budget, method=self.method, loss=self.loss, watch=self.watch
        )

    def findings(self) -> list[Finding]:
        """What is wrong with these settings."""
        expected = {
            "steps": (self.steps >= 1, "at least 1"),
            "time_budget": (
                self.time_budget is None or self.time_budget > 0,
                "seconds above 0, or None",
            ),
            "threads": (self.threads >= 1, "at least 1"),
            "base": (self.base in ("silu", "identity", "none"), "silu, identity or none"),
            "follow": (0 <= self.follow <= 0.99, "a number from 0 to 0.99"),
            "method": (isinstance(self.method, Method), "a method such as LevenbergMarquardt()"),
            "loss": (isinstance(self.loss, Loss), "a loss such as Squares()"),
        }
        return [
            Finding(where=f"training.{name}", found=repr(getattr(self, name)), expected=words)
            for name, (fine, words) in expected.items()
            if not fine
        ]
