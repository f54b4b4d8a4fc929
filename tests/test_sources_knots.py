"""Knots: invariants against published facts and other methods, the builder, the shipped file."""

import hashlib
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from discover import shipped, sources
from discover.errors import MissingExtraError
from discover.progress import Event
from discover.sources import knot_row, knots
from discover.sources.knot_invariants import (
    Crossing,
    cusp_translations,
    shortest_geodesic,
    signature_and_determinant,
)
from discover.sources.knot_torsion import Holonomy, torsion_degree

COLUMNS = (
    "name",
    "volume",
    "chern_simons",
    "longitudinal_translation",
    "meridinal_translation_real",
    "meridinal_translation_imag",
    "short_geodesic_real_part",
    "hyperbolic_torsion_degree",
    "hyperbolic_adjoint_torsion_degree",
    "signature",
    "tau",
    "genus",
    "determinant",
    "symmetry_group",
)
# From a table made without this builder, from the diagrams of KnotInfo. Among the knots are the
# Conway and Kinoshita-Terasaka mutants, which share their geometry, and the (-2, 3, 7) pretzel.
FACTS = """
K4a1 2.02988321282 0.0 3.46410161514 0.0
    1.0 1.087070145 2 3 0 0 1 5 D4
K5a1 2.82812208833 -0.153204133297 4.4693017516 -0.738117946007
    0.883119388886 0.562399148646 2 3 -2 1 1 7 Z/2 + Z/2
K11n34 11.2191177254 -0.13561966035 7.02777703098 0.587322173492
    1.36667391788 1.04365066588 10 13 0 0 3 1 0
K11n42 11.2191177254 -0.13561966035 7.02777703098 0.587322173492
    1.36667391788 1.04365066588 6 7 0 0 2 1 0
K12n242 2.82812208833 0.23653746663 32.0474370086 -1.75037648678
    0.125609625507 0.584603685018 18 27 -8 5 5 1 Z/2
K12a1288 15.2351617191 0.0 11.6442557507 0.0
    1.5267508501 1.21914651307 18 27 0 0 5 117 D4
K13a4877 16.9177096906 -0.230351168307 13.9151805218 -0.537919058028
    1.3874909151 1.10798183174 6 9 -4 2 2 189 D8
K13n500 14.7768038606 -0.0101235921819 11.2154689588 0.691824100378
    1.26998235742 0.988352298602 10 15 2 -2 3 51 0
"""


def facts() -> list[dict[str, str]]:
    """One dictionary for each entry of two lines above."""
    lines = FACTS.strip().splitlines()
    entries = [
        " ".join(pair).split(None, len(COLUMNS) - 1)
        for pair in zip(lines[::2], lines[1::2], strict=True)
    ]
    return [dict(zip(COLUMNS, entry, strict=True)) for entry in entries]


TURN = np.exp(2j * np.pi / 3)
FIGURE_EIGHT = np.array([[[1, 1], [0, 1]], [[1, 0], [-TURN, 1]]])
FIGURE_EIGHT_RELATOR = (-1, 2, 1, -2, 1, 2, -1, -2, 1, -2)


# Diagrams


def two_strand_torus_knot(n: int) -> list[Crossing]:
    """Positive torus knot T(2, n), n odd: odd passes through a crossing go below."""
    diagram = []
    for crossing in range(1, n + 1):
        below, above = sorted((crossing, crossing + n), key=lambda step: step % 2 == 0)
        diagram.append((below, above % (2 * n) + 1, below % (2 * n) + 1, above))
    return diagram


def mirrored(diagram: list[Crossing]) -> list[Crossing]:
    return [(i, m, k, j) for i, j, k, m in diagram]


@pytest.mark.parametrize("n", [3, 5, 7, 9, 11])
def test_positive_torus_knots_have_negative_signature(n: int) -> None:
    diagram = two_strand_torus_knot(n)
    assert signature_and_determinant(diagram) == (1 - n, n)
    assert signature_and_determinant(mirrored(diagram)) == (n - 1, n)


def test_signature_does_not_depend_on_where_the_numbering_begins() -> None:
    diagram = two_strand_torus_knot(7)
    for shift in range(1, 14):
        turned = [tuple((edge + shift) % 14 for edge in crossing) for crossing in diagram]
        assert signature_and_determinant(turned) == (-6, 7)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["K3a1", "K8n3", "K10n13", "K12n242", "K13a100", "K14n777"])
def test_signature_and_determinant_agree_with_the_seifert_matrix(name: str) -> None:
    snappy = pytest.importorskip("snappy")
    link: Any = snappy.HTLinkExteriors[name].link()
    seifert = np.array(link.seifert_matrix(), dtype=float)
    values = np.linalg.eigvalsh(seifert + seifert.T)
    values = values[abs(values) > 1e-9]
    signature, determinant = signature_and_determinant(link.PD_code())
    # Spherogram orients its surfaces such that positive knots give positive forms.
    assert signature == -int(np.sign(values).sum())
    assert determinant == round(abs(np.linalg.det(seifert + seifert.T)))
    assert signature_and_determinant(mirrored(link.PD_code())) == (-signature, determinant)


# Geometry


def conjugates(rng: np.random.Generator, matrices: np.ndarray) -> np.ndarray:
    """The matrices seen from another base point, each with a random sign."""
    a, b, c = rng.normal(size=3) + 1j * rng.normal(size=3)
    change = np.array([[1, a], [0, 1]]) @ np.array([[1, 0], [b, 1]]) @ np.array([[1, c], [0, 1]])
    signs = rng.choice([-1, 1], size=(len(matrices), 1, 1))
    return np.asarray(signs * (change @ matrices @ np.linalg.inv(change)))


def test_cusp_translations_forget_the_rotation_and_the_direction_of_the_knot() -> None:
    meridian, longitude = cusp_translations(-0.7 + 0.9j, 4.5 + 0j)
    for turn in np.exp(1j * np.linspace(0, 2 * np.pi, 9)):
        turned = cusp_translations(turn * (-0.7 + 0.9j), turn * 4.5)
        assert turned == pytest.approx((meridian, longitude))
    assert longitude == pytest.approx(4.5)


@pytest.mark.parametrize("length", [0.3 + 1j, 1.1 - 2.9j, 0.02 + 3.0j, 2.5 + 0j, 0.7 + np.pi * 1j])
def test_shortest_geodesic_reads_length_and_turn(length: complex) -> None:
    matrix = np.diag([np.exp(length / 2), np.exp(-length / 2)])[None]
    found = shortest_geodesic([conjugates(np.random.default_rng(0), matrix)])
    assert found == pytest.approx(length, abs=1e-6)
    if abs(length.imag) < 3.1:
        assert shortest_geodesic([matrix.conj()]) == pytest.approx(length.conjugate(), abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_figure_eight_knot_from_any_base_point(seed: int) -> None:
    pair = conjugates(np.random.default_rng(seed), FIGURE_EIGHT)
    group = Holonomy(pair, (FIGURE_EIGHT_RELATOR,), (1,))
    assert (torsion_degree(group, 2), torsion_degree(group, 3)) == (2, 3)
    assert shortest_geodesic([pair]) == pytest.approx(1.087070145 + 1.722768450j, abs=1e-6)


def test_torsion_is_left_open_where_rounding_errors_hide_its_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("discover.sources.knot_torsion.CLEARANCE", 1e18)
    assert torsion_degree(Holonomy(FIGURE_EIGHT, (FIGURE_EIGHT_RELATOR,), (1,)), 2) is None


# The builder


@pytest.mark.parametrize("fact", facts(), ids=lambda fact: fact["name"])
def test_measured_rows_agree_with_an_independent_table(fact: dict[str, str]) -> None:
    pytest.importorskip("snappy")
    row = knot_row.measure(fact["name"])
    assert isinstance(row, dict)
    for column, value in fact.items():
        if column in {"name", "symmetry_group"}:
            assert row[column] == value
        else:
            assert row[column] == pytest.approx(float(value), abs=1e-9), column


@pytest.mark.parametrize("name", ["K3a1", "K5a2", "K8n3"])
def test_torus_knots_are_not_hyperbolic(name: str) -> None:
    pytest.importorskip("snappy")
    assert knot_row.measure(name) == "not hyperbolic"


def test_the_census_has_the_published_sizes() -> None:
    snappy = pytest.importorskip("snappy")
    assert sum(knots.CENSUS.values()) == 313_230
    for stratum in (knots.Stratum(15, True), knots.Stratum(15, False)):
        size = knots.CENSUS[stratum]
        assert snappy.HTLinkExteriors[stratum.knot(size)].num_cusps() == 1
        with pytest.raises(KeyError):
            snappy.HTLinkExteriors[stratum.knot(size + 1)]


def test_the_same_seed_gives_the_same_bytes_in_one_and_in_two_processes(tmp_path: Path) -> None:
    pytest.importorskip("snappy")
    events: list[Event] = []
    digests = set()
    for processes in (1, 2):
        path = tmp_path / f"{processes}.h5"
        knots.build(path, seed=3, rows=22, processes=processes, report=events.append)
        digests.add(hashlib.sha256(path.read_bytes()).hexdigest())
    assert len(digests) == 1
    assert (events[-1].done, events[-1].total) == (len(events) / 2, len(events) / 2)
    with h5py.File(path) as file:
        table = file["table"]
        names = list(table["name"])
        assert len(set(names)) == len(names) == 22
        assert table.attrs["knots drawn"] == 22 + table.attrs["left out: not hyperbolic"]
        assert b"K3a1" not in names


def test_another_seed_gives_another_sample(tmp_path: Path) -> None:
    pytest.importorskip("snappy")
    samples = []
    for seed in (1, 2):
        knots.build(tmp_path / "some.h5", seed=seed, rows=4)
        with h5py.File(tmp_path / "some.h5") as file:
            samples.append(set(file["table"]["name"]))
    assert samples[0] != samples[1]


def test_building_without_snappy_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(knot_row, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"discover\[knots\]"):
        knots.build(tmp_path / "none.h5")
    assert not list(tmp_path.iterdir())


# The shipped file


@pytest.fixture(scope="module")
def table() -> dict[str, np.ndarray]:
    with h5py.File(shipped.datasets() / "knots" / "knots.h5") as file:
        records = file["table"][()]
    return {name: records[name] for name in records.dtype.names}


def test_the_card_describes_the_file(table: dict[str, np.ndarray]) -> None:
    card = sources.card("knots")
    sources.verify("knots")
    assert set(card.columns) == set(table) == set(knots.DTYPES)
    assert card.rows == len(table["name"]) >= 20_000
    assert len(card.features) == 17
    assert card.path.stat().st_size < 4_000_000
    assert len(set(table["name"])) == card.rows


def test_no_feature_is_missing(table: dict[str, np.ndarray]) -> None:
    for name in (*sources.card("knots").features, "signature"):
        assert np.isfinite(table[name]).all(), name


def test_the_sample_mixes_crossing_numbers_and_kinds(table: dict[str, np.ndarray]) -> None:
    for crossings in (13, 14, 15):
        for alternating in (0, 1):
            chosen = (table["crossing_number"] == crossings) & (table["alternating"] == alternating)
            assert chosen.sum() > 2_500
    # All of the census to twelve crossings, less the seven torus knots.
    assert (table["crossing_number"] <= 12).sum() == 2_977 - 7


def test_one_symmetry_group_at_most_is_marked(table: dict[str, np.ndarray]) -> None:
    marks = np.stack([table[f"Symmetry_{group}"] for group in knot_row.GROUPS])
    assert set(np.unique(marks)) == {0, 1}
    assert marks.sum(axis=0).max() == 1
    for group, mark in zip(knot_row.GROUPS, marks, strict=True):
        assert (table["symmetry_group"][mark == 1] == group.encode()).all()
        assert (table["symmetry_group"][mark == 0] != group.encode()).all()


def test_exact_relations_hold(table: dict[str, np.ndarray]) -> None:
    area = table["longitudinal_translation"] * table["meridinal_translation_imag"]
    assert table["cusp_volume"] == pytest.approx(area / 2, rel=1e-10)
    assert (table["meridinal_translation_imag"] > 0).all()
    half = table["short_geodesic_real_part"] / 2
    assert table["injectivity_radius"] == pytest.approx(half, abs=2e-12)
    # Bounds by the genus are theorems; that the first is sharp is a conjecture.
    assert (table["hyperbolic_torsion_degree"] == 4 * table["genus"] - 2).all()
    assert (table["hyperbolic_adjoint_torsion_degree"] <= 6 * table["genus"] - 3).all()
    # No meridian is shorter than one, and no hyperbolic knot smaller than the figure-eight knot.
    assert (
        np.hypot(table["meridinal_translation_real"], table["meridinal_translation_imag"])
        >= 1 - 1e-9
    ).all()
    assert table["volume"].min() == pytest.approx(2.02988321281931)
    assert (table["cusp_volume"] < table["volume"]).all()


def test_signature_agrees_with_invariants_found_otherwise(table: dict[str, np.ndarray]) -> None:
    signature, determinant = table["signature"].astype(int), table["determinant"].astype(int)
    # Murasugi: the determinant fixes the signature modulo four.
    assert ((determinant % 4 == 1) == (signature % 4 == 0)).all()
    assert (abs(signature) <= 2 * table["genus"]).all()
    # Ozsvath and Szabo: tau comes from Floer homology, and knows the mirror image.
    alternating = table["alternating"] == 1
    assert (signature[alternating] == -2 * table["tau"][alternating]).all()


def test_slope_explains_signature_and_has_its_sign(table: dict[str, np.ndarray]) -> None:
    meridian = table["meridinal_translation_real"] + 1j * table["meridinal_translation_imag"]
    slope = (table["longitudinal_translation"] / meridian).real
    signature = table["signature"].astype(float)
    assert 0.94 <= np.corrcoef(slope, signature)[0, 1] ** 2 <= 0.955
    # Fifteen knots differ, 0.10 % of those with a signature: all of signature +-2 and of a slope
    # near zero. A diagram read the wrong way round would show as large values of unlike signs.
    unlike = slope * signature < 0
    assert unlike[signature != 0].mean() < 0.0015
    assert (abs(signature[unlike]) == 2).all()
    assert abs(slope[unlike]).max() < 1


def test_shipped_rows_are_those_that_the_builder_makes(table: dict[str, np.ndarray]) -> None:
    pytest.importorskip("snappy")
    for i in np.random.default_rng(5).choice(len(table["name"]), size=12, replace=False):
        row = knot_row.measure(table["name"][i].decode())
        assert isinstance(row, dict)
        for column, dtype in knots.DTYPES.items():
            if dtype.startswith("S"):
                assert table[column][i].decode() == row[column]
            else:
                assert table[column][i] == pytest.approx(row[column], abs=1e-8), (i, column)
