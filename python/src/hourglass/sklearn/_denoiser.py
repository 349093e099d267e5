# SPDX-License-Identifier: Apache-2.0
"""Denoiser: rows and images as they were before noise came over them."""

from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import OneToOneFeatureMixin, TransformerMixin
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_array, check_is_fitted

from ._base import FLOATS, Model, Trained, centre_and_scale, validate_data

STEPS = 2400  # of rows of numbers, where nobody says how long
NETWORK = "keep 1, dense 128 silu | dense 128 silu, dense input, add 1"
ROW_NOISE, IMAGE_NOISE = 0.5, "gaussian 25"
LEVELS = 255  # what noise in 8-bit grey levels counts for white


class Denoiser(OneToOneFeatureMixin, TransformerMixin, Trained):
    """Learns to take noise off rows of numbers or images, from pairs or from clean rows that it corrupts itself.

    Columns of numbers may have any units: they are brought to mean 0 and variance 1 within. Images are rows of pixels
    with image_shape=, or arrays (n, H, W) or (n, H, W, C).

    Parameters
    ----------
    noise : what X is corrupted with where fit() gets no clean partners: a number, the standard deviation of Gaussian
        noise, in standard deviations of each column (0.5 unless set) or, of images, in shares of white; or steps as
        `hourglass help noise` has them ("gaussian 0-55 + jpeg 30-90"; images unless set: "gaussian 25").
    image_shape : (H, W) or (H, W, C) of the image that a row is.
    white : of images, the number that is full white, 0 being black; None: 1, 255 or 65535, the first that no pixel
        exceeds, else the largest.
    model : the network as a preset or a spec (`hourglass help model`); None: a small residual one, of images "unet".
    epochs, steps : how long to train; neither: 2400 steps, of images 20 epochs.
    batch, lr, random_state, n_jobs, options : as AutoencoderDetector has them.

    Attributes
    ----------
    model_ : hourglass.Model, of standardised columns, of images of pixels from 0 to 1.
    mean_, scale_ : ndarray, what columns were standardised by; of images 0 and white.
    n_features_in_, feature_names_in_ : as scikit-learn has them.
    """

    _OWN = frozenset(("options", "image_shape", "white", "noise"))
    _parameter_constraints = {
        **{name: rule for name, rule in Trained._parameter_constraints.items() if name != "latent"},
        "noise": [str, Interval(Real, 0, None, closed="neither"), None],
        "image_shape": [tuple, list, None],
        "white": [Interval(Real, 0, None, closed="neither"), None],
    }

    def __init__(
        self,
        *,
        noise: str | float | None = None,
        image_shape: tuple[int, ...] | None = None,
        white: float | None = None,
        model: str | None = None,
        epochs: int | None = None,
        steps: int | None = None,
        batch: int | None = None,
        lr: float | None = None,
        random_state: Any = None,
        n_jobs: int | None = None,
        options: dict[str, Any] | None = None,
    ):
        self.noise = noise
        self.image_shape = image_shape
        self.white = white
        self.model = model
        self.epochs = epochs
        self.steps = steps
        self.batch = batch
        self.lr = lr
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.options = options

    def fit(self, X: Any, y: Any = None) -> "Denoiser":
        """Learns rows X (n, N), or images (n, H, W[, C]). y, of the shape of X: what each was without noise; None: X
        is clean. (Labels (n,), which a pipeline hands to each of its steps, are none of that and are ignored.)"""
        self._validate_params()
        X = validate_data(self, X, dtype=FLOATS, ensure_min_samples=2, allow_nd=True)
        clean = self._partners(X, y)
        shape = self._shape_of(X)
        if shape:
            self.mean_, self.scale_ = np.zeros(1), np.array([self.white or _white(X)])
            options = self._training(**({} if self.model else {"model": "unet"}))
        else:
            self.mean_, self.scale_ = centre_and_scale(X if clean is None else clean)
            options = self._training(model=NETWORK, lr=3e-3, schedule="cosine", steps=STEPS)
        if clean is None:
            options["noise"] = self._noise(bool(shape))
        self._row_shape = shape or X.shape[1:]
        target = None if clean is None else self._inner(clean)
        self.model_ = Model.fit(self._inner(X), target, **options)
        self.model_.threads = options["threads"]
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Rows or images X as they would be without noise: of the shape of X."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=FLOATS, reset=False, allow_nd=True)
        if X.size != len(X) * np.prod(self._row_shape):
            raise ValueError(f"X: expected images of {self._row_shape}, as in training, got {X.shape[1:]}")
        cleaned = self.model_.reconstruct(self._inner(X)).reshape(X.shape)
        return (cleaned * self.scale_ + self.mean_).astype(X.dtype)

    def predict(self, X: Any) -> np.ndarray:
        """transform(X), for what asks for predictions: scoring="neg_mean_squared_error" against clean partners."""
        return self.transform(X)

    def _partners(self, X: np.ndarray, y: Any) -> np.ndarray | None:
        """Clean partners of X; None: there are none."""
        if y is None or (y := np.asarray(y)).ndim == 1:
            return None
        clean = check_array(y, dtype=FLOATS, allow_nd=True, input_name="y")
        if clean.shape != X.shape:
            raise ValueError(
                f"y: expected clean partners of the shape {X.shape}, or labels of one dimension, got {clean.shape}"
            )
        return clean

    def _shape_of(self, X: np.ndarray) -> tuple[int, ...]:
        """Of one image; () where rows are numbers."""
        shape = tuple(self.image_shape or X.shape[1:] if X.ndim > 2 else self.image_shape or ())
        if shape and not (
            len(shape) in (2, 3) and all(isinstance(n, Integral) for n in shape) and np.prod(shape) * len(X) == X.size
        ):
            raise ValueError(f"image_shape: expected the height, width and channels of rows {X.shape[1:]}, got {shape}")
        return shape

    def _noise(self, is_image: bool) -> str:
        """As the option has it."""
        noise = self.noise if self.noise is not None else IMAGE_NOISE if is_image else ROW_NOISE
        return noise if isinstance(noise, str) else f"gaussian {LEVELS * noise:.9g}"

    def _inner(self, X: np.ndarray) -> np.ndarray:
        """X as the network has it: standardised columns, pixels from 0 to 1."""
        return ((X - self.mean_) / self.scale_).astype(np.float32).reshape(len(X), *self._row_shape)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags

    def _more_tags(self):
        return {"preserves_dtype": [np.float64, np.float32]}


def _white(X: np.ndarray) -> float:
    highest = float(X.max())
    return next((white for white in (1.0, 255.0, 65535.0) if highest <= white), highest)
