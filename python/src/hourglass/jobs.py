# SPDX-License-Identifier: Apache-2.0
"""Every job of the command as a function: made of the library's job and option tables."""
import json
from collections.abc import Callable
from inspect import Parameter, Signature
from typing import Any

from ._lib import check, ffi, lib, new_error, sized, text
from ._options import Job, Options, jobs
from ._run import Run


class Result:
    """What came of a job: the fields of hg_result (docs/LIBRARY.md), what was noted, and `answer`: the parsed JSON of
    jobs that answer with a text (val, compare, info ...), else None."""

    def __init__(self, struct: Any, notes: list[str]):
        self.notes = notes
        for name, _ in ffi.typeof("hg_result").fields:
            if name not in ("size", "json", "text"):
                value = getattr(struct, name)
                setattr(self, name, text(value) if isinstance(value, ffi.CData) else value)
        answer = text(struct.text)
        lib.hg_text_free(struct.text)
        self.answer = json.loads(answer) if answer else None

    def __repr__(self) -> str:
        return f"Result({', '.join(f'{name}={value!r}' for name, value in vars(self).items() if value not in ('', 0, None))})"


def run(job: str, values: dict[str, Any], **listen: Any) -> Result:
    """Runs a job with options by their names; blocks until it is done, without the GIL."""
    options, listener, error = Options(job, values), Run(**listen), new_error()
    result = sized("hg_result")
    result.json = True
    code = lib.hg_run(options.pointer, listener.listener, result, error)
    answer = Result(result, listener.notes)
    listener.end()
    check(code, error)
    return answer


def _document(job: Job) -> str:
    lines = [job.summary[0].upper() + job.summary[1:] + ".", "", "Options, as `hourglass` has them:"]
    lines += [f"    {o.keyword} ({o.type}{', ' + o.unit if o.unit else ''}; {o.standard or 'unset'}"
              f"{'; ' + o.range if o.range else ''}): {o.help}" for o in job.options]
    return "\n".join(lines)


def make(name: str) -> Callable[..., Result]:
    """The function of a job, by its Python name; AttributeError where there is none."""
    if name not in jobs():
        raise AttributeError(f"module 'hourglass' has no attribute '{name}'")
    job = jobs()[name]

    def function(*, progress=None, step=None, note=None, **options):
        return run(job.name, options, progress=progress, step=step, note=note)

    words = [Parameter(o.keyword, Parameter.KEYWORD_ONLY, default=None) for o in job.options]
    hooks = [Parameter(word, Parameter.KEYWORD_ONLY, default=None) for word in ("step", "note")]
    function.__name__ = function.__qualname__ = name
    function.__module__, function.__doc__ = "hourglass", _document(job)
    function.__signature__ = Signature(words + hooks, return_annotation=Result)
    return function


def __getattr__(name: str) -> Callable[..., Result]:
    globals()[name] = make(name)
    return globals()[name]
