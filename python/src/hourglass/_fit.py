# SPDX-License-Identifier: Apache-2.0
"""Model.fit: a new model from rows in memory or from what a path names, or more training of one that is there."""
import os
import tempfile
from collections.abc import Sequence
from inspect import Parameter, Signature
from pathlib import Path
from types import MethodType
from typing import Any

import numpy as np

from . import _arrays, _data_frames
from ._errors import DataError, FileError, UsageError
from ._lib import ffi, lib, made, new_error, sized
from ._options import Options, describe, jobs, keywords
from ._run import Run
from ._weights import Weights
from .jobs import Result
from .jobs import run as run_job

# Options that only scores and thresholds of a table have use for: with one of them an array's columns are a table's.
ANOMALIES = ("label", "normal", "groupby", "fpr", "alarms", "rate", "clean", "contamination", "references")

NEW = """Trains a new model, and returns it.

x: rows in memory (n, ...): NumPy's, or whatever has DLPack; images are (n, H, W) or (n, H, W, C). float32 in C order is
not copied; bytes (uint8) become 0 to 1, as those of files do. Or what `hourglass train` takes as data=: the path of a
table, an array, a folder of images or of parts, a capture; several captures in a list. With prepare="table", or an
option of anomalies such as fpr=, columns of an array are a table's: the model has thresholds and says which column made
a row unusual. Or a data frame of mixed columns, which is learned as `hourglass train` learns a CSV file of it: pandas', or
whatever has __arrow_c_stream__ (Polars, pyarrow, DuckDB; not copied), a mapping of columns, a structured array. Column
names are kept, the index is not. target: what each row is to become, of the shape of x, or a folder of clean images;
None: the row itself.

Ctrl-C ends it. Raises UsageError (an option), DataError (a number that is not finite, shapes), DivergedError,
OutOfMemory. The options are those of `hourglass train`:
"""
ON = """Goes on training from this model's weights, and returns the model, which has become the better one. Threads that
are using it meanwhile get the old weights. x, target and options: as of Model.fit; the network stays. What rows of a
table's model become is learned anew from x, which has the columns of the model.
"""


def _is_data(x: Any) -> bool:
    """Whether x names files."""
    if isinstance(x, (list, tuple)):
        return len(x) > 0 and all(map(_is_data, x))
    return isinstance(x, (str, os.PathLike))


def array_struct(array: np.ndarray) -> Any:
    """hg_array of float32 rows in C order, which must outlive it."""
    if not 2 <= array.ndim <= 4:
        raise DataError(f"array: expected rows of 1 to 3 dimensions, (n, ...), got {array.shape}")
    struct = ffi.new("hg_array *")
    struct.data = ffi.from_buffer("float[]", array)
    struct.rows = len(array)
    for i, size in enumerate(array.shape[1:]):
        struct.shape[i] = size
    return struct


def _is_table(values: dict[str, Any]) -> bool:
    """Whether an array's columns are a table's: as `hourglass train` decides it."""
    prepare = str(values.get("prepare") or "auto")
    if prepare != "auto":
        return prepare == "table"
    is_open = str(values.get("model") or "table") == "table" and not values.get("pretrained")
    return is_open and (values.get("model") is not None or any(values.get(name) is not None for name in ANOMALIES))


def fit_path(values: dict[str, Any], **listen: Any) -> tuple[Any, Result]:
    """hg_model of what data= names."""
    with tempfile.TemporaryDirectory(prefix="hourglass-") as folder:
        try:
            result = run_job("train", {"project": folder, **values}, **listen)
        except FileError:
            paths = values["data"]
            if isinstance(paths, (str, os.PathLike)) or len(paths) < 2 or not all(map(os.path.exists, paths)):
                raise
            raise UsageError(f"data: expected one path, or several of captures, got {len(paths)} paths") from None
        error = new_error()
        path = Path(result.folder) / "weights" / "best.safetensors"
        result.folder = ""  # which is gone now
        return made(lib.hg_model_load(os.fsencode(path), error), error), result


def fit_table_array(x: Any, values: dict[str, Any], names: Sequence[str] = (),
                    **listen: Any) -> tuple[Any, Result]:
    """hg_model of an array (n, columns) whose columns are a table's, called `names`, or as those of a file of it."""
    rows = _arrays.as_cells(x)
    if rows.ndim < 2:
        raise DataError(f"array: expected (n, columns), got {rows.shape}")
    rows = rows.reshape(len(rows), -1)
    if len(names) != rows.shape[1]:
        names = [f"column {i + 1}" for i in range(rows.shape[1])]
    if rows.dtype.kind == "f":  # as the cells of a file of it: a float32 in a data frame is its shortest text
        rows = rows.astype(np.float64, order="F")
    return fit_frame({name: rows[:, i] for i, name in enumerate(names)}, values, **listen)


def fit_frame(x: Any, values: dict[str, Any], **listen: Any) -> tuple[Any, Result]:
    """hg_model of a data frame."""
    rows = _data_frames.Table(x)
    options, run, error, result = Options("train", values), Run(**listen), new_error(), sized("hg_result")
    model = lib.hg_fit_table(options.pointer, rows.pointer, run.listener, result, error)
    return _fitted(model, run, result, error)


def fit_array(x: Any, target: Any, values: dict[str, Any], start: Weights | None = None,
              **listen: Any) -> tuple[Any, Result]:
    """hg_model of rows (n, ...) of numbers as they are; start: weights to begin with, and rows are as its module's."""
    taken = start.images if start else _arrays.as_floats
    rows = taken(x)
    wanted = None if target is None else taken(target)
    options, run, error, result = Options("train", values), Run(**listen), new_error(), sized("hg_result")
    structs = [array_struct(a) for a in (rows, wanted) if a is not None]
    second = ffi.NULL if wanted is None else structs[1]
    begin = start.pointer if start else ffi.NULL
    model = lib.hg_fit_from(begin, options.pointer, structs[0], second, run.listener, result, error)
    return _fitted(model, run, result, error)


def _fitted(model: Any, run: Run, result: Any, error: Any) -> tuple[Any, Result]:
    """What training in memory gave; raises what ended it."""
    answer = Result(result, run)
    try:
        run.end()
    except BaseException:
        lib.hg_model_free(model)
        raise
    return made(model, error), answer


def fit(x: Any, target: Any, values: dict[str, Any], names: Sequence[str] = (), **listen: Any) -> tuple[Any, Result]:
    """hg_model, whose owner the caller becomes, and what came of training it."""
    if "data" in values:
        raise UsageError("data: expected it as the first argument of fit()")
    if _is_data(x):
        return fit_path({**values, "data": x} if target is None else {**values, "data": x, "target": target}, **listen)
    if _data_frames.is_frame(x):
        if target is not None:
            raise UsageError("target: expected none beside a data frame")
        return fit_frame(x, values, **listen)
    if target is None and _is_table(values):
        return fit_table_array(x, values, names, **listen)
    return fit_array(x, target, values, **listen)


def _fit_new(cls: Any, x: Any, target: Any = None, *, progress: Any = None, step: Any = None, note: Any = None,
             **options: Any) -> Any:
    return cls(*fit(x, target, options, progress=progress, step=step, note=note))


def _fit_on(self: Any, x: Any, target: Any = None, *, progress: Any = None, step: Any = None, note: Any = None,
            **options: Any) -> Any:
    listen = {"progress": progress, "step": step, "note": note}
    is_named = _is_data(x) or _is_data(target) or _data_frames.is_frame(x)
    if not is_named and not self.is_table and str(options.get("prepare") or "auto") != "table":
        self._become(*fit_array(x, target, options, self._weights, **listen))
        return self
    if self.is_table and str(options.get("prepare") or "auto") == "auto":
        if target is not None:
            raise UsageError("target: expected none, the rows of this model are a table's")
        options["prepare"] = "table"
    with tempfile.TemporaryDirectory(prefix="hourglass-") as folder:
        path = Path(folder) / "model.safetensors"
        self.save(path)
        self._become(*fit(x, target, {**options, "pretrained": path}, self.columns, **listen))
    return self


class Fit:
    """Model.fit(x) makes a new model; model.fit(x) goes on from the weights of a model."""

    _is_described = False

    def __get__(self, model: Any, owner: type) -> Any:
        if not Fit._is_described:
            Fit._describe()
        return MethodType(_fit_new, owner) if model is None else MethodType(_fit_on, model)

    @staticmethod
    def _describe() -> None:
        options = [o for o in jobs()["train"].options if o.name not in ("data", "target")]
        first = [Parameter("self", Parameter.POSITIONAL_OR_KEYWORD), Parameter("x", Parameter.POSITIONAL_OR_KEYWORD),
                 Parameter("target", Parameter.POSITIONAL_OR_KEYWORD, default=None)]
        for function, words in ((_fit_new, NEW), (_fit_on, ON)):
            function.__name__, function.__qualname__, function.__module__ = "fit", "Model.fit", "hourglass"
            function.__doc__ = words + describe(options)
            signature = Signature([*first, *keywords(options)], return_annotation="Model")
            function.__signature__ = signature  # type: ignore[attr-defined]
        Fit._is_described = True
