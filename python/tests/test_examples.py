# SPDX-License-Identifier: Apache-2.0
"""The programs of examples/python do what their first lines say; each has fewer than 40 lines."""
import subprocess
import sys

import numpy as np
from conftest import ROOT

import hourglass

FOLDER = ROOT / "examples/python"


def run(name, *words, given=b""):
    return subprocess.run([sys.executable, FOLDER / name, *map(str, words)], input=given, capture_output=True)


def test_all_are_short_listed_and_run_by_this_test():
    for path in FOLDER.glob("*.py"):
        assert len(path.read_text().splitlines()) < 40
        assert f'run("{path.name}"' in (ROOT / "python/tests/test_examples.py").read_text()
        assert f"python/{path.name}" in (ROOT / "examples/README.md").read_text()


def test_watch_rows_tells_of_the_alarms_that_predict_has(tables, table_model, tmp_path):
    table_model.save(tmp_path / "pumps.safetensors")
    done = run("watch_rows.py", tmp_path / "pumps.safetensors", given=(tables / "new.csv").read_bytes())
    assert done.returncode == 0, done.stderr
    numbers = [int(line.split(",")[0]) for line in done.stdout.decode().splitlines()]
    assert numbers == list(1 + np.flatnonzero(table_model.predict(tables / "new.csv").alarms))
    assert b" is " in done.stdout and b", not " in done.stdout
    assert b"cannot open" in run("watch_rows.py", tmp_path / "none").stderr


def test_clean_frames_gives_the_frames_that_a_model_cleans():
    frames = np.random.default_rng(0).integers(0, 256, (3, 20, 24, 3), np.uint8)
    done = run("clean_frames.py", 24, 20, given=frames.tobytes())
    assert done.returncode == 0, done.stderr
    cleaned = np.frombuffer(done.stdout, np.uint8).reshape(frames.shape)
    assert np.array_equal(cleaned, hourglass.Model.load("denoise").denoise(frames, layout="bgr"))
    assert b"the last has 7" in run("clean_frames.py", 24, 20, given=frames.tobytes() + b"1234567").stderr
