# SPDX-License-Identifier: Apache-2.0
import copy
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


def test_rows_in_another_order_are_refused_by_both_shapes(image_model, images):
    planes = np.moveaxis(images, -1, 1)
    for x in (planes, planes[0], images.reshape(60, 64, 3), images[..., 0]):
        for call in (image_model.score, image_model.reconstruct, image_model.encode, image_model.predict):
            with pytest.raises(hourglass.DataError, match=r"expected \(n, 8, 8, 3\), got \("):
                call(x)


@pytest.mark.parametrize("shape, other", [((8, 6, 1), (8, 6)), ((8, 6), (8, 6, 1))])
def test_grey_images_have_a_channel_or_none(shape, other):
    model = hourglass.Model.new("dense 4 | dense input", shape)
    x = np.random.default_rng(2).random((5, *shape), dtype=np.float32)
    assert np.array_equal(model.score(x.reshape(5, *other)), model.score(x))
    assert model.score(x[0].reshape(other)) == model.score(x)[0]
    assert model.reconstruct(x.reshape(5, *other)).shape == (5, *other)


@pytest.mark.parametrize("x, words", [
    (np.zeros((2, 12), complex), "numbers, got complex128"),
    (np.ma.masked_less(np.zeros((2, 12)), 1), "masked array"),
    ([[1.0] * 12, [1.0]], "one shape"),
])
def test_what_would_lose_a_part_is_refused_everywhere(model, x, words):
    calls = (model.score, model.predict, model.encode, model.reconstruct, model.fit, model.shares, model.denoise,
             hourglass.Model.fit)
    for call in calls:
        with pytest.raises(hourglass.DataError, match=words):
            call(x)


def test_tensors_that_are_no_real_numbers_are_refused(model):
    for value in (np.zeros(4, complex), np.array(["a"] * 4), np.ma.masked_less(np.zeros(4), 1)):
        with pytest.raises(hourglass.DataError, match="expected"):
            model.set_tensors({"encoder.0.bias": value})


@pytest.mark.parametrize("count", [-3, "2", 1.5, True, 1 << 40, None])
def test_a_number_of_threads_that_is_none_is_refused(model, count):
    with pytest.raises(hourglass.UsageError, match="threads: expected a whole number"):
        model.threads = count
    assert model.threads == 0


class Mine(hourglass.Model):
    pass


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_copy_has_the_class_and_all_that_is_known(waves, again):
    model = Mine.fit(waves, model="dense 4 | dense input", epochs=2)
    model.notes = ["a note"]
    other = again(model)
    assert type(other) is Mine and other.notes == ["a note"] and other.history == model.history
    assert other.result.epochs == model.result.epochs == 2
    assert np.array_equal(other.score(waves), model.score(waves))


def test_a_data_frame_beside_a_plain_model_is_said_in_the_user_s_words(model, waves):
    frame = {f"c{i}": waves[:, i] for i in range(12)}
    for call in (model.encode, model.reconstruct):
        with pytest.raises(hourglass.DataError, match="expected an array, for the model has no table's columns"):
            call(frame)


def test_options_of_no_use_are_refused(model, waves, tmp_path):
    np.save(tmp_path / "x.npy", waves)
    calls = [lambda: model.score(waves, columns=["a"] * 12), lambda: model.predict(waves, columns=["a"] * 12),
             lambda: model.score(tmp_path / "x.npy", columns=["a"]), lambda: model.score(waves, progress=True),
             lambda: model.encode(waves, note=print), lambda: model.predict(waves, columns="abc"),
             lambda: model.shares(waves, columns="abc"), lambda: model.watch(waves, columns="abc"),
             lambda: model.predict(waves, fpr=0.01), lambda: model.predict(tmp_path / "x.npy", fpr=0.01),
             lambda: model.watch(waves, fpr=0.01), lambda: model.denoise(np.zeros((8, 8, 3), np.uint8), foo=1)]
    for call in calls:
        with pytest.raises(hourglass.UsageError, match="expected"):
            call()


def test_what_predict_writes_is_read_back_or_refused(model, waves, tmp_path):
    np.save(tmp_path / "x.npy", waves)
    wanted = model.predict(tmp_path / "x.npy")
    assert np.array_equal(model.predict(tmp_path / "x.npy", out=tmp_path / "o.csv").scores, wanted.scores)
    for words in ({"out": tmp_path / "o.jsonl"}, {"out": "-"}, {"out": "a.db"}, {"format": "json"}):
        with pytest.raises(hourglass.UsageError, match="expected a .csv file"):
            model.predict(tmp_path / "x.npy", **words)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["o.csv", "x.npy"]


def test_training_on_takes_rows_of_the_model_s_shape_alone(images):
    model = hourglass.Model.new("dense 4 | dense input", (8, 8, 3))
    planes = np.moveaxis(images, -1, 1)
    for words in ((planes,), (images, planes)):
        with pytest.raises(hourglass.DataError, match=r"expected \(n, 8, 8, 3\), got \(60, 3, 8, 8\)"):
            model.fit(*words, epochs=1)
    assert model.fit(images.reshape(60, 192), epochs=1).shape == (8, 8, 3)
