# SPDX-License-Identifier: Apache-2.0
"""Model: a network with its weights, and what it can do with rows in memory and with files."""
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import index
from pathlib import Path
from typing import Any

import numpy as np

from . import _arrays, _data_frames, _drawing, _verdicts, jobs
from ._errors import DataError, UsageError
from ._fit import Fit
from ._lib import check, ffi, lib, made, new_error, text
from ._monitor import Monitor
from ._run import Epoch
from ._verdicts import Verdict, Verdicts
from ._weights import Layer, Weights

MOST_THREADS = 256  # as of the option threads=
SHIPPED = {"fast", "default", "best"}  # for denoise
FRAMES = {"layout", "white", "threads", "max_mem", "strength", "sigma", "detail"}  # options of FrameDenoiser
FLOATS = ffi.typeof("float[]")


class Model:
    """A model: made by Model.fit(), Model.load(), Model.new() or Model.from_bytes(). Any number of threads may use one
    at once.

    Rows are (n, ...): NumPy's arrays, or whatever has DLPack; float32 in C order is not copied, bytes (uint8) become 0
    to 1. One row, of the model's own shape, gives one answer. Where a method takes rows it takes a path too: of what
    `hourglass predict` takes as data=. Of a table's model rows are cells (n, columns) everywhere; inputs() gives them
    as the network has them, and encoded=True takes them so. What went wrong is an exception of
    hourglass.HourglassError with the library's sentence. A model that came from PyTorch has rows as its module does,
    images (n, C, H, W), in a .npy file too; other files of arrays are refused. Image files, and what denoise() takes,
    are (H, W, C) all the same.

    result: what came of training (None of a model that was loaded); notes: what a user should know of it; history: its
    epochs.
    """

    fit = Fit()

    def __init__(self, pointer: Any, result: jobs.Result | None = None):
        """Of an hg_model, which becomes this object's."""
        self._weights = Weights(pointer)
        self._told(result)

    def _told(self, result: jobs.Result | None) -> None:
        self.result = result
        self.notes: list[str] = result.notes if result else []
        self.history: list[Epoch] = result.history if result else []

    def _become(self, pointer: Any, result: jobs.Result | None = None) -> None:
        self._weights = Weights(pointer, self._weights.threads)
        self._told(result)

    @property
    def _pointer(self) -> Any:
        """hg_model: what is made of it keeps it."""
        return self._weights.pointer

    # ---- making and keeping ---------------------------------------------------------------------

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Model":
        """The model of a file, of a results folder (runs/train; its history too), or one that ships: "fast", "default", "best".
        Raises FileError, ModelError (refused), MissingError."""
        error, name = new_error(), os.fspath(path)
        if name in SHIPPED or (name == "denoise" and not os.path.exists(name)):
            return cls(made(lib.hg_model_load_shipped(name.encode(), error), error))
        folder = Path(name)
        if not folder.is_dir():
            return cls(made(lib.hg_model_load(os.fsencode(name), error), error))
        model = cls(made(lib.hg_model_load(os.fsencode(folder / "weights" / "best.safetensors"), error), error))
        model.history = _drawing.read_history(folder / "results.csv")
        return model

    @classmethod
    def from_bytes(cls, data: Any) -> "Model":
        """The model of a model file's bytes: bytes, or what has a buffer. Raises ModelError."""
        error = new_error()
        view = ffi.from_buffer(data)
        return cls(made(lib.hg_model_load_memory(view, len(view), error), error))

    @classmethod
    def new(cls, spec: str, shape: Sequence[int], latent: int = 0, seed: int = 0) -> "Model":
        """A model with fresh weights, drawn from `seed` as PyTorch draws its own, for rows of `shape`: (N), (H, W), (H,
        W, C), a signal (T, C). spec: "dense 64 relu | dense input sigmoid", or a preset's name; latent: numbers in the
        code of a preset, 0: its own. Raises UsageError."""
        error, dims = new_error(), ffi.new("int64_t[]", list(shape))
        return cls(made(lib.hg_model_new(spec.encode(), dims, len(shape), latent, seed, error), error))

    def save(self, path: str | os.PathLike) -> None:
        """Writes the model file, whole or not at all. Raises FileError."""
        error = new_error()
        check(lib.hg_model_save(self._weights.pointer, os.fsencode(path), error), error)

    def to_bytes(self) -> bytes:
        """The bytes of the model file."""
        return self._weights.to_bytes()

    def __reduce__(self) -> Any:
        told = {name: value for name, value in vars(self).items() if name != "_weights"}
        return _restore, (type(self), self.to_bytes(), self._weights.threads), told

    # ---- what it is -----------------------------------------------------------------------------

    @property
    def spec(self) -> str:
        """The network: "dense 64 relu | dense 784 sigmoid"."""
        return text(lib.hg_model_spec(self._weights.pointer))

    @property
    def kind(self) -> str:
        """"autoencoder", "pca" or "features"."""
        return text(self._weights.info.kind)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one row: (N), (H, W), (H, W, C) or (T, C)."""
        return self._weights.shape

    @property
    def width(self) -> int:
        """Numbers in a row: the product of its shape."""
        return self._weights.width

    @property
    def code_size(self) -> int:
        """Numbers in a code."""
        return self._weights.code_size

    @property
    def parameters(self) -> int:
        """Numbers in all tensors."""
        return int(self._weights.info.parameters)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of columns that it has, without the label's: () of images and arrays."""
        return self._weights.columns()

    @property
    def is_table(self) -> bool:
        """Whether its rows are a table's: cells that are encoded before the network sees them."""
        return self._weights.is_table

    @property
    def has_thresholds(self) -> bool:
        """Whether it says which rows are alarms."""
        return bool(self._weights.info.has_thresholds)

    @property
    def holds_rows(self) -> bool:
        """Whether rows it was trained on can be read back from its file."""
        return bool(self._weights.info.holds_rows)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The network's layers, in order."""
        return self._weights.layers()

    @property
    def tensors(self) -> dict[str, np.ndarray]:
        """Copies of all tensors, by their names in PyTorch's state_dict, in its shapes: of a dense layer (out, in).
        float32."""
        return self._weights.tensors()

    def set_tensors(self, tensors: Mapping[str, Any]) -> None:
        """Sets tensors by their names; all of them, or none where one is refused. Thresholds stay those of the old
        weights. Raises UsageError (a name, a shape), DataError (a number that is not finite)."""
        weights = self._weights.copy()
        for name, value in tensors.items():
            weights.set_tensor(name, np.ascontiguousarray(_arrays.as_doubles(value), dtype=np.float32))
        self._weights = weights

    @property
    def threads(self) -> int:
        """Threads that a call may use; 0: as many as this process may."""
        return self._weights.threads

    @threads.setter
    def threads(self, count: int) -> None:
        if isinstance(count, bool) or not hasattr(count, "__index__") or not 0 <= index(count) <= MOST_THREADS:
            raise UsageError(f"threads: expected a whole number from 0 to {MOST_THREADS}, got {count!r}")
        weights = self._weights.copy()
        weights.threads = index(count)
        self._weights = weights

    # ---- rows in, rows out ----------------------------------------------------------------------

    def score(self, x: Any, *, columns: Sequence[str] | None = None, progress: Any = None, note: Any = None,
              **options: Any) -> Any:
        """How unusual each of the rows x (n, ...) is: (n); the higher, the more. Of one row a number.

        Of rows of numbers it is the mean squared error against the reconstruction: float32. Of a table's rows (n,
        columns), cells with numbers in them where NaN is missing, of a data frame and of a path, it is the score of
        `hourglass predict`: float64."""
        weights = self._weights
        if type(x) is np.ndarray and x.dtype is _arrays.F32 and x.shape == (weights.width,) and weights.is_plain:
            scorer, out = weights.scorer(), ffi.new("float[1]")  # what is called most, and has no time
            lib.hg_score(scorer, ffi.from_buffer(FLOATS, x if x.flags.c_contiguous else x.copy()), 1, out)
            weights.scorers.append(scorer)
            return out[0]
        if _is_path(x) or weights.is_table or _data_frames.is_frame(x):
            scores = self.predict(x, columns=columns, progress=progress, note=note, **options).scores
            is_one = not _is_path(x) and not _data_frames.is_frame(x) and np.ndim(x) == 1
            return float(scores[0]) if is_one else scores
        _no_options(options, progress=progress, note=note, columns=columns is not None)
        rows, lead = weights.rows(x)
        scores = _call(weights, lib.hg_score, rows, 1).reshape(-1)
        return scores if lead else float(scores[0])

    def reconstruct(self, x: Any, *, encoded: bool = False, progress: Any = None, note: Any = None,
                    **options: Any) -> Any:
        """What the model makes of rows: of the shape of x, float32. Of a table's model, of a data frame, rows of
        numbers (n, columns) or the path of a table: its columns by name, in their own units, numbers and texts; with
        encoded=True x is (n, width) as inputs() gives it, and so is the answer."""
        if _is_path(x):
            return self._transform("reconstruct", x, progress, note, options)
        _no_options(options, progress=progress, note=note)
        weights = self._weights
        if _data_frames.is_frame(x) or (weights.is_table and not encoded):
            made = _call(weights, lib.hg_reconstruct_rows, self.inputs(x), weights.width)
            return _data_frames.decode(weights.pointer, made)
        rows, lead = weights.rows(x)
        answer = _call(weights, lib.hg_reconstruct_rows, rows, weights.width)
        return weights.layout.given(answer, lead) if weights.layout else answer.reshape(np.shape(x))

    def encode(self, x: Any, *, encoded: bool = False, progress: Any = None, note: Any = None, **options: Any) -> Any:
        """The codes of rows, or of a data frame's: (n, code_size), of one row (code_size), float32. encoded: rows of a
        table's model are (n, width), as inputs() gives them."""
        if _is_path(x):
            return self._transform("encode", x, progress, note, options)
        _no_options(options, progress=progress, note=note)
        weights = self._weights
        if _data_frames.is_frame(x) or (weights.is_table and not encoded):
            is_one = not _data_frames.is_frame(x) and np.ndim(x) == 1
            x = self.inputs(x)[0] if is_one else self.inputs(x)
        rows, lead = weights.rows(x)
        codes = _call(weights, lib.hg_encode_rows, rows, weights.code_size)
        return weights.layout.given_codes(codes, lead) if weights.layout else codes.reshape(*lead, weights.code_size)

    def decode(self, codes: Any) -> Any:
        """The rows of codes (n, code_size): (n, ...) in the model's shape, float32; of one code (code_size) one row."""
        weights = self._weights
        layout, size = weights.layout, weights.code_size
        rows, lead = layout.codes(codes) if layout else _arrays.as_rows(codes, (size,), size)
        answer = _call(weights, lib.hg_decode_rows, rows, weights.width)
        return layout.given(answer, lead) if layout else answer.reshape(*lead, *weights.shape)

    def predict(self, x: Any, *, columns: Sequence[str] | None = None, fpr: float = 0, progress: Any = None,
                note: Any = None, **options: Any) -> Verdicts:
        """What is thought of rows: Verdicts, with scores, p_values, alarms and reasons; of one row too.

        x: a data frame, whose columns are found by name; rows of numbers (n, columns), NaN is missing, whose columns
        are called `columns` (None: as in training); or a path, and then `options` are those of `hourglass predict`, of
        which out= is a .csv file here. fpr: the rate of false alarms asked for; 0: the model's own. Raises UsageError,
        as of fpr where the model has no thresholds."""
        weights = self._weights
        self._can_judge(columns, fpr)
        if not _is_path(x):
            _no_options(options, progress=progress, note=note)
            if columns is not None and (_data_frames.is_frame(x) or not weights.is_table):
                raise UsageError("columns: expected names beside rows of numbers of a table's model alone")
            return _verdicts.judge(weights, x, columns, fpr)
        if columns is not None:
            raise UsageError("columns: expected no names beside a path, whose data has its own")
        from ._sheets import read_verdicts

        with tempfile.TemporaryDirectory(prefix="hourglass-") as folder:
            out = options.pop("out", None) or Path(folder) / "scores.csv"
            if Path(out).suffix.lower() != ".csv" or options.get("format") not in (None, "auto", "csv"):
                raise UsageError(f"out: expected a .csv file, which is read back, got {os.fspath(out)!r}; "
                                 "hourglass.predict() writes others")
            values = {"model": self._saved(folder), "data": weights.file(x, folder), "out": out, "fpr": fpr or None,
                      **options}
            jobs.run("predict", values, progress=progress, note=note)
            return read_verdicts(Path(out))

    def explain(self, x: Any, *, columns: Sequence[str] | None = None, fpr: float = 0, **options: Any) -> list[Verdict]:
        """Why each row is as unusual as it is: a Verdict a row, with the column that has the largest share of the
        score, and what was expected there. x: as of predict()."""
        return list(self.predict(x, columns=columns, fpr=fpr, **options))

    def shares(self, x: Any, *, columns: Sequence[str] | None = None) -> np.ndarray:
        """How much of each row's score each of the model's `columns` has: (n, columns), float32, of a row 1 together;
        of rows of numbers without names, each number. x: a data frame, or rows of numbers (n, ...), called
        `columns`."""
        self._can_judge(columns, 0)
        return _verdicts.shares(self._weights, x, columns)

    def inputs(self, x: Any) -> np.ndarray:
        """The rows of a data frame, or of numbers (n, columns), as the network of a table's model sees them: (n,
        width), float32, numbers scaled, categories one-hot. reconstruct(), encode() with encoded=True and hg_score() of
        the library take them."""
        return _verdicts.inputs(self._weights, x)

    def watch(self, rows: Iterable[Any], *, columns: Sequence[str] | None = None, fpr: float = 0) -> Iterator[Verdict]:
        """Judges rows as they come: a generator, which gives a Verdict for each of `rows`, an iterable of sequences or
        mappings of cells: numbers, texts, times; None, NaN and "" are missing. columns: what they are called; None: the
        keys of the first mapping, or as in training. Raises DataError, as of a row of another length."""
        self._can_judge(columns, fpr)
        return _verdicts.watch(self._weights, rows, columns, fpr)

    def monitor(self, *, fpr: float = 0, threads: int = 1) -> Monitor:
        """Of a model of a signal: what judges its steps as they come, by push(x), x (steps, channels). fpr: the share of
        normal steps that may lie in alarms; 0: the model's own."""
        return Monitor(self._weights, fpr, threads)

    def denoise(self, x: Any, **options: Any) -> Any:
        """Cleaned images of any size, in the type they come in: one (H, W) or (H, W, C), or several (n, H, W, C), of
        uint8, uint16 or float32; C is 1, 3 (red first; layout="bgr": blue first) or 4 with alpha, which stays.
        hourglass.frames cleans streams of them without allocating; options are its. Of a path: as `hourglass denoise`,
        to out=, and a Result. Images are so of a model that came from PyTorch too."""
        if _is_path(x):
            with tempfile.TemporaryDirectory(prefix="hourglass-") as folder:
                return jobs.run("denoise", {"model": self._saved(folder), "source": x, **options})
        from .frames import FrameDenoiser

        images = _arrays.as_array(x)
        for name in options.keys() - FRAMES:
            raise UsageError(f"{name}: expected of options beside images in memory one of {', '.join(sorted(FRAMES))}")
        denoiser = FrameDenoiser(self, **{"layout": "rgb", "threads": self.threads, **options})
        if images.ndim == 3 and images.shape[2] not in (1, 3, 4):
            raise DataError(f"denoise: expected (H, W), (H, W, C) or (n, H, W, C), got {images.shape}")
        if images.ndim < 4:
            return denoiser.denoise(images)
        out = np.empty(images.shape, images.dtype)
        for image, to in zip(images, out):
            denoiser.denoise(image, to)
        return out

    def _can_judge(self, columns: Any, fpr: float) -> None:
        if isinstance(columns, str):
            raise UsageError(f"columns: expected a sequence of names, got the text {columns!r}")
        if fpr and not self.has_thresholds:
            raise UsageError(f"fpr: expected none, for the model has no thresholds, got {fpr}")

    def _saved(self, folder: str) -> Path:
        path = Path(folder) / "model.safetensors"
        self.save(path)
        return path

    def _transform(self, job: str, x: Any, progress: Any, note: Any, options: dict[str, Any]) -> Any:
        from ._sheets import read_sheet

        with tempfile.TemporaryDirectory(prefix="hourglass-") as folder:
            is_sheet = job == "reconstruct" and self.is_table
            out = Path(folder) / ("rows.csv" if is_sheet else "rows.npy")
            values = {"model": self._saved(folder), "data": self._weights.file(x, folder), **options, "out": out}
            jobs.run(job, values, progress=progress, note=note)
            if is_sheet:
                return read_sheet(out)[0]
            rows, layout = np.load(out), self._weights.layout
            if not layout:
                return rows
            given = layout.given if job == "reconstruct" else layout.given_codes
            return given(rows.reshape(len(rows), -1), (len(rows),))

    # ---- how it shows itself --------------------------------------------------------------------

    def __repr__(self) -> str:
        shape = " × ".join(map(str, self.shape))
        return f"Model({self.spec!r}: rows of {shape}, codes of {self.code_size}, {self.parameters:,} parameters)"

    def _repr_svg_(self) -> str:
        return _drawing.svg(self)

    def _repr_html_(self) -> str:
        return _drawing.html(self)


def _restore(kind: type[Model], data: bytes, threads: int) -> Model:
    model = kind.from_bytes(data)
    model._weights.threads = threads
    return model


def _is_path(x: Any) -> bool:
    return isinstance(x, (str, os.PathLike))


def _no_options(options: dict[str, Any], **listen: Any) -> None:
    """Refuses what has no use beside rows in memory."""
    for name, value in {**options, **listen}.items():
        if name in options or value:
            raise UsageError(f"{name}: expected no such option beside rows in memory")


def _call(weights: Weights, function: Any, rows: np.ndarray, width: int) -> np.ndarray:
    """Rows (n, ...) through one of the scorer's functions: (n, width)."""
    out = np.empty((len(rows), width), np.float32)
    scorer = weights.scorer()
    block = max(1, (1 << 22) // max(rows.shape[1], width))  # so that Ctrl-C is heard
    for first in range(0, len(rows), block):
        part, to = rows[first : first + block], out[first : first + block]
        function(scorer, ffi.from_buffer(FLOATS, part), len(part), ffi.from_buffer(FLOATS, to, require_writable=True))
    weights.scorers.append(scorer)
    return out
