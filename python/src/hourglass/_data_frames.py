# SPDX-License-Identifier: Apache-2.0
"""Data frames as an hg_table: whatever has __arrow_c_stream__ as it lies in memory; pandas, mappings of columns and
NumPy's records column by column, numbers and times without a copy."""
import ctypes
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ._errors import DataError
from ._lib import c_text, check, ffi, lib, made, new_error, text

NUMBERS = {"i1": "c", "u1": "C", "i2": "s", "u2": "S", "i4": "i", "u4": "I", "i8": "l", "u8": "L",
           "f2": "e", "f4": "f", "f8": "g"}
NO_CELLS = (bytes, bytearray, list, tuple, set, dict, np.ndarray)  # which Python would print, but nobody would read
UNITS = {"s": "s", "ms": "m", "us": "u", "ns": "n"}
STREAM, SCHEMA, ARRAY = b"arrow_array_stream", b"arrow_schema", b"arrow_array"


def _is_pandas(x: Any, kind: str) -> bool:
    return type(x).__module__.split(".")[0] == "pandas" and any(base.__name__ == kind for base in type(x).__mro__)


def is_frame(x: Any) -> bool:
    """Whether x is a table of named columns: a data frame, a mapping of columns or a structured array of NumPy's."""
    if type(x).__name__ == "Series":
        raise DataError("rows: expected a data frame, got a Series")
    if isinstance(x, np.ndarray):
        return x.dtype.names is not None
    has_arrow = hasattr(x, "__arrow_c_stream__") or hasattr(x, "__arrow_c_array__")
    return has_arrow or isinstance(x, Mapping) or _is_pandas(x, "DataFrame")


def _address(capsule: Any, name: bytes, kind: str) -> Any:
    """What a capsule of Arrow's holds, which lives as long as that."""
    get = ctypes.pythonapi.PyCapsule_GetPointer
    get.restype, get.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    return ffi.cast(kind, get(capsule, name))


def _bits(values: np.ndarray) -> np.ndarray:
    return np.packbits(values, bitorder="little")


def is_missing(value: Any) -> bool:
    """Whether a cell is None, NaN, NaT, pandas' NA or masked."""
    if isinstance(value, (float, np.floating)):
        return value != value
    return value is None or type(value).__name__ in ("NAType", "NaTType", "MaskedConstant")


class Columns:
    """Columns as one batch of Arrow's C data interface. What they point at is kept as long as this is."""

    def __init__(self) -> None:
        self.keep: list[Any] = []
        self.schemas: list[Any] = []
        self.arrays: list[Any] = []
        self.rows = -1

    def _new(self, kind: str, *init: Any) -> Any:
        self.keep.append(ffi.new(kind, *init))
        return self.keep[-1]

    def _named(self, name: str) -> Any:
        self.keep.append(c_text(name, "column"))
        return self.keep[-1]

    def _make(self, name: str, form: str, buffers: Sequence[np.ndarray | None], length: int,
              dictionary: Any = None) -> tuple[Any, Any]:
        schema, array = self._new("struct ArrowSchema *"), self._new("struct ArrowArray *")
        schema.format, schema.name = self._new("char[]", form.encode()), self._named(name)
        schema.flags = 2  # values may be null
        pointers = self._new("const void *[]", max(len(buffers), 1))
        for i, buffer in enumerate(buffers):
            if buffer is not None:
                self.keep.append(ffi.from_buffer(buffer))
                pointers[i] = self.keep[-1]
        array.length, array.null_count, array.n_buffers, array.buffers = length, -1, len(buffers), pointers
        if dictionary:
            schema.dictionary, array.dictionary = dictionary
        return schema, array

    def _add(self, name: str, column: tuple[Any, Any]) -> None:
        schema, array = column
        if self.rows not in (-1, array.length):
            raise DataError(f"column '{name}': expected {self.rows} rows as in the others, got {array.length}")
        self.rows = array.length
        self.schemas.append(schema)
        self.arrays.append(array)

    # ---- values of each kind --------------------------------------------------------------------

    def _texts(self, name: str, values: Iterable[Any], missing: np.ndarray | None = None) -> tuple[Any, Any]:
        """Texts, and whatever else Python has, as text: what a CSV file would have."""
        cells = list(values)
        absent = np.fromiter(map(is_missing, cells), bool, len(cells)) if missing is None else missing
        odd = next((cell for cell in cells if isinstance(cell, NO_CELLS)), None)
        if odd is not None:
            raise DataError(f"column '{name}': expected numbers, texts, booleans or times, got {type(odd).__name__}")
        try:
            encoded = [b"" if gone else str(cell).encode() for cell, gone in zip(cells, absent)]
        except UnicodeEncodeError as exception:
            raise DataError(f"column '{name}': expected texts in UTF-8: {exception}") from None
        offsets = np.zeros(len(cells) + 1, np.int64)
        np.cumsum(np.fromiter(map(len, encoded), np.int64, len(cells)), out=offsets[1:])
        data = np.frombuffer(b"".join(encoded) or b"\0", np.uint8)
        return self._make(name, "U", [_bits(~absent), offsets, data], len(cells))

    def _times(self, name: str, values: np.ndarray, zone: str = "") -> tuple[Any, Any]:
        unit = np.datetime_data(values.dtype)[0]
        known = unit if unit in UNITS else "ns" if unit in ("ps", "fs", "as") else "s"
        kind = values.dtype.kind
        values = np.ascontiguousarray(values, dtype=f"{'datetime64' if kind == 'M' else 'timedelta64'}[{known}]")
        form = f"ts{UNITS[known]}:{zone}" if kind == "M" else f"tD{UNITS[known]}"
        return self._make(name, form, [_bits(~np.isnat(values)), values.view(np.int64)], len(values))

    def _values(self, name: str, values: Any, missing: np.ndarray | None = None) -> tuple[Any, Any]:
        """values (rows) of any type of NumPy's; missing (rows): which of them are not there."""
        if missing is None and isinstance(values, np.ma.MaskedArray):
            missing = np.ma.getmaskarray(values)
        array = np.asarray(values)
        if array.ndim != 1:
            raise DataError(f"column '{name}': expected one value a row, got an array {array.shape}")
        if not array.dtype.isnative:
            array = array.astype(array.dtype.newbyteorder("="))
        kind = array.dtype.kind
        if kind in "mM":
            known = array if missing is None else np.where(missing, np.array("NaT", array.dtype), array)
            return self._times(name, known)
        if kind not in "biuf":
            if kind not in "OUT":
                raise DataError(f"column '{name}': expected numbers, texts, booleans or times, got {array.dtype}")
            return self._texts(name, array.tolist() if kind != "O" else array, missing)
        valid = None if missing is None or not missing.any() else _bits(~missing)
        if kind == "b":
            return self._make(name, "b", [valid, _bits(array)], len(array))
        form = NUMBERS.get(array.dtype.str[1:])
        array = np.ascontiguousarray(array, dtype=None if form else np.float64)
        return self._make(name, form or "g", [valid, array], len(array))

    def _borrowed(self, name: str, array: Any) -> tuple[Any, Any]:
        """A column that Arrow has already."""
        capsules = array.__arrow_c_array__()
        self.keep.append(capsules)
        schema = self._new("struct ArrowSchema *")
        schema[0] = _address(capsules[0], SCHEMA, "struct ArrowSchema *")[0]
        schema.name = self._named(name)
        return schema, _address(capsules[1], ARRAY, "struct ArrowArray *")

    def _series(self, name: str, series: Any) -> tuple[Any, Any]:
        """A column of pandas'."""
        dtype, kind = series.dtype, type(series.dtype).__name__
        if kind == "CategoricalDtype":
            codes = np.ascontiguousarray(series.cat.codes.to_numpy())
            levels = self._series("", series.cat.categories.to_series())
            return self._make(name, NUMBERS[codes.dtype.str[1:]], [_bits(codes >= 0), codes], len(codes), levels)
        if kind == "DatetimeTZDtype":
            return self._times(name, series.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy(), "UTC")
        if kind == "SparseDtype":
            return self._series(name, series.sparse.to_dense())
        if kind == "ArrowDtype" or (kind == "StringDtype" and dtype.storage == "pyarrow"):
            array = series.array.__arrow_array__()
            return self._borrowed(name, array.combine_chunks() if hasattr(array, "combine_chunks") else array)
        if isinstance(dtype, np.dtype) and dtype.kind != "O":
            return self._values(name, series.to_numpy())
        missing = series.isna().to_numpy()
        if getattr(dtype, "kind", "O") in "biuf":
            return self._values(name, series.to_numpy(dtype=dtype.numpy_dtype, na_value=0), missing)
        return self._texts(name, series.to_numpy(dtype=object), missing)

    def add(self, name: Any, values: Any) -> None:
        read = self._series if _is_pandas(values, "Series") else self._values
        self._add(str(name), read(str(name), values))

    def stream(self) -> Any:
        """struct ArrowArrayStream * of the one batch."""
        frame = self._new("hg_python_frame *")
        frame.schema.format, frame.schema.n_children = self._new("char[]", b"+s"), len(self.schemas)
        frame.schema.children = self._new("struct ArrowSchema *[]", self.schemas)
        frame.array.length, frame.array.n_children = max(self.rows, 0), len(self.arrays)
        frame.array.n_buffers, frame.array.buffers = 1, self._new("const void *[]", 1)
        frame.array.children = self._new("struct ArrowArray *[]", self.arrays)
        stream = self._new("struct ArrowArrayStream *")
        lib.hg_python_stream(frame, stream)
        return stream


def _columns(x: Any) -> Columns:
    columns = Columns()
    if _is_pandas(x, "DataFrame"):
        for i, name in enumerate(x.columns):
            columns.add(name, x.iloc[:, i])
    else:
        for name in x.dtype.names if isinstance(x, np.ndarray) else x:
            columns.add(name, x[name])
    return columns


def _stream(x: Any) -> tuple[Any, Any]:
    """struct ArrowArrayStream * of a frame, and what has to live as long as its table."""
    if _is_pandas(x, "DataFrame") or not (hasattr(x, "__arrow_c_stream__") or hasattr(x, "__arrow_c_array__")):
        columns = _columns(x)
        if not columns.arrays:
            raise DataError("data frame: expected columns, got none")
        return columns.stream(), columns
    if hasattr(x, "__arrow_c_stream__"):
        capsule = x.__arrow_c_stream__()
        return _address(capsule, STREAM, "struct ArrowArrayStream *"), capsule
    schema, array = x.__arrow_c_array__()
    frame, stream = ffi.new("hg_python_frame *"), ffi.new("struct ArrowArrayStream *")
    frame.schema = _address(schema, SCHEMA, "struct ArrowSchema *")[0]
    frame.array = _address(array, ARRAY, "struct ArrowArray *")[0]
    lib.hg_python_stream(frame, stream)  # borrowed: the capsules release them
    return stream, (frame, schema, array)


class Table:
    """An hg_table: the rows of a frame, which must not change while this lives. Raises DataError, as of a column of
    lists."""

    def __init__(self, x: Any):
        error = new_error()
        stream, keep = _stream(x)
        pointer = made(lib.hg_table_new(stream, error), error)
        self.pointer = ffi.gc(pointer, lambda t, _=keep: lib.hg_table_free(t))
        self.names = tuple(text(lib.hg_table_column_at(pointer, i)) for i in range(lib.hg_table_columns(pointer)))

    def __len__(self) -> int:
        return int(lib.hg_table_rows(self.pointer))


def _read(array: Any, form: str) -> np.ndarray:
    """A column that hg_decode_table() gave: numbers with NaN, or texts with "", where nothing is; copied."""
    count = array.length

    def buffer(i: int, dtype: Any, size: int) -> np.ndarray:
        return np.frombuffer(ffi.buffer(ffi.cast("char *", array.buffers[i]), size), dtype)

    valid = np.unpackbits(buffer(0, np.uint8, count // 8 + 1), count=count, bitorder="little").astype(bool)
    if form == "g":
        return np.where(valid, buffer(1, np.float64, 8 * count), np.nan)
    offsets = buffer(1, np.int64, 8 * (count + 1))
    data = bytes(ffi.buffer(ffi.cast("char *", array.buffers[2]), int(offsets[-1])))
    return np.array([data[a:b].decode() for a, b in zip(offsets[:-1].tolist(), offsets[1:].tolist())])


def decode(model: Any, y: np.ndarray) -> dict[str, np.ndarray]:
    """Encoded rows y (n, width), float32, of an hg_model of a table as its columns: (n) each, in its own units."""
    error, stream = new_error(), ffi.new("struct ArrowArrayStream *")
    check(lib.hg_decode_table(model, ffi.from_buffer("float[]", y), len(y), stream, error), error)
    schema, array = ffi.new("struct ArrowSchema *"), ffi.new("struct ArrowArray *")
    try:
        if stream.get_schema(stream, schema) != 0:
            raise MemoryError
        try:
            stream.get_next(stream, array)
            children = [(schema.children[i], array.children[i]) for i in range(schema.n_children)]
            columns = {text(child.name): _read(values, text(child.format)) for child, values in children}
            array.release(array)
        finally:
            schema.release(schema)
    finally:
        stream.release(stream)
    return columns
