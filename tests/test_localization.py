"""Quasiperiodic chains against what is known of them in closed form, and the shipped tables."""

import h5py
import numpy as np
import pytest
from scipy.linalg import eigh_tridiagonal

from discover import sources
from discover.sources.localization import (
    GOLDEN,
    MODELS,
    fractal_dimension,
    gaam,
    growth,
    maam,
    mosaic,
    table,
)

NAMES = ("gaam", "maam", "mosaic2", "mosaic3")
# The mobility edges that are known in closed form, positive where states are extended; see the
# references on the cards. They stand in the tests and in the recipes' hypotheses, nowhere else.
EDGES = {
    "mosaic2": lambda c: 1 - np.abs(c["lambda"] * c["energy"]),
    "mosaic3": lambda c: 1 - np.abs(c["lambda"] * (c["energy"] ** 2 - 1)),
    "gaam": lambda c: 2 * (1 - c["lambda"]) - c["alpha"] * c["energy"],
    "maam": lambda c: c["energy"] + np.exp(c["p"]) - c["lambda"] * np.cosh(c["p"]),
}


def shipped(name):
    with h5py.File(sources.card(name).path) as file:
        return {column: values[:] for column, values in file["table"].items()}


@pytest.mark.parametrize(
    "states",
    [
        mosaic(89, 0.0, 0.3, period=2),
        mosaic(89, 0.0, 0.3, period=3),
        gaam(89, 0.0, 0.5, 0.3),
    ],
)
def test_without_a_potential_the_chain_is_free(states):
    energies, vectors = states
    k = np.arange(1, 90) * np.pi / 90
    assert np.allclose(energies, np.sort(2 * np.cos(k)), atol=1e-12)
    # Standing waves: sum |psi|^4 = 3 / (2 (n + 1)); at half filling 2 / (n + 1), every other site.
    inverse = (vectors**4).sum(axis=0)
    assert np.isclose(np.median(inverse), 1.5 / 90, rtol=1e-9)
    assert np.isclose(inverse.max(), 2 / 90, rtol=1e-9)
    assert (fractal_dimension(vectors) > 0.84).all()


def test_with_fast_decay_the_long_hopping_is_that_to_neighbours():
    phase, strength = 0.7, 1.3
    energies, _ = maam(55, strength, 40.0, phase)
    # Aubry-Andre: the generalised chain without deformation, of half the amplitude.
    assert np.allclose(energies, gaam(55, strength / 2, 0.0, phase)[0], atol=1e-12)


def test_long_hopping_alone_has_the_energies_of_a_geometric_series():
    # In an endless chain E(k) = 2 sum_d exp(p (1 - d)) cos(k d); its band holds a finite one's.
    p = 1.0
    ends = [2 * np.exp(p) * sum((s * np.exp(-p)) ** d for d in range(1, 60)) for s in (1, -1)]
    energies, _ = maam(233, 0.0, p, 0.0)
    assert energies[-1] < ends[0] < energies[-1] + 0.01
    assert energies[0] - 0.01 < ends[1] < energies[0]


def test_strong_disorder_puts_each_state_on_one_site():
    energies, vectors = gaam(89, 200.0, 0.0, 0.3)
    sites = 400 * np.cos(2 * np.pi * GOLDEN * np.arange(1, 90) + 0.3)
    assert np.allclose(energies, np.sort(sites), atol=0.5)
    assert np.median(fractal_dimension(vectors)) < 0.01


def test_aubry_andre_chain_localises_at_its_self_dual_point():
    extended = [fractal_dimension(gaam(377, s, 0.0, 1.0)[1]) for s in (0.8, 1.25)]
    assert np.mean(extended[0] > 0.5) > 0.97
    assert np.mean(extended[1] > 0.5) < 0.03


def test_a_mosaic_chain_keeps_extended_states_at_any_strength():
    energies, vectors = mosaic(377, 5.0, 1.0, period=2)
    dimension = fractal_dimension(vectors)
    assert (dimension[np.abs(energies) < 0.15] > 0.5).mean() > 0.9
    assert (dimension[np.abs(energies) > 0.4] < 0.5).mean() > 0.98


def test_a_dimension_is_between_none_and_one():
    rng = np.random.default_rng(0)
    states = rng.normal(size=(50, 200))
    dimension = fractal_dimension(states / np.linalg.norm(states, axis=0))
    assert ((dimension >= 0) & (dimension <= 1)).all()


def test_states_of_a_free_chain_grow_with_it_and_those_on_single_sites_do_not():
    # Standing waves: sum |psi|^4 = 3 / (2 (n + 1)), but for the one at half filling.
    at = np.array([-1.3, 0.4, 1.7])
    free = [mosaic(n, 0.0, 0.0, period=1) for n in (200, 80)]
    assert np.allclose(growth(*free, at), np.log(201 / 81) / np.log(200 / 80), atol=1e-9)
    bound = [mosaic(n, 100.0, 0.0, period=1) for n in (200, 80)]
    assert np.allclose(growth(*bound, at), 0.0, atol=1e-3)


def test_growth_is_that_of_the_states_at_the_energy_that_is_asked_for():
    # The first 60 sites of the shorter chain and the first 150 of the longer one are free.
    def half_free(free: int, sites: int):
        potential = np.where(np.arange(sites) < free, 0.0, 50.0 * np.arange(sites))
        return eigh_tridiagonal(potential, np.ones(sites - 1))

    chains = half_free(150, 200), half_free(60, 80)
    inside, outside = growth(*chains, np.array([0.7, 50.0 * 160]))
    assert inside > 0.9
    assert abs(outside) < 0.01


def test_the_table_does_not_depend_on_the_threads():
    made = [
        table(MODELS["maam"], seed=3, chains=4, sites=55, per_chain=5, threads=n) for n in (1, 3)
    ]
    assert list(made[0]) == ["energy", "lambda", "p", "phi", "fractal_dimension", "extended"]
    assert all((made[0][column] == made[1][column]).all() for column in made[0])
    other = table(MODELS["maam"], seed=4, chains=4, sites=55, per_chain=5)
    assert not (other["energy"] == made[0]["energy"]).any()


def test_a_builder_writes_the_same_bytes_again(tmp_path, monkeypatch):
    from discover.sources import localization

    monkeypatch.setattr(localization, "SITES", 34)
    paths = [tmp_path / str(n) / "gaam.h5" for n in (1, 2)]
    for path, processes in zip(paths, (1, 2), strict=True):
        path.parent.mkdir()
        localization.build(path, seed=0, rows=48, processes=processes)
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_shipped_states_part_where_theory_says(name):
    columns = shipped(name)
    right = np.mean((EDGES[name](columns) > 0) == (columns["extended"] == 1))
    assert right > 0.99
    # What the card says of it is true.
    assert f"{100 * right:.2f} %" in sources.card(name).notes.replace("\n", " ")
    assert 0.3 < columns["extended"].mean() < 0.6
    assert ((columns["fractal_dimension"] > 0.5) == (columns["extended"] == 1)).all()


@pytest.mark.parametrize("name", NAMES)
def test_shipped_rows_are_those_of_the_builder(name):
    columns, card = shipped(name), sources.card(name)
    assert set(card.columns) == set(columns)
    # One chain computed anew: its rows are in the file.
    made = table(MODELS[name], seed=0, chains=1)
    for column, values in made.items():
        assert np.allclose(columns[column][: len(values)], values, atol=2e-6)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mosaic2", "gaam"])
def test_shipped_files_are_built_again_byte_for_byte(name, tmp_path):
    path = sources.build(name, tmp_path)
    assert sources.sha256(path) == sources.card(name).sha256
