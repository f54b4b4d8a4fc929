"""What training found out about itself, and what was changed because of it, in words."""

from collections.abc import Sequence

from discover.search.found import Network, Rung
from discover.search.thinning import FLOOR

# More than this share of the target's spread on validation rows is called an underfit.
_MUCH = 0.5
# A validation error this many times the training error is called an overfit.
_APART = 2.0


def refined(coarse: Rung, fine: Rung, *, pays: bool) -> str:
    """What a finer grid brought.

    Args:
        coarse: The network on the grid before.
        fine: The same on the finer grid.
        pays: Whether the finer grid was kept.

    Example:
        >>> line = dict(shape="[1, 1]", penalty=0.0, columns=("a",), edges=1)
        >>> refined(
        ...     Rung(grid=6, train=0.1, validation=0.2, **line),
        ...     Rung(grid=12, train=0.05, validation=0.3, **line),
        ...     pays=False,
        ... )
        'overfit: training error 0.1 -> 0.05, validation error 0.2 -> 0.3; grid 6 was kept'
    """
    if pays:
        return "finer grid"
    if fine.train < coarse.train and fine.validation > coarse.validation:
        return (
            f"overfit: training error {coarse.train:.2g} -> {fine.train:.2g}, validation error "
            f"{coarse.validation:.2g} -> {fine.validation:.2g}; grid {coarse.grid} was kept"
        )
    return f"no finer: the validation error stays at {fine.validation:.2g}; grid {coarse.grid} kept"


def climbed(before: Network | None, after: Network) -> str:
    """What a larger shape brought; empty for the first one."""
    if before is None:
        return ""
    old, new = f"{before.kan.shape}", f"{after.kan.shape}"
    errors = f"validation error {before.validation:.2g} -> {after.validation:.2g}"
    if after.criterion < before.criterion:
        return f"underfit of {old}: {errors} with {new}, which was taken"
    if after.train < before.train and after.validation > before.validation:
        return f"overfit of {new}: {errors}; {old} was kept"
    return f"{new} is no better for its size ({errors}); {old} was kept"


def verdict(best: Network, networks: Sequence[Network]) -> tuple[str, ...]:
    """Over- and underfit of what was chosen at the end, and what is almost as good."""
    said = []
    if best.validation > _APART * best.train + FLOOR:
        said.append(
            f"Overfit: the validation error ({best.validation:.3g} spreads) is "
            f"{best.validation / max(best.train, FLOOR):.1f} times the training error. Weak edges "
            "were cut, the grid kept coarse and the training stopped where the validation error "
            "was lowest; more rows would help."
        )
    elif best.validation > _MUCH:
        said.append(
            f"Underfit: {100 * best.validation**2:.0f} % of the variance stays unexplained by "
            f"every one of the {len(networks)} shapes that were tried, the largest "
            f"{networks[-1].kan.shape}; noise, a missing column or a larger shape may be why."
        )
    simpler = [n for n in networks if n.edges < best.edges and n.validation < 1.1 * best.validation]
    if simpler:
        said.append(f"A network of {min(n.edges for n in simpler)} edges is almost as good.")
    return tuple(said)
