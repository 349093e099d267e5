# SPDX-License-Identifier: Apache-2.0
"""Principal components of whole pictures beside scikit-learn's PCA of the same pictures: mean, axes, how many, what is left over."""
import os
import subprocess

import numpy as np

from common import COMMAND, check, finish

try:
    from sklearn.decomposition import PCA
except ImportError as missing:
    print("skipped: no %s" % missing.name)
    print("0 passed, 0 failed, 1 skipped")
    raise SystemExit(0)

RUN = os.path.join(os.path.dirname(COMMAND), "tests", "eigenpictures_run")
if not os.path.exists(RUN):
    RUN = "build/gcc/tests/eigenpictures_run"


def ours(good, other, most, share):
    """Mean, axes (k, pixels), and what is left over of the other picture."""
    n, height, width = good.shape
    line = [RUN, str(n), str(height), str(width), str(most), repr(share)]
    done = subprocess.run(line, input=np.concatenate((good, other[None])).astype("<f4").tobytes(), capture_output=True)
    if done.returncode:
        raise RuntimeError("%s: %s" % (" ".join(line), done.stderr.decode()))
    x = np.frombuffer(done.stdout, "<f4").astype("f8").reshape(-1, height * width)
    return x[0], x[1:-1], x[-1]


def drawn(rng, n, height, width, kinds):
    """Pictures that differ in a few ways, each half as much as the one before, and in grain."""
    ways = rng.standard_normal((kinds, height * width))
    along = rng.standard_normal((n, kinds)) * 0.5 ** np.arange(kinds)
    x = 0.5 + rng.random(height * width) + along @ ways / 10 + rng.standard_normal((n, height * width)) / 500
    return x.astype("f4").reshape(n, height, width)


def compare(name, good, other, most, share=1.0, taken=None):
    mean, axes, left = ours(good, other, most, share)
    x = (good if taken is None else good[taken]).astype("f8").reshape(-1, mean.size)
    peer = PCA(svd_solver="full").fit(x)
    needed = 1 + int(np.searchsorted(np.cumsum(peer.explained_variance_ratio_), share - 1e-12))
    count = min(most, needed, len(x) - 1)
    check("%s: as many axes" % name, len(axes) == count, "%d and %d" % (len(axes), count))
    check("%s: the mean" % name, np.abs(mean - peer.mean_).max() < 1e-6)
    k = min(len(axes), count)
    along = np.abs((axes[:k] * peer.components_[:k]).sum(1))
    check("%s: the axes, but for their signs" % name, k > 0 and along.min() > 1 - 1e-6 and
          np.abs(axes @ axes.T - np.eye(len(axes))).max() < 1e-6, "%.2g" % (1 - along.min()))
    centred = other.astype("f8").ravel() - peer.mean_
    theirs = centred - (centred @ peer.components_[:count].T) @ peer.components_[:count]
    error = np.abs(left - theirs).max()
    check("%s: what is left over" % name, error < 1e-5 * np.abs(centred).max(), "%.2g" % error)


rng = np.random.default_rng(7)
for n, height, width, kinds, most in ((9, 12, 10, 4, 4), (40, 30, 41, 6, 6), (6, 128, 96, 5, 3), (2, 5, 7, 1, 1)):
    pictures = drawn(rng, n + 1, height, width, kinds)
    compare("%d of %dx%d" % (n, width, height), pictures[:n], pictures[n], most)
    stranger = rng.random((height, width)).astype("f4")
    compare("%d of %dx%d, another picture" % (n, width, height), pictures[:n], stranger, most)
pictures = drawn(rng, 31, 20, 20, 6)
for share in (0.5, 0.9, 0.99):
    compare("a share of %g" % share, pictures[:30], pictures[30], 20, share)
pictures = drawn(rng, 301, 8, 9, 5)
compare("of more than 256 every n-th", pictures[:300], pictures[300], 5, taken=np.arange(256) * 300 // 256)

same = np.repeat(drawn(rng, 1, 6, 5, 2), 4, 0)
mean, axes, left = ours(same, same[0] + 1, 3, 1.0)
check("all alike: one axis of zeros, and what differs is left", axes.shape == (1, 30) and not axes.any() and np.allclose(left, 1))
finish()
