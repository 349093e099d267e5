# SPDX-License-Identifier: Apache-2.0
"""Says of rows what is unusual, as they come: python watch_rows.py runs/train <new.csv

The model is of `hourglass train data=normal.csv`; the first row that comes has the columns' names.
A line for each alarm: the row's number from 1, its score, how often a normal row scores as high, and what was seen and
expected in the column that says most about it.
"""
import csv
import sys

import hourglass


def main(path):
    model = hourglass.Model.load(path)
    seen = []

    def rows():
        for row in csv.DictReader(sys.stdin):
            seen.append(row)
            yield row

    for number, verdict in enumerate(model.watch(rows()), start=1):
        row = seen.pop()
        if verdict.alarm:
            told = f"{verdict.reason} is {row[verdict.reason]}, not {verdict.expected}" if verdict.reason else ""
            print(f"{number},{verdict.score:.6g},{verdict.p_value:.3g},{told}", flush=True)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (TypeError, hourglass.HourglassError) as error:
        sys.exit(f"watch_rows: {error}")
