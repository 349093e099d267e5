# SPDX-License-Identifier: Apache-2.0
"""Images beside Pillow and a PNG decoder of 30 lines: the same samples, and the same again after writing one like it."""
import glob
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

try:
    import numpy as np
    from PIL import Image
except ImportError as missing:
    print("skipped: no %s for %s" % (missing.name, sys.executable))
    print("0 passed, 0 failed, 1 skipped")
    sys.exit(0)

PIXELS = os.path.join(os.path.dirname(os.environ.get("HOURGLASS", "build/gcc/hourglass")), "tests/pixels")
DATA = os.environ.get("HG_DATA", "../shared/data")
FOLDER = tempfile.mkdtemp(prefix="hourglass-images-")
TYPES = {"U8": np.uint8, "U16": np.uint16, "F32": np.float32}
passed = failed = skipped = 0


def check(name, good, detail=""):
    global passed, failed
    passed += bool(good)
    failed += not good
    if not good:
        print("FAILED  %s %s" % (name, detail))


def ours(path, copy=None):
    """(height, width, samples) of each page as the library reads it, and its white."""
    raw = os.path.join(FOLDER, "raw")
    done = subprocess.run([PIXELS, path, raw] + ([copy] if copy else []), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    data, pages, at = open(raw, "rb").read(), [], 0
    for line in done.stdout.splitlines():
        _, width, height, channels, alpha, kind, white, _ = line.split()
        shape = int(height), int(width), int(channels) + int(alpha)
        size = int(np.prod(shape)) * np.dtype(TYPES[kind]).itemsize
        pages.append((np.frombuffer(data[at:at + size], TYPES[kind]).reshape(shape), float(white)))
        at += size
    return pages


def pillow(path):
    image = Image.open(path)
    if image.mode == "P":
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    if image.mode == "1":
        image = image.convert("L")
    pixels = np.asarray(image)
    return pixels.reshape(pixels.shape[:2] + (-1,))


def png16(path):
    """16-bit PNG without interlace (Pillow keeps 8 bits of its colours), by the standard's five filters."""
    data, at, packed = open(path, "rb").read(), 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", body)
        packed += body if kind == b"IDAT" else b""
        at += size + 12
    assert depth == 16 and not interlace
    samples = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    step, line = 2 * samples, 2 * samples * width
    raw, rows, above = zlib.decompress(packed), [], bytearray(line)
    for y in range(height):
        kind, row = raw[y * (line + 1)], bytearray(raw[y * (line + 1) + 1:(y + 1) * (line + 1)])
        for i in range(line):
            a, b, c = row[i - step] if i >= step else 0, above[i], above[i - step] if i >= step else 0
            near = min((abs(b - c), 0, a), (abs(a - c), 1, b), (abs(a + b - 2 * c), 2, c))[2]
            row[i] = (row[i] + [0, a, b, (a + b) // 2, near][kind]) & 255
        rows.append(bytes(row))
        above = row
    return np.frombuffer(b"".join(rows), ">u2").reshape(height, width, samples)


def bits(path):
    """Colour type and depth of a PNG."""
    head = open(path, "rb").read(26)
    return head[25], head[24]


def expect_png(path):
    colour, depth = bits(path)
    wanted = png16(path) if depth == 16 else pillow(path)
    copy = os.path.join(FOLDER, "copy.png")
    got = ours(path, copy)[0][0]
    name = os.path.basename(path)
    check(name, got.shape == wanted.shape and np.array_equal(got, wanted), "differs from the other reader")
    again = png16(copy) if depth == 16 else pillow(copy)
    check(name, np.array_equal(again, wanted), "is another picture when written alike")
    check(name, np.array_equal(ours(copy)[0][0], got), "is not read back")
    wanted_bits = (colour, depth) if colour != 3 else (6 if wanted.shape[2] == 4 else 2, 8)
    check(name, bits(copy) == wanted_bits, "changes depth or colour: %s" % (bits(copy),))
    before, after = Image.open(path), Image.open(copy)
    before.load(), after.load()
    for key in ("dpi", "gamma", "icc_profile", "exif", "srgb", "chromaticity"):
        check(name, before.info.get(key) == after.info.get(key), "loses %s" % key)


def expect_whole(path, name, wanted):
    """The reader's samples, and those of a file written like it (the first page), whatever the format."""
    copy = os.path.join(FOLDER, "copy" + os.path.splitext(path)[1])
    got, white = ours(path, copy)[0]
    scale = 255 / white if white < 255 else 1
    check(name, np.array_equal(np.rint(got * scale), wanted), "differs from Pillow")
    check(name, np.array_equal(ours(copy)[0][0], got), "is another picture when written alike")


def made_files():
    """Files as Pillow writes them."""
    rng = np.random.default_rng(7)
    colour, grey = rng.integers(0, 256, (13, 11, 4), np.uint8), rng.integers(0, 65536, (7, 9), np.uint16)
    for name, pixels, options in (("rgb.webp", colour[..., :3], {"lossless": True}),
                                  ("rgba.webp", colour, {"lossless": True, "exact": True}),
                                  ("icc.webp", colour[..., :3], {"lossless": True, "icc_profile": b"p" * 129}),
                                  ("rgb.ppm", colour[..., :3], {}), ("grey.pgm", colour[..., 0], {}),
                                  ("grey16.pgm", grey.astype(np.int32), {}),
                                  ("bits.pbm", colour[..., 0] > 99, {})):
        path = os.path.join(FOLDER, name)
        Image.fromarray(pixels).save(path, **options)
        wanted = pixels * 255 if pixels.dtype == bool else pixels
        expect_whole(path, name, wanted.reshape(wanted.shape[:2] + (-1,)))


def orientations():
    """Upright as Pillow turns it: the library's header must say the same number."""
    for number in range(1, 9):
        for kind in ("png", "webp"):
            exif, path = Image.Exif(), os.path.join(FOLDER, "turn." + kind)
            exif[0x0112] = number
            Image.new("RGB", (3, 2)).save(path, exif=exif.tobytes())
            done = subprocess.run([PIXELS, path, os.path.join(FOLDER, "raw")], capture_output=True, text=True)
            check("orientation %d in %s" % (number, kind), done.stdout.split()[-1:] == [str(number)])


try:
    made_files()
    orientations()
    images = sorted(glob.glob(os.path.join(DATA, "skimage", "*.png")))
    for image in images:
        expect_png(image)
    if not images:
        print("skipped: no images in %s/skimage" % DATA)
        skipped += 1
finally:
    shutil.rmtree(FOLDER, ignore_errors=True)
print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
sys.exit(failed > 0)
