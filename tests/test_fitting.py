"""A network in one call: accuracy, settings, classes, phases, files, and what it refuses."""

import time
from dataclasses import replace

import h5py
import numpy as np
import pandas as pd
import pytest
import torch

from discover import fit_kan, parquet_rows
from discover.errors import InputError
from discover.fitting import FittedKan, Training
from discover.graph import OUTPUT, numbers
from discover.training import LBFGS, Adam, CrossEntropy, Huber, Trainer

RNG = np.random.default_rng(0)
X = RNG.uniform(-1, 1, (400, 2))
UNSEEN = RNG.uniform(-1, 1, (400, 2))


def exp_sin(x):
    return np.exp(np.sin(np.pi * x[:, 0]) + x[:, 1] ** 2)


def rms(a, b):
    return float(np.sqrt(np.mean((a - b) ** 2)))


@pytest.fixture(scope="module")
def fine() -> FittedKan:
    return fit_kan(X, exp_sin(X), width=[2, 1, 1], population=4)


def test_from_coarse_to_fine_until_it_no_longer_pays(fine):
    assert rms(fine.predict(UNSEEN), exp_sin(UNSEEN)) < 1e-4
    grids = [level.grid for level in fine.history]
    assert grids == sorted(grids)
    assert grids[0] == 3
    assert fine.width == [2, 1, 1]
    assert fine.n_parameters == 3 * (fine.kan.grid + 4)


def test_more_threads_give_the_same_network(fine):
    again = fit_kan(X, exp_sin(X), width=[2, 1, 1], population=4, training=Training(threads=3))
    np.testing.assert_array_equal(again.predict(UNSEEN), fine.predict(UNSEEN))


def test_a_grid_that_gains_a_little_is_a_landing(monkeypatch):
    errors = {3: 1.0, 6: 0.8, 12: 0.1, 24: 0.09, 48: 0.08}
    x = np.random.default_rng(0).uniform(-1, 1, (600, 2))
    real = Trainer.fit

    def scripted(self, kan, rows, schedule, *, validation=None):
        fitted = real(self, kan, rows, replace(schedule, steps=1), validation=validation)
        said = torch.full_like(fitted.validation, errors[kan.grid])
        return fitted if validation is None else replace(fitted, validation=said)

    monkeypatch.setattr(Trainer, "fit", scripted)
    kan = fit_kan(x, exp_sin(x), width=[2, 1, 1])
    assert [level.grid for level in kan.history] == [3, 6, 12, 24, 48]
    assert kan.kan.grid == 12
    (note,) = kan.notes
    assert note.endswith("grid 12 was kept.")


def test_the_graph_says_what_the_network_says(fine):
    columns = {"x0": UNSEEN[:, 0], "x1": UNSEEN[:, 1]}
    values = numbers(fine.graph, columns)[OUTPUT]
    np.testing.assert_allclose(values, fine.predict(UNSEEN), rtol=1e-10)


def test_saved_and_loaded_it_answers_to_the_last_bit(fine, tmp_path):
    fine.save(tmp_path / "kan")
    again = FittedKan.load(tmp_path / "kan")
    assert np.array_equal(again.predict(UNSEEN), fine.predict(UNSEEN))
    assert again.history == fine.history
    assert again.names == fine.names


@pytest.mark.parametrize("damage", ["no file", "cut", "foreign", "other format"])
def test_a_file_that_is_no_network_is_refused(fine, tmp_path, damage):
    fine.save(tmp_path / "kan")
    if damage == "no file":
        (tmp_path / "kan.json").unlink()
    elif damage == "cut":
        raw = (tmp_path / "kan.safetensors").read_bytes()
        (tmp_path / "kan.safetensors").write_bytes(raw[:100])
    elif damage == "foreign":
        (tmp_path / "kan.json").write_text("[1, 2]")
    else:
        text = (tmp_path / "kan.json").read_text()
        (tmp_path / "kan.json").write_text(text.replace('"format": 1', '"format": 99'))
    with pytest.raises(InputError, match="no network that can be read"):
        FittedKan.load(tmp_path / "kan")


@pytest.mark.parametrize(
    "settings",
    [
        {"basis": "chebyshev", "grid": 12},
        {"basis": "fourier", "grid": 6},
        {"basis": "rbf", "grid": 12},
        {"order": 5},
        {"training": Training(follow=0.9)},
        {"training": Training(base="none")},
        {"training": Training(method=LBFGS(), steps=40)},
    ],
    ids=str,
)
def test_every_setting_fits_a_smooth_function(settings):
    kan = fit_kan(X, exp_sin(X), width=[2, 1, 1], population=4, **{"grid": 12, **settings})
    assert rms(kan.predict(UNSEEN), exp_sin(UNSEEN)) < 0.02


def test_knots_follow_the_rows():
    x = np.sort(RNG.exponential(0.1, (500, 1)), axis=0)
    # All its bends are where most rows are.
    y = np.log(0.01 + x[:, 0])
    even, following = (
        fit_kan(x, y, width=[1, 1], grid=6, training=Training(follow=f)) for f in (0.0, 0.9)
    )
    assert rms(following.predict(x), y) < 0.5 * rms(even.predict(x), y)


def test_an_embedding_finds_the_rotation():
    x = RNG.uniform(-1, 1, (500, 2))
    y = np.sin(3 * (x[:, 0] + 2 * x[:, 1]))
    plain = fit_kan(x, y, width=[2, 1], grid=12)
    turned = fit_kan(x, y, width=[2, 1], grid=12, population=4, training=Training(embed=True))
    assert turned.width == [2, 2, 1]
    assert rms(turned.predict(x), y) < 1e-2 < 0.1 < rms(plain.predict(x), y)


def test_a_read_out_adds_the_last_nodes():
    kan = fit_kan(X, exp_sin(X), width=[2, 3], grid=6, training=Training(read_out=True))
    assert kan.width == [2, 3, 1]
    assert float(kan.kan.layers[1].coef[..., :-1].abs().max()) == 0.0


def test_sparse_training_leaves_the_edges_that_are_needed():
    x = RNG.uniform(-1, 1, (600, 4))
    y = np.sin(3 * x[:, 0]) + x[:, 2] ** 2
    kan = fit_kan(x, y, width=[4, 3, 1], population=2, training=Training(sparse=True))
    used = kan.kan.layers[0].mask[0].amax(0)
    assert used.tolist() == [1.0, 0.0, 1.0, 0.0]
    assert rms(kan.predict(x), y) < 1e-3


def test_rows_that_weigh_nothing_say_nothing():
    y = exp_sin(X)
    wrong = y.copy()
    wrong[:100] += 5.0
    weight = np.ones(len(y))
    weight[:100] = 0.0
    kan = fit_kan(X, wrong, width=[2, 1, 1], grid=6, weight=weight, population=4)
    assert rms(kan.predict(X[100:]), y[100:]) < 0.05


def test_a_robust_loss_takes_outliers():
    wrong = exp_sin(X)
    wrong[::15] += 20.0
    settings = Training(loss=Huber(0.01))
    kan = fit_kan(X, wrong, width=[2, 1, 1], grid=6, population=4, training=settings)
    assert rms(kan.predict(UNSEEN), exp_sin(UNSEEN)) < 0.1


def test_two_classes_become_a_probability():
    inside = (np.hypot(X[:, 0], X[:, 1]) < 0.7).astype(float)
    kan = fit_kan(X, inside, width=[2, 1], grid=5, training=Training(loss=CrossEntropy()))
    p = kan.predict(X)
    assert p.shape == (400,)
    assert p.min() >= 0.0
    assert p.max() <= 1.0
    assert np.mean((p > 0.5) == (inside > 0)) > 0.97


def test_several_classes_have_a_probability_each():
    sector = np.digitize(np.arctan2(X[:, 1], X[:, 0]), [-1.0, 1.0])
    one_hot = np.eye(3)[sector]
    settings = Training(loss=CrossEntropy())
    kan = fit_kan(X, one_hot, width=[2, 3, 3], grid=4, population=3, training=settings)
    p = kan.predict(X)
    np.testing.assert_allclose(p.sum(1), 1.0)
    assert np.mean(p.argmax(1) == sector) > 0.95


def test_several_targets_at_once():
    y = np.column_stack([X[:, 0] ** 2, X[:, 0] * 0.5 + X[:, 1] ** 3])
    kan = fit_kan(X, y, width=[2, 2], grid=6)
    assert kan.predict(UNSEEN).shape == (400, 2)
    both = np.column_stack([UNSEEN[:, 0] ** 2, UNSEEN[:, 0] * 0.5 + UNSEEN[:, 1] ** 3])
    assert rms(kan.predict(UNSEEN), both) < 1e-4
    with pytest.raises(InputError, match="one output"):
        _ = kan.graph


def test_what_was_learnt_in_one_phase_is_kept_in_the_next():
    x = np.linspace(-1, 1, 500)[:, None]
    peaks = sum(np.exp(-300 * (x[:, 0] - c) ** 2) for c in (-0.8, -0.4, 0.0, 0.4, 0.8))
    settings = Training(base="none")
    # The first phase sees the whole range, and nothing but zero.
    kan = fit_kan(x, 0 * x[:, 0] + 1e-3 * x[:, 0], width=[1, 1], grid=100, training=settings)
    for low in (-1.0, -0.6, -0.2, 0.2, 0.6):
        near = (x[:, 0] >= low) & (x[:, 0] <= low + 0.4)
        kan = kan.trained(x[near], peaks[near])
    assert rms(kan.predict(x), peaks) < 1e-3


def test_a_table_in_a_file_is_read_in_blocks(tmp_path):
    x = RNG.uniform(-1, 1, (60_000, 2))
    with h5py.File(tmp_path / "big.h5", "w") as file:
        file["x"], file["y"] = x, 100 + 3 * exp_sin(x)
    with h5py.File(tmp_path / "big.h5") as file:
        settings = Training(steps=20)
        kan = fit_kan(file["x"], file["y"], width=[2, 1, 1], grid=6, training=settings)
    assert rms(kan.predict(UNSEEN), 100 + 3 * exp_sin(UNSEEN)) < 0.1


def test_a_parquet_file_is_read_by_row_groups(tmp_path):
    pytest.importorskip("pyarrow")
    table = pd.DataFrame(RNG.uniform(-1, 1, (20_000, 2)), columns=["alpha", "beta"])
    table["word"] = "w"
    table["t"] = 100 + 3 * exp_sin(table[["alpha", "beta"]].to_numpy())
    # Groups that no block of rows ends with.
    table.to_parquet(tmp_path / "big.parquet", row_group_size=3001)
    x, y = parquet_rows(tmp_path / "big.parquet", "t")
    for start, stop in [(0, 5), (2999, 3003), (2500, 13_007), (19_990, 20_000)]:
        assert np.array_equal(x[start:stop], table[["alpha", "beta"]].to_numpy()[start:stop])
        assert np.array_equal(y[start:stop], table["t"].to_numpy()[start:stop])
        y[start:stop][:] = 0.0  # what was read is the reader's own
        assert np.array_equal(y[start:stop], table["t"].to_numpy()[start:stop])
    kan = fit_kan(x, y, width=[2, 1, 1], grid=6, training=Training(steps=20))
    assert kan.names == ("alpha", "beta")
    assert rms(kan.predict(UNSEEN), 100 + 3 * exp_sin(UNSEEN)) < 0.1
    with pytest.raises(InputError, match="columns of numbers alpha, beta, t"):
        parquet_rows(tmp_path / "big.parquet", "word")
    (tmp_path / "no.parquet").write_text("alpha,beta")
    with pytest.raises(InputError, match="no Parquet file"):
        parquet_rows(tmp_path / "no.parquet", "t")


def test_a_pass_reads_every_row_group_once(tmp_path, monkeypatch):
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pd.DataFrame(RNG.uniform(-1, 1, (1000, 3)), columns=["a", "b", "t"])
    table.to_parquet(tmp_path / "t.parquet", row_group_size=100)
    read, numbers = parquet.ParquetFile.read_row_group, []

    def counted(file, number, **how):
        numbers.append(number)
        return read(file, number, **how)

    monkeypatch.setattr(parquet.ParquetFile, "read_row_group", counted)
    x, y = parquet_rows(tmp_path / "t.parquet", "t")
    for start in range(0, 1000, 64):  # some of these blocks lie in two groups
        assert len(x[start : start + 64]) == len(y[start : start + 64])
    assert numbers == list(range(10))


def test_names_of_a_data_frame_are_kept():
    table = pd.DataFrame(X, columns=["alpha", "beta"])
    kan = fit_kan(table, exp_sin(X), width=[2, 1], grid=3)
    assert kan.names == ("alpha", "beta")


def test_minibatches_are_for_those_who_want_them():
    settings = Training(method=Adam(rate=0.02, batch=50), steps=40)
    kan = fit_kan(X, exp_sin(X), width=[2, 1, 1], grid=5, training=settings)
    assert rms(kan.predict(X), exp_sin(X)) < 0.5


@pytest.mark.parametrize("width", [[2, 1, 1], None])
def test_who_watches_sees_every_step_and_may_end_it(width):
    seen = []

    def watch(number, kan, objective):
        seen.append((number, kan.grid, kan.population, len(objective)))
        return number == 3

    kan = fit_kan(X, exp_sin(X), width=width, population=2, training=Training(watch=watch))
    assert np.isfinite(kan.predict(X)).all()
    assert {number for number, *_ in seen} == {1, 2, 3}
    assert all(members == objectives for *_, members, objectives in seen)


@pytest.mark.parametrize("width", [[2, 1, 1], None])
def test_when_the_time_is_up_the_best_so_far_is_given_back_with_a_word(width):
    start = time.monotonic()
    settings = Training(time_budget=1e-3)
    kan = fit_kan(X, exp_sin(X), width=width, population=2, training=settings)
    assert time.monotonic() - start < 10
    assert any("time was up" in note for note in kan.notes)
    assert np.isfinite(kan.predict(UNSEEN)).all()


def test_why_a_grid_was_kept_is_said_and_saved(tmp_path):
    y = exp_sin(X) + 0.3 * RNG.standard_normal(len(X))
    kan = fit_kan(X, y, width=[2, 1, 1])
    (note,) = kan.notes
    assert "grid 3 was kept" in note
    kan.save(tmp_path / "kan")
    assert FittedKan.load(tmp_path / "kan").notes == kan.notes


def test_outliers_do_not_lead_the_search_for_a_shape_astray():
    wrong = exp_sin(X)
    wrong[::20] += 20.0
    kan = fit_kan(X, wrong, population=2, training=Training(loss=Huber(0.01)))
    assert rms(kan.predict(UNSEEN), exp_sin(UNSEEN)) < 0.2


Y = X[:, 0]


@pytest.mark.parametrize(
    ("arguments", "where", "words"),
    [
        ({"x": X[:, 0]}, "x", "x[:, None]"),
        ({"x": X[:3], "y": Y[:3]}, "x", "at least 8"),
        ({"y": Y[:-1]}, "y", "one for each"),
        ({"x": np.where(X > 0.9, np.nan, X)}, "x", "NaN"),
        ({"y": np.array(["a"] * 400)}, "y", "numbers"),
        ({"width": [3, 1]}, "width", "2 columns"),
        ({"width": [2, 2]}, "width", "1 output"),
        ({"width": "2,1"}, "width", "widths"),
        ({"width": None, "training": Training(sparse=True)}, "width", "searched"),
        ({"grid": 0}, "grid", "intervals"),
        ({"order": 9}, "order", "degree"),
        ({"basis": "bsplin"}, "basis", "bspline"),
        ({"population": 0}, "population", "at least 1"),
        ({"device": "abacus"}, "device", "cpu"),
        ({"weight": np.ones(3)}, "weight", "one for each"),
        ({"weight": -np.ones(400)}, "weight", "from 0"),
        ({"training": Training(steps=0)}, "training.steps", "at least 1"),
        ({"training": Training(time_budget=0.0)}, "training.time_budget", "above 0"),
        ({"width": None, "weight": np.ones(400)}, "width", "without weights"),
        ({"training": Training(loss=CrossEntropy())}, "y", "0 or 1"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_cannot_be_is_refused_in_one_sentence(arguments, where, words):
    given = {"x": X, "y": Y, "width": [2, 1, 1], **arguments}
    with pytest.raises(InputError) as caught:
        fit_kan(**given)
    assert any(f.where == where and words in str(f) for f in caught.value.findings)


def test_rows_to_predict_must_fit(fine):
    with pytest.raises(InputError, match="2 columns"):
        fine.predict(X[:, :1])
    with pytest.raises(InputError, match="NaN"):
        fine.predict(X * np.nan)


def test_any_device_answers_the_same():
    if not torch.cuda.is_available():
        pytest.skip("no GPU here")
    on = {
        device: fit_kan(X, Y, width=[2, 1, 1], grid=5, device=device) for device in ("cpu", "cuda")
    }
    np.testing.assert_allclose(on["cuda"].predict(X), on["cpu"].predict(X), atol=1e-8)
