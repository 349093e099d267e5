# SPDX-License-Identifier: Apache-2.0
"""Arrays in and out: rows of float32 in C order, without a copy where they are so already."""
from typing import Any

import numpy as np

from ._errors import DataError

F32 = np.dtype(np.float32)
BYTE = np.float32(1 / 255)  # what a stored byte is worth, as in files


def as_array(x: Any) -> np.ndarray:
    """x as a NumPy array: NumPy's own, whatever has DLPack (torch, JAX, CuPy on the CPU) without a copy, sequences."""
    if isinstance(x, np.ndarray):
        return x
    if hasattr(x, "__dlpack__"):
        return np.from_dlpack(x.detach() if hasattr(x, "detach") else x)
    return np.asarray(x)


def as_floats(x: Any) -> np.ndarray:
    """x as float32 in C order; bytes become 0 to 1, as those of files do."""
    array = as_array(x)
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array) * BYTE
    if array.dtype.kind not in "fiub":
        raise DataError(f"array: expected numbers, got {array.dtype}")
    return np.ascontiguousarray(array, dtype=np.float32)


def as_rows(x: Any, shape: tuple[int, ...], width: int) -> tuple[np.ndarray, tuple[int, ...]]:
    """x (n, ...), or one row of `shape`, as float32 (n, width); and the shape of what is without rows: () for one, else
    (n)."""
    array = as_array(x)
    is_one = array.shape == shape or array.shape == (width,)
    if not is_one and (array.ndim < 2 or array.size != len(array) * width):
        wanted = f"(n, {', '.join(map(str, shape))})"
        raise DataError(f"rows: expected {wanted}, got {array.shape}")
    lead = () if is_one else (len(array),)
    return as_floats(array).reshape(1 if is_one else len(array), width), lead
