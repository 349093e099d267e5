# SPDX-License-Identifier: Apache-2.0
"""Connected regions beside scipy.ndimage and skimage: which there are, how large, where, how high; outlines filled again."""
import json
import os
import subprocess

import numpy as np

from common import COMMAND, check, finish

try:
    from scipy import ndimage
    from skimage import draw, filters
except ImportError as missing:
    print("skipped: no %s" % missing.name)
    print("0 passed, 0 failed, 1 skipped")
    raise SystemExit(0)

RUN = os.path.join(os.path.dirname(COMMAND), "tests", "region_run")
if not os.path.exists(RUN):
    RUN = "build/gcc/tests/region_run"


def ours(x, threshold, background, least, kind):
    line = [RUN, str(x.shape[0]), str(x.shape[1]), repr(threshold), repr(background), str(least), kind]
    done = subprocess.run(line, input=x.astype("<f4").tobytes(), capture_output=True)
    if done.returncode:
        raise RuntimeError("%s: %s" % (" ".join(line), done.stderr.decode()))
    return done.stdout.decode()


EIGHT = np.ones((3, 3))  # skimage's hysteresis joins pixels that touch by an edge; ours by a corner too


def theirs(x, threshold, background, least):
    """As rows of JSON, in order of peaks; ties by the first pixel of the region, as labels are numbered."""
    high, back = np.float32(threshold), np.float32(background)
    low = back + np.float32(0.5) * (high - back) if back < high else high
    joined, count = ndimage.label(x > low, EIGHT)
    label = np.zeros_like(joined)
    for k in range(1, count + 1):
        mask = joined == k
        peak = x[mask].max()
        if not peak > high:
            continue
        own = min(max(low, back + np.float32(0.25) * (peak - back)), high)
        smaller = mask & (x > own)
        label[smaller if ndimage.label(smaller, EIGHT)[1] == 1 else mask] = k
    rows = []
    for k, where in enumerate(ndimage.find_objects(label), 1):
        if where is None:
            continue
        mask = label == k
        if mask.sum() < least:
            continue
        inside = np.where(mask, x, -np.inf)
        peak = np.unravel_index(np.argmax(inside), x.shape)
        centre = ndimage.center_of_mass(mask)
        rows.append(dict(left=where[1].start, top=where[0].start, width=where[1].stop - where[1].start,
                         height=where[0].stop - where[0].start, area=int(mask.sum()), peak=float(x[peak]),
                         peak_x=peak[1] + 0.5, peak_y=peak[0] + 0.5, mean=float(x[mask].astype("f8").mean()),
                         x=centre[1] + 0.5, y=centre[0] + 0.5, mask=mask))
    return sorted(rows, key=lambda row: -row["peak"])


def shoelace(points):
    x, y = np.asarray(points, "f8").T
    return 0.5 * float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


def is_same(row, peer):
    exact = ("left", "top", "width", "height", "area")
    return all(row[key] == peer[key] for key in exact) and all(
        abs(row[key] - peer[key]) < 1e-3 + 1e-6 * abs(peer[key]) for key in ("peak", "mean", "peak_x", "peak_y", "x", "y"))


def is_outline(row, peer):
    """Its area is that of the region without holes, and pixels inside are the region's."""
    filled = ndimage.binary_fill_holes(peer["mask"])
    points = np.asarray(row["outline"])
    inside = draw.polygon2mask(filled.shape, points[:, ::-1] - 0.5)
    step = np.roll(points, -1, 0) - points
    corners = np.all((step != 0).sum(1) == 1) and np.all((step != 0)[:, 0] != np.roll((step != 0)[:, 0], 1))
    return shoelace(points) == filled.sum() and corners and (inside == filled).all()


def compare(name, x, threshold, least=1, background=1e9):
    rows = [json.loads(line) for line in ours(x, threshold, background, least, "json").splitlines()]
    peers = theirs(x, threshold, background, least)
    good = len(rows) == len(peers) and [row["region"] for row in rows] == list(range(1, len(rows) + 1))
    check("%s: regions, areas, boxes, peaks" % name, good and all(map(is_same, rows, peers)),
          "%d and %d" % (len(rows), len(peers)))
    check("%s: outlines" % name, good and all(map(is_outline, rows, peers)))
    return peers


rng = np.random.default_rng(5)
for trial, (height, width) in enumerate([(1, 1), (1, 40), (40, 1), (17, 23), (64, 64), (90, 70)]):
    noise = rng.standard_normal((height, width)).astype("f4")
    for share in (0.1, 0.4, 0.6, 0.9):
        compare("noise %dx%d, %g above" % (height, width, share), noise, float(np.quantile(noise, 1 - share)))
smooth = ndimage.gaussian_filter(rng.standard_normal((200, 150)), 3).astype("f4")
peers = compare("smooth", smooth, 0.02)
compare("smooth, small ones left out", smooth, 0.02, 60)
compare("whole numbers, so that peaks are equal", rng.integers(0, 4, (50, 60)).astype("f4"), 2.5)

for background in (-0.1, -0.02, 0.019):
    compare("smooth, above %g" % background, smooth, 0.02, background=background)
    compare("smooth, above %g, high threshold" % background, smooth, 0.15, background=background)
    compare("noise, above %g" % background, noise, 1.5, background=background)
compare("whole numbers, above 1", rng.integers(0, 5, (50, 60)).astype("f4"), 3.0, background=1.0)
spots = ndimage.gaussian_filter((rng.random((120, 130)) < 0.004) * rng.exponential(40, (120, 130)), 2).astype("f4")
compare("spots of many heights", spots, 0.2, background=0.01)
# skimage joins by edges only: lines with nothing between them have no corners that touch.
lines = np.zeros((41, 300), "f4")
lines[::2] = np.minimum(ndimage.gaussian_filter1d(rng.standard_normal((21, 300)), 2), 1)  # too low to shrink
filled = np.zeros(lines.shape, bool)
for row in map(json.loads, ours(lines, 0.5, -0.25, 1, "json").splitlines()):
    filled[row["top"], row["left"]:row["left"] + row["width"]] = True
skimage = filters.apply_hysteresis_threshold(lines, 0.125, 0.5)
check("hysteresis of skimage", (filled == skimage).all() and 0 < skimage.sum() < (lines > 0.125).sum(), "%d and %d" % (filled.sum(), skimage.sum()))

coco = json.loads(ours(smooth, 0.02, 1e9, 1, "coco"))
check("COCO's areas and boxes", [(a["area"], a["bbox"]) for a in coco["annotations"]] ==
      [(p["area"], [p["left"], p["top"], p["width"], p["height"]]) for p in peers])
check("COCO's polygons", all(shoelace(np.reshape(a["segmentation"][0], (-1, 2))) ==
                             ndimage.binary_fill_holes(p["mask"]).sum() for a, p in zip(coco["annotations"], peers)))
finish()
