# SPDX-License-Identifier: Apache-2.0
"""The table that `hourglass` and PyOD train on and score: the normal rows of KDD Cup 1999's tenth, every PART-th of them."""
import os
import shutil
import subprocess
import tempfile
import time

PART = int(os.environ.get("PART", "8"))  # 1: all 97278 rows
EPOCHS, BATCH, WIDTH = 10, 128, 96
SOURCE = os.path.join(os.environ.get("HG_DATA", "../shared/data"), "kddcup99", "data", "kddcup.data_10_percent.gz")
# PyOD's [96, 96] has a layer more than our preset: here both have the same four.
MODEL = "dense 96 relu, dense 96 relu | dense 96 relu, dense input"


def normal_rows():
    import pandas

    table = pandas.read_csv(SOURCE, header=None)
    return table[table[41] == "normal."].drop(columns=41).iloc[::PART].reset_index(drop=True)


def encoded():
    """z-scored numbers and one-hot categories, as PyOD needs them: made before the clock starts."""
    import numpy

    table, parts = normal_rows(), []
    for _, column in table.items():
        values = column.to_numpy()
        if values.dtype.kind in "iuf":
            parts.append((values[:, None] - values.mean()) / (values.std() or 1))
        else:
            parts.append(values[:, None] == sorted(set(values)))
    return numpy.concatenate(parts, 1).astype("f4")


class Ours:
    """Two processes, from a file of rows to the file of their scores."""

    def __init__(self, command, threads):
        self.folder = tempfile.mkdtemp(prefix="hourglass-peers-")
        self.file, self.rows = self.write_rows()
        self.command = command
        self.threads, self.times, self.extra = threads, [], "%d rows, %d epochs" % (self.rows, EPOCHS)

    def run(self, mode, *words):
        line = [self.command, mode, "data=" + self.file, "threads=%d" % self.threads] + list(words)
        subprocess.run(line, check=True, capture_output=True)

    def go(self):
        began = time.perf_counter()
        self.run("train", "epochs=%d" % EPOCHS, "batch=%d" % BATCH, "model=" + MODEL, "project=" + self.folder, "name=run", "exist_ok=true",
                 *self.options)
        self.run("predict", "model=" + os.path.join(self.folder, "run", "weights", "best.safetensors"),
                 "out=" + os.path.join(self.folder, "scores.csv"))
        self.times.append((time.perf_counter() - began) / self.rows)

    def close(self):
        shutil.rmtree(self.folder)


class OurTable(Ours):
    """The whole job: reads text, finds the schema, encodes, trains, fits the detector, calibrates; scores with p-values, alarms and reasons."""
    name = "hourglass, text file to reasons"
    options = ["prepare=table"]

    def write_rows(self):
        file, rows = os.path.join(self.folder, "rows.csv"), normal_rows()
        rows.to_csv(file, header=False, index=False)
        return file, len(rows)


class OurRows(Ours):
    """What PyOD does and no more: encoded rows, squared errors, Adam, scores."""
    name = "hourglass, encoded rows to scores"
    options = ["prepare=none", "loss=mse", "optimizer=adam", "val=0", "pca=false", "samples=0"]

    def write_rows(self):
        import numpy

        file, rows = os.path.join(self.folder, "rows.npy"), encoded()
        numpy.save(file, rows)
        return file, len(rows)
