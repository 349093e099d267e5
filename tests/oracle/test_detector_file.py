# SPDX-License-Identifier: Apache-2.0
"""Scores, p-values and alarms of a table from nothing but the model file, as docs/MODELFILE.md tells it: bytes, JSON, NumPy."""
import csv
import json
import struct
from datetime import datetime, timezone

from common import check, finish, hourglass, path

import numpy as np  # common has said so where it is missing

DRAW = np.random.RandomState(11)


# ---- the file -------------------------------------------------------------------------------------

def read_model(name):
    with open(name, "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        head = json.loads(file.read(size))
        data = file.read()
    types = {"F32": "<f4", "F64": "<f8", "U8": "u1"}
    tensors = {}
    for key, row in head.items():
        if key != "__metadata__":
            first, end = row["data_offsets"]
            tensors[key] = np.frombuffer(data[first:end], types[row["dtype"]]).reshape(row["shape"])
    return json.loads(head["__metadata__"]["hourglass"]), tensors


# ---- cells to numbers -----------------------------------------------------------------------------

def seconds_of(text):
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp()


def encode_number(column, cell):
    v = float(cell) if cell else column["fill"]
    if "unit" in column:
        v = np.sign(v) * np.log1p(abs(v) / column["unit"])
    if column["scaling"] != "quantile":
        v = (v - column["centre"]) / column["scale"]
    else:
        knots, scores = column["knots"], column["scores"]
        if v <= knots[0] or v >= knots[-1]:
            end = 0 if v <= knots[0] else -1
            v = scores[end] + (v - knots[end]) / column["scale"]
        else:
            v = np.interp(v, knots, scores)
    return [min(max(v, -10000), 10000)]


def encode_boolean(column, cell):
    words = {"no": 0, "yes": 1}
    return [column["fill"] if not cell else words[cell] if cell in words else float(cell)]


def encode_category(column, cell):
    levels = column["levels"]
    x = np.zeros(len(levels) + 1)
    if not cell:
        x[0] = "missing" not in column
    else:
        x[levels.index(cell) if cell in levels else len(levels)] = 1
    return list(x)


def encode_time(column, cell):
    x, seconds = [], seconds_of(cell) if cell else 0
    turns = [seconds // 86400 % 7 / 7] * column["week"] + [seconds % 86400 / 86400] * column["clock"]
    for turn in turns:
        x += [np.sin(2 * np.pi * turn), np.cos(2 * np.pi * turn)] if cell else [0, 0]
    return x


def encode_constant(column, cell):
    return [float(bool(cell) and cell != column["levels"][0])]


ENCODE = {"number": encode_number, "boolean": encode_boolean, "category": encode_category, "time": encode_time,
          "constant": encode_constant}


def encode(schema, rows):
    x = np.zeros((len(rows), schema["width"]), "f4")
    for column in schema["columns"]:
        if column["width"] == 0:
            continue
        for r, row in enumerate(rows):
            cell = row[column["name"]]
            value = ENCODE[column["kind"]](column, cell) + ([float(not cell)] if "missing" in column else [])
            x[r, column["first"]:column["first"] + column["width"]] = value
    return x


# ---- the network ----------------------------------------------------------------------------------

def reconstruct(model, tensors, x):
    h = x.astype("f8")
    for side, spec in zip(("encoder", "decoder"), model["spec"].split("|")):
        for i, layer in enumerate(spec.split(",")):
            word = layer.split()[0]
            if word == "dense":
                h = h @ tensors["%s.%d.weight" % (side, i)].T.astype("f8") + tensors["%s.%d.bias" % (side, i)]
            else:
                assert word == "silu", layer
                h = h / (1 + np.exp(-h))
    for column in model["schema"]["columns"]:
        first, flag = column["first"], column["first"] + column["width"] - 1
        if column["width"] and column["kind"] == "category":
            part = slice(first, first + len(column["levels"]) + 1)
            e = np.exp(h[:, part] - h[:, part].max(1, keepdims=True))
            h[:, part] = e / e.sum(1, keepdims=True)
        if column["width"] and "missing" in column:
            h[:, flag] = 1 / (1 + np.exp(-h[:, flag]))
    return h


# ---- the score ------------------------------------------------------------------------------------

def distances(a, b):
    """Squared, (rows of a, rows of b)."""
    return np.array([((row - b) ** 2).sum(1) for row in a])


def residuals(model, tensors, x):
    return (x - reconstruct(model, tensors, x)) * tensors["detector.scale"] * tensors["detector.inverse"]


def spreads_without(reference, near, own):
    """Of the references near each row, as if the row itself was none: (rows, references near it)."""
    to_others = np.sqrt(distances(reference, reference))
    np.fill_diagonal(to_others, np.inf)
    return np.array([[np.sort(np.delete(to_others[j], i))[:5].mean() for j in line] for line, i in zip(near, own)])


def score(model, tensors, x, own=None):
    """own: which reference each row is, so that nothing knows of it."""
    reference, scale = tensors["detector.reference"], tensors["detector.scale"]
    spread = tensors["detector.spread"].astype("f8")
    to_rows = distances((x * scale).astype("f8"), (reference * scale).astype("f8"))
    if own is not None:
        to_rows[np.arange(len(x)), own] = np.inf
    near = np.argsort(to_rows, axis=1, kind="stable")[:, :min(5, len(reference))]
    around = spread[near] if own is None else spreads_without((reference * scale).astype("f8"), near, own)
    a = to_rows.min(1) / (1 + (around.mean(1) / spread.mean() if spread.mean() > 0 else 0))
    r = residuals(model, tensors, x)
    to_residuals = distances(r, residuals(model, tensors, reference))
    if own is not None:
        to_residuals[np.arange(len(x)), own] = np.inf
    b = to_residuals.min(1)
    c = (r ** 2).sum(1)
    unit, weight = tensors["detector.unit"], tensors["detector.weight"]
    return (np.stack([a, b, c], 1) / unit * weight).sum(1) / weight.sum()


# ---- p-values -------------------------------------------------------------------------------------

def calibrations(model, tensors):
    """Of all rows, under None, and of each group."""
    names = [None]
    if "detector.calibration.group" in tensors:
        names += tensors["detector.calibration.group"].tobytes().decode().split("\0")[:-1]
    found, at = {}, 0
    for name, tail in zip(names, tensors["detector.calibration.tail"]):
        found[name] = tensors["detector.calibration.score"][at:at + int(tail[0])], tail
        at += int(tail[0])
    check("every held-out score belongs to a calibration", at == tensors["detector.calibration.score"].size)
    return found


def p_value(s, held, tail):
    count, start, shape, scale, rate, peaks = tail
    above = (held >= s).sum()
    p = (1 + above) / (1 + count)
    if above or peaks == 0:
        return p
    y = (s - start) / scale
    return min(p, rate * ((1 + shape * y) ** (-1 / shape) if shape > 0 else np.exp(-y)))


def threshold(held, tail, fpr):
    k = int(np.floor(fpr * (len(held) + 1) * (1 + 1e-15)))
    if k >= 1:
        return held[len(held) - k]
    _, start, shape, scale, rate, peaks = tail
    if peaks == 0 or fpr >= rate:
        return held[-1]
    decay = np.log(rate / fpr)
    return max(held[-1], start + scale * ((np.exp(shape * decay) - 1) / shape if shape > 0 else decay))


# ---- a table of every kind of column --------------------------------------------------------------

HEAD = "id,when,kind,size,rank,level,flag,word,fixed,line".split(",")


def table(name, count, odd):
    rows = []
    for i in range(count):
        s, kind = DRAW.rand(), ["low", "high", "middle"][DRAW.choice(3, p=[.5, .4, .1])]
        gap = lambda text: "" if DRAW.rand() < 0.05 else text
        when = "2024-%02d-%02d %02d:%02d" % (1 + DRAW.randint(3), 1 + DRAW.randint(28), 24 * s, DRAW.randint(60))
        rows.append(["n%d" % DRAW.randint(10**9), when, gap(kind), "%.4f" % np.exp(12 * s * DRAW.rand()),
                     "%.3f" % (s ** 3), gap("%.4f" % (3 * s + (kind == "high"))), str(int(s > 0.5)),
                     gap("yes" if s > 0.3 else "no"), "one", "ab"[DRAW.rand() < 0.2]])
        if odd and i % 10 == 0:
            rows[-1][2:6] = ["never seen", "1e9", "-2", "40"]
            rows[-1][8] = "two"
        if odd and i % 10 == 5:
            rows[-1][1] = rows[-1][3] = rows[-1][6] = ""
    with open(path(name), "w", newline="") as out:
        csv.writer(out).writerows([HEAD] + rows)
    return [dict(zip(HEAD, row)) for row in rows]


def compare(what, model_path, name, rows, asked):
    model, tensors = read_model(model_path)
    kinds = {column["kind"] for column in model["schema"]["columns"]} | {column.get("scaling") for column in model["schema"]["columns"]}
    check(what + ": every kind of column", kinds > set(ENCODE) | {"id", "standard", "quantile"})
    own = score(model, tensors, encode(model["schema"], rows))
    hourglass("predict", "-q", model=model_path, data=path(name), out=path("scores.csv"), on_bad="score_missing")
    with open(path("scores.csv")) as file:
        theirs = list(csv.DictReader(file))
    given = np.array([float(row["score"]) for row in theirs])
    off = np.abs(own / given - 1)
    check(what + ": scores", len(own) == len(given) and off.max() < 1e-4, "off by %.2g at most" % off.max())
    check(what + ": fpr", model["detector"]["fpr"] == asked)
    held, group = calibrations(model, tensors), model["detector"].get("groupby")
    wrong, bad, alarms = 0, 0, 0
    for row, line in zip(rows, theirs):
        scores, tail = held.get(row.get(group), held[None])
        if asked * (len(scores) + 1) < 1:
            scores, tail = held[None]
        s = np.float32(line["score"])
        bad += abs(p_value(s, scores, tail) / float(line["p_value"]) - 1) > 1e-6
        alarms += int(line["alarm"])
        wrong += int(line["alarm"]) != (s > threshold(scores, tail, asked))
    check(what + ": p-values and alarms", bad == 0 and wrong == 0 and alarms > 0, "%d alarms of %d rows" % (alarms, len(rows)))


table("train.csv", 1500, False)
table("more.csv", 1500, False)
fresh = table("fresh.csv", 200, True)
columns = "size log, rank quantile"
hourglass("train", "-q", data=path("train.csv"), columns=columns, steps=300, project=path("runs"), name="plain")

model, tensors = read_model(path("runs/plain/weights/best.safetensors"))
references, held = tensors["detector.reference"], calibrations(model, tensors)[None][0]
check("all rows are references", len(references) == 1500 and len(held) == 150)
own = np.arange(1350, 1500) # held-out rows come last
off = np.abs(np.sort(score(model, tensors, references[own], own)) / held - 1)
check("held-out rows are scored as if they were no references", off.max() < 1e-4, "off by %.2g at most" % off.max())

compare("one threshold", path("runs/plain/weights/best.safetensors"), "fresh.csv", fresh, 0.01)
hourglass("train", "-q", data=path("train.csv"), columns=columns, steps=300, project=path("runs"), name="groups",
          groupby="line", fpr=0.02)
compare("a threshold a group", path("runs/groups/weights/best.safetensors"), "fresh.csv", fresh, 0.02)
hourglass("calibrate", model=path("runs/plain/weights/best.safetensors"), data=path("more.csv"), fpr=0.0001)
compare("extrapolated", path("runs/plain/weights/best.safetensors"), "fresh.csv", fresh, 0.0001)
finish()
