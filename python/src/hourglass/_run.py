# SPDX-License-Identifier: Apache-2.0
"""A call of the library that takes its time: what it tells goes to Python's callbacks, Ctrl-C and their exceptions end it."""
import weakref
from collections.abc import Callable
from typing import Any

from ._lib import ffi, lib, sized, text

TRAIN = "epoch epochs step steps epoch_end train_loss val_loss is_best lr seconds rows_per_second".split()
STEP = "step epoch rows loss lr seconds".split()
PROGRESS = "done total part seconds per_second end".split()


class Event:
    """What a job tells: the fields of hg_train_event, hg_step_event or hg_progress_event, `kind` saying which."""

    def __init__(self, kind: str, struct: Any, names: list[str]):
        self.kind = kind
        for name in names:
            setattr(self, name, getattr(struct, name))

    def __repr__(self) -> str:
        return f"Event({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


class Run:
    """The listener of one call. progress(event): of training and other stages, ten times a second; step(event): after each
    step, true ends training; note(sentence): what a user should know."""

    def __init__(self, progress: Callable[[Event], Any] | None = None, step: Callable[[Event], Any] | None = None,
                 note: Callable[[str], Any] | None = None):
        self.progress, self.step, self.note = progress, step, note
        self.notes: list[str] = []
        self.raised: BaseException | None = None
        self._handle = ffi.new_handle(weakref.proxy(self))
        self._context = ffi.new("hg_python_run *", {"handle": self._handle})
        self.listener = sized("hg_listener")
        self.listener.context = self._context
        self.listener.note = lib.hg_python_note
        self.listener.abort = ffi.addressof(lib, "hg_python_abort")
        if progress:
            self.listener.train = lib.hg_python_train
            self.listener.progress = lib.hg_python_progress
        if step:
            self.listener.step = lib.hg_python_step

    def fail(self, exception: BaseException) -> None:
        """A callback raised: the job ends, and the exception goes on behind it."""
        self.raised = self.raised or exception
        self._context.stop = True

    def end(self) -> None:
        """Behind the call: what a callback raised."""
        if self.raised:
            raise self.raised


def _run(context: Any) -> Run:
    return ffi.from_handle(ffi.cast("hg_python_run *", context).handle)


def _raised(kind: Any, exception: BaseException, traceback: Any) -> bool:
    frame = traceback.tb_frame
    _run(frame.f_locals["context"]).fail(exception)
    return True


@ffi.def_extern(name="hg_python_train", onerror=_raised)
def _train(context: Any, e: Any) -> None:
    _run(context).progress(Event("train", e, TRAIN))


@ffi.def_extern(name="hg_python_progress", onerror=_raised)
def _progress(context: Any, e: Any) -> None:
    event = Event("progress", e, PROGRESS)
    event.stage, event.unit = text(e.stage), text(e.unit)
    _run(context).progress(event)


@ffi.def_extern(name="hg_python_step", onerror=_raised)
def _step(context: Any, e: Any) -> bool:
    return bool(_run(context).step(Event("step", e, STEP)))


@ffi.def_extern(name="hg_python_note", onerror=_raised)
def _note(context: Any, sentence: Any) -> None:
    run = _run(context)
    run.notes.append(text(sentence))
    if run.note:
        run.note(run.notes[-1])


@ffi.def_extern(name="hg_python_detail", onerror=_raised)
def _detail(context: Any, sentence: Any) -> None:
    _note(context, sentence)


@ffi.def_extern(name="hg_python_signals", onerror=_raised)
def _signals(context: Any) -> bool:
    for _ in (0,):  # where Python looks for signals: Ctrl-C raises here
        pass
    return False
