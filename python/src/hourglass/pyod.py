# SPDX-License-Identifier: Apache-2.0
"""Hourglass among PyOD's detectors.

from hourglass.pyod import HourglassAutoEncoder
detector = HourglassAutoEncoder(contamination=0.05).fit(x)
detector.labels_, detector.decision_function(new)
"""

from typing import Any

import numpy as np
from pyod.models.base import BaseDetector
from sklearn.utils.validation import check_is_fitted

from .sklearn import AutoencoderDetector


class HourglassAutoEncoder(BaseDetector):
    """hourglass.sklearn.AutoencoderDetector as PyOD has detectors: the higher a score, the more unusual, and 1 is an
    outlier.

    Parameters
    ----------
    contamination : float in (0, 0.5], the share of the training rows that is unusual. The rows are looked for and left
        out of training, and threshold_ has this share of the training rows above it.
    fpr, model, latent, epochs, steps, batch, lr, random_state, n_jobs, options : as AutoencoderDetector has them.

    Attributes
    ----------
    decision_scores_ : ndarray (n,), scores of the training rows.
    threshold_ : float; labels_ : ndarray (n,), 1 where a training row is above it, else 0.
    detector_ : the fitted AutoencoderDetector, with its p_values() and reasons(), the model in its model_.
    """

    def __init__(
        self,
        contamination: float = 0.1,
        *,
        fpr: float = 0.01,
        model: str | None = None,
        latent: int | None = None,
        epochs: int | None = None,
        steps: int | None = None,
        batch: int | None = None,
        lr: float | None = None,
        random_state: Any = None,
        n_jobs: int | None = None,
        options: dict[str, Any] | None = None,
    ):
        super().__init__(contamination=contamination)
        self.fpr = fpr
        self.model = model
        self.latent = latent
        self.epochs = epochs
        self.steps = steps
        self.batch = batch
        self.lr = lr
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.options = options

    def fit(self, X: Any, y: Any = None) -> "HourglassAutoEncoder":
        """Learns rows X (n, N), NaN is missing; y is ignored."""
        self._set_n_classes(y)
        same = {
            name: value
            for name, value in self.get_params(deep=False).items()
            if name not in ("contamination", "options")
        }
        options = self.options or {}
        if "clean" not in options:
            options = {"contamination": float(self.contamination), **options}
        self.detector_ = AutoencoderDetector(**same, options=options).fit(X)
        self.decision_scores_ = self.decision_function(X)
        self._process_decision_scores()
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """Scores of rows X (n, N), (n,): those of `hourglass predict`; an ordinary row has about 1."""
        check_is_fitted(self, ["detector_"])
        return -self.detector_.score_samples(X)
