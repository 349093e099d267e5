# SPDX-License-Identifier: Apache-2.0
"""Rasters of another size beside Pillow's BILINEAR on floats."""
import os
import subprocess

from common import COMMAND, check, finish

try:
    import numpy as np
    from PIL import Image
except ImportError as missing:
    print("skipped: no %s" % missing.name)
    print("0 passed, 0 failed, 1 skipped")
    raise SystemExit(0)

RUN = os.path.join(os.path.dirname(COMMAND), "tests", "resize_run")
if not os.path.exists(RUN):
    RUN = "build/gcc/tests/resize_run"
SIZES = [
    ((7, 9), (7, 9)),
    ((1, 1), (5, 3)),
    ((5, 3), (1, 1)),
    ((64, 48), (32, 24)),
    ((100, 77), (33, 50)),
    ((37, 200), (256, 19)),
    ((256, 256), (255, 255)),
    ((16, 16), (256, 250)),
    ((3, 700), (2, 9)),
    ((900, 2), (11, 2)),
]


def ours(x, height, width):
    channels = 1 if x.ndim == 2 else x.shape[2]
    line = [RUN] + [str(n) for n in (x.shape[0], x.shape[1], channels, height, width)]
    done = subprocess.run(line, input=x.astype("<f4").tobytes(), capture_output=True, check=True)
    return np.frombuffer(done.stdout, "<f4").reshape((height, width) + x.shape[2:])


def theirs(x, height, width):
    layers = x if x.ndim == 3 else x[..., None]
    made = [np.asarray(Image.fromarray(np.ascontiguousarray(layers[..., c]), mode="F").resize(
        (width, height), Image.BILINEAR)) for c in range(layers.shape[2])]
    return np.stack(made, -1).reshape((height, width) + x.shape[2:])


draw = np.random.RandomState(3)
for (H, W), (height, width) in SIZES:
    for channels in (0, 3):
        x = draw.rand(*((H, W, channels) if channels else (H, W))).astype("f4")
        worst = np.abs(ours(x, height, width) - theirs(x, height, width)).max()
        check("%dx%d to %dx%d, %d channels" % (W, H, width, height, channels or 1), worst <= 1e-5, "%.1e" % worst)

finish()
