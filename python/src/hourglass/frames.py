# SPDX-License-Identifier: Apache-2.0
"""Frames of a camera as arrays: cleaned before a detector sees them, where they lie, without a copy."""
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from . import _arrays
from ._errors import DataError, UsageError
from ._lib import check, ffi, lib, made, new_error
from .model import Model

TYPES = {np.dtype(np.uint8): lib.HG_PIXELS_U8, np.dtype(np.uint16): lib.HG_PIXELS_U16,
         np.dtype(np.float32): lib.HG_PIXELS_F32}
# by the order of colours and the samples of a pixel
LAYOUTS = {("bgr", 3): lib.HG_PIXELS_BGR, ("bgr", 4): lib.HG_PIXELS_BGRA,
           ("rgb", 3): lib.HG_PIXELS_RGB, ("rgb", 4): lib.HG_PIXELS_RGBA}
REVERSED = {"bgr": "rgb", "rgb": "bgr"}
SO = "np.ascontiguousarray(frame) has them so"


class FrameDenoiser:
    """Cleans frames in memory with a model of `hourglass train`, or with the one that ships.

    model: a Model, a path, a results folder, "fast", "default" or "best" of those that ship, or None for the default. layout: "bgr" as OpenCV and Ultralytics
    have frames, or "rgb"; grey frames have none. white: the sample that is full white; 0: 255, 65535, or 1 of floats;
    4095 for 12 bits in u16. threads: 0 for as many as there are. max_mem: bytes it may take for a frame, 0: 192 MiB.
    temporal: frames of one video that a running average before the model may hold, as temporal= of the command, whose
    default is 16; 0: each frame by itself. reset() after a cut, or before another video.

    strength: 0 to 2, how strongly noise is taken away; above 1 of models with a level only (trained with level=). sigma: the
    noise's standard deviation in grey levels of 8 bits, for such a model; 0: it finds it itself, and `level` says what it found.
    detail: 0 to 1, share of the fine detail that is mixed back.

    Frames are arrays (H, W), (H, W, 1), (H, W, 3) or (H, W, 4) of u8, u16 or f32; cut-outs and every other pixel of
    larger ones, too. Alpha stays as it is. Of u8 what comes out is, to the bit, what `hourglass denoise` writes. After
    the first frame of a size nothing is allocated but what comes out, with `out` not that. The GIL is released
    meanwhile. Threads may share one and take turns; those that are to work at once have one each, over one Model.
    """

    def __init__(self, model: Any = None, *, layout: str = "bgr", white: float = 0, threads: int = 0, max_mem: int = 0,
                 strength: float = 1, sigma: float = 0, detail: float = 0,
                 temporal: int = 0):
        if layout not in REVERSED:
            raise UsageError(f"layout: expected 'bgr' or 'rgb', got {layout!r}")
        self.layout, self.white = layout, white
        self._model = model if isinstance(model, Model) else Model.load("denoise" if model is None else model)
        self._error = new_error()
        keep = self._model._pointer  # freed last
        made_one = made(lib.hg_denoiser_new(keep, threads, max_mem, self._error), self._error)
        self._denoiser = ffi.gc(made_one, lambda d, _=keep: lib.hg_denoiser_free(d))
        check(lib.hg_denoiser_set(self._denoiser, strength, sigma, detail, self._error), self._error)
        self._temporal = temporal
        if temporal:
            self.reset()
        self._from, self._to = ffi.new("hg_pixels *"), ffi.new("hg_pixels *")
        self._turn = threading.Lock()

    def denoise(self, frame: Any, out: Any = None) -> Any:
        """The frame, cleaned: a new array of its shape and type, or `out`, which may be the frame itself."""
        if not isinstance(frame, np.ndarray):
            frame = np.asarray(frame)
        if isinstance(frame, np.ma.MaskedArray):
            raise DataError(f"frame: {_arrays.MASKED}")
        if out is None:
            out = np.empty(frame.shape, frame.dtype)
        elif not isinstance(out, np.ndarray) or out.shape != frame.shape or out.dtype != frame.dtype:
            raise DataError(f"out: expected an array {frame.shape} of {frame.dtype}, got {_told(out)}")
        elif not out.flags.writeable:
            raise DataError("out: expected an array that may be written, got a read-only one")
        with self._turn:
            self._describe(self._to, out)
            if _overlaps(out):
                raise DataError(f"out: expected pixels with memory of their own, got strides {out.strides}")
            given = np.ascontiguousarray(frame) if _overlaps(frame) else frame
            self._describe(self._from, given)
            check(lib.hg_denoise_pixels(self._denoiser, self._from, self._to, self._error), self._error)
        return out

    __call__ = denoise

    @property
    def level(self) -> float:
        """The noise that a model with a level found in the last frame, in grey levels of 8 bits; else NaN."""
        return lib.hg_denoiser_level(self._denoiser)

    def reset(self) -> None:
        """The next frame has nothing to do with those before it."""
        check(lib.hg_denoiser_temporal(self._denoiser, self._temporal, self._error), self._error)

    def frames(self, source: Any) -> Iterator[Any]:
        """The frames of a cv2.VideoCapture, or of anything else with read() -> (true, frame), each cleaned in place
        where it may be written: what comes is the caller's. Those of an iterable stay, and new ones come."""
        if not hasattr(source, "read"):
            yield from map(self.denoise, source)
            return
        for frame in _read(source):
            in_place = isinstance(frame, np.ndarray) and frame.flags.writeable and not _overlaps(frame)
            yield self.denoise(frame, frame if in_place else None)

    def _describe(self, pixels: Any, frame: Any) -> None:
        """Where a frame's samples lie."""
        kind, size = TYPES.get(frame.dtype), frame.itemsize
        if kind is None:
            raise DataError(f"frame: expected samples of uint8, uint16 or float32, got {frame.dtype}")
        samples = 1 if frame.ndim == 2 else frame.shape[2] if frame.ndim == 3 else 0
        if samples not in (1, 3, 4):
            raise DataError(f"frame: expected (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), got {frame.shape}")
        height, width = frame.shape[:2]
        if not 0 < height < 1 << 31 or not 0 < width < 1 << 31:
            raise DataError(f"frame: expected pixels, got {frame.shape}")
        first, layout, strides = frame.__array_interface__["data"][0], self.layout, frame.strides
        if samples == 3 and strides[2] == -size:  # frame[..., ::-1]: the other order, as it lies in memory
            first, layout = first - 2 * size, REVERSED[layout]
        elif samples > 1 and strides[2] != size:
            raise DataError(f"frame: expected the samples of a pixel side by side, got strides {strides}: {SO}")
        if (width > 1 and strides[1] < samples * size) or not frame.flags.aligned:
            raise DataError(f"frame: expected pixels from left to right in memory, got strides {strides}: {SO}")
        pixels.data = ffi.cast("void *", first)
        pixels.width, pixels.height, pixels.type, pixels.white = width, height, kind, self.white
        pixels.layout = lib.HG_PIXELS_GREY if samples == 1 else LAYOUTS[layout, samples]
        pixels.pixel_stride = strides[1] if width > 1 else 0
        pixels.line_stride = strides[0] if height > 1 else 0


def _overlaps(frame: np.ndarray) -> bool:
    """Whether pixels of a frame (H, W, ...) may lie in the same memory, as those of np.broadcast_to() do."""
    if not 2 <= frame.ndim <= 3 or not frame.size:
        return False
    if frame.ndim == 3 and frame.shape[2] > 1 and abs(frame.strides[2]) != frame.itemsize:
        return False  # refused elsewhere
    reach = frame.itemsize * (frame.shape[2] if frame.ndim == 3 else 1)  # bytes of a pixel, then of all that is inside
    for stride, count in sorted((abs(s), n) for s, n in zip(frame.strides[:2], frame.shape[:2]) if n > 1):
        if stride < reach:
            return True
        reach += stride * (count - 1)
    return False


def _told(array: Any) -> str:
    return f"{array.shape} of {array.dtype}" if isinstance(array, np.ndarray) else type(array).__name__


def _read(capture: Any) -> Iterable[Any]:
    while True:
        there, frame = capture.read()
        if not there:
            return
        yield frame
