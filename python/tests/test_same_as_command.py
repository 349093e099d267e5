# SPDX-License-Identifier: Apache-2.0
"""Python gives the command's bits."""
import numpy as np
import pytest

import hourglass


def tensors_of(path):
    return hourglass.load(path).tensors


def same(a, b):
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


def read_scores(path):
    return np.genfromtxt(path, delimiter=",", names=True)["score"].astype(np.float32)


@pytest.mark.parametrize("options", [
    {"model": "ae", "latent": 3, "epochs": 3}, {"model": "pca", "latent": 2},
    {"model": "dense 5 tanh | dense input", "epochs": 2, "optimizer": "sgd", "lr": 0.1, "noise": "gaussian 10"}])
def test_rows_of_numbers_are_trained_on_and_scored_alike(command, waves, tmp_path, options):
    np.save(tmp_path / "x.npy", waves)
    command("train", data=tmp_path / "x.npy", project=tmp_path, prepare="none", samples=0, **options)
    weights = tmp_path / "train/weights/best.safetensors"
    model = hourglass.Model.fit(waves, **options)
    assert same(model.tensors, tensors_of(weights))
    assert same(hourglass.Model.fit(tmp_path / "x.npy", prepare="none", **options).tensors, model.tensors)
    command("predict", model=weights, data=tmp_path / "x.npy", out=tmp_path / "s.csv")
    assert np.array_equal(read_scores(tmp_path / "s.csv"), model.score(waves))
    command("reconstruct", model=weights, data=tmp_path / "x.npy", out=tmp_path / "y.npy")
    assert np.array_equal(np.load(tmp_path / "y.npy"), model.reconstruct(waves))
    command("encode", model=weights, data=tmp_path / "x.npy", out=tmp_path / "z.npy")
    assert np.array_equal(np.load(tmp_path / "z.npy"), model.encode(waves))


def test_bytes_are_trained_on_and_scored_alike(command, tmp_path):
    images = np.random.default_rng(3).integers(0, 256, (200, 6, 6), dtype=np.uint8)
    np.save(tmp_path / "x.npy", images)
    command("train", data=tmp_path / "x.npy", project=tmp_path, model="ae", latent=3, epochs=2, samples=0)
    weights = tmp_path / "train/weights/best.safetensors"
    command("predict", model=weights, data=tmp_path / "x.npy", out=tmp_path / "s.csv")
    assert np.array_equal(read_scores(tmp_path / "s.csv"), hourglass.load(weights).score(images))
    assert same(hourglass.Model.fit(images, model="ae", latent=3, epochs=2).tensors, tensors_of(weights))


def test_a_table_is_trained_on_and_scored_alike(command, tables, tmp_path):
    command("train", data=tables / "normal.csv", project=tmp_path, steps=100, samples=0)
    weights = tmp_path / "train/weights/best.safetensors"
    model = hourglass.Model.fit(tables / "normal.csv", steps=100)
    assert same(model.tensors, tensors_of(weights))
    command("predict", model=weights, data=tables / "new.csv", out=tmp_path / "s.csv")
    assert np.array_equal(read_scores(tmp_path / "s.csv"), model.score(tables / "new.csv").astype(np.float32))


def test_an_array_whose_columns_are_a_table_s_is_trained_on_alike(command, waves, tmp_path):
    np.save(tmp_path / "x.npy", waves)
    command("train", data=tmp_path / "x.npy", project=tmp_path, fpr=0.02, steps=60)
    weights = tmp_path / "train/weights/best.safetensors"
    model = hourglass.Model.fit(waves, fpr=0.02, steps=60)
    assert same(model.tensors, tensors_of(weights))
    command("predict", model=weights, data=tmp_path / "x.npy", out=tmp_path / "s.csv")
    assert np.array_equal(read_scores(tmp_path / "s.csv"), model.score(waves).astype(np.float32))
