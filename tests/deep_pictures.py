# SPDX-License-Identifier: Apache-2.0
# Pictures that are not of 8 bits, for test_denoise.sh.
#   make KIND FOLDER         pairs to train on (noisy, clean) and to try (new, new_clean), all TIFF
#   odd FOLDER               a noisy page (plain), the same with pixels that are none of it, and the clean one
#   same VAL OUT CLEAN KIND  what `val --json` said of its outputs is what lies in OUT, to 0.1 dB
#   left NAME OUT FOLDER     the odd page NAME: what is none of it is as it was; the rest is as clean as the plain one
import json, math, os, random, struct, sys

dice = random.Random(8)
SIDE = 40
TYPES = {"u16": ("H", 16, 1), "i16": ("h", 16, 2), "f32": ("f", 32, 3), "f64": ("d", 64, 3), "u8": ("B", 8, 1)}
# samples, what 0 and 1 of a scene are, standard deviation of the noise
KINDS = {"twelve": ("u16", 150, 3800, 120), "high": ("u16", 3000, 61000, 3000), "real": ("f32", 10, 900, 40),
         "hounsfield": ("i16", -1000, 1200, 60), "far": ("f64", 5e6, 5.001e6, 40)}


def save(path, kind, values, nodata=None):
    code, bits, form = TYPES[kind]
    raw = struct.pack("<%d%s" % (SIDE * SIDE, code), *values)
    tags = [(256, 3, 1, SIDE), (257, 3, 1, SIDE), (258, 3, 1, bits), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8), (277, 3, 1, 1),
            (278, 3, 1, SIDE), (279, 4, 1, len(raw)), (339, 3, 1, form)]
    text = (nodata or "").encode() + b"\0"
    after = 8 + len(raw) + 2 + 12 * (len(tags) + (nodata is not None)) + 4
    if nodata is not None:
        tags.append((42113, 2, len(text), after if len(text) > 4 else struct.unpack("<I", text.ljust(4, b"\0"))[0]))
    ifd = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *t) for t in tags) + struct.pack("<I", 0)
    with open(path, "wb") as file:
        file.write(b"II*\0" + struct.pack("<I", 8 + len(raw)) + raw + ifd + text)


def load(path):
    data = open(path, "rb").read()
    at, = struct.unpack("<I", data[4:8])
    count, = struct.unpack("<H", data[at : at + 2])
    tags = {}
    for i in range(count):
        tag, form, size, value = struct.unpack("<HHII", data[at + 2 + 12 * i : at + 14 + 12 * i])
        spot, wide = at + 10 + 12 * i, {3: "H", 4: "I"}.get(form)
        if wide and size * struct.calcsize(wide) > 4: spot = value
        tags[tag] = struct.unpack("<%d%s" % (size, wide), data[spot : spot + size * struct.calcsize(wide)]) if wide else \
            data[value : value + size] if size > 4 else data[spot : spot + size]
    raw = b"".join(data[a : a + n] for a, n in zip(tags[273], tags[279]))
    code = [c for c, bits, form in TYPES.values() if (bits, form) == (tags[258][0], tags.get(339, (1,))[0])][0]
    return list(struct.unpack("<%d%s" % (SIDE * SIDE, code), raw)), tags.get(42113)


def scene():
    a, b, c, d = (dice.uniform(0.1, 0.35) for _ in range(4))
    return [0.5 + 0.25 * math.sin(a * x + b * y) + 0.25 * math.sin(c * x - d * y + 1) for y in range(SIDE) for x in range(SIDE)]


def rms(a, b):
    return math.sqrt(sum((x - y) ** 2 for x, y in zip(a, b)) / len(a))


def fit(kind, x):
    if kind[0] == "f": return x
    least, most = {"u8": (0, 255), "u16": (0, 65535), "i16": (-32768, 32767)}[kind]
    return min(most, max(least, round(x)))


def make(name, folder):
    kind, low, high, noise = KINDS[name]
    for where, clean, count in (("noisy", "clean", 6), ("new", "new_clean", 2)):
        for part in (where, clean): os.makedirs(os.path.join(folder, part))
        for i in range(count):
            true = [low + (high - low) * v for v in scene()]
            corrupted = [x + dice.gauss(0, noise) for x in true]
            # Dead and hot pixels are ordinary.
            if name == "twelve": corrupted[77 * (i + 1)] = 65535
            save("%s/%s/%d.tif" % (folder, clean, i), kind, [fit(kind, x) for x in true])
            save("%s/%s/%d.tif" % (folder, where, i), kind, [fit(kind, x) for x in corrupted])


def same(said, out, clean, name):
    kind, low, high, noise = KINDS[name]
    for row in json.load(open(said))["rows"]:
        a, b = load(os.path.join(out, row["name"]))[0], load(os.path.join(clean, row["name"]))[0]
        inside = [i for i in range(len(a)) if not (name == "twelve" and a[i] == 65535)]
        assert name != "twelve" or len(inside) == len(a) - 1
        error = rms([a[i] for i in inside], [b[i] for i in inside])
        if kind[0] == "f":  # the peak is the range of the training's images, which the test does not know
            error, said_error = error / noise, 10 ** ((row["input"]["psnr"] - row["output"]["psnr"]) / 20)
            assert abs(20 * math.log10(error / said_error)) < 0.2, (row["name"], error, said_error)
        else:
            peak = {"u16": 65535, "i16": 32767}[kind]
            measured = 20 * math.log10(peak / error)
            assert abs(measured - row["output"]["psnr"]) < 0.1, (row["name"], measured, row["output"])
        assert row["output"]["psnr"] > row["input"]["psnr"] + 1, row


ODD = {  # samples, what 0 and 1 are, the value, its text in the file, where
    "minus": ("f32", 100, 500, -9999, "-9999", "block"),
    "least": ("f32", 100, 500, -3.4028234663852886e38, "-3.4028234663852886e+38", "block"),
    "unsaid": ("f32", 100, 500, -9999, None, "block"),
    "nan": ("f32", 100, 500, float("nan"), "nan", "block"),
    "hot": ("u16", 200, 900, 65535, None, "one"),
    "zero": ("u16", 1500, 1600, 0, None, "block"),
    "signed": ("i16", -900, 1200, -32768, "-32768", "block"),
    "bytes": ("u8", 20, 230, 0, "0", "block"),
}


def is_odd(i, where):
    return i == 17 * SIDE + 21 if where == "one" else i // SIDE >= 9 and i // SIDE < 16 and i % SIDE < 9


def odd(folder):
    os.makedirs(folder)
    true = scene()
    shift = [dice.gauss(0, 0.06) for _ in true]
    for name, (kind, low, high, value, text, where) in ODD.items():
        at = lambda v: fit(kind, low + (high - low) * v)
        save("%s/%s_true.tif" % (folder, name), kind, [at(v) for v in true])
        noisy = [at(v + s) for v, s in zip(true, shift)]
        save("%s/%s_plain.tif" % (folder, name), kind, noisy)
        save("%s/%s.tif" % (folder, name), kind, [value if is_odd(i, where) else x for i, x in enumerate(noisy)], text)


def left(name, out, folder):
    where = ODD[name][5]
    true, plain, mine = (load(p)[0] for p in ("%s/%s_true.tif" % (folder, name), "%s/%s_plain.tif" % (out, name), "%s/%s.tif" % (out, name)))
    before, tag = load("%s/%s.tif" % (folder, name))
    assert load("%s/%s.tif" % (out, name))[1] == tag
    none = [i for i in range(len(true)) if is_odd(i, where)]
    rest = [i for i in range(len(true)) if not is_odd(i, where)]
    assert [repr(mine[i]) for i in none] == [repr(before[i]) for i in none]
    pick = lambda x: [x[i] for i in rest]
    was, good, now = rms(pick(before), pick(true)), rms(pick(plain), pick(true)), rms(pick(mine), pick(true))
    assert good < 0.8 * was and now < good * 1.03, (was, good, now)


{"make": make, "odd": odd, "same": same, "left": left}[sys.argv[1]](*sys.argv[2:])
