# SPDX-License-Identifier: Apache-2.0
"""What is thought of rows: a Verdict of one, Verdicts of many, from a detector or from the sheet that `predict`
writes."""
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from . import _arrays, _data_frames
from ._errors import DataError
from ._lib import c_text, check, ffi, lib, new_error, text
from ._weights import Weights


class Verdict(NamedTuple):
    """What is thought of a row: score (the higher, the more unusual), p_value (how often a normal row scores as high),
    threshold, alarm (score > threshold), reason (the column with the largest share of the score, "" for none), share
    (of it, 0 to 1), expected (what was expected there, as text; of alarms, and where the model has no thresholds),
    column (its number among the row's, -1: none), unseen and missing (cells). What a model without thresholds cannot
    say is NaN."""
    score: float
    p_value: float
    threshold: float
    alarm: bool
    reason: str
    share: float
    expected: str
    column: int
    unseen: int
    missing: int


class Verdicts:
    """What is thought of n rows: `scores`, `p_values`, `thresholds` float64 (n), `alarms` bool (n), `reasons` the
    column with the largest share of the score, `shares` of it, `expected` what was expected there: (n). `sheet`: all
    columns that `predict` wrote, by name, where rows came from files; else what a Verdict has. Iterating gives a
    Verdict a row."""

    def __init__(self, sheet: dict[str, np.ndarray], count: int):
        self.sheet = sheet
        self._count = count
        self.scores = self._of("score", np.nan, np.float64)
        self.p_values = self._of("p_value", np.nan, np.float64)
        self.thresholds = self._of("threshold", np.nan, np.float64)
        self.alarms = self._of("alarm", 0, np.float64) > 0
        self.reasons = self._of("reason", "", str)
        self.shares = self._of("share", np.nan, np.float64)
        self.expected = self._of("expected", "", str)

    def _of(self, name: str, otherwise: Any, dtype: Any) -> np.ndarray:
        column = self.sheet.get(name)
        return np.full(self._count, otherwise, dtype) if column is None else column.astype(dtype, copy=False)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, i: Any) -> Any:
        """The Verdict of row i; Verdicts of a slice of rows."""
        if isinstance(i, slice):
            return Verdicts({name: column[i] for name, column in self.sheet.items()}, len(range(self._count)[i]))
        others = {"column": -1, "unseen": 0, "missing": 0}
        whole = [int(self.sheet[name][i]) if name in self.sheet else other for name, other in others.items()]
        return Verdict(float(self.scores[i]), float(self.p_values[i]), float(self.thresholds[i]), bool(self.alarms[i]),
                       str(self.reasons[i]), float(self.shares[i]), str(self.expected[i]), *whole)

    def __iter__(self) -> Iterator[Verdict]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        return f"Verdicts({len(self)} rows, {int(self.alarms.sum())} alarms)"


def _verdict_type() -> np.dtype:
    """hg_verdict as a record of NumPy's."""
    kinds = {"double": "f8", "int32_t": "i4", "_Bool": "?", "char *": "u8", "char[64]": "S64", "size_t": "u8"}
    fields = ffi.typeof("hg_verdict").fields
    formats = [kinds[field.type.cname.replace("const", "").strip()] for _, field in fields]
    return np.dtype({"names": [name for name, _ in fields], "offsets": [f.offset for _, f in fields],
                     "formats": formats, "itemsize": ffi.sizeof("hg_verdict")})


RECORD = _verdict_type()
BLOCK = 4096  # rows between two looks at Ctrl-C
FRAME_BLOCK = 1 << 15


def _texts(pointers: np.ndarray) -> np.ndarray:
    """Strings of C pointers, of which there are few different ones."""
    different, which = np.unique(pointers, return_inverse=True)
    return np.array([text(ffi.cast("char *", int(p))) for p in different], dtype=object)[which].astype(str)


def _decoded(cells: np.ndarray) -> np.ndarray:
    """Texts of bytes (n), of which most are empty."""
    (filled,) = np.nonzero(cells)
    texts = np.zeros(len(cells), f"U{max(cells.dtype.itemsize, 1)}")
    for i in filled.tolist():
        texts[i] = cells[i].decode("utf-8", "replace")
    return texts


def _doubles(weights: Weights, x: Any) -> np.ndarray:
    """Rows of numbers (n, ...), or one, as float64 (n, columns); what a table's mask hides is missing."""
    if not weights.is_table:
        return weights.rows(x)[0].astype(np.float64)
    rows = _arrays.as_cells(x)
    if rows.dtype.kind not in "fiub":
        raise DataError(f"rows: expected numbers, or a data frame, got {rows.dtype}")
    rows = np.ascontiguousarray(rows, dtype=np.float64)
    if rows.ndim not in (1, 2):
        raise DataError(f"rows: expected (n, columns), got {rows.shape}")
    return rows if rows.ndim == 2 else rows[None]


def judge(weights: Weights, x: Any, columns: Sequence[str] | None, fpr: float) -> Verdicts:
    """Verdicts of rows of numbers (n, columns), NaN is missing; or of a data frame."""
    if _data_frames.is_frame(x):
        return judge_frame(weights, x, fpr)
    rows = _doubles(weights, x)
    count, width = rows.shape
    records = np.zeros(count, RECORD)
    detector, error = weights.detector(columns, width, fpr, weights.threads), new_error()
    for first in range(0, count, BLOCK):
        part, to = rows[first : first + BLOCK], records[first : first + BLOCK]
        to["size"] = RECORD.itemsize
        verdicts = ffi.cast("hg_verdict *", ffi.from_buffer(to, require_writable=True))
        check(lib.hg_detect(detector, ffi.from_buffer("double[]", part), len(part), verdicts, error), error)
    return _of_records(records, _moved_order(weights))


def _moved_order(weights: Weights) -> np.ndarray | None:
    """The module's number of each number of a row; None: they are the network's."""
    return weights.layout.order if weights.layout and weights.layout.is_moved else None


def _reason(column: int) -> str:
    """What a number of a row without names is called."""
    return f"column {column + 1}" if column >= 0 else ""


def _by_blocks(weights: Weights, rows: Any, fpr: float, call: Any) -> None:
    """call(detector, table, first, rows, error) for blocks of a frame's rows, between which Ctrl-C is heard."""
    error = new_error()
    with weights.lent_detector(rows.names, fpr) as detector:
        for first in range(0, len(rows), FRAME_BLOCK):
            check(call(detector, rows.pointer, first, min(FRAME_BLOCK, len(rows) - first), error), error)


def judge_frame(weights: Weights, x: Any, fpr: float) -> Verdicts:
    """Verdicts of a data frame's rows."""
    rows = _data_frames.Table(x)
    records = np.zeros(len(rows), RECORD)
    records["size"] = RECORD.itemsize
    verdicts = ffi.cast("hg_verdict *", ffi.from_buffer(records, require_writable=True))
    _by_blocks(weights, rows, fpr, lambda d, table, first, count, error: lib.hg_detect_table(
        d, table, first, count, verdicts + first, error))
    return _of_records(records)


def shares(weights: Weights, x: Any, columns: Sequence[str] | None) -> np.ndarray:
    """How much of the score of each row of x, numbers or a data frame, each of the model's columns has: (n, columns),
    float32."""
    if _data_frames.is_frame(x):
        rows = _data_frames.Table(x)
        with weights.lent_detector(rows.names, 0) as detector:
            share, to, width = _floats(len(rows), lib.hg_detector_columns(detector))
        _by_blocks(weights, rows, 0, lambda d, table, first, count, error: lib.hg_explain_table(
            d, table, first, count, ffi.NULL, to + first * width, error))
        return share
    numbers, error = _doubles(weights, x), new_error()
    detector = weights.detector(columns, numbers.shape[1], 0, weights.threads)
    share, to, _ = _floats(len(numbers), lib.hg_detector_columns(detector))
    check(lib.hg_explain(detector, ffi.from_buffer("double[]", numbers), len(numbers), ffi.NULL, to, error), error)
    order = _moved_order(weights)
    return share if order is None else share[:, np.argsort(order)]


def inputs(weights: Weights, x: Any) -> np.ndarray:
    """A data frame's rows, or those of numbers (n, columns), as the network sees them: (n, width), float32."""
    if not weights.is_table:
        raise DataError("rows: expected an array, for the model has no table's columns; numbers of a data frame are "
                        f"one by df.to_numpy(); got {type(x).__name__}")
    if not _data_frames.is_frame(x):
        x, names = _doubles(weights, x), weights.columns()
        if x.shape[1] != len(names):
            raise DataError(f"rows: expected {len(names)} columns, as of the model, got {x.shape[1]}")
        x = dict(zip(names, np.asfortranarray(x).T))
    rows = _data_frames.Table(x)
    out, to, width = _floats(len(rows), weights.width)
    _by_blocks(weights, rows, 0, lambda d, table, first, count, error: lib.hg_encode_table(
        d, table, first, count, to + first * width, error))
    return out


def _floats(rows: int, width: int) -> tuple[np.ndarray, Any, int]:
    """A new array (rows, width) of float32, a pointer to its first, and width."""
    array = np.empty((rows, width), np.float32)
    return array, ffi.cast("float *", ffi.from_buffer(array, require_writable=True)), width


def _of_records(records: np.ndarray, order: np.ndarray | None = None) -> Verdicts:
    """order: what _moved_order() gives."""
    count = len(records)
    names = ("score", "p_value", "threshold", "alarm", "column", "unseen", "missing")
    sheet = {name: np.ascontiguousarray(records[name]) for name in names}
    sheet["share"] = np.ascontiguousarray(records["reason_share"])
    sheet["reason"] = _texts(records["reason"]) if count else np.array([], str)
    if order is not None:
        column = np.where(sheet["column"] < 0, -1, order[sheet["column"]])
        sheet["column"], sheet["reason"] = column, np.array([_reason(c) for c in column.tolist()], str)
    sheet["expected"] = _decoded(records["expected"])
    return Verdicts(sheet, count)


def _cell(value: Any) -> str | None:
    """A cell as a CSV file would have it; None: missing."""
    if isinstance(value, (bytes, bytearray)):
        raise DataError(f"row: expected numbers, texts, booleans or times, got {type(value).__name__}")
    return None if _data_frames.is_missing(value) else str(value)


class Watcher:
    """Judges rows one at a time, as they come: sequences or mappings of numbers, texts, times; None and NaN are
    missing."""

    def __init__(self, weights: Weights, columns: Sequence[str] | None, fpr: float):
        self.weights, self.columns, self.fpr = weights, columns, fpr
        self.detector: Any = None
        self.order = _moved_order(weights)
        self.error, self.verdict = new_error(), ffi.new("hg_verdict *")
        self.verdict.size = ffi.sizeof("hg_verdict")

    def _cells(self, row: Any) -> list[Any]:
        if isinstance(row, Mapping):
            if self.columns is None:
                self.columns = [str(name) for name in row]
            row = [row.get(name) for name in self.columns]
        elif self.order is not None:
            row = self.weights.rows(row)[0].reshape(-1)
        is_bytes = getattr(row, "dtype", None) == np.uint8 and not self.weights.is_table
        if isinstance(row, np.ma.MaskedArray):
            row = row.astype(np.float64).filled(np.nan)
        cells = list(_arrays.as_floats(row) if is_bytes else row)
        if self.detector is None:
            self.detector = self.weights.detector(self.columns, len(cells), self.fpr, 1)
            self.count = len(cells)
        if len(cells) != self.count:
            raise DataError(f"row: expected {self.count} cells as in the first, got {len(cells)}")
        return cells

    def judge(self, row: Any) -> Verdict:
        cells, v = self._cells(row), self.verdict
        try:
            numbers = array("d", cells)
            code = lib.hg_detect(self.detector, ffi.from_buffer("double[]", numbers), 1, v, self.error)
        except TypeError:
            kept = [ffi.NULL if cell is None else c_text(cell, "row") for cell in map(_cell, cells)]
            code = lib.hg_detect_text(self.detector, ffi.new("const char *[]", kept), v, self.error)
        check(code, self.error)
        column, reason = v.column, text(v.reason)
        if self.order is not None and column >= 0:
            column = int(self.order[column])
            reason = _reason(column)
        return Verdict(v.score, v.p_value, v.threshold, v.alarm, reason, v.reason_share, text(v.expected),
                       column, v.unseen, v.missing)


def watch(weights: Weights, rows: Iterable[Any], columns: Sequence[str] | None, fpr: float) -> Iterator[Verdict]:
    watcher = Watcher(weights, columns, fpr)
    for row in rows:
        yield watcher.judge(row)
