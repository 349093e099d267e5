# SPDX-License-Identifier: Apache-2.0
"""Steps of a signal judged as they come."""
from typing import Any

import numpy as np

from ._errors import DataError
from ._lib import check, ffi, lib, made, new_error, text
from ._verdicts import Verdicts, _texts
from ._weights import Weights

KINDS = {"double": "f8", "int64_t": "i8", "int32_t": "i4", "_Bool": "?", "char *": "u8", "size_t": "u8"}
BLOCK = 4096  # steps between two looks at Ctrl-C


def _record() -> np.dtype:
    """hg_step_verdict as a record of NumPy's."""
    fields = ffi.typeof("hg_step_verdict").fields
    return np.dtype({"names": [name for name, _ in fields], "offsets": [f.offset for _, f in fields],
                     "formats": [KINDS[f.type.cname.replace("const", "").strip()] for _, f in fields],
                     "itemsize": ffi.sizeof("hg_step_verdict")})


RECORD = _record()


class Monitor:
    """A model of a signal with what it needs of the past: `Model.monitor()` makes one. For one thread at a time; any
    number of them share a model. `channels` are the names of the numbers in a step."""

    def __init__(self, weights: Weights, fpr: float, threads: int):
        error, keep = new_error(), weights.pointer
        monitor = made(lib.hg_monitor_new(keep, fpr, threads, error), error)
        self._pointer = ffi.gc(monitor, lambda m, _=keep: lib.hg_monitor_free(m))
        count = lib.hg_monitor_channels(monitor)
        self.channels = tuple(text(lib.hg_monitor_channel_at(monitor, i)) for i in range(count))

    def push(self, x: Any) -> Verdicts:
        """What is thought of the next steps, x (steps, channels) or one step (channels), in the units of training; NaN is
        missing. Steps lie equally far apart. Verdicts are the same however steps are cut into calls: p_values and alarms
        those of `hourglass predict`; `sheet` also has event (from 1; 0: none), observed, and channel (-1: none)."""
        steps = np.ascontiguousarray(x, np.float32)
        steps = steps[None] if steps.ndim == 1 and len(self.channels) == len(steps) else steps
        if steps.ndim != 2 or steps.shape[1] != len(self.channels):
            raise DataError(f"steps: expected (steps, {len(self.channels)}), got {np.shape(x)}")
        records = np.zeros(len(steps), RECORD)
        records["size"] = RECORD.itemsize
        error = new_error()
        for first in range(0, len(steps), BLOCK):
            part, to = steps[first : first + BLOCK], records[first : first + BLOCK]
            verdicts = ffi.cast("hg_step_verdict *", ffi.from_buffer(to, require_writable=True))
            check(lib.hg_monitor_push(self._pointer, ffi.from_buffer("float[]", part), len(part), verdicts, error), error)
        return _verdicts_of(records)

    def restart(self) -> None:
        """What comes next has no past: another machine, or a long gap."""
        lib.hg_monitor_restart(self._pointer)


def _verdicts_of(records: np.ndarray) -> Verdicts:
    names = ("score", "p_value", "alarm", "event", "observed", "channel")
    sheet = {name: np.ascontiguousarray(records[name]) for name in names}
    sheet["share"] = np.ascontiguousarray(records["reason_share"])
    sheet["reason"] = _texts(records["reason"]) if len(records) else np.array([], str)
    expected = [f"{x:.9g}" if is_alarm else "" for x, is_alarm in zip(records["expected"], records["alarm"])]
    sheet["expected"] = np.array(expected, str)
    return Verdicts(sheet, len(records))
