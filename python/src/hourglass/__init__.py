# SPDX-License-Identifier: Apache-2.0
"""Hourglass: autoencoders that are put to work.

    import hourglass
    model = hourglass.Model.fit(x, model="ae", latent=16)      # rows in memory, or the name of a file or folder
    scores = model.score(new)                                  # the higher, the more unusual

Every job of the command is a function here: hourglass.train(data="normal.csv"), hourglass.predict(...), with its
options as keywords. hourglass.sklearn, hourglass.torch and hourglass.pyod need what they are named after.
"""
import os
from importlib import import_module
from typing import Any

from ._errors import (DataError, DivergedError, FileError, HourglassError, MissingError, ModelError, NotFoundError,
                      OutOfMemory, StoppedError, UsageError)
from ._lib import lib as _lib
from ._lib import text as _text

__version__ = _text(_lib.hg_version())
# What takes NumPy is imported when it is first asked for, from these modules.
_HOMES = {"Model": "model", "Verdict": "_verdicts", "Verdicts": "_verdicts", "Result": "jobs", "Epoch": "_run",
          "Event": "_run", "FrameDenoiser": "frames"}
_MODULES = ("frames", "sklearn", "torch", "pyod")
_ERRORS = ("HourglassError", "DataError", "DivergedError", "FileError", "MissingError", "ModelError", "NotFoundError",
           "OutOfMemory", "StoppedError", "UsageError")
__all__ = [*_HOMES, "from_torch", "load", *_ERRORS]


def load(path: str | os.PathLike) -> Any:
    """Model.load(path): a Model."""
    from .model import Model

    return Model.load(path)


def from_torch(module: Any, example: Any) -> Any:
    """hourglass.torch.from_torch(module, example): a Model of a PyTorch module."""
    from .torch import from_torch as made

    return made(module, example)


def __getattr__(name: str) -> Any:
    """Classes from their modules, modules, and jobs by the library's table."""
    if name.startswith("__"):
        raise AttributeError(f"module 'hourglass' has no attribute '{name}'")
    if name in _HOMES:
        value = getattr(import_module("." + _HOMES[name], __name__), name)
    elif name in _MODULES:
        value = import_module("." + name, __name__)
    else:
        from .jobs import make

        value = make(name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    from ._options import jobs

    return sorted({*globals(), *__all__, *jobs()})
