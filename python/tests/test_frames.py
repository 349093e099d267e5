# SPDX-License-Identifier: Apache-2.0
import os
import subprocess
import threading
import tracemalloc

import numpy as np
import pytest

import hourglass

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
COMMAND = os.environ.get("HOURGLASS", os.path.join(ROOT, "build/hourglass"))
MODEL = os.path.join(ROOT, "models/denoise.safetensors")


@pytest.fixture(scope="module")
def denoiser():
    return hourglass.FrameDenoiser(MODEL, threads=1)


def frame(height=40, width=52, samples=3, seed=0):
    """A noisy ramp with an edge (height, width, samples) u8."""
    y, x = np.mgrid[:height, :width]
    clean = 60 + 2 * x[..., None] + 80 * (y > height / 2)[..., None] - 10 * np.arange(samples)
    noise = np.random.default_rng(seed).normal(0, 20, clean.shape)
    return np.clip(np.rint(clean + noise), 0, 255).astype(np.uint8)


def test_noise_goes_and_the_frame_given_stays(denoiser):
    given = frame()
    before = given.copy()
    clean = denoiser.denoise(given)
    assert clean.shape == given.shape and clean.dtype == np.uint8 and np.array_equal(given, before)
    assert clean[2:18, :, 0].std(axis=0).mean() < 0.4 * given[2:18, :, 0].std(axis=0).mean()


def test_it_is_to_the_bit_what_the_command_writes(denoiser, tmp_path):
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    if not os.path.exists(COMMAND):
        pytest.skip("build/hourglass is not built")
    given = frame(61, 47)
    image.fromarray(given[..., ::-1]).save(tmp_path / "in.png")
    call = [COMMAND, "denoise", "model=" + MODEL, f"source={tmp_path}/in.png", f"out={tmp_path}/out.png"]
    subprocess.run(call, check=True, capture_output=True)
    assert np.array_equal(denoiser(given)[..., ::-1], np.asarray(image.open(tmp_path / "out.png")))


def test_in_place_into_another_and_anew_are_the_same(denoiser):
    given, other = frame(), np.zeros((40, 52, 3), np.uint8)
    anew = denoiser(given)
    assert denoiser.denoise(given, other) is other and np.array_equal(other, anew)
    assert denoiser.denoise(given, out=given) is given and np.array_equal(given, anew)


VIEWS = {"cut-out": lambda a: a[3:30, 5:41], "every other pixel": lambda a: a[::2, ::2],
         "from the bottom up": lambda a: a[::-1], "other order": lambda a: a[..., ::-1],
         "one line": lambda a: a[:1], "one column": lambda a: a[:, :1], "one pixel": lambda a: a[5:6, 5:6]}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_any_strides_are_cleaned_where_they_lie(denoiser, view):
    whole = frame()
    expected = denoiser(np.ascontiguousarray(view(whole)))
    if view(whole).strides[2] < 0:  # a reversed view says that its memory holds the other order
        expected = hourglass.FrameDenoiser(MODEL, threads=1, layout="rgb")(whole)[..., ::-1]
    rest = whole.copy()
    view(rest)[:] = 0
    denoiser.denoise(view(whole), out=view(whole))
    assert np.array_equal(view(whole), expected)
    view(whole)[:] = 0
    assert np.array_equal(whole, rest)


def test_grey_frames_have_two_dimensions_or_three(denoiser):
    grey = frame(samples=1)
    assert np.array_equal(denoiser(grey)[..., 0], denoiser(grey[..., 0]))


def test_alpha_stays_and_its_colours_are_those_without(denoiser):
    given = np.concatenate([frame(), np.arange(40 * 52, dtype=np.uint8).reshape(40, 52, 1)], axis=2)
    clean = denoiser(given)
    assert np.array_equal(clean[..., 3], given[..., 3]) and np.array_equal(clean[..., :3], denoiser(given[..., :3]))


def test_rgb_of_rgb_is_bgr_of_bgr(denoiser):
    given = frame()
    rgb = hourglass.FrameDenoiser(MODEL, threads=1, layout="rgb")
    assert np.array_equal(rgb(np.ascontiguousarray(given[..., ::-1])), denoiser(given)[..., ::-1])


def test_wider_samples_are_the_bytes_on_their_scale(denoiser):
    given = frame()
    clean = denoiser(given).astype(float)
    assert np.abs(denoiser(given.astype(np.uint16) * 257) / 257 - clean).max() <= 0.51
    assert np.abs(denoiser(given.astype(np.float32) / 255) * 255 - clean).max() <= 0.51 or clean.max() == 255
    twelve = hourglass.FrameDenoiser(MODEL, threads=1, white=4080)
    assert np.abs(twelve(given.astype(np.uint16) * 16) / 16 - clean).max() <= 0.54


@pytest.mark.parametrize("bad, sentence", [
    (np.zeros((4, 4, 3)), "expected samples of uint8, uint16 or float32, got float64"),
    (np.zeros((4, 4, 3), ">u2"), "got >u2"),
    (np.zeros((4, 4, 2), np.uint8), r"expected \(H, W\), .*got \(4, 4, 2\)"),
    (np.zeros((2, 4, 4, 3), np.uint8), r"got \(2, 4, 4, 3\)"),
    (np.zeros((0, 4, 3), np.uint8), "expected pixels"),
    (np.zeros((3, 4, 4), np.uint8).transpose(1, 2, 0), "np.ascontiguousarray"),
    (np.zeros((4, 4, 3), np.uint8)[:, ::-1], "np.ascontiguousarray"),
    (np.zeros((4, 4, 4), np.uint8)[..., ::-1], "np.ascontiguousarray"),
])
def test_what_is_no_frame_is_said(denoiser, bad, sentence):
    with pytest.raises(hourglass.DataError, match=sentence):
        denoiser(bad)


def test_an_out_of_another_kind_is_refused(denoiser):
    given, fixed = frame(), frame()
    fixed.flags.writeable = False
    for out in (np.zeros((40, 51, 3), np.uint8), np.zeros((40, 52, 3), np.float32), fixed, [1]):
        with pytest.raises(hourglass.DataError, match="out: expected an array"):
            denoiser.denoise(given, out)
    with pytest.raises(hourglass.UsageError):
        denoiser.denoise(given[:30], given[5:35])  # they overlap


def test_the_frames_of_a_capture_come_cleaned_until_it_ends(denoiser):
    class Capture:
        def __init__(self):
            self.left = [frame(seed=s) for s in range(3)]

        def read(self):
            return (True, self.left.pop(0)) if self.left else (False, None)

    expected = [denoiser(frame(seed=s)) for s in range(3)]
    assert np.array_equal(list(denoiser.frames(Capture())), expected)
    assert np.array_equal(list(denoiser.frames(frame(seed=s) for s in range(3))), expected)


def resident_pages():
    with open("/proc/self/statm") as told:
        return int(told.read().split()[1])


def test_frames_after_the_first_of_their_size_allocate_nothing(denoiser):
    given = frame(240, 320)
    for _ in range(3):
        denoiser.denoise(given, given)
    pages = resident_pages()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    for _ in range(20):
        denoiser.denoise(given, given)
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak - before < 4096 and after - before < 1024  # bytes; a frame has 230 400
    if "libasan" not in os.environ.get("LD_PRELOAD", ""):  # which keeps what was freed
        assert resident_pages() - pages < 230400 // os.sysconf("SC_PAGE_SIZE")


def test_other_threads_run_while_a_frame_is_cleaned(denoiser):
    given, counted, done = frame(480, 640), [0], threading.Event()
    denoiser.denoise(given, given)

    def count():
        while not done.is_set():
            counted[0] += 1

    thread = threading.Thread(target=count)
    thread.start()
    try:
        before = counted[0]
        denoiser.denoise(given, given)
        assert counted[0] > before + 100
    finally:
        done.set()
        thread.join()


def test_threads_that_share_one_take_turns(denoiser):
    given = [frame(seed=s) for s in range(8)]
    expected = [denoiser(g) for g in given]
    found = [None] * 8
    threads = [threading.Thread(target=lambda k=k: found.__setitem__(k, denoiser(given[k]))) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert np.array_equal(found, expected)


def test_a_frame_whose_lines_share_memory_is_read_as_what_it_shows(denoiser):
    line = frame(1)[0]
    shown = np.broadcast_to(line, (40, *line.shape))
    assert np.array_equal(denoiser(shown), denoiser(shown.copy()))
    columns = np.broadcast_to(frame()[:, :1], (40, 52, 3))
    assert np.array_equal(denoiser(columns), denoiser(columns.copy()))


@pytest.mark.parametrize("strides", [(0, 3, 1), (1, 3, 1), (90, 3, 1), (-90, 3, 1), (300, 0, 1)])
def test_an_out_whose_pixels_share_memory_is_refused_and_stays(denoiser, strides):
    memory = np.full(200 * 300, 7, np.uint8)
    out = np.lib.stride_tricks.as_strided(memory[30000:], (40, 52, 3), strides)
    with pytest.raises(hourglass.DataError, match="strides"):
        denoiser.denoise(frame(), out)
    with pytest.raises(hourglass.DataError, match="strides"):
        denoiser.denoise(out, out)
    assert (memory == 7).all()


def test_frames_of_an_iterable_stay_and_those_of_a_mask_are_refused(denoiser):
    given = [frame(seed=s) for s in range(2)]
    assert np.array_equal(list(denoiser.frames(given)), [denoiser(frame(seed=s)) for s in range(2)])
    assert np.array_equal(given, [frame(seed=s) for s in range(2)])
    with pytest.raises(hourglass.DataError, match="masked"):
        denoiser(np.ma.masked_less(given[0], 90))


def test_strength_mixes_and_sigma_needs_a_model_that_can_be_told(denoiser):
    given = frame()
    half = hourglass.FrameDenoiser("default", threads=1, strength=0.5)(given).astype(float)
    assert np.abs(half - (given.astype(float) + denoiser(given)) / 2).max() <= 1
    assert np.array_equal(hourglass.FrameDenoiser(MODEL, threads=1, strength=0)(given), given)
    with pytest.raises(hourglass.UsageError, match="expected a model that can be told the level of noise"):
        hourglass.FrameDenoiser(MODEL, sigma=20)
    assert np.isnan(denoiser.level)
