# SPDX-License-Identifier: Apache-2.0
"""What the three estimators share: parameters as options of training, checks of rows in scikit-learn's words."""

from numbers import Integral, Real
from typing import Any

import numpy as np
from joblib import effective_n_jobs
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval

from ..model import Model

try:
    from sklearn.utils.validation import validate_data
except ImportError:  # before scikit-learn 1.6

    def validate_data(estimator, X, *, reset=True, ensure_all_finite=True, skip_check_array=False, **checks):
        if not skip_check_array:
            return estimator._validate_data(X, reset=reset, force_all_finite=ensure_all_finite, **checks)
        estimator._check_feature_names(X, reset=reset)
        estimator._check_n_features(X, reset=reset)
        return X


FLOATS = [np.float64, np.float32]


class Trained(BaseEstimator):
    """An estimator whose parameters are options of `hourglass train`, None being what the option is unset."""

    # parameters by the names that the option table has for them; others stand under their own names
    _OPTIONS = {"random_state": "seed", "n_jobs": "threads"}
    # parameters that are no options
    _OWN: frozenset[str] = frozenset(("options",))
    _parameter_constraints = {
        "model": [str, None],
        "latent": [Interval(Integral, 1, None, closed="left"), None],
        "epochs": [Interval(Integral, 1, None, closed="left"), None],
        "steps": [Interval(Integral, 1, None, closed="left"), None],
        "batch": [Interval(Integral, 1, None, closed="left"), None],
        "lr": [Interval(Real, 0, None, closed="neither"), None],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
        "options": [dict, None],
    }

    def _training(self, **standard: Any) -> dict[str, Any]:
        """Options of the training: `standard`, the parameters that are set, what `options` says."""
        self._validate_params()
        given = {k: v for k, v in self.get_params(deep=False).items() if k not in self._OWN and v is not None}
        seed = self.random_state
        if not isinstance(seed, Integral):
            seed = check_random_state(seed).randint(np.iinfo(np.int32).max)
        given.update(random_state=int(seed), n_jobs=effective_n_jobs(self.n_jobs))
        if "epochs" in given or "steps" in given:
            standard.pop("steps", None)
        if "epochs" not in given and ("steps" in given or "steps" in standard):
            standard["epochs"] = 0
        return {
            **standard,
            **{self._OPTIONS.get(name, name): value for name, value in given.items()},
            **(self.options or {}),
        }

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "model_")


def _is_number(dtype: Any) -> bool:
    """Whether a column of pandas' or Polars' has numbers."""
    return dtype.is_numeric() if hasattr(dtype, "is_numeric") else getattr(dtype, "kind", "O") in "fiu"


def checked_table(estimator: Any, X: Any, reset: bool) -> Any:
    """X as float64 (n, N), in which NaN is missing; a data frame as it is, where columns are not numbers."""
    if hasattr(X, "columns") and hasattr(X, "dtypes") and not all(map(_is_number, X.dtypes)):
        return validate_data(estimator, X, reset=reset, skip_check_array=True)
    if isinstance(X, np.ma.MaskedArray):  # what is masked is missing
        X = X.astype(np.float64).filled(np.nan)
    return validate_data(
        estimator, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=reset, ensure_min_samples=2 if reset else 1
    )


def column_names(estimator: Any) -> list[str]:
    """What the columns are called: x0, x1 ... where they came without names."""
    return list(getattr(estimator, "feature_names_in_", [f"x{i}" for i in range(estimator.n_features_in_)]))


def as_columns(names: list[str], X: Any) -> Any:
    """Rows X (n, N) as columns called `names`; a data frame as it is."""
    if not isinstance(X, np.ndarray):
        return X
    if len(set(names)) < len(names):
        names = [f"x{i}" for i in range(len(names))]
    return dict(zip(names, np.asfortranarray(X).T))


def centre_and_scale(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each column of x (n, N); 1 where a column is constant."""
    x = np.asarray(x, np.float64)
    scale = x.std(axis=0)
    # a constant's deviation is not always 0 to the bit
    return x.mean(axis=0), np.where(scale > 1e-12 * np.abs(x).max(axis=0, initial=0), scale, 1.0)


__all__ = [
    "FLOATS",
    "Model",
    "Trained",
    "as_columns",
    "centre_and_scale",
    "checked_table",
    "column_names",
    "validate_data",
]
