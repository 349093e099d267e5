# SPDX-License-Identifier: Apache-2.0
"""The CSV files that jobs write, read into arrays."""
import csv
from pathlib import Path

import numpy as np

from ._verdicts import Verdicts


def _column(cells: tuple[str, ...]) -> np.ndarray:
    """float64 with NaN for empty cells where all others are numbers; else texts."""
    try:
        return np.array([float(cell) if cell else np.nan for cell in cells])
    except ValueError:
        return np.array(cells)


def read_sheet(path: Path) -> tuple[dict[str, np.ndarray], int]:
    """The columns of a CSV file with a row of names, and how many rows there are."""
    with open(path, newline="", encoding="utf-8") as file:
        names, *rows = csv.reader(file)
    columns = list(zip(*rows)) if rows else [()] * len(names)
    return {name: _column(tuple(cells)) for name, cells in zip(names, columns)}, len(rows)


def read_verdicts(path: Path) -> Verdicts:
    """The sheet that `predict` writes, of rows, pictures or packets."""
    sheet, count = read_sheet(path)
    for name, column in {"share": "share_1", "expected": "expected_1", "reason": "column_1"}.items():
        if column in sheet:
            sheet[name] = sheet[column]
    if "reasons" in sheet:  # of packets: a sentence
        sheet["reason"] = sheet["reasons"]
    for name in {"reason", "expected"} & sheet.keys():  # what has no texts was taken for numbers
        texts = sheet[name].astype(str)
        sheet[name] = np.where(texts == "nan", "", texts)
    return Verdicts(sheet, count)
