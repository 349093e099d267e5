# SPDX-License-Identifier: Apache-2.0
"""Options and jobs, as the library's tables have them: keywords of functions, and values as texts."""
import keyword
import os
from collections.abc import Iterable
from functools import cache
from inspect import Parameter
from typing import Any, NamedTuple

from ._errors import UsageError
from ._lib import c_bytes, check, ffi, lib, made, new_error, table, text


class Option(NamedTuple):
    """A row of the option table."""
    name: str
    keyword: str
    type: str
    standard: str
    range: str
    unit: str
    help: str

    @property
    def default(self) -> int | float | bool | str | None:
        """What it is unless set; None where it is nothing then."""
        if not self.standard:
            return None
        if self.type == "bool":
            return self.standard == "true"
        for number in {"int": (int,), "float": (int, float)}.get(self.type, ()):
            try:
                return number(self.standard)
            except ValueError:
                continue
        return self.standard

    @property
    def annotation(self) -> str:
        """Its type in the stubs: what is a text there may also be a number, a path or a list."""
        if self.type == "choice":
            return "Literal[" + ", ".join(repr(word) for word in self.range.split("|")) + "]"
        return {"int": "int", "float": "float | str", "size": "int | str", "bool": "bool"}.get(self.type, "Text")

    @property
    def parameter(self) -> Parameter:
        kind = {"int": int, "float": float, "bool": bool}.get(self.type, str)
        return Parameter(self.keyword, Parameter.KEYWORD_ONLY, default=self.default, annotation=kind)

    @property
    def line(self) -> str:
        """For a docstring: name, unit, range, what it does."""
        facts = "; ".join(fact for fact in (self.unit, self.range) if fact)
        return f"{self.keyword} = {self.default!r}: {self.help}{f' [{facts}]' if facts else ''}"


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
    facts = (text(fact) for fact in (row.type, row.standard, row.range, row.unit, row.help))
    return Option(name, python_name(name), *facts)


def _job(row: Any) -> Job:
    rows = table("hg_option_info", lambda i, info: lib.hg_option_at(row.name, i, info))
    # progress is how the command draws it: here a function is told
    options = [o for o in map(_option, rows) if o.name != "progress"]
    return Job(text(row.name), tuple(text(row.needs).split()), text(row.summary), tuple(options))


@cache
def jobs() -> dict[str, Job]:
    """Every job by the name that Python has for it."""
    return {python_name(text(row.name)): _job(row) for row in table("hg_job_info", lib.hg_job_at)}


# What every function takes beside its options, and says of it.
LISTENERS = {
    "progress": ("bool | Callable[[Event], object] | None",
                 "True: a bar (tqdm's, where that is installed); or a function that is told Events meanwhile"),
    "step": ("Callable[[Event], object] | None", "called after each step of training; what is true ends it early"),
    "note": ("Callable[[str], object] | None", "told each sentence that a user should know; all are kept in `notes`"),
}


def keywords(options: Iterable[Option]) -> list[Parameter]:
    """The keyword-only parameters of a function with these options."""
    heard = [Parameter(name, Parameter.KEYWORD_ONLY, default=None) for name in LISTENERS]
    return [*(o.parameter for o in options), *heard]


def describe(options: Iterable[Option]) -> str:
    """The part of a docstring that tells the options."""
    lines = [*(o.line for o in options), *(f"{name} = None: {words}" for name, (_, words) in LISTENERS.items())]
    return "\n".join("    " + line for line in lines)


def as_text(value: Any) -> str:
    """A value as the command line has it: True is true, a list has commas between."""
    if isinstance(value, bool) or type(value).__name__ in ("bool_", "bool"):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(map(as_text, value))
    if hasattr(value, "__fspath__"):
        return os.fsdecode(value)
    return str(value)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _list_text(name: str, items: Iterable[Any]) -> str:
    """A list as the option has it: names of columns are quoted where they need it. Raises UsageError where an item
    would become several."""
    texts = list(map(as_text, items))
    if name in ("ignore", "normal", "keep"):
        return ",".join(_quoted(t) if set(t) & set('",\n') or t != t.strip() else t for t in texts)
    may_have_commas = name in ("data", "source")  # names of files
    odd = next((t for t in texts if "," in t), None)
    if odd is not None and not may_have_commas:
        raise UsageError(f"{name}: expected items without commas in a list, got '{odd}'")
    return ",".join(texts)


class Options:
    """The settings of one job: hg_options, each value checked when it is set. None leaves one as it is."""

    def __init__(self, job: str, values: dict[str, Any]):
        error = new_error()
        self.pointer = ffi.gc(made(lib.hg_options_new(job.encode(), error), error), lib.hg_options_free)
        for name, value in values.items():
            if value is not None:
                self.set(name[:-1] if keyword.iskeyword(name.removesuffix("_")) else name, value)

    def set(self, name: str, value: Any) -> None:
        error = new_error()
        words = _list_text(name, value) if isinstance(value, (list, tuple)) else as_text(value)
        given = c_bytes(os.fsencode(words), name, UsageError)
        check(lib.hg_options_set(self.pointer, c_bytes(name, "option", UsageError), given, error), error)

    def get(self, name: str) -> str:
        return text(lib.hg_options_get(self.pointer, name.encode()))
