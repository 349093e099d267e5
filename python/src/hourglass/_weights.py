# SPDX-License-Identifier: Apache-2.0
"""An hg_model and what was made of it: scorers and detectors, lent to one thread at a time."""
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from . import _arrays
from ._errors import UsageError
from ._layout import Layout
from ._lib import check, ffi, lib, made, new_error, sized, text


KEPT = 16  # kinds of detectors, the newest


class Layer(NamedTuple):
    """A layer of a network: an activation is one of its own. side ("encoder", "decoder", or "body" where there is no
    neck) and number begin its tensors' names: encoder.0; shape: of one row behind it; tensors, parameters: of its
    own."""
    spec: str
    type: str
    side: str
    number: int
    shape: tuple[int, ...]
    tensors: int
    parameters: int


class Weights:
    """A model's weights, which nothing changes. What is made of them keeps them: they are freed last."""

    __slots__ = ("pointer", "info", "shape", "width", "code_size", "is_table", "layout", "is_plain", "threads",
                 "scorers", "detectors")

    def __init__(self, pointer: Any, threads: int = 0):
        self.pointer = ffi.gc(pointer, lib.hg_model_free)
        self.threads = threads
        error = new_error()
        self.info = sized("hg_model_info")
        check(lib.hg_model_get_info(pointer, self.info, error), error)
        self.shape = tuple(self.info.shape[0 : self.info.rank])
        self.width, self.code_size, self.is_table = self.info.width, self.info.code_size, bool(self.info.is_table)
        self.layout = Layout.of(pointer, self.layers(), self.shape) if lib.hg_model_module(pointer) else None
        self.is_plain = not self.is_table and self.layout is None  # rows are as the network has them
        self.scorers: list[Any] = []  # idle ones
        self.detectors: dict[Any, list[Any]] = {}  # idle ones by columns and rate

    def rows(self, x: Any) -> tuple[np.ndarray, tuple[int, ...]]:
        """x as (n, width), and the shape of what is without rows; of a model from PyTorch as its module takes them."""
        return self.layout.rows(x) if self.layout else _arrays.as_rows(x, self.shape, self.width)

    def images(self, x: Any) -> np.ndarray:
        """x as the network's rows in their shape, (n, *shape): what training takes."""
        rows, _ = self.rows(x)
        return rows.reshape(len(rows), *self.shape)

    def file(self, path: Any, folder: str) -> Any:
        """A path whose rows are as the network has them: `path`, or one in `folder`."""
        return self.layout.file(path, Path(folder)) if self.layout else path

    def scorer(self) -> Any:
        """One that no other thread has; `scorers.append()` gives it back."""
        try:
            return self.scorers.pop()
        except IndexError:
            error, keep = new_error(), self.pointer
            scorer = made(lib.hg_scorer_new(keep, self.threads, error), error)
            return ffi.gc(scorer, lambda s, _=keep: lib.hg_scorer_free(s))

    def detector(self, columns: Sequence[str] | None, count: int, fpr: float, threads: int) -> Any:
        """One of rows of `count` cells, called `columns` or, where that is None, as in training."""
        if isinstance(columns, str):
            raise UsageError(f"columns: expected a sequence of names, got the text {columns!r}")
        names = [ffi.new("char[]", name.encode()) for name in columns or ()]
        pointers = ffi.new("const char *[]", names) if columns else ffi.NULL
        error, keep = new_error(), self.pointer
        detector = made(lib.hg_detector_new(keep, pointers, count, fpr, threads, error), error)
        return ffi.gc(detector, lambda d, _=keep: lib.hg_detector_free(d))

    @contextmanager
    def lent_detector(self, names: tuple[str, ...], fpr: float) -> Iterator[Any]:
        """One of a table's rows with columns of these names, which no other thread has meanwhile."""
        key = (names, fpr, self.threads)
        idle = self.detectors[key] = self.detectors.pop(key, [])  # the newest is last
        for old in list(self.detectors)[:-KEPT]:
            self.detectors.pop(old, None)
        try:
            detector = idle.pop()
        except IndexError:
            detector = self.detector(names, len(names), fpr, self.threads)
        yield detector
        idle.append(detector)

    def layers(self) -> tuple[Layer, ...]:
        def made_of(row: Any) -> Layer:
            return Layer(text(row.spec), text(row.type), text(row.side), row.index, tuple(row.shape[0 : row.rank]),
                         row.tensors, row.parameters)

        rows: list[Layer] = []
        info = sized("hg_layer_info")
        while lib.hg_model_layer_at(self.pointer, len(rows), info):
            rows.append(made_of(info))
        return tuple(rows)

    def columns(self) -> tuple[str, ...]:
        return tuple(text(lib.hg_model_column_at(self.pointer, i)) for i in range(self.info.columns))

    def tensors(self) -> dict[str, np.ndarray]:
        """Copies of all tensors, by their names, in PyTorch's shapes."""
        found: dict[str, np.ndarray] = {}
        info, error = sized("hg_tensor_info"), new_error()
        while lib.hg_model_tensor_at(self.pointer, len(found), info):
            array = np.empty(tuple(info.shape[0 : info.rank]), np.float32)
            to = ffi.from_buffer("float[]", array, require_writable=True)
            check(lib.hg_model_tensor_get(self.pointer, info.name, to, info.count, error), error)
            found[text(info.name)] = array
        return found

    def copy(self) -> "Weights":
        """Others with the same numbers, of which nothing was made yet."""
        data = self.to_bytes()
        error = new_error()
        return Weights(made(lib.hg_model_load_memory(ffi.from_buffer(data), len(data), error), error), self.threads)

    def set_tensor(self, name: str, array: np.ndarray) -> None:
        """array: float32, in C order. Only before anything is made of them."""
        error, dims, data = new_error(), ffi.new("int64_t[]", list(array.shape)), ffi.from_buffer("float[]", array)
        check(lib.hg_model_tensor_set(self.pointer, name.encode(), data, dims, array.ndim, error), error)

    def to_bytes(self) -> bytes:
        error, size = new_error(), ffi.new("size_t *")
        data = made(lib.hg_model_save_memory(self.pointer, size, error), error)
        try:
            return bytes(ffi.buffer(data, size[0]))
        finally:
            lib.hg_bytes_free(data)
