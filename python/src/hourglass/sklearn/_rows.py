# SPDX-License-Identifier: Apache-2.0
"""Rows for the detector: arrays and data frames checked, learned and judged."""
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from .. import jobs
from .._lib import check, ffi, lib, made, new_error
from ..model import Model
from ._base import validate_data

FIELDS = {"score": "f8", "p_value": "f8", "threshold": "f8", "reason_share": "f8", "column": "i4", "expected": "S64"}
VERDICT = np.dtype({"names": list(FIELDS), "formats": list(FIELDS.values()), "itemsize": ffi.sizeof("hg_verdict"),
                    "offsets": [ffi.offsetof("hg_verdict", name) for name in FIELDS]})


def checked(estimator: Any, X: Any, reset: bool) -> Any:
    """X as float64 (n, N)."""
    return validate_data(estimator, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=reset, ensure_min_samples=2 if reset else 1)


def names(estimator: Any) -> list[str]:
    """What the columns are called: x0, x1 ... where they came without names."""
    return list(getattr(estimator, "feature_names_in_", [f"x{i}" for i in range(estimator.n_features_in_)]))


def fit(rows: Any, options: dict[str, Any]) -> Model:
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder, "x.npy"), rows)
        told = jobs.run("train", {"project": folder, "data": Path(folder, "x.npy"), "prepare": "table", "samples": 0, "pca": False, **options})
        return Model.load(told.folder)


def judged(model: Model, rows: Any) -> np.ndarray:
    """Verdicts (n,) on rows."""
    error = new_error()
    detector = ffi.gc(made(lib.hg_detector_new(model._pointer, ffi.NULL, 0, 0, 1, error), error), lib.hg_detector_free)
    rows = np.ascontiguousarray(rows)
    verdicts = ffi.new("hg_verdict[]", len(rows))
    verdicts[0].size = ffi.sizeof("hg_verdict")
    check(lib.hg_detect(detector, ffi.from_buffer("double[]", rows), len(rows), verdicts, error), error)
    return np.frombuffer(ffi.buffer(verdicts), VERDICT)
