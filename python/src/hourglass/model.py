# SPDX-License-Identifier: Apache-2.0
"""Model: a network with its weights, and what it can do with rows in memory."""
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import _arrays, jobs
from ._errors import DataError
from ._lib import check, ffi, lib, made, new_error, sized, text
from ._options import Options
from ._run import Run


class _Fit:
    """Model.fit(x) makes a new model; model.fit(x) goes on from the weights of a model."""

    def __get__(self, model: "Model | None", owner: type) -> Callable[..., "Model"]:
        return owner._fit_new if model is None else model._fit_on


class Model:
    """A model: made by Model.load(), Model.fit() or Model.new(). Any number of threads may use one at once."""

    fit = _Fit()

    def __init__(self, pointer: Any):
        """Of an hg_model, which becomes this object's."""
        self._pointer = ffi.gc(pointer, lib.hg_model_free)
        self._scorers: list[Any] = []  # idle ones; each is for one thread at a time
        self._width = lib.hg_model_width(pointer)

    # ---- making ---------------------------------------------------------------------------------

    @classmethod
    def load(cls, path: Any) -> "Model":
        """The model of a file, of a results folder, or one that ships, by its name: "denoise"."""
        error = new_error()
        name = os.fspath(path)
        if os.path.isdir(name):
            name = os.path.join(name, "weights", "best.safetensors")
        if name == "denoise":
            return cls(made(lib.hg_model_load_shipped(b"denoise", error), error))
        return cls(made(lib.hg_model_load(os.fsencode(name), error), error))

    @classmethod
    def from_bytes(cls, data: bytes) -> "Model":
        """The model of a model file's bytes."""
        error = new_error()
        return cls(made(lib.hg_model_load_memory(ffi.from_buffer(data), len(data), error), error))

    @classmethod
    def new(cls, spec: str, shape: tuple[int, ...], latent: int = 0, seed: int = 0) -> "Model":
        """A model with fresh weights for rows of `shape`: (N), (H, W), (H, W, C)."""
        error = new_error()
        dims = ffi.new("int64_t[]", list(shape))
        return cls(made(lib.hg_model_new(spec.encode(), dims, len(shape), latent, seed, error), error))

    @classmethod
    def _fit_new(cls, x: Any, target: Any = None, *, progress=None, step=None, note=None, **options: Any) -> "Model":
        """Trains a new model on rows (n, ...) in memory, or on what a path names. Options are those of `hourglass train`."""
        run = Run(progress, step, note)
        if isinstance(x, (str, os.PathLike)):
            with tempfile.TemporaryDirectory() as folder:
                told = jobs.run("train", {"project": folder, **options, "data": x}, progress=progress, step=step, note=note)
                model = cls.load(told.folder)
            model.notes = told.notes
            return model
        return cls._fit_array(run, x, target, options)

    @classmethod
    def _fit_array(cls, run: Run, x: Any, target: Any, values: dict[str, Any]) -> "Model":
        import numpy as np

        rows = np.ascontiguousarray(_arrays.as_array(x), dtype=np.float32)
        wanted = None if target is None else np.ascontiguousarray(_arrays.as_array(target), dtype=np.float32)
        error, result, options = new_error(), sized("hg_result"), Options("train", values)
        structs = [_array_struct(a) for a in (rows, wanted) if a is not None]
        model = lib.hg_fit(options.pointer, structs[0], structs[1] if wanted is not None else ffi.NULL, run.listener, result, error)
        run.end()
        fitted = cls(made(model, error))
        fitted.notes = run.notes
        return fitted

    def _fit_on(self, x: Any, target: Any = None, *, progress=None, step=None, note=None, **options: Any) -> "Model":
        """Goes on training, from this model's weights; the model becomes the better one."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.safetensors"
            self.save(path)
            better = Model._fit_array(Run(progress, step, note), x, target, {"model": self.spec, **options, "pretrained": path})
        self.__init__(ffi.gc(better._pointer, None))
        return self

    def save(self, path: Any) -> None:
        """Writes the model file, whole or not at all."""
        error = new_error()
        check(lib.hg_model_save(self._pointer, os.fsencode(path), error), error)

    def to_bytes(self) -> bytes:
        """The bytes of the model file."""
        error, size = new_error(), ffi.new("size_t *")
        data = made(lib.hg_model_save_memory(self._pointer, size, error), error)
        try:
            return bytes(ffi.buffer(data, size[0]))
        finally:
            lib.hg_bytes_free(data)

    def __reduce__(self):
        return Model.from_bytes, (self.to_bytes(),)

    # ---- what it is -----------------------------------------------------------------------------

    @property
    def spec(self) -> str:
        """The network: "dense 64 relu | dense 784 sigmoid"."""
        return text(lib.hg_model_spec(self._pointer))

    @property
    def width(self) -> int:
        """Numbers in a row."""
        return self._width

    @property
    def code_size(self) -> int:
        """Numbers in a code."""
        return lib.hg_model_code_size(self._pointer)

    # ---- rows -----------------------------------------------------------------------------------

    def _borrow(self) -> Any:
        """A scorer that no other thread has."""
        try:
            return self._scorers.pop()
        except IndexError:
            error = new_error()
            return ffi.gc(made(lib.hg_scorer_new(self._pointer, 0, error), error), lib.hg_scorer_free)

    def _rows_call(self, function: Any, x: Any, width_in: int, width_out: int) -> Any:
        import numpy as np

        rows = _arrays.as_rows(x, width_in)
        out = np.empty((len(rows), width_out), np.float32)
        scorer = self._borrow()
        function(scorer, ffi.from_buffer("float[]", rows), len(rows), ffi.from_buffer("float[]", out, require_writable=True))
        self._scorers.append(scorer)
        return out

    def score(self, x: Any) -> Any:
        """The mean squared error of each of the rows x (n, ...) against its reconstruction: (n)."""
        return self._rows_call(lib.hg_score, x, self._width, 1).reshape(-1)

    def reconstruct(self, x: Any) -> Any:
        """What the model makes of rows (n, ...): (n, width)."""
        return self._rows_call(lib.hg_reconstruct_rows, x, self._width, self._width)

    def encode(self, x: Any) -> Any:
        """Codes (n, code_size) of rows (n, ...)."""
        return self._rows_call(lib.hg_encode_rows, x, self._width, self.code_size)

    def decode(self, codes: Any) -> Any:
        """Rows (n, width) of codes (n, code_size)."""
        return self._rows_call(lib.hg_decode_rows, codes, self.code_size, self._width)


def _array_struct(array: Any) -> Any:
    """hg_array of float32 rows in C order."""
    if not 2 <= array.ndim <= 4:
        raise DataError(f"array: expected rows of 1 to 3 dimensions, (n, ...), got {array.shape}")
    struct = ffi.new("hg_array *")
    struct.data = ffi.from_buffer("float[]", array)
    struct.rows = len(array)
    for i, size in enumerate(array.shape[1:]):
        struct.shape[i] = size
    return struct
