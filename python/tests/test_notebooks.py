# SPDX-License-Identifier: Apache-2.0
"""The notebooks of examples/notebooks run, with the assertions of their cells; what is stored is for readers."""
import importlib.util
import json
import os
import re
from pathlib import Path

import pytest
from conftest import ROOT

NEEDED = ("nbclient", "nbformat", "ipykernel", "matplotlib", "pandas", "skimage", "sklearn", "PIL")
DRAWER = ROOT / "build/gcc/draw_parts"
FASHION = Path("/usr/share/datasets/fashion-mnist")
FOLDER = ROOT / "examples/notebooks"
NAMES = sorted(path.name for path in FOLDER.glob("*.ipynb"))
PROCESSOR_SECONDS = 120  # a minute on two cores; none takes a third of it
# "/" at the beginning of a word and once more within it; no URL's, no closing tag's.
ABSOLUTE_PATH = re.compile(r"(?<![\w.:/<-])/(?:[\w.-]+/)+")


def cells(name):
    return json.loads((FOLDER / name).read_text())["cells"]


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_runs_within_a_minute_on_two_cores(name):
    for module in NEEDED + (("torch",) if "pytorch" in name else ()):
        pytest.importorskip(module, reason=f"the notebooks need {module}")
    source = "".join("".join(cell["source"]) for cell in cells(name))
    if "fashion-mnist" in source and not FASHION.is_dir():
        pytest.skip("no Fashion-MNIST: apt install dataset-fashion-mnist")
    if "draw_parts" in source and not os.access(DRAWER, os.X_OK):
        pytest.skip("build/gcc/draw_parts is not built")
    spec = importlib.util.spec_from_file_location("notebooks", ROOT / "python/notebooks.py")
    notebooks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(notebooks)
    _, seconds = notebooks.execute(name)
    assert seconds < PROCESSOR_SECONDS


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_stored_with_what_came_of_it_and_no_path_of_a_machine(name):
    outputs = [output for cell in cells(name) for output in cell.get("outputs", [])]
    kinds = {kind for output in outputs for kind in output.get("data", {})}
    assert kinds & {"image/png", "image/jpeg"} and "text/markdown" in kinds, "make notebooks stores them"
    assert not [output for output in outputs if output["output_type"] == "error"]
    pictures = {"image/png", "image/jpeg"}
    shown = json.dumps([output for output in outputs if not pictures & output.get("data", {}).keys()])
    assert not ABSOLUTE_PATH.findall(shown)
    assert (FOLDER / name).stat().st_size < 400 << 10


def test_every_notebook_and_its_picture_are_listed():
    listed = (ROOT / "examples/README.md").read_text()
    for name in NAMES:
        picture = next((FOLDER / "pictures").glob(Path(name).stem + ".*")).name
        assert f"notebooks/{name}" in listed and f"notebooks/pictures/{picture}" in listed
