# SPDX-License-Identifier: Apache-2.0
"""Every job of the command as a function: made of the library's job and option tables."""
import json
from collections.abc import Callable
from inspect import Signature
from typing import Any

from ._lib import check, ffi, lib, new_error, sized, text
from ._options import Job, Options, describe, jobs, keywords
from ._run import Epoch, Run


class Result:
    """What came of a job: the fields of hg_result (docs/LIBRARY.md), among them `folder` of train; `notes`, what a user
    should know; `history`, the epochs of training; and `answer`: the parsed JSON of jobs that answer with a text (val,
    compare, info ...), else None."""
    folder: str
    exit_reason: str
    best_epoch: int
    epochs: int
    best_val_loss: float
    train_loss: float
    val_mse: float
    pca_mse: float
    seconds: float
    rows_per_second: float
    rows: int
    parameters: int
    width: int
    mse: float
    mae: float
    alarms: int
    unseen: int
    missing: int
    strange: int
    left_out: int
    has_thresholds: bool
    images: int
    failed: int
    frames: int
    pixels: int
    level: float
    answer: Any

    def __init__(self, struct: Any, run: Run):
        self.notes: list[str] = run.notes
        self.history: list[Epoch] = run.history
        for name, _ in ffi.typeof("hg_result").fields:
            if name not in ("size", "json", "text"):
                value = getattr(struct, name)
                setattr(self, name, text(value) if isinstance(value, ffi.CData) else value)
        answer = text(struct.text)
        lib.hg_text_free(struct.text)
        struct.text = ffi.NULL
        self.answer = json.loads(answer) if answer else None

    def __repr__(self) -> str:
        facts = {name: value for name, value in vars(self).items() if name not in ("notes", "history")}
        told = [f"{name}={value!r}" for name, value in facts.items() if value not in ("", 0, None) and value == value]
        return f"Result({', '.join(told)})"


def run(job: str, values: dict[str, Any], **listen: Any) -> Result:
    """Runs a job with options by their names; blocks until it is done, without the GIL."""
    if job == "watch":  # the process goes on being Python: it keeps its rights
        values = {"drop": False, **values}
    options, listener, error = Options(job, values), Run(**listen), new_error()
    result = sized("hg_result")
    result.json = True
    code = lib.hg_run(options.pointer, listener.listener, result, error)
    answer = Result(result, listener)
    listener.end()
    check(code, error)
    return answer


def document(job: Job) -> str:
    """The docstring of a job's function."""
    needs = f" Needs {', '.join(job.needs)}." if job.needs else ""
    summary = job.summary[0].upper() + job.summary[1:]
    return f"{summary}.{needs}\n\nOptions, as `hourglass {job.name}` has them:\n{describe(job.options)}\n"


def make(name: str) -> Callable[..., Result]:
    """The function of a job, by its Python name; AttributeError where there is none."""
    if name not in jobs():
        raise AttributeError(f"module 'hourglass' has no attribute '{name}'")
    job = jobs()[name]

    def function(*, progress: Any = None, step: Any = None, note: Any = None, **options: Any) -> Result:
        return run(job.name, options, progress=progress, step=step, note=note)

    function.__name__ = function.__qualname__ = name
    function.__module__, function.__doc__ = "hourglass", document(job)
    function.__signature__ = Signature(keywords(job.options), return_annotation=Result)  # type: ignore[attr-defined]
    return function


def __getattr__(name: str) -> Callable[..., Result]:
    globals()[name] = make(name)
    return globals()[name]
