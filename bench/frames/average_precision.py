# SPDX-License-Identifier: Apache-2.0
"""Average precision as COCO counts it: precision at 101 recalls, mean over IoU 0.50 to 0.95 and over classes, 100 boxes a frame.

After the definition of the COCO detection challenge (Lin and others, Microsoft COCO, 2014). `average_precision.py` by itself compares with
pycocotools on drawn boxes, where that is installed, and fails where they differ.
"""
import numpy as np

THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0, 1, 101)


def iou(a, b, crowd):
    """Boxes a (n, 4) against b (m, 4), x1 y1 x2 y2: (n, m). For a crowd, what share of `a` lies in it."""
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    both = np.prod(np.clip(high - low, 0, None), axis=2)
    area_a, area_b = np.prod(a[:, 2:] - a[:, :2], axis=1)[:, None], np.prod(b[:, 2:] - b[:, :2], axis=1)[None]
    return both / np.maximum(np.where(crowd[None], area_a, area_a + area_b - both), 1e-9)


def match(found, truth, crowd):
    """Boxes of one frame and class, best first, against the true ones: (hit, ignored), both (thresholds, found)."""
    hit, ignored = np.zeros((2, len(THRESHOLDS), len(found)), bool)
    if not len(truth):
        return hit, ignored
    overlap = iou(found, truth, crowd)
    taken = np.zeros((len(THRESHOLDS), len(truth)), bool)
    every = np.arange(len(THRESHOLDS))
    for k in range(len(found)):
        free = np.where(taken | crowd, -1, overlap[k])  # (thresholds, true)
        best = free.argmax(1)
        hit[:, k] = free[every, best] >= THRESHOLDS
        taken[every[hit[:, k]], best[hit[:, k]]] = True
        if crowd.any():
            ignored[:, k] = ~hit[:, k] & (np.where(crowd, overlap[k], -1).max() >= THRESHOLDS)
    return hit, ignored


def precision_of(scores, hit, ignored, true_count):
    """Mean precision at RECALLS for one threshold and class."""
    order = np.argsort(-scores, kind="mergesort")
    kept = order[~ignored[order]]
    hits = np.cumsum(hit[kept])
    recall = hits / true_count
    precision = hits / np.arange(1, len(kept) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    at = np.searchsorted(recall, RECALLS, side="left")
    return np.append(precision, 0)[np.minimum(at, len(precision))].mean()


def average_precision(found, truth, classes):
    """(mAP, mAP50), 0 to 1. `found`: for each frame (boxes (n, 4), scores (n,), classes (n,)); `truth`: (boxes, classes) or
    (boxes, classes, crowd). Classes without a true box do not count."""
    table = []
    for c in range(classes):
        scores, hits, ignored, count = [], [], [], 0
        for (boxes, score, kind), (true, true_kind, *more) in zip(found, truth):
            mine = true_kind == c
            crowd = np.asarray(more[0], bool)[mine] if more else np.zeros(int(mine.sum()), bool)
            count += int((~crowd).sum())
            order = np.nonzero(kind == c)[0]
            order = order[np.argsort(-score[order], kind="mergesort")][:100]
            hit, ignore = match(boxes[order], true[mine], crowd)
            scores.append(score[order])
            hits.append(hit)
            ignored.append(ignore)
        if count:
            scores, hits, ignored = np.concatenate(scores), np.concatenate(hits, 1), np.concatenate(ignored, 1)
            table.append([precision_of(scores, h, i, count) for h, i in zip(hits, ignored)])
    table = np.array(table or [[0.0] * len(THRESHOLDS)])
    return float(table.mean()), float(table[:, 0].mean())


def drawn(rng, frames, classes):
    """Boxes and guesses at them, to compare with."""
    found, truth = [], []
    for _ in range(frames):
        n = int(rng.integers(0, 6))
        at = rng.uniform(0, 100, (n, 2))
        true = np.concatenate([at, at + rng.uniform(5, 40, (n, 2))], 1)
        guess = np.concatenate([true + rng.normal(0, 2, true.shape), true[: n // 2] + rng.normal(0, 6, (n // 2, 4))])
        guess[:, 2:] = np.maximum(guess[:, 2:], guess[:, :2] + 1)
        kind = rng.integers(0, classes, n)
        said = np.concatenate([kind, kind[: n // 2]])
        said = np.where(rng.random(len(said)) < 0.1, rng.integers(0, classes, len(said)), said)
        found.append((guess, rng.random(len(said)), said))
        truth.append((true, kind, rng.random(n) < 0.1))
    return found, truth


def by_pycocotools(found, truth, classes):
    """The same two figures by the reference."""
    import contextlib
    import io

    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    def wide(b):
        return [float(b[0]), float(b[1]), float(b[2] - b[0]), float(b[3] - b[1])]
    boxes = [(k, wide(b), int(c), int(crowd)) for k, (bs, cs, crowds) in enumerate(truth) for b, c, crowd in zip(bs, cs, crowds)]
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {"images": [{"id": k} for k in range(len(truth))], "categories": [{"id": c} for c in range(classes)],
                        "annotations": [{"id": n + 1, "image_id": k, "bbox": b, "area": b[2] * b[3], "category_id": c, "iscrowd": crowd}
                                        for n, (k, b, c, crowd) in enumerate(boxes)]}
        coco.createIndex()
        said = coco.loadRes([{"image_id": k, "bbox": wide(b), "score": float(s), "category_id": int(c)}
                             for k, one in enumerate(found) for b, s, c in zip(*one)])
        judge = COCOeval(coco, said, "bbox")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    return float(judge.stats[0]), float(judge.stats[1])


if __name__ == "__main__":
    for seed in range(5):
        guesses, true = drawn(np.random.default_rng(seed), 60, 3)
        ours, theirs = average_precision(guesses, true, 3), by_pycocotools(guesses, true, 3)
        print("seed %d: ours %.6f %.6f, pycocotools %.6f %.6f" % (seed, *ours, *theirs))
        if not np.allclose(ours, theirs, atol=1e-9):
            raise SystemExit("they differ")
