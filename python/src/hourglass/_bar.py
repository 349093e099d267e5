# SPDX-License-Identifier: Apache-2.0
"""progress=True: tqdm's bar where tqdm is, a notebook's in a notebook; else a line that is written anew."""
import sys
from typing import Any

from ._run import Event


class _Line:
    """What a Bar needs of tqdm, on standard error, twice a second where that is a terminal, else once an epoch or
    stage."""

    def __init__(self, total: int, desc: str, **_: Any):
        self.total, self.n, self.desc, self.postfix, self.shown = total, 0, desc, "", ""

    def set_postfix_str(self, words: str, refresh: bool = True) -> None:
        self.postfix = words

    def refresh(self) -> None:
        part = f"{100 * self.n // self.total:3d} %" if self.total else f"{self.n}"
        line = f"{self.desc} {part}  {self.postfix}".rstrip()
        if sys.stderr.isatty():
            sys.stderr.write("\r" + line.ljust(len(self.shown)))
            sys.stderr.flush()
        self.shown = line

    def close(self) -> None:
        self.refresh()
        sys.stderr.write("\n" if sys.stderr.isatty() else self.shown + "\n")


def _new(total: int, desc: str, unit: str) -> Any:
    try:
        from tqdm.auto import tqdm  # type: ignore[import-untyped]
    except ImportError:
        return _Line(total, desc)
    return tqdm(total=total or None, desc=desc, unit=unit, leave=True)


class Bar:
    """A bar for each stage, one after the other; training's counts steps and shows the losses."""

    def __init__(self) -> None:
        self.stage = ""
        self.bar: Any = None

    def __call__(self, e: Event) -> None:
        if e.kind == "train":
            words = f"loss {e.train_loss:.4g}"
            if e.epoch_end and e.val_loss == e.val_loss:
                words += f", val {e.val_loss:.4g}"
            self._show("training", "steps", (e.epoch - 1) * e.steps + e.step, e.epochs * e.steps, words)
        else:
            self._show(e.stage, e.unit, e.done, e.total, "")
            if e.end:
                self.close()

    def _show(self, stage: str, unit: str, done: int, total: int, words: str) -> None:
        if stage != self.stage or self.bar is None:
            self.close()
            self.stage, self.bar = stage, _new(total, stage, " " + unit)
        self.bar.n = done
        if total:
            self.bar.total = max(total, done)
        self.bar.set_postfix_str(words, refresh=False)
        self.bar.refresh()

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
        self.stage, self.bar = "", None
