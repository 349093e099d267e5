# SPDX-License-Identifier: Apache-2.0
"""What the scripts beside this one share: the command, its models, sheets and figures."""
import csv
import json
import os
import subprocess
import sys

HOURGLASS = os.environ.get("HOURGLASS", os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../build/hourglass")))
DATA = os.environ.get("HG_DATA", "../shared/data")
READING = ("timestamp", "fpr", "alarms", "rate")  # options of training that are said again to judge


def arguments(doc, **own):
    """Of name=value: the script's own, as numbers where they have one, and what is left, which `hourglass train` gets."""
    rest = []
    for word in sys.argv[1:]:
        name, is_option, value = word.partition("=")
        if not is_option:
            sys.exit(doc)
        if name in own:
            own[name] = type(own[name])(value)
        else:
            rest.append(word)
    return own, rest


def run(job, options):
    """What the command prints; options[0]: words as they are."""
    words = [HOURGLASS, job] + [f"{k}={v}" for k, v in options.items() if k != 0] + options.get(0, [])
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(words)}: {done.returncode}\n{done.stderr}")
    return done.stdout


def train(folder, name, data, more, **options):
    """The path of a model that is trained with window=auto, what `more` (words) says beside it."""
    run("train", {"data": data, "window": "auto", "project": folder, "name": name, "exist_ok": "true", "report": "false",
                  "progress": "none", **options, 0: more})
    return os.path.join(folder, name, "weights/best.safetensors")


def again(more):
    return [word for word in more if word.split("=")[0] in READING]


def predict(model, data, out, more, **options):
    """The columns of the sheet, as lists of text."""
    run("predict", {"model": model, "data": data, "out": out, "top": "0", "progress": "none", **options, 0: again(more)})
    with open(out, newline="") as f:
        rows = list(csv.reader(f))
    return {name: [row[k] for row in rows[1:]] for k, name in enumerate(rows[0])}


def val(model, data, more, **options):
    """The figures, by name."""
    found = json.loads(run("val", {"model": model, "data": data, "progress": "none", **options, 0: again(more) + ["--json"]}))
    return {k: v["value"] if isinstance(v, dict) else v for k, v in found.items()}


def head(source, target, rows):
    """The first rows of a table, under its names."""
    with open(source) as f, open(target, "w") as to:
        to.writelines(line for _, line in zip(range(1 + rows), f))
