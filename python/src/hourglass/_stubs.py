# SPDX-License-Identifier: Apache-2.0
"""Writes type stubs made of the option and job tables: python -m hourglass._stubs FOLDER. `make stubs` does it."""
import sys
from pathlib import Path

from . import _ERRORS, _HOMES
from ._options import LISTENERS, Job, Option, jobs

HEAD = """# SPDX-License-Identifier: Apache-2.0
# Made of the option and job tables by `make stubs`: what is written here by hand is lost.
"""
PACKAGE = '''from collections.abc import Callable
from os import PathLike
from typing import Any, Literal

{imports}

Text = str | int | float | PathLike[str] | list[str] | list[int] | list[float]

__version__: str

def load(path: str | PathLike[str]) -> Model: ...
def from_torch(module: Any, example: Any) -> Model: ...
'''
FIT = '''from collections.abc import Callable
from os import PathLike
from typing import Any, Literal, Protocol

from ._run import Event
from .jobs import Result
from .model import Model

Text = str | int | float | PathLike[str] | list[str] | list[int] | list[float]

class _FitCall(Protocol):
    def __call__(
        self,
        x: Any,
        target: Any = None,
        *,
{keywords}
    ) -> Model: ...

class Fit:
    def __get__(self, model: Model | None, owner: type[Model]) -> _FitCall: ...

def fit(x: Any, target: Any, values: dict[str, Any], **listen: Any) -> tuple[Any, Result]: ...
'''


def _keywords(options: list[Option], indent: str) -> str:
    lines = [f"{o.keyword}: {o.annotation} | None = {o.default!r}," for o in options]
    lines += [f"{name}: {kind} = None," for name, (kind, _) in LISTENERS.items()]
    return "\n".join(indent + line for line in lines)


def _function(name: str, job: Job) -> str:
    return f'''
def {name}(
    *,
{_keywords(list(job.options), "    ")}
) -> Result:
    """{job.summary[0].upper()}{job.summary[1:]}."""
'''


def stubs() -> dict[str, str]:
    """The text of each stub by its file's name."""
    functions = "".join(_function(name, job) for name, job in jobs().items())
    homes = {**dict.fromkeys(_ERRORS, "_errors"), **_HOMES}
    imports = "\n".join(f"from .{home} import {name} as {name}" for name, home in homes.items())
    options = [o for o in jobs()["train"].options if o.name not in ("data", "target")]
    fit = FIT.format(keywords=_keywords(options, " " * 8))
    return {"__init__.pyi": HEAD + PACKAGE.format(imports=imports) + functions, "_fit.pyi": HEAD + fit}


if __name__ == "__main__":
    for file, content in stubs().items():
        (Path(sys.argv[1]) / file).write_text(content, encoding="utf-8")
