# SPDX-License-Identifier: Apache-2.0
"""What TensorBoard and MLflow make of a run's logs: fails with an AssertionError where that is not what the run had.

    read_logs.py board FOLDER EPOCHS STEPS       a run that ended
    read_logs.py killed FOLDER                   one that was killed
    read_logs.py resumed FOLDER EPOCHS           one that was gone on with, which EPOCHS had been logged of before
    read_logs.py mlflow ADDRESS FOLDER-OF-THE-SERVER FOLDER EXPERIMENT STATUS EPOCHS
"""
import csv
import json
import os
import sys
import urllib.parse
import urllib.request


def results(folder):
    with open(os.path.join(folder, "results.csv"), newline="") as f:
        return list(csv.DictReader(f))


def read(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    events = EventAccumulator(folder, size_guidance={"scalars": 0})
    events.Reload()
    return events


def same(scalars, rows, column):
    for scalar, row in zip(scalars, rows):
        assert abs(scalar.value - float(row[column])) <= 1e-6 * abs(scalar.value), (column, scalar, row)


def board(folder, epochs, steps):
    events, rows = read(folder), results(folder)
    for tag in ("train/loss", "val/loss", "lr"):
        scalars = events.Scalars(tag)
        assert len(scalars) == int(epochs) == len(rows), (tag, scalars)
        assert [s.step for s in scalars] == [int(steps) * (i + 1) for i in range(len(rows))], scalars
        same(scalars, rows, tag)
    assert all(s.value > 0 for s in events.Scalars("rows/s"))
    assert abs(events.Scalars("val/mse")[0].value - json.load(open(f"{folder}/metrics.json"))["mse"]) < 1e-6
    image = events.Images("samples")[0]
    assert image.encoded_image_string == open(f"{folder}/samples.png", "rb").read()
    assert image.encoded_image_string[16:24] == image.width.to_bytes(4, "big") + image.height.to_bytes(4, "big")
    text = events.Tensors("hyperparameters")[0].tensor_proto.string_val[0].decode()
    assert "| epochs | 3 |" in text and "| hourglass.command | hourglass train data=rows.csv" in text, text
    assert events.SummaryMetadata("hyperparameters").plugin_data.plugin_name == "text"


def killed(folder):
    scalars, rows = read(folder).Scalars("train/loss"), results(folder)
    assert len(scalars) in (len(rows) - 1, len(rows), len(rows) + 1), (len(scalars), len(rows))
    same(scalars, rows, "train/loss")


def resumed(folder, epochs):
    scalars, rows = read(folder).Scalars("train/loss"), results(folder)
    steps = [s.step for s in scalars]
    assert steps == sorted(set(steps)), steps
    assert len(steps) == len(rows), (len(steps), len(rows), epochs)
    same(scalars, rows, "train/loss")


def ask(server, way, **fields):
    request = urllib.request.Request(f"{server}/api/2.0/mlflow/{way}", json.dumps(fields).encode() or None,
                                     {"Content-Type": "application/json"})
    if way.endswith("get-history") or way.endswith("get-by-name"):
        request = f"{server}/api/2.0/mlflow/{way}?{urllib.parse.urlencode(fields)}"
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


class Logged:
    """A value at a step."""

    def __init__(self, metric):
        self.value, self.step = metric["value"], int(metric["step"])


def mlflow(server, files, folder, name, status, epochs):
    experiment = ask(server, "experiments/get-by-name", experiment_name=name)["experiment"]["experiment_id"]
    runs = ask(server, "runs/search", experiment_ids=[experiment])["runs"]
    assert len(runs) == 1, runs
    info, rows = runs[0]["info"], results(folder)
    data = {kind: {x["key"]: x["value"] for x in runs[0]["data"][kind]} for kind in ("params", "tags", "metrics")}
    assert info["status"] == status and info["run_name"] == os.path.basename(folder) and info["end_time"], info
    history = ask(server, "metrics/get-history", run_id=info["run_id"], metric_key="train/loss")["metrics"]
    assert len(history) == int(epochs) == len(rows), history
    same([Logged(metric) for metric in history], rows, "train/loss")
    assert data["params"]["batch"] == "100" and data["params"]["data"] == "rows.csv", data
    assert data["tags"]["hourglass.command"].startswith("hourglass train data=rows.csv"), data
    assert data["metrics"]["val/mse"] > 0 and "s3same" not in str(runs), data
    artifacts = os.path.join(files, "files", experiment, info["run_id"], "artifacts")
    for own in ("weights/best.safetensors", "samples.png", "results.csv"):
        with open(os.path.join(artifacts, own), "rb") as there, open(os.path.join(folder, own), "rb") as here:
            assert there.read() == here.read(), own


globals()[sys.argv[1]](*sys.argv[2:])
