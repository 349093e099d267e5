# SPDX-License-Identifier: Apache-2.0
"""Frames with known boxes: drawn shapes on photographs, and what a camera does to them.

A scene is a photograph of train400 (BSD's, grey), tinted, with 1 to 4 shapes whose size, turn, colour, contrast and texture are drawn.
A shape may be as faint as 12 grey levels, so that grain of 25 hides it and filters that smooth much rub it out. Photographs are
split by their number: no background of the test part is in training, and models/denoise.safetensors saw none of them.
"""
import glob
import os

import numpy as np

CLASSES = ("disc", "ring", "triangle", "square", "cross", "star")
SIZE = 96  # pixels, both ways
PARTS = {"train": (0, 240), "validation": (240, 300), "test": (300, 400)}  # photographs by number
DATA = os.environ.get("HG_DATA", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../shared/data"))


def photographs(part):
    """The part's photographs: (count, 180, 180) u8, grey."""
    from PIL import Image
    first, end = PARTS[part]
    paths = sorted(glob.glob(os.path.join(DATA, "train400/*.png")))[first:end]
    if not paths:
        raise SystemExit(f"{DATA}/train400: expected 400 photographs, found none; HG_DATA names the folder of test data")
    return np.stack([np.asarray(Image.open(path).convert("L")) for path in paths])


def distance(kind, x, y):
    """How far (x, y) lie outside a shape of circumradius 1 about 0, in its radii; negative inside. Shapes of x."""
    r = np.hypot(x, y)
    if kind == "disc":
        return r - 0.9
    if kind == "ring":
        return np.abs(r - 0.7) - 0.2
    if kind == "triangle":
        turns = np.arange(3) * 2 * np.pi / 3
        return np.max([np.cos(t) * x + np.sin(t) * y for t in turns], axis=0) - 0.5
    if kind == "square":
        return np.maximum(np.abs(x), np.abs(y)) - 0.75
    if kind == "cross":
        return np.minimum(np.maximum(np.abs(x) - 0.95, np.abs(y) - 0.28), np.maximum(np.abs(y) - 0.95, np.abs(x) - 0.28))
    # A star of five points: the edge from a point at (1, 0) to the notch between two.
    fifth = np.pi / 5
    angle = np.abs((np.arctan2(y, x) + fifth) % (2 * fifth) - fifth)
    px, py = r * np.cos(angle), r * np.sin(angle)
    edge = np.array([0.45 * np.cos(fifth) - 1, 0.45 * np.sin(fifth)])
    edge /= np.hypot(*edge)
    return (px - 1) * edge[1] - py * edge[0]


def overlaps(box, boxes):
    return any(min(box[2], b[2]) > max(box[0], b[0]) and min(box[3], b[3]) > max(box[1], b[1]) for b in boxes)


def draw(rng, frame, textures, taken):
    """Draws one shape into frame (H, W, 3) f32; its (box x1 y1 x2 y2, class), or None where there was no room."""
    kind = int(rng.integers(len(CLASSES)))
    radius = float(np.exp(rng.uniform(np.log(5), np.log(20))))
    centre = rng.uniform(radius + 1, SIZE - radius - 1, 2)
    box = (*(centre - radius - 1), *(centre + radius + 1))
    if overlaps(box, taken):
        return None
    left, top, right, bottom = int(box[0]), int(box[1]), int(box[2]) + 2, int(box[3]) + 2
    y, x = np.mgrid[top:min(bottom, SIZE), left:min(right, SIZE)].astype(np.float32)
    turn = rng.uniform(0, 2 * np.pi)
    u, v = (x - centre[0]) / radius, (y - centre[1]) / radius
    mask = np.clip(0.5 - radius * distance(CLASSES[kind], np.cos(turn) * u + np.sin(turn) * v, np.cos(turn) * v - np.sin(turn) * u), 0, 1)
    patch = frame[top:top + mask.shape[0], left:left + mask.shape[1]]
    weight = mask[..., None]
    colour = rng.normal(0, 1, 3) + rng.choice((-1, 1))
    colour *= np.exp(rng.uniform(np.log(12), np.log(90))) / np.abs(colour).mean()
    photograph = textures[rng.integers(len(textures))]
    at = rng.integers(0, photograph.shape[0] - max(mask.shape), 2)
    texture = photograph[at[0]:at[0] + mask.shape[0], at[1]:at[1] + mask.shape[1], None].astype(np.float32)
    texture = (texture - texture.mean()) * rng.uniform(0, 0.4)
    inside = (patch * weight).sum((0, 1)) / weight.sum() + 0.3 * (patch - patch.mean((0, 1))) + colour + texture
    patch[:] = patch * (1 - weight) + inside * weight
    rows, columns = np.nonzero((mask > 0.5).any(1))[0], np.nonzero((mask > 0.5).any(0))[0]
    taken.append(box)
    return (left + columns[0], top + rows[0], left + columns[-1] + 1, top + rows[-1] + 1), kind


def scene(rng, photos):
    """A frame (SIZE, SIZE, 3) u8, BGR, boxes (n, 4) x1 y1 x2 y2 in pixels, classes (n,)."""
    photo = photos[rng.integers(len(photos))]
    at = rng.integers(0, photo.shape[0] - SIZE + 1, 2)
    frame = photo[at[0]:at[0] + SIZE, at[1]:at[1] + SIZE, None] * rng.uniform(0.75, 1.05, 3).astype(np.float32)
    frame = frame[:, ::-1].copy() if rng.random() < 0.5 else frame
    taken, found = [], []
    for _ in range(int(rng.integers(1, 5))):
        one = draw(rng, frame, photos, taken)
        if one:
            found.append(one)
    boxes = np.array([box for box, _ in found], np.float32).reshape(-1, 4)
    return np.clip(np.rint(frame), 0, 255).astype(np.uint8), boxes, np.array([kind for _, kind in found], np.int64)


def scenes(part, count, seed):
    """`count` scenes of a part: frames (count, SIZE, SIZE, 3) u8, a list of boxes, a list of classes."""
    photos = photographs(part)
    made = [scene(np.random.default_rng([seed, list(PARTS).index(part), k]), photos) for k in range(count)]
    return np.stack([m[0] for m in made]), [m[1] for m in made], [m[2] for m in made]


def grain(rng, frame, sigma):
    """Gaussian noise of `sigma` grey levels, rounded and cut off at black and white as a camera's bytes are."""
    return np.clip(np.rint(frame + sigma * rng.standard_normal(frame.shape, np.float32)), 0, 255).astype(np.uint8)


def damage(frames, kind, level, seed):
    """Frames (n, H, W, 3) u8 as a bad camera hands them: kind grain (sigma), jpeg (quality), blur (sigma in pixels)."""
    import cv2
    if kind == "grain":
        return np.stack([grain(np.random.default_rng([seed, k]), f, level) for k, f in enumerate(frames)]) if level else frames
    if kind == "jpeg":
        return np.stack([cv2.imdecode(cv2.imencode(".jpg", f, (cv2.IMWRITE_JPEG_QUALITY, level))[1], cv2.IMREAD_COLOR) for f in frames])
    return np.stack([cv2.GaussianBlur(f, (0, 0), level) for f in frames])
