# SPDX-License-Identifier: Apache-2.0
"""PyOD: fit and decision_function of rows that are in memory and encoded, and fit alone."""
import torch
from pyod.models.auto_encoder import AutoEncoder
from pyod.models.iforest import IForest
from pyod.models.pca import PCA

import fit_case
from table_case import BATCH, EPOCHS, WIDTH, encoded
from worker import seconds_of


def job(make):
    def prepared(threads):
        torch.set_num_threads(threads)
        x = encoded()

        def both():
            model = make(threads)
            model.fit(x)
            model.decision_function(x)

        return lambda: seconds_of(both, len(x))

    return prepared


def autoencoder(**more):
    return job(lambda threads: AutoEncoder(hidden_neuron_list=[WIDTH, WIDTH], epoch_num=EPOCHS, batch_size=BATCH, verbose=0, **more))


def fit(**more):
    def prepared(threads):
        torch.set_num_threads(threads)
        x = fit_case.rows()
        return lambda: seconds_of(lambda: AutoEncoder(verbose=0, **more).fit(x), len(x))

    return prepared


JOBS = {
    "fit, AutoEncoder": fit(),
    "fit, AutoEncoder, dense layers only": fit(batch_norm=False, dropout_rate=0),
    "table, AutoEncoder": autoencoder(),
    "table, AutoEncoder, dense layers only": autoencoder(batch_norm=False, dropout_rate=0),
    "table, PCA": job(lambda threads: PCA()),
    "table, IForest": job(lambda threads: IForest(n_jobs=threads)),
}
