# SPDX-License-Identifier: Apache-2.0
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import hourglass


@pytest.fixture(scope="module")
def model(waves):
    return hourglass.Model.fit(waves, model="dense 4 tanh | dense input", epochs=4, lr=0.02)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(1).random((60, 8, 8, 3), dtype=np.float32)


@pytest.fixture(scope="module")
def image_model(images):
    return hourglass.Model.fit(images, model="ae", latent=5, epochs=2)


def test_a_model_saves_loads_and_scores_alike(model, waves, tmp_path):
    model.save(tmp_path / "m.safetensors")
    ways = (hourglass.load(tmp_path / "m.safetensors"), hourglass.Model.from_bytes(model.to_bytes()),
            pickle.loads(pickle.dumps(model)))
    for again in ways:
        assert np.array_equal(model.score(waves), again.score(waves))
        assert again.history == model.history or again.history == []


def test_scores_are_the_error_of_reconstructions_of_codes(model, waves):
    assert np.allclose(model.score(waves), ((model.reconstruct(waves) - waves) ** 2).mean(1), rtol=1e-4)
    assert np.array_equal(model.decode(model.encode(waves)), model.reconstruct(waves))
    assert model.encode(waves).shape == (400, 4)


def test_one_row_gives_one_answer(model, waves):
    assert isinstance(model.score(waves[0]), float)
    wanted = model.score(waves)[0]
    assert all(model.score(row) == wanted for row in (waves[0], waves[0].astype(float), waves[0].tolist()))
    assert model.reconstruct(waves[0]).shape == (12,)
    assert model.encode(waves[0]).shape == (4,)
    assert model.decode(model.encode(waves[0])).shape == (12,)


def test_images_keep_their_shape(image_model, images):
    assert image_model.shape == (8, 8, 3)
    assert image_model.reconstruct(images).shape == (60, 8, 8, 3)
    assert image_model.decode(image_model.encode(images)).shape == (60, 8, 8, 3)
    assert image_model.reconstruct(images[0]).shape == (8, 8, 3)
    assert image_model.reconstruct(images.reshape(60, 192)).shape == (60, 192)
    assert image_model.score(images[3]) == image_model.score(images)[3]


def test_bytes_are_taken_as_0_to_1(image_model, images):
    pixels = (images * 255).astype(np.uint8)
    assert np.array_equal(image_model.score(pixels), image_model.score(pixels * np.float32(1 / 255)))


def test_strides_and_types_do_not_matter(model, waves):
    wanted = model.score(waves[::2])
    assert np.array_equal(model.score(np.asfortranarray(waves[::2])), wanted)
    assert np.array_equal(model.score(waves[::2].astype(np.float64)), wanted)
    assert np.array_equal(model.score(np.repeat(waves, 2, 1)[::2, ::2]), wanted)


def test_what_has_dlpack_comes_in_without_a_copy(model, waves):
    class Tensor:
        def __dlpack__(self, **words):
            return waves.__dlpack__(**words)

        def __dlpack_device__(self):
            return waves.__dlpack_device__()

    assert np.shares_memory(hourglass._arrays.as_rows(Tensor(), (12,), 12)[0], waves)
    assert np.array_equal(model.score(Tensor()), model.score(waves))


def test_no_rows_give_no_scores(model):
    assert model.score(np.empty((0, 12))).shape == (0,)
    assert model.reconstruct(np.empty((0, 12), np.float32)).shape == (0, 12)


@pytest.mark.parametrize("x", [np.zeros((3, 5)), np.zeros(5), np.float32(1), np.array([["a"] * 12])])
def test_rows_of_another_shape_are_refused(model, x):
    with pytest.raises(hourglass.DataError, match=r"expected"):
        model.score(x)


def test_a_model_says_what_it_is(model, image_model):
    assert (model.spec, model.kind, model.width, model.code_size) == ("dense 4 tanh | dense 12", "autoencoder", 12, 4)
    assert model.parameters == 4 * 12 + 4 + 12 * 4 + 12 == sum(t.size for t in model.tensors.values())
    assert [layer.type for layer in model.layers] == ["dense", "tanh", "dense"]
    assert model.layers[0].side == "encoder" and model.layers[0].shape == (4,)
    assert model.columns == () and not model.is_table and not model.has_thresholds and not model.holds_rows
    assert "dense 4 tanh | dense 12" in repr(model)


def test_tensors_go_out_and_in(model, waves):
    other = hourglass.Model.new(model.spec, (12,), seed=7)
    assert not np.array_equal(other.score(waves), model.score(waves))
    other.set_tensors(model.tensors)
    assert np.array_equal(other.score(waves), model.score(waves))
    before = other.tensors
    with pytest.raises(hourglass.UsageError, match="encoder.0.weight"):
        other.set_tensors({"encoder.0.bias": np.zeros(4), "encoder.0.wieght": np.zeros((4, 12))})
    assert all(np.array_equal(value, before[name]) for name, value in other.tensors.items())


def test_threads_share_a_model(model, waves):
    wanted = model.score(waves)
    with ThreadPoolExecutor(8) as pool:
        for scores in pool.map(lambda i: (model.score(waves), model.score(waves[i])), range(200)):
            assert np.array_equal(scores[0], wanted) and scores[1] in wanted


def test_a_model_may_be_trained_on_while_others_use_it(waves):
    model = hourglass.Model.new("dense 3 tanh | dense input", (12,))
    done = threading.Event()

    def use():
        while not done.is_set():
            assert np.isfinite(model.score(waves)).all()

    with ThreadPoolExecutor(2) as pool:
        users = [pool.submit(use) for _ in range(2)]
        for _ in range(5):
            model.fit(waves, epochs=1)
        done.set()
        for user in users:
            user.result()


def test_the_number_of_threads_changes_no_bit(model, waves):
    again = hourglass.Model.from_bytes(model.to_bytes())
    again.threads = 1
    assert again.threads == 1 and np.array_equal(again.score(waves), model.score(waves))


@pytest.mark.parametrize("path, kind", [("nothing.safetensors", hourglass.FileError), (__file__, hourglass.ModelError)])
def test_a_file_that_is_no_model_is_refused_with_the_library_s_sentence(path, kind):
    with pytest.raises(kind, match=path):
        hourglass.load(path)


def test_the_model_that_ships_is_in_the_package():
    assert hourglass.load("denoise").shape[-1] == 3


def test_images_are_cleaned(tmp_path):
    pytest.importorskip("hourglass.frames")
    model, draw = hourglass.load("denoise"), np.random.default_rng(4)
    noisy = np.clip(128 + 25 * draw.standard_normal((3, 40, 48, 3)), 0, 255).astype(np.uint8)
    clean = model.denoise(noisy)
    assert clean.shape == noisy.shape and clean.dtype == np.uint8 and clean.std() < noisy.std() / 2
    assert np.array_equal(model.denoise(noisy[1]), clean[1]) and model.denoise(noisy[0, ..., 0]).shape == (40, 48)
    (tmp_path / "x.ppm").write_bytes(b"P6\n48 40\n255\n" + noisy[0].tobytes())
    assert model.denoise(tmp_path / "x.ppm", out=tmp_path / "y.ppm").images == 1
    assert np.array_equal(np.frombuffer((tmp_path / "y.ppm").read_bytes()[-40 * 48 * 3 :], np.uint8), clean[0].ravel())
