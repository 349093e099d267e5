# SPDX-License-Identifier: Apache-2.0
"""A call of the library that takes its time: what it tells goes to Python's callbacks, Ctrl-C and their exceptions end
it."""
import weakref
from collections.abc import Callable
from typing import Any, NamedTuple

from ._lib import ffi, lib, sized, text

TRAIN = "epoch epochs step steps epoch_end train_loss val_loss is_best lr seconds rows_per_second adversary_loss".split()
STEP = "step epoch rows loss lr seconds".split()
PROGRESS = "done total part seconds per_second end".split()


class Event:
    """What a job tells. kind: which of these it is.

    "train", ten times a second and at the end of each epoch: epoch (from 1), epochs, step, steps (within the epoch),
    epoch_end, train_loss, val_loss (mean per row and feature; NaN without validation), is_best, lr, seconds,
    rows_per_second, adversary_loss (NaN without adversary=).
    "step", after each step of training: step (from 1), epoch, rows, loss, lr, seconds.
    "progress", of a stage such as "reading": stage, unit, done, total (0: nobody knows), part (0 to 1), seconds,
    per_second, end.
    """
    kind: str
    epoch: int
    epochs: int
    step: int
    steps: int
    rows: int
    done: int
    total: int
    epoch_end: bool
    is_best: bool
    end: bool
    train_loss: float
    val_loss: float
    loss: float
    lr: float
    part: float
    seconds: float
    rows_per_second: float
    adversary_loss: float
    per_second: float
    stage: str
    unit: str

    def __init__(self, kind: str, struct: Any, names: list[str]):
        self.kind = kind
        for name in names:
            setattr(self, name, getattr(struct, name))

    def __repr__(self) -> str:
        return f"Event({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"


class Epoch(NamedTuple):
    """An epoch that is over: losses are means per row and feature, val_loss is NaN without validation; seconds since
    the start."""
    epoch: int
    train_loss: float
    val_loss: float
    is_best: bool
    lr: float
    seconds: float


class Run:
    """The listener of one call. progress(event): of training and other stages, ten times a second; True: a bar.
    step(event): after each step, true ends training. note(sentence): what a user should know. Behind the call: notes
    and history."""

    def __init__(self, progress: bool | Callable[[Event], Any] | None = None,
                 step: Callable[[Event], Any] | None = None, note: Callable[[str], Any] | None = None):
        self.bar = None
        if progress is True:
            from ._bar import Bar

            progress = self.bar = Bar()
        self.progress: Any = progress or None
        self.step: Any = step
        self.note = note
        self.notes: list[str] = []
        self.history: list[Epoch] = []
        self.raised: BaseException | None = None
        self._handle = ffi.new_handle(weakref.proxy(self))
        self._context = ffi.new("hg_python_run *", {"handle": self._handle})
        self.listener = sized("hg_listener")
        self.listener.context = self._context
        self.listener.train = lib.hg_python_train
        self.listener.note = lib.hg_python_note
        self.listener.abort = ffi.addressof(lib, "hg_python_abort")
        if progress:
            self.listener.progress = lib.hg_python_progress
        if step:
            self.listener.step = lib.hg_python_step

    def fail(self, exception: BaseException) -> None:
        """A callback raised: the job ends, and the exception goes on behind it."""
        self.raised = self.raised or exception
        self._context.stop = True

    def end(self) -> None:
        """Behind the call: raises what a callback raised."""
        if self.bar:
            self.bar.close()
        if self.raised:
            raise self.raised


def _run(context: Any) -> Run:
    return ffi.from_handle(ffi.cast("hg_python_run *", context).handle)


def _raised(kind: Any, exception: BaseException, traceback: Any) -> None:
    _run(traceback.tb_frame.f_locals["context"]).fail(exception)


def _raised_stop(kind: Any, exception: BaseException, traceback: Any) -> bool:
    _raised(kind, exception, traceback)
    return True


@ffi.def_extern(name="hg_python_train", onerror=_raised)
def _train(context: Any, e: Any) -> None:
    run = _run(context)
    if e.epoch_end:
        run.history.append(Epoch(e.epoch, e.train_loss, e.val_loss, e.is_best, e.lr, e.seconds))
    if run.progress:
        run.progress(Event("train", e, TRAIN))


@ffi.def_extern(name="hg_python_progress", onerror=_raised)
def _progress(context: Any, e: Any) -> None:
    event = Event("progress", e, PROGRESS)
    event.stage, event.unit = text(e.stage), text(e.unit)
    _run(context).progress(event)


@ffi.def_extern(name="hg_python_step", onerror=_raised_stop)
def _step(context: Any, e: Any) -> bool:
    return bool(_run(context).step(Event("step", e, STEP)))


@ffi.def_extern(name="hg_python_note", onerror=_raised)
def _note(context: Any, sentence: Any) -> None:
    run = _run(context)
    run.notes.append(text(sentence))
    if run.note:
        run.note(run.notes[-1])


@ffi.def_extern(name="hg_python_signals", onerror=_raised_stop)
def _signals(context: Any) -> bool:
    for _ in (0,):  # where Python looks for signals: Ctrl-C raises here
        pass
    return False
