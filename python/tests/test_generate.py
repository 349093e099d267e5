# SPDX-License-Identifier: Apache-2.0
"""New rows from a model whose codes have a prior, by the job's function."""
import numpy as np
import pytest

import hourglass


@pytest.fixture(scope="module")
def vae(tmp_path_factory):
    """A small variational autoencoder of rows that lie near a line, in a file."""
    folder = tmp_path_factory.mktemp("vae")
    t = np.random.default_rng(1).random((400, 1))
    np.save(folder / "x.npy", (np.hstack([t, t / 2, 1 - t]) * 0.8 + 0.1).astype("f4"))
    hourglass.train(data=folder / "x.npy", model="gaussian_vae", latent=2, epochs=60, val=0, samples=0, pca=False, project=folder, name="v")
    return folder / "v"


def test_rows_are_drawn_from_where_training_rows_lie(vae, tmp_path):
    hourglass.generate(model=vae, n=200, seed=2, out=tmp_path / "new.npy")
    new = np.load(tmp_path / "new.npy")
    assert new.shape == (200, 3) and abs(new[:, 0].mean() - 0.5) < 0.1
    assert np.corrcoef(new[:, 0], new[:, 2])[0, 1] < -0.9


def test_the_same_seed_draws_the_same_rows(vae, tmp_path):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        hourglass.generate(model=vae, n=10, seed=seed, out=tmp_path / f"{name}.npy")
    a, b, c = (np.load(tmp_path / f"{name}.npy") for name in "abc")
    assert np.array_equal(a, b) and not np.array_equal(a, c)


def test_drawn_rows_go_to_data_frames(vae, tmp_path):
    polars = pytest.importorskip("polars")
    for name in ("a.npy", "a.parquet"):
        hourglass.generate(model=vae, n=10, seed=3, out=tmp_path / name)
    new = polars.read_parquet(tmp_path / "a.parquet")
    assert new.columns == ["x0", "x1", "x2"] and np.array_equal(new.to_numpy(), np.load(tmp_path / "a.npy"))


def test_a_model_without_a_prior_says_what_it_takes(tmp_path):
    np.save(tmp_path / "x.npy", np.random.default_rng(1).random((50, 3)).astype("f4"))
    hourglass.train(data=tmp_path / "x.npy", model="dense 2 | dense input", epochs=1, val=0, samples=0, pca=False, project=tmp_path, name="p")
    with pytest.raises(hourglass.HourglassError, match="whose encoder ends in sample, mmd, vq or fsq"):
        hourglass.generate(model=tmp_path / "p", out=tmp_path / "new.npy")
