# SPDX-License-Identifier: Apache-2.0
"""Arrays in and out: rows of float32 in C order, without a copy where they are so already."""
from typing import Any

import numpy as np

from ._errors import DataError

F32 = np.dtype(np.float32)
BYTE = np.float32(1 / 255)  # what a stored byte is worth, as in files
MASKED = "expected no mask, got a masked array: x.filled(numpy.nan) says what is missing"


def as_array(x: Any) -> np.ndarray:
    """x as a NumPy array: NumPy's own, whatever has DLPack (torch, JAX, CuPy on the CPU) without a copy, sequences.
    Raises DataError: of a mask, of complex numbers, of what is not on the CPU or in no type of NumPy's."""
    if np.ma.is_masked(x):
        raise DataError(f"array: {MASKED}")
    array = np.asarray(x) if isinstance(x, np.ndarray) else _taken(x)
    if array.dtype.kind == "c":
        raise DataError(f"array: expected numbers, got {array.dtype}")
    return array


def as_cells(x: Any) -> np.ndarray:
    """x, a table's rows, as a NumPy array, in which NaN is what a mask hides."""
    return as_array(x.astype(np.float64).filled(np.nan) if np.ma.is_masked(x) else x)


def _taken(x: Any) -> np.ndarray:
    if not hasattr(x, "__dlpack__"):
        try:
            return np.asarray(x)
        except ValueError as error:  # as of lists of several lengths
            raise DataError(f"array: expected rows of one shape, got {type(x).__name__}: {error}") from error
    x = x.detach() if hasattr(x, "detach") else x
    try:
        # PyTorch before 2.0 has no truth values in DLPack
        return np.asarray(x) if str(getattr(x, "dtype", "")) == "torch.bool" else np.from_dlpack(x)
    except (RuntimeError, TypeError, ValueError, BufferError, NotImplementedError) as error:
        told = [str(getattr(x, name)) for name in ("dtype", "layout", "device") if hasattr(x, name)]
        raise DataError(
            f"array: expected a dense tensor on the CPU, of a type that NumPy has, got {', '.join(told)}: "
            "x.float().cpu() has them so, of a sparse one x.to_dense()"
        ) from error


def as_doubles(x: Any) -> np.ndarray:
    """x as float64 in C order; None becomes NaN."""
    array = as_array(x)
    try:
        return np.ascontiguousarray(array, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"array: expected numbers, got {array.dtype}: {error}") from error


def as_floats(x: Any) -> np.ndarray:
    """x as float32 in C order; bytes become 0 to 1, as those of files do."""
    array = as_array(x)
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array) * BYTE
    if array.dtype.kind not in "fiub":
        raise DataError(f"array: expected numbers, got {array.dtype}")
    try:
        with np.errstate(over="raise"):
            return np.ascontiguousarray(array, dtype=np.float32)
    except FloatingPointError as error:
        raise DataError("array: expected numbers up to 3.4e38, which float32 holds, got larger ones") from error


def lead_of(array: np.ndarray, shape: tuple[int, ...], width: int, channels: int = -1) -> tuple[int, ...] | None:
    """() of one row of `shape`, (n) of several, None of another shape. A row may come flat, (width), and an image of
    one channel without that dimension, which is at `channels`."""
    rows = [shape, (width,)]
    if len(shape) == 3 and shape[channels] == 1:
        rows.append(tuple(np.delete(shape, channels)))
    elif len(shape) == 2 and channels == -1:
        rows.append((*shape, 1))
    if array.shape in rows:
        return ()
    return (len(array),) if array.ndim > 1 and array.shape[1:] in rows else None


def as_rows(x: Any, shape: tuple[int, ...], width: int) -> tuple[np.ndarray, tuple[int, ...]]:
    """x (n, ...), or one row of `shape`, as float32 (n, width); and the shape of what is without rows: () for one, else
    (n)."""
    array = as_array(x)
    lead = lead_of(array, shape, width)
    if lead is None:
        raise DataError(f"rows: expected (n, {', '.join(map(str, shape))}), got {array.shape}")
    return as_floats(array).reshape(len(array) if lead else 1, width), lead
