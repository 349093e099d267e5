# SPDX-License-Identifier: Apache-2.0
"""Hourglass for scikit-learn: a detector of what is unusual, an encoder of rows, and a denoiser, as estimators.

    from hourglass.sklearn import AutoencoderDetector
    detector = AutoencoderDetector(fpr=0.01).fit(normal)
    detector.predict(new)          # 1: as in training, -1: not

docs/SKLEARN.md says what is meant by their parameters.
"""

from ._denoiser import Denoiser
from ._detector import AutoencoderDetector
from ._transformer import AutoencoderTransformer

__all__ = ["AutoencoderDetector", "AutoencoderTransformer", "Denoiser"]
