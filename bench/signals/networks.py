#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Networks of models of signals side by side: networks.py [only=words] [first=1000] [seed=0] [threads=2] [networks=words] [OPTION=VALUE ...].

Means of VUS-PR over a set's recordings (recordings.py) of models that differ in the network and in what is hidden from it, and the seconds
that training takes, in all. only= takes sets whose names have one of the words, first= so many recordings of each, evenly taken, networks=
some of the networks below. What else is said goes to `hourglass train`. Needs NumPy. Data: $HG_DATA.
"""
import os
import tempfile
import time

import numpy as np

import command
import recordings
from sets import write

EVERY = {"dense": ["model=signal"], "conv1d": ["model=conv1d"], "dense masked": ["model=signal", "hide=masked"],
         "conv1d masked": ["model=conv1d", "hide=masked"], "unet1d masked": ["model=unet1d", "hide=masked"],
         "dense next": ["model=signal", "hide=next"], "conv1d next": ["model=conv1d", "hide=next"],
         "unet1d next": ["model=unet1d", "hide=next"]}


def measure(folder, start, data, own, more):
    """VUS-PR, seconds of training"""
    began = time.time()
    model = command.train(folder, "networks", start, more, timestamp="none", seed=own["seed"], threads=own["threads"])
    took = time.time() - began
    return command.val(model, data, more, label="label", threads=own["threads"])["vus_pr"], took


def main():
    own, more = command.arguments(__doc__, only="", first=1000, seed=0, threads=2, networks="")
    sets = {}
    for source in recordings.EVERY:
        if not any(w in source.__name__ for w in own["only"].split(",")):
            continue
        try:
            for name, _, *recording in source():
                sets.setdefault(name, []).append(recording)
        except FileNotFoundError as e:
            print(f"{source.__name__}: left out, no {e.filename}")
    chosen = {name: o for name, o in EVERY.items() if not own["networks"] or name in own["networks"].split(",")}
    for name, all_of in sets.items():
        some = all_of[::max(1, -(-len(all_of) // own["first"]))]
        found = {network: [] for network in chosen}
        for learned, judged, label in some:
            with tempfile.TemporaryDirectory() as folder:
                start, data = os.path.join(folder, "start.csv"), os.path.join(folder, "data.csv")
                write(start, learned)
                write(data, judged, label)
                for network, options in chosen.items():
                    found[network].append(measure(folder, start, data, own, more + options))
        print("%s, %d recording%s" % (name, len(some), "s" * (len(some) > 1)))
        for network, x in found.items():
            print("  %-14s %7.3f %7.1f s" % (network, np.mean(x, 0)[0], np.sum(x, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
