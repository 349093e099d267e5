# SPDX-License-Identifier: Apache-2.0
"""Rows as the PyTorch module has them that a model's weights came from: channels first, in shapes of its own."""

import json
import os
from typing import Any

import numpy as np

from . import _arrays
from ._errors import DataError
from ._lib import ffi, lib


# files in which rows may have either order
ROWS = (".npy", ".npz", ".mat", ".csv", ".tsv", ".txt", ".gz", ".db", ".sqlite", ".h5", "ubyte", ".idx", ".bin")


def module_of(pointer: Any) -> dict[str, Any] | None:
    """What an hg_model says of the module that its weights came from (docs/MODELFILE.md, "module")."""
    found = lib.hg_model_module(pointer)
    return json.loads(ffi.string(found)) if found else None


def _moved(shape: tuple[int, ...]) -> tuple[int, ...]:
    """(H, W, C) as (C, H, W)."""
    return (*shape[-1:], *shape[:-1])


class Layout:
    """Between the module's rows, (C, H, W), and the network's, (H, W, C).

    input, output: shapes of a row as the module takes and gives it; own, own_output, code: shapes of the network's
    rows."""

    def __init__(
        self, module: dict[str, Any], own: tuple[int, ...], own_output: tuple[int, ...], code: tuple[int, ...]
    ):
        self.own, self.own_output, self.code = own, own_output, code
        self.input = tuple(module.get("input") or _moved(own))
        self.output = tuple(module.get("output") or self.input)

    @staticmethod
    def of(pointer: Any, layers: Any, own: tuple[int, ...]) -> "Layout | None":
        """None: rows are as the network has them."""
        module = module_of(pointer)
        if not module or module["layout"] != "channels_first":
            return None
        neck = next((i for i, layer in enumerate(layers) if layer.side == "decoder"), len(layers))
        return Layout(module, own, layers[-1].shape, layers[neck - 1].shape)

    def rows(self, x: Any) -> tuple[np.ndarray, tuple[int, ...]]:
        """x (n, *input), or one row, as the network's (n, width); and () for one, else (n)."""
        return self._taken(_arrays.as_array(x), self.input, self.own)

    def codes(self, x: Any) -> tuple[np.ndarray, tuple[int, ...]]:
        return self._taken(_arrays.as_array(x), self.given_code, self.code)

    @property
    def given_code(self) -> tuple[int, ...]:
        """Of a code as the module has it: of signals (C, T)."""
        moved = _moved(self.code)
        return (moved[0], moved[2]) if len(self.input) == 2 and len(moved) == 3 else moved

    @property
    def order(self) -> np.ndarray:
        """Which number of the module's row each number of the network's is: (width)."""
        numbers = np.arange(int(np.prod(self.own))).reshape(_moved(self.own))
        return np.moveaxis(numbers, 0, -1).reshape(-1)

    @property
    def is_moved(self) -> bool:
        """Whether numbers are in another order."""
        return len(self.own) > 1 and self.own[-1] > 1

    def images(self, x: Any) -> np.ndarray:
        """x (n, *input) as the network's (n, *own): what fit() takes."""
        rows, _ = self.rows(x)
        return rows.reshape(len(rows), *self.own)

    def file(self, path: Any, folder: Any) -> Any:
        """A file of the module's rows, (n, *input), as one of the network's, in `folder`; images are the network's
        already. Raises DataError of what may be either."""
        if not self.is_moved or not os.path.exists(path):
            return path
        if str(path).endswith(".npy"):
            try:
                array = np.load(path, mmap_mode="r")
            except (ValueError, EOFError) as error:
                raise DataError(f"{path}: expected an array of numbers: {error}") from error
            np.save(folder / "data.npy", self._as_own(array, self.input, self.own)[0])
            return folder / "data.npy"
        names = [name for *_, some in os.walk(path) for name in some] if os.path.isdir(path) else [os.fspath(path)]
        for name in names:
            if name.lower().endswith(ROWS):
                raise DataError(f"data: expected images, or a .npy file (n, {', '.join(map(str, self.input))}) as the "
                                f"module takes them, got '{name}'")
        return path

    @staticmethod
    def _taken(array: np.ndarray, given: tuple[int, ...], own: tuple[int, ...]) -> tuple[np.ndarray, tuple[int, ...]]:
        rows, lead = Layout._as_own(array, given, own)
        return _arrays.as_floats(rows).reshape(len(rows), int(np.prod(own))), lead

    @staticmethod
    def _as_own(array: np.ndarray, given: tuple[int, ...], own: tuple[int, ...]) -> tuple[np.ndarray, tuple[int, ...]]:
        """Rows in the network's shape, (n, *own), of the type that they have; and () for one, else (n)."""
        width = int(np.prod(own))
        lead = _arrays.lead_of(array, given, width, 0)
        if lead is None:
            raise DataError(
                f"rows: expected (n, {', '.join(map(str, given))}), as the module takes them, got {array.shape}"
            )
        rows = array.reshape(len(array) if lead else 1, *_moved(own))
        return np.moveaxis(rows, 1, -1), lead

    def given(self, rows: np.ndarray, lead: tuple[int, ...]) -> np.ndarray:
        """The network's rows (n, width) as the module gives them: (*lead, *output)."""
        return self._given(rows, self.own_output).reshape(*lead, *self.output)

    def given_codes(self, codes: np.ndarray, lead: tuple[int, ...]) -> np.ndarray:
        return self._given(codes, self.code).reshape(*lead, *self.given_code)

    @staticmethod
    def _given(rows: np.ndarray, own: tuple[int, ...]) -> np.ndarray:
        return np.ascontiguousarray(np.moveaxis(rows.reshape(len(rows), *own), -1, 1))
