# SPDX-License-Identifier: Apache-2.0
"""The C library through cffi: texts and errors between the two languages."""
from typing import Any

from ._errors import KINDS, HourglassError
from ._native import ffi, lib  # type: ignore[import-not-found]

__all__ = ["ffi", "lib", "text", "new_error", "failure", "check", "made", "sized", "table"]


def text(pointer: Any) -> str:
    """A C string; "" of NULL."""
    return ffi.string(pointer).decode("utf-8", "replace") if pointer else ""


def new_error() -> Any:
    return ffi.new("hg_error *")


def failure(error: Any) -> HourglassError:
    """The exception of what was filled in."""
    return KINDS.get(int(error.code), HourglassError)(text(error.message))


def check(code: int, error: Any) -> None:
    """Raises where a call failed."""
    if code < 0:
        raise failure(error)


def made(pointer: Any, error: Any) -> Any:
    """What was made; raises where that is NULL."""
    if not pointer:
        raise failure(error)
    return pointer


def sized(kind: str) -> Any:
    """A struct that begins with its size."""
    struct = ffi.new(kind + " *")
    struct.size = ffi.sizeof(kind)
    return struct


def table(kind: str, row_at: Any) -> list[Any]:
    """Every row of one of the library's tables: row_at(i, struct) is false past the last."""
    rows: list[Any] = []
    while row_at(len(rows), row := sized(kind)):
        rows.append(row)
    return rows
