#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""mnist.py - MNIST as the family's tables measure it: grey levels as they are, and each pixel drawn once as 0 or 1.

    python3 bench/family/mnist.py FOLDER

reads HG_DATA/mnist and writes into FOLDER, as IDX of bytes (0..255):

    train.idx, test.idx                  60 000 and 10 000 pictures, 28 x 28: grey levels
    binary-train.idx, binary-test.idx    the same statically binarised: 255 with the grey level's probability, else 0
    train-labels.idx, test-labels.idx    the digits

The draw is NumPy's PCG64 with seed 20080: the same files on every machine.
"""
import gzip
import os
import sys

import numpy as np

FILES = {"train": "train", "test": "t10k"}
SEED = 20080


def write_idx(path, array):
    """array: uint8 of any rank."""
    head = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    with open(path, "wb") as f:
        f.write(head + array.tobytes())


def read_idx(path):
    """An IDX file of bytes, packed by gzip: uint8 of its shape."""
    with gzip.open(path) as f:
        data = f.read()
    shape = [int.from_bytes(data[4 + 4 * i:8 + 4 * i], "big") for i in range(data[3])]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * len(shape)).reshape(shape)


def main():
    folder = sys.argv[1]
    source = os.path.join(os.environ.get("HG_DATA", "../shared/data"), "mnist")
    os.makedirs(folder, exist_ok=True)
    draws = np.random.default_rng(SEED)
    for name, prefix in FILES.items():
        x = read_idx(os.path.join(source, prefix + "-images-idx3-ubyte.gz"))
        y = read_idx(os.path.join(source, prefix + "-labels-idx1-ubyte.gz"))
        binary = draws.random(x.shape) < x / 255
        write_idx(os.path.join(folder, name + ".idx"), x)
        write_idx(os.path.join(folder, "binary-" + name + ".idx"), binary.astype(np.uint8) * 255)
        write_idx(os.path.join(folder, name + "-labels.idx"), y)


if __name__ == "__main__":
    main()
