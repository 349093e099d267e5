# SPDX-License-Identifier: Apache-2.0
"""Arrays in and out: rows of float32 in C order, without a copy where they are so already."""
from typing import Any

import numpy as np

from ._errors import DataError


def as_array(x: Any) -> np.ndarray:
    """x as a NumPy array: NumPy's own, whatever has DLPack (torch, JAX, CuPy on the CPU) without a copy, sequences."""
    if isinstance(x, np.ndarray):
        return x
    if hasattr(x, "__dlpack__"):
        return np.from_dlpack(x.detach() if hasattr(x, "detach") else x)
    return np.asarray(x)


def as_rows(x: Any, width: int) -> np.ndarray:
    """x (rows, ...) or one row (width), as float32 (rows, width)."""
    array = as_array(x)
    if array.ndim == 1 and array.size == width:
        array = array.reshape(1, width)
    if array.ndim < 2 or array.size != len(array) * width:
        raise DataError(f"rows: expected (n, {width}), got {array.shape}")
    return np.ascontiguousarray(array, dtype=np.float32).reshape(len(array), width)
