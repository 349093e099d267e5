# SPDX-License-Identifier: Apache-2.0
"""What tests share: drawn rows, a table with words, times and gaps, and the command beside us."""
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]


def draw_waves(rows=400, width=12):
    draw = np.random.default_rng(0)
    phase = draw.uniform(0, 6.28, (rows, 1))
    return (0.5 + 0.4 * np.sin(phase + np.arange(width) / 2)).astype(np.float32)


@pytest.fixture(scope="session")
def waves():
    """float32 (400, 12) between 0 and 1."""
    return draw_waves()


@pytest.fixture(scope="session")
def tables(tmp_path_factory):
    """normal.csv and new.csv, which has a fault in every 200th row: readings of pumps."""
    folder = tmp_path_factory.mktemp("tables")
    for name, words in (("normal.csv", ["rows=2000", "seed=1"]), ("new.csv", ["rows=600", "seed=2", "faults=1"])):
        settings = [word for setting in words for word in ("-v", setting)]
        with open(folder / name, "w") as file:
            subprocess.run(["awk", *settings, "-f", ROOT / "tools/readings.awk"], stdout=file, check=True)
    return folder


@pytest.fixture(scope="session")
def table_model(tables):
    import hourglass

    return hourglass.Model.fit(tables / "normal.csv", steps=150)


@pytest.fixture(scope="session")
def command():
    """Runs the command: command("train", data=..., ...)."""
    program = os.environ.get("HOURGLASS") or str(ROOT / "build/hourglass")
    if not os.access(program, os.X_OK):
        pytest.skip(f"{program} is not built")

    def run(job, **options):
        words = [f"{name}={value}" for name, value in options.items()]
        subprocess.run([program, job, "-q", *words], check=True, capture_output=True)

    return run
