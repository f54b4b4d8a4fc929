"""A field as the search for equations sees it: through test functions, with its noise."""

from dataclasses import dataclass

from discover.config import EquationConfig
from discover.dataset import PARTS, Part
from discover.equations.balance import Rows
from discover.field import Field
from discover.weak import bumps, noise_of


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """A field as the search sees it.

    Attributes:
        field: All of it.
        rows: Each part through the same test functions.
        noise: Estimated standard deviation of the noise of each field.
        supports: Width of the test functions along each axis, in grid points.
    """

    field: Field
    rows: dict[Part, Rows]
    noise: tuple[float, ...]
    supports: tuple[int, ...]

    @classmethod
    def of(cls, field: Field, config: EquationConfig) -> "Seen":
        """Test functions and noise, both read off the training part."""
        parts = {part: field.part(part) for part in PARTS}
        train = parts["train"]
        probes = bumps(list(parts.values()), order=config.derivatives, time_order=config.order)
        noise = tuple(noise_of(values) for values in train.values)
        return cls(
            field=field,
            rows={name: Rows.of(part, probes, noise) for name, part in parts.items()},
            noise=noise,
            supports=tuple(2 * probe.half + 1 for probe in probes),
        )

    def setting(self) -> str:
        """How the field was seen, in words."""
        axes = ", ".join(
            f"{n} points in {axis.name}"
            for n, axis in zip(self.supports, self.field.axes, strict=True)
        )
        spread = [float(values.std()) for values in self.field.values]
        noise = ", ".join(
            f"{noise / size:.2g} of the spread of {name}"
            for noise, size, name in zip(self.noise, spread, self.field.names, strict=True)
        )
        return (
            f"Each row is one test function of the weak form; it covers {axes}. "
            f"White noise was estimated as {noise}."
        )
