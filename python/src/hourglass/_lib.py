# SPDX-License-Identifier: Apache-2.0
"""The C library through cffi: texts and errors between the two languages."""
from typing import Any

from ._errors import KINDS, DataError, FileError, HourglassError, file_error
from ._native import ffi, lib  # type: ignore[import-not-found]

__all__ = ["ffi", "lib", "text", "c_text", "c_bytes", "new_error", "failure", "check", "made", "sized", "table"]


def text(pointer: Any) -> str:
    """A C string; "" of NULL."""
    return ffi.string(pointer).decode("utf-8", "replace") if pointer else ""


def c_bytes(value: str | bytes, where: str, kind: type[HourglassError] = DataError) -> bytes:
    """A text or path as C has it. Raises where a NUL in it would end it early, or it is not Unicode."""
    try:
        data = value if isinstance(value, bytes) else value.encode()
    except UnicodeEncodeError as exception:
        raise kind(f"{where}: expected a text in UTF-8: {exception}") from None
    if b"\0" in data:
        raise kind(f"{where}: expected a text without NUL characters, got {ascii(value).removeprefix('b'):.80}")
    return data


def c_text(value: str | bytes, where: str, kind: type[HourglassError] = DataError) -> Any:
    """char[] of a text."""
    return ffi.new("char[]", c_bytes(value, where, kind))


def new_error() -> Any:
    return ffi.new("hg_error *")


def failure(error: Any) -> HourglassError:
    """The exception of what was filled in."""
    kind = KINDS.get(int(error.code), HourglassError)
    return (file_error if kind is FileError else kind)(text(error.message))


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
