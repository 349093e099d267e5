# SPDX-License-Identifier: Apache-2.0
"""The rows that detectors are fitted to, columns of very different scales, and what PyOD's AutoEncoder is by default."""
import os

ROWS, COLUMNS = int(os.environ.get("FIT_ROWS", "100000")), 50
EPOCHS, BATCH, UNITS = 10, 32, [64, 32]
NETWORK = "dense 64 relu, dense 32 relu | dense 64 relu, dense input"


def rows():
    """(ROWS, COLUMNS) float64: mixtures of ten causes, and noise, in units from about 1e-4 to 1e4."""
    import numpy

    draw = numpy.random.default_rng(0)
    x = draw.normal(size=(ROWS, 10)) @ draw.normal(size=(10, COLUMNS)) + draw.normal(size=(ROWS, COLUMNS))
    return x * numpy.exp(draw.normal(scale=3, size=COLUMNS))
