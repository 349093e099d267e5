# SPDX-License-Identifier: Apache-2.0
"""The lines of docs/BEFORE_YOLO.md as they stand, in a process of their own: Ultralytics is AGPL-3.0, and nothing here
imports it.

Its environment, kept in build/before-yolo, has Debian's PyTorch and torchvision and, from PyPI, Ultralytics and what
that imports. HOURGLASS_YOLO_PYTHON names a Python that has all of it already.
"""
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import hourglass

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build/before-yolo"
NEEDED = ["ultralytics", "ultralytics-platform", "ultralytics-thop", "opencv-python-headless<4.11", "polars",
          "polars-runtime-32", "psutil", "cffi>=1.16"]

# A model of its description with random weights under the name the page has, and a short film of noise.
PREPARE = """
import cv2, numpy
from ultralytics import YOLO
YOLO("yolo11n.yaml").save("yolo11n.pt")
film = cv2.VideoWriter("night.mp4", cv2.VideoWriter_fourcc(*"mp4v"), 10, (96, 64))
for k in range(3):
    film.write(numpy.random.default_rng(k).integers(0, 255, (64, 96, 3)).astype("uint8"))
film.release()
"""
# Behind the second example: what was predicted is what the callback put into the batch.
PROOF = """
import cv2
import numpy
_, first = cv2.VideoCapture("night.mp4").read()
plain = YOLO("yolo11n.pt")
def raw(model, source):
    seen = []
    model.add_callback("on_predict_postprocess_end", lambda p: seen.append(p.results[0]))
    return model.predict(source, conf=0, imgsz=96, verbose=False)[0]
hooked, noisy, cleaned = raw(detector, first), raw(plain, first), raw(plain, clean(first))
assert numpy.array_equal(hooked.orig_img, clean(first))
assert hooked.boxes.data.equal(cleaned.boxes.data), "the callback's batch is not what was predicted"
assert not hooked.boxes.data.equal(noisy.boxes.data)
print("as told")
"""


def run(python, code, folder):
    environment = {**os.environ, "YOLO_CONFIG_DIR": str(folder), "YOLO_AUTOINSTALL": "false", "YOLO_OFFLINE": "true",
                   "HG_MODELS": str(ROOT / "models"), "OMP_NUM_THREADS": "1"}
    command = [str(python), "-c", code]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def works(python):
    command = [str(python), "-c", "import cv2, cffi, torch, ultralytics"]
    return subprocess.run(command, capture_output=True).returncode == 0


@pytest.fixture(scope="module")
def python():
    """A Python with Ultralytics."""
    given = os.environ.get("HOURGLASS_YOLO_PYTHON")
    if given:
        return given
    inside = FOLDER / "bin/python"
    if not inside.exists() or not works(inside):
        base = "/usr/bin/python3"
        if subprocess.run([base, "-c", "import torch, torchvision"], capture_output=True).returncode:
            pytest.skip("Ultralytics needs PyTorch and torchvision, which /usr/bin/python3 has not")
        subprocess.run([base, "-m", "venv", "--system-site-packages", FOLDER], capture_output=True)
        subprocess.run([inside, "-m", "pip", "install", "-q", "--no-deps", *NEEDED], capture_output=True, timeout=300)
        if not works(inside):
            pytest.skip("Ultralytics could not be installed here: no network, or a package it needs is not to be had")
    return inside


@pytest.fixture(scope="module")
def folder(python, tmp_path_factory):
    """Where yolo11n.pt, night.mp4 and the package that is tested lie, and nothing else of this Python's."""
    made = tmp_path_factory.mktemp("yolo")
    (made / "hourglass").symlink_to(Path(hourglass.__file__).parent)
    run(python, PREPARE, made)
    return made


def recipes():
    page = (ROOT / "docs/BEFORE_YOLO.md").read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", page, flags=re.S)


def test_nothing_of_ours_imports_ultralytics():
    assert "ultralytics" not in sys.modules
    sources = [p for folder in ("python/src", "bench", "tools") for p in (ROOT / folder).rglob("*.py")]
    imports = re.compile(r"^\s*(import|from) ultralytics", re.M)
    assert sources and not [p for p in sources if imports.search(p.read_text("utf-8"))]


def test_cleaned_frames_as_source_run_as_the_page_has_them(python, folder):
    assert len([line for line in recipes()[0].splitlines() if line]) <= 12
    counted = recipes()[0] + "\nprint('ended', camera.get(cv2.CAP_PROP_POS_FRAMES))"
    assert "ended 3.0" in run(python, counted, folder)


def test_the_callback_s_batch_is_what_is_predicted(python, folder):
    told = run(python, recipes()[1] + PROOF, folder).split("\n")
    assert told[0].isdigit() and "as told" in told
