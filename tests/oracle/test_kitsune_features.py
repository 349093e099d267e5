# SPDX-License-Identifier: Apache-2.0
"""Kitsune's features of drawn and real packets beside kitsune_twin.py, in both modes."""
import os
import subprocess

import numpy as np

from common import COMMAND, check, finish
from kitsune_twin import PACKET, Published, Sound

RUN = os.path.join(os.path.dirname(COMMAND), "tests", "kitsune_run")
if not os.path.exists(RUN):
    RUN = "build/gcc/tests/kitsune_run"
DATA = os.environ.get("HG_DATA", "../shared/data")


def ours(mode, packets, source):
    """The packets, and their numbers."""
    line = [RUN, "features", mode, str(256 << 20), str(packets), source]
    done = subprocess.run(line, capture_output=True)
    if done.returncode:
        raise RuntimeError("%s: %s" % (" ".join(line), done.stderr.decode()))
    count = {"sound": 115, "published": 100}[mode]
    rows = np.frombuffer(done.stdout, np.dtype([("packet", PACKET), ("numbers", "<f4", count)]))
    return rows["packet"], rows["numbers"].astype("f8")


def compare(name, source, packets):
    for mode, make in ("sound", Sound), ("published", Published):
        rows, got = ours(mode, packets, source)
        twin = make()
        worst, where, skipped = 0, "", 0
        for i, p in enumerate(rows):
            want, near = twin.run(p)
            off = np.abs(got[i] - want) / (1e-6 * np.abs(want) + near + 1e-30)
            skipped += np.isinf(near).sum()
            k = int(off.argmax())
            if not off[k] <= worst:
                worst, where = off[k], "packet %d, number %d: %.9g, not %.9g" % (i, k, got[i, k], want[k])
        check("%s, %s" % (name, mode), len(rows) > 0 and worst <= 1,
              "%d packets, %.2g of what is allowed%s; %d correlations of rounding left out" %
              (len(rows), worst, " (%s)" % where if worst > 1 else "", skipped))


compare("drawn", "drawn", 5000)
for name, path, packets in (("command and control", "slips-pcap/test-cc/test-cc-capture-1.pcap", 8000),
                            ("browsing and slowloris", "slowloris-pcap/normal.pcap", 8000)):
    path = os.path.join(DATA, path)
    if os.path.exists(path):
        compare(name, path, packets)
    else:
        print("skipped %s: no %s" % (name, path))
finish()
