# SPDX-License-Identifier: Apache-2.0
"""Tensors by name in a safetensors file: eight bytes, a header in JSON, the numbers one behind the other
(docs/MODELFILE.md, "Bytes")."""

import json
import os
from collections.abc import Mapping

import numpy as np

from ._errors import ModelError

DTYPES: dict[str, np.dtype] = {
    "F32": np.dtype("<f4"),
    "F64": np.dtype("<f8"),
    "F16": np.dtype("<f2"),
    "I64": np.dtype("<i8"),
    "I32": np.dtype("<i4"),
}
MOST_HEADER = 100_000_000


def write(path: str | os.PathLike, tensors: Mapping[str, np.ndarray]) -> None:
    """Writes the file, whole or not at all; the same tensors give the same bytes."""
    codes = {dtype: code for code, dtype in DTYPES.items()}
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    data, at = [], 0
    for name, value in sorted(
        tensors.items(), key=lambda pair: (-pair[1].dtype.itemsize, pair[0])
    ):  # so that all are aligned
        piece = np.ascontiguousarray(value).tobytes()
        header[name] = {
            "dtype": codes[value.dtype.newbyteorder("<")],
            "shape": list(value.shape),
            "data_offsets": [at, at + len(piece)],
        }
        data.append(piece)
        at += len(piece)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    partial = f"{os.fspath(path)}.part"
    with open(partial, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + b"".join(data))
    os.replace(partial, path)


def read(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """The tensors of a file. Raises ModelError where it is none."""
    with open(path, "rb") as file:
        data = file.read()
    size = int.from_bytes(data[:8], "little")
    try:
        if not 2 <= size <= min(MOST_HEADER, len(data) - 8):
            raise ValueError("a header that does not fit")
        header = json.loads(data[8 : 8 + size])
        tensors = {name: entry for name, entry in header.items() if name != "__metadata__"}
        return {name: _tensor(data[8 + size :], name, entry) for name, entry in tensors.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{os.fspath(path)}: expected a safetensors file, got {error}") from None


def _tensor(data: bytes, name: str, entry: dict) -> np.ndarray:
    first, end = entry["data_offsets"]
    if not 0 <= first <= end <= len(data):
        raise ValueError("a tensor beyond its end")
    if entry["dtype"] not in DTYPES:
        raise ValueError(f"'{name}' of type {entry['dtype']}, and takes {', '.join(DTYPES)}")
    return np.frombuffer(data[first:end], DTYPES[entry["dtype"]]).reshape(entry["shape"])
