# SPDX-License-Identifier: Apache-2.0
"""Options and jobs, as the library's tables have them: keywords of functions, and values as texts."""
import keyword
import os
from functools import cache
from typing import Any, NamedTuple

from ._lib import check, ffi, lib, made, new_error, table, text


class Option(NamedTuple):
    """A row of the option table."""
    name: str
    keyword: str
    type: str
    standard: str
    range: str
    unit: str
    help: str


class Job(NamedTuple):
    """A row of the job table."""
    name: str
    needs: tuple[str, ...]
    summary: str
    options: tuple[Option, ...]


def python_name(name: str) -> str:
    """`import` is a word of Python's: `import_`."""
    return name + "_" if keyword.iskeyword(name) else name


def _option(row: Any) -> Option:
    name = text(row.name)
    return Option(name, python_name(name), text(row.type), text(row.standard), text(row.range), text(row.unit), text(row.help))


def _job(row: Any) -> Job:
    rows = table("hg_option_info", lambda i, info: lib.hg_option_at(row.name, i, info))
    options = [o for o in map(_option, rows) if o.name != "progress"]  # how the command draws it; here a function is told
    return Job(text(row.name), tuple(text(row.needs).split()), text(row.summary), tuple(options))


@cache
def jobs() -> dict[str, Job]:
    """Every job by the name that Python has for it."""
    return {python_name(text(row.name)): _job(row) for row in table("hg_job_info", lib.hg_job_at)}


def as_text(value: Any) -> str:
    """A value as the command line has it: True is true, a list has commas."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(map(as_text, value))
    if hasattr(value, "__fspath__"):
        return os.fspath(value)
    return str(value)


class Options:
    """The settings of one job: hg_options, each value checked when it is set."""

    def __init__(self, job: str, values: dict[str, Any]):
        error = new_error()
        self.pointer = ffi.gc(made(lib.hg_options_new(job.encode(), error), error), lib.hg_options_free)
        for name, value in values.items():
            if value is not None:
                self.set(name.removesuffix("_"), value)

    def set(self, name: str, value: Any) -> None:
        error = new_error()
        check(lib.hg_options_set(self.pointer, name.encode(), os.fsencode(as_text(value)), error), error)

    def get(self, name: str) -> str:
        return text(lib.hg_options_get(self.pointer, name.encode()))
