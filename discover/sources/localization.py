"""Builds the localisation datasets: eigenstates of quasiperiodic chains, extended or localised.

Each chain has open ends and hopping 1 between neighbours; its sites carry a potential that never
repeats, because its wave number is the inverse golden ratio. Chains are drawn with random
parameters, diagonalised as a whole, and some states of each are kept. What is stored of a state is
its energy and its fractal dimension; where the mobility edge lies is nowhere in this file.

The dimension says how the participation of states grows with the chain. One chain gives it up to a
factor, which matters little where localised states are much shorter than the chain. Where they are
not, the same potential is put on a shorter chain as well, and the growth between both is taken.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh, eigh_tridiagonal

from discover.progress import Event, Listener, silent

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]
States = tuple[Vector, Matrix]
"""Energies ``[n]``, ascending, and unit states ``[n, n]``, one a column."""

GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0
"""Wave number of every potential, in turns a site."""

SITES = 987
"""Sites of a chain in the shipped data: a Fibonacci number, so that its ends nearly meet."""

SHORTER = 377
"""Sites of the shorter chain, where one is needed: a Fibonacci number, too."""

NEAREST = 5
"""States of each chain around an energy: the odd number whose dimensions are least in doubt, with
3.0 % of them between 1/4 and 3/4. The median of nine leaves 6.4 %, single states 4.1 %."""

PER_CHAIN = 24
"""States kept of each chain."""

THRESHOLD = 0.5
"""States of a larger fractal dimension are called extended."""

DECIMALS = 6
"""Decimals kept. Libraries of linear algebra differ from the tenth on."""


def _turns(sites: int, phase: float) -> Vector:
    return np.asarray(2 * np.pi * GOLDEN * np.arange(1, sites + 1) + phase)


def mosaic(sites: int, strength: float, phase: float, *, period: int) -> States:
    """The mosaic chain: a cosine ``2 strength cos`` on every `period`-th site, nothing elsewhere.

    Args:
        sites: Number of sites.
        strength: Half the amplitude of the potential, in units of the hopping.
        phase: Phase of the potential at site 0, in radians.
        period: Distance of the sites that carry it.

    Source: Y. Wang et al., Phys. Rev. Lett. 125, 196604 (2020), equation 1.

    Example:
        >>> energies, _ = mosaic(3, 0.0, 0.0, period=2)  # a free chain of three: 2 cos(k pi / 4)
        >>> [round(float(e), 6) + 0.0 for e in energies]
        [-1.414214, 0.0, 1.414214]
    """
    on = np.arange(1, sites + 1) % period == 0
    potential = np.where(on, 2 * strength * np.cos(_turns(sites, phase)), 0.0)
    return _neighbours(potential)


def gaam(sites: int, strength: float, alpha: float, phase: float) -> States:
    """The generalised Aubry-André chain: potential ``2 strength cos / (1 - alpha cos)``.

    Args:
        sites: Number of sites.
        strength: Strength of the potential, in units of the hopping.
        alpha: Its deformation, between -1 and 1.
        phase: Phase of the potential at site 0, in radians.

    Source: S. Ganeshan, J. H. Pixley and S. Das Sarma, Phys. Rev. Lett. 114, 146601 (2015).
    """
    cosine = np.cos(_turns(sites, phase))
    return _neighbours(2 * strength * cosine / (1 - alpha * cosine))


def maam(sites: int, strength: float, decay: float, phase: float) -> States:
    """The Aubry-André chain with hopping ``exp(decay (1 - d))`` over every distance d.

    Args:
        sites: Number of sites.
        strength: Amplitude of the cosine potential, in units of the hopping to a neighbour.
        decay: How fast the hopping falls, by site.
        phase: Phase of the potential at site 0, in radians.

    Source: J. Biddle and S. Das Sarma, Phys. Rev. Lett. 104, 070601 (2010), equation 2.
    """
    place = np.arange(sites)
    energy = np.exp(decay * (1.0 - np.abs(place[:, None] - place)))
    energy[place, place] = strength * np.cos(_turns(sites, phase))
    energies, states = eigh(energy, overwrite_a=True, check_finite=False)
    return energies, states


def _neighbours(potential: Vector) -> States:
    """Energies and states of a chain with hopping 1 between neighbours."""
    energies, states = eigh_tridiagonal(potential, np.ones(len(potential) - 1))
    return energies, states


def fractal_dimension(states: Matrix) -> Vector:
    """``-log(sum |psi|^4) / log(sites)`` of each state: 1 if it is spread evenly, 0 on one site.

    Args:
        states: Unit states ``[sites, k]``, one a column.

    Returns:
        Dimensions ``[k]``.

    Source: F. Wegner, Z. Phys. B 36, 209 (1980).

    Example:
        >>> print(fractal_dimension(np.array([[1.0, 0.5], [0, 0.5], [0, 0.5], [0, 0.5]])) + 0.0)
        [0. 1.]
    """
    return np.asarray(-np.log((states**4).sum(axis=0)) / np.log(len(states)))


def growth(longer: States, shorter: States, energies: Vector) -> Vector:
    """How the participation of states near some energies grows from one chain to a longer one.

    Args:
        longer: Energies and states of the longer chain.
        shorter: Those of the same potential on fewer sites.
        energies: Where to look ``[k]``.

    Returns:
        Slopes ``[k]`` of the logarithm of ``1 / sum |psi|^4``, the median of the
        :data:`NEAREST` states of each chain, by that of the number of sites: 1 for states spread
        evenly over both, 0 for states that are the same on both.

    Source: F. Wegner, Z. Phys. B 36, 209 (1980): the dimension is defined by this growth.

    Example:
        >>> free = [mosaic(n, 0.0, 0.0, period=1) for n in (40, 20)]
        >>> [round(float(slope), 2) for slope in growth(*free, np.array([1.0]))]
        [0.97]
    """

    def near(chain: States) -> Vector:
        order = np.argsort(np.abs(chain[0][:, None] - energies), axis=0, kind="stable")[:NEAREST]
        return np.asarray(np.median(np.log((chain[1] ** 4).sum(axis=0))[order], axis=0))

    sites = len(longer[0]) / len(shorter[0])
    return np.asarray((near(shorter) - near(longer)) / np.log(sites))


@dataclass(frozen=True, kw_only=True)
class Model:
    """A family of chains.

    Attributes:
        states: Diagonalises one, from its number of sites, the parameters and the phase.
        ranges: From where to where each parameter is drawn evenly, by column.
        shorter: Sites of a second chain from which the participation grows; 0 for none.
    """

    states: Callable[..., States]
    ranges: Mapping[str, tuple[float, float]]
    shorter: int = 0


MODELS: Mapping[str, Model] = {
    "mosaic2": Model(states=partial(mosaic, period=2), ranges={"lambda": (0.2, 3.0)}),
    "mosaic3": Model(
        states=partial(mosaic, period=3), ranges={"lambda": (0.2, 3.0)}, shorter=SHORTER
    ),
    "gaam": Model(states=gaam, ranges={"lambda": (0.2, 1.8), "alpha": (-0.8, 0.8)}),
    "maam": Model(states=maam, ranges={"lambda": (0.5, 3.5), "p": (0.5, 3.0)}),
}
"""The families by the name of their dataset."""


def table(
    model: Model,
    *,
    seed: int,
    chains: int,
    sites: int = SITES,
    per_chain: int = PER_CHAIN,
    threads: int = 1,
    report: Listener = silent,
) -> dict[str, NDArray[np.generic]]:
    """Some states of many chains, a row each.

    Args:
        model: What is drawn from.
        seed: Seed of parameters, phases and of the states that are kept.
        chains: Number of chains.
        sites: Sites of each.
        per_chain: States kept of each, drawn evenly.
        threads: How many chains are diagonalised at a time; the table does not depend on it.
        report: Called after every chain.

    Returns:
        Columns ``[chains * per_chain]``: the ``energy``, the parameters, the phase ``phi``, the
        ``fractal_dimension`` and ``extended``, 1 or 0.
    """
    drawn = [_drawn(model, np.random.default_rng([seed, i])) for i in range(chains)]

    def measured(number: int) -> dict[str, Vector]:
        energies, states = model.states(sites, *drawn[number])
        rng = np.random.default_rng([seed, number, 1])
        kept = np.sort(rng.choice(sites, size=per_chain, replace=False))
        if model.shorter:
            shorter = model.states(model.shorter, *drawn[number])
            dimension = growth((energies, states), shorter, energies[kept])
        else:
            dimension = fractal_dimension(states[:, kept])
        return {"energy": energies[kept], "fractal_dimension": dimension}

    rows: list[dict[str, Vector]] = []
    with ThreadPoolExecutor(threads) as pool:
        for found in pool.map(measured, range(chains)):
            rows.append(found)
            event = Event(stage="build", done=len(rows), total=chains, message="chains")
            report(event)
    return _columns(model, drawn, rows, per_chain)


def _drawn(model: Model, rng: np.random.Generator) -> tuple[float, ...]:
    """Parameters and phase of one chain, rounded as they are stored."""
    values = [rng.uniform(*ends) for ends in (*model.ranges.values(), (0.0, 2 * np.pi))]
    return tuple(round(float(value), DECIMALS) for value in values)


def _columns(
    model: Model,
    drawn: Sequence[tuple[float, ...]],
    rows: Sequence[Mapping[str, Vector]],
    per_chain: int,
) -> dict[str, NDArray[np.generic]]:
    # Adding zero makes an ordinary zero of a negative one.
    found = {
        name: np.concatenate([row[name] for row in rows]).round(DECIMALS) + 0.0
        for name in ("energy", "fractal_dimension")
    }
    given = np.repeat(np.array(drawn), per_chain, axis=0).T
    columns: dict[str, NDArray[np.generic]] = {"energy": found["energy"]}
    columns |= dict(zip((*model.ranges, "phi"), given, strict=True))
    columns["fractal_dimension"] = found["fractal_dimension"]
    columns["extended"] = (found["fractal_dimension"] > THRESHOLD).astype(np.int8)
    return columns


def build(
    path: Path,
    *,
    seed: int = 0,
    rows: int = 12_000,
    processes: int = 1,
    report: Listener = silent,
) -> None:
    """Write the dataset after which the file is named.

    Args:
        path: HDF5 file to write, such as ``gaam.h5``; its group ``table`` has a dataset a column.
        seed: Seed of chains and states.
        rows: Rows to write, a multiple of :data:`PER_CHAIN`.
        processes: Chains diagonalised at a time; the bytes do not depend on it.
        report: Called after every chain.
    """
    columns = table(
        MODELS[path.stem], seed=seed, chains=rows // PER_CHAIN, threads=processes, report=report
    )
    with h5py.File(path, "w") as file:
        group = file.create_group("table", track_order=True)
        for column, values in columns.items():
            group.create_dataset(
                column, data=values, compression="gzip", compression_opts=9, shuffle=True,
                track_times=False,
            )  # fmt: skip
        group.attrs["sites of a chain"] = SITES
        if MODELS[path.stem].shorter:
            group.attrs["sites of the shorter chain"] = MODELS[path.stem].shorter
        group.attrs["states kept of a chain"] = PER_CHAIN
        group.attrs["seed"] = seed
