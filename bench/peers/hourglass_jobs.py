# SPDX-License-Identifier: Apache-2.0
"""Hourglass from Python, where a rival is a Python program: detectors as scikit-learn and PyOD have them; the textbook's module, trained
here and given back."""
import fit_case
from worker import BATCH, MODULE_ROWS, rows, seconds_of


def fit(make):
    def prepared(threads):
        x = fit_case.rows()
        return lambda: seconds_of(lambda: make(threads).fit(x), len(x))

    return prepared


def detector(threads):
    from hourglass.sklearn import AutoencoderDetector

    return AutoencoderDetector(n_jobs=threads, random_state=0)


def same_work(threads):
    """What PyOD's AutoEncoder does by default, in its network but for batch norm and dropout; beside it the detector and its threshold."""
    from hourglass.pyod import HourglassAutoEncoder

    return HourglassAutoEncoder(model=fit_case.NETWORK, epochs=fit_case.EPOCHS, batch=fit_case.BATCH, n_jobs=threads, random_state=0,
                                options={"clean": True})


def train(threads):
    import hourglass
    import torch

    from torch_jobs import SimpleAutoencoder

    torch.set_num_threads(threads)
    x = torch.from_numpy(rows()[:MODULE_ROWS]).float() / 255
    module = SimpleAutoencoder()

    def epoch():
        model = hourglass.from_torch(module, x)
        model.fit(x, epochs=1, batch=BATCH, lr=1e-3, val=0, threads=threads)
        module.load_state_dict(hourglass.torch.state_dict(model))

    return lambda: seconds_of(epoch, MODULE_ROWS)


JOBS = {
    "fit, AutoencoderDetector": fit(detector),
    "fit, HourglassAutoEncoder, PyOD's network and epochs": fit(same_work),
    "module, from_torch, fit, state_dict": train,
}
