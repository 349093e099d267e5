# SPDX-License-Identifier: Apache-2.0
"""Runs the notebooks of examples/notebooks and stores what came of them: python python/notebooks.py [NAME.ipynb ...].

Stored are texts, tables and pictures, so that a site that shows notebooks shows them too; what went to stderr is not.
The picture of the cell with the tag "cover" becomes examples/notebooks/pictures/NAME.png or .jpg.
"""
import base64
import io
import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from PIL import Image

FOLDER = Path(__file__).resolve().parents[1] / "examples/notebooks"
PICTURES = {"image/png": ".png", "image/jpeg": ".jpg"}
CELL_SECONDS = 600
# The processor time of the kernel and of the programs it started.
CLOCK = """
import resource
print(sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))
"""


def names() -> list[str]:
    return sorted(path.name for path in FOLDER.glob("*.ipynb"))


def execute(name: str) -> tuple[Any, float]:
    """The notebook with its outputs, and the processor time it took (s). Raises nbclient's CellExecutionError."""
    notebook = nbformat.read(FOLDER / name, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell(CLOCK))
    place = {"metadata": {"path": str(FOLDER)}}
    client = NotebookClient(notebook, timeout=CELL_SECONDS, kernel_name="python3", record_timing=False, resources=place)
    client.execute()
    clock = notebook.cells.pop()
    return notebook, float(clock.outputs[-1].text)


def smaller(picture: str) -> str:
    """A PNG (base64) of at most 256 colours."""
    image, to = Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB"), io.BytesIO()
    image.quantize(256, dither=Image.Dither.NONE).save(to, "PNG", optimize=True)
    return base64.b64encode(to.getvalue()).decode() + "\n"


def store(name: str, notebook: Any) -> None:
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
        for output in cell.outputs:
            data = output.get("data", {})
            if "image/png" in data:
                data["image/png"] = smaller(data["image/png"])
            for kind in PICTURES.keys() & data.keys():
                data.pop("text/plain", None)
                if "cover" in cell.metadata.get("tags", []):
                    cover = FOLDER / "pictures" / (Path(name).stem + PICTURES[kind])
                    cover.parent.mkdir(exist_ok=True)
                    cover.write_bytes(base64.b64decode(data[kind]))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    nbformat.write(notebook, FOLDER / name)


if __name__ == "__main__":
    for name in sys.argv[1:] or names():
        notebook, seconds = execute(name)
        store(name, notebook)
        print(f"{name}: {seconds:.0f} s of processor time, {(FOLDER / name).stat().st_size / 1024:.0f} KB")
