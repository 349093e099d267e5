# SPDX-License-Identifier: Apache-2.0
"""AutoencoderTransformer: codes of rows, and rows of codes."""

from typing import Any

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_array, check_is_fitted

from ._base import FLOATS, Model, Trained, centre_and_scale, validate_data

STEPS = 2400  # of a training that is not told how long
HIDDEN = 96  # units on either side of the code


class AutoencoderTransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Trained):
    """Compresses rows of numbers to codes, and makes rows of codes again: what PCA does, but not along straight lines.

    Columns may have any units: they are brought to mean 0 and variance 1 within, and back by `inverse_transform`.

    Parameters
    ----------
    latent : int, numbers in a code; None: half of the columns, 8 at most.
    model : the network as a preset or a spec (`hourglass help model`); None: one hidden layer of 96 on either side of
        the code.
    epochs, steps : how long to train, in passes over the rows or in steps; neither: 2400 steps.
    batch : rows in a step.
    lr : learning rate; None: 3e-3, falling along a cosine.
    random_state : int, RandomState or None; the same int gives the same bits.
    n_jobs : threads, None: 1, -1: all; the bits are the same.
    options : dict of further options of `hourglass train`.

    Attributes
    ----------
    model_ : hourglass.Model, of standardised columns.
    mean_, scale_ : ndarray (n_features_in_,), what columns were standardised by.
    n_features_in_, feature_names_in_ : as scikit-learn has them.
    """

    def __init__(
        self,
        latent: int | None = None,
        *,
        model: str | None = None,
        epochs: int | None = None,
        steps: int | None = None,
        batch: int | None = None,
        lr: float | None = None,
        random_state: Any = None,
        n_jobs: int | None = None,
        options: dict[str, Any] | None = None,
    ):
        self.latent = latent
        self.model = model
        self.epochs = epochs
        self.steps = steps
        self.batch = batch
        self.lr = lr
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.options = options

    def fit(self, X: Any, y: Any = None) -> "AutoencoderTransformer":
        """Learns rows X (n, N), every number finite; y is ignored."""
        self._validate_params()
        X = validate_data(self, X, dtype=FLOATS, ensure_min_samples=2)
        own = self.options or {}
        latent = own.get("latent") or self.latent or min(8, max(1, X.shape[1] // 2))
        network = f"dense {HIDDEN} silu, dense {latent} | dense {HIDDEN} silu, dense input"
        options = self._training(model=network, lr=3e-3, schedule="cosine", steps=STEPS)
        if self.model is None and "model" not in own:  # whose code has that size
            options.pop("latent", None)
        self.mean_, self.scale_ = centre_and_scale(X)
        self.model_ = Model.fit(self._standardised(X), **options)
        self.model_.threads = options["threads"]
        self._n_features_out = self.model_.code_size
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Codes (n, latent) of rows X (n, N)."""
        X = self._rows(X)
        return self.model_.encode(self._standardised(X)).astype(X.dtype, copy=False)

    def inverse_transform(self, X: Any) -> np.ndarray:
        """Rows (n, N) of codes X (n, latent)."""
        check_is_fitted(self)
        codes = check_array(X, dtype=FLOATS)
        if codes.shape[1] != self._n_features_out:
            raise ValueError(
                f"X has {codes.shape[1]} features, but {type(self).__name__} has codes of {self._n_features_out}."
            )
        return (self.model_.decode(codes) * self.scale_ + self.mean_).astype(codes.dtype)

    def score(self, X: Any, y: Any = None) -> float:
        """How well rows X (n, N) come out of their codes again: minus the mean squared error of standardised
        columns."""
        return -float(self.model_.score(self._standardised(self._rows(X))).mean(dtype=np.float64))

    def _rows(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        return validate_data(self, X, dtype=FLOATS, reset=False)

    def _standardised(self, X: np.ndarray) -> np.ndarray:
        return ((X - self.mean_) / self.scale_).astype(np.float32)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _more_tags(self):
        return {"preserves_dtype": [np.float64, np.float32]}
