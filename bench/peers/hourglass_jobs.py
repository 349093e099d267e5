# SPDX-License-Identifier: Apache-2.0
"""Our detectors from Python: fit of rows that are in memory, as scikit-learn and PyOD have it."""
from fit_case import BATCH, EPOCHS, NETWORK, rows
from worker import seconds_of


def job(make):
    def prepared(threads):
        x = rows()
        return lambda: seconds_of(lambda: make(threads).fit(x), len(x))

    return prepared


def detector(threads):
    from hourglass.sklearn import AutoencoderDetector

    return AutoencoderDetector(n_jobs=threads, random_state=0)


def same_work(threads):
    """What PyOD's AutoEncoder does by default, in its network but for batch norm and dropout; beside it the detector and its threshold."""
    from hourglass.pyod import HourglassAutoEncoder

    return HourglassAutoEncoder(model=NETWORK, epochs=EPOCHS, batch=BATCH, n_jobs=threads, random_state=0, options={"clean": True})


JOBS = {"fit, AutoencoderDetector": job(detector), "fit, HourglassAutoEncoder, PyOD's network and epochs": job(same_work)}
