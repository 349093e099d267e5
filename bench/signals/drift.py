#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""False alarms of plants that drift: drift.py [rows=1000000] [seed=0] [threads=2] [only=words] [OPTION=VALUE ...].

Drawn plants, from which a model is trained with nothing but window=auto, and which then go on for so many rows while something of them drifts: the
events that come, over those that were asked for, at each of some rates, and the share of the steps that lies in alarms where none is asked for
(fpr=0.01). only= takes plants whose names have one of the words. What else is said goes to `hourglass train`. Needs NumPy.
"""
import os
import tempfile

import numpy as np

import command

SECONDS, MINUTES = 86400, 1440  # steps a day
ASKED = [(2, SECONDS), (8.64, SECONDS), (30, SECONDS), (100, SECONDS), (12, MINUTES)]  # events a day
PLANTS = [  # what drifts, factors are noise or waves, channels, rows of training
    ("nothing", "noise", 4, 20000), ("nothing", "noise", 1, 10000), ("nothing", "waves", 8, 50000),
    ("level", "noise", 4, 20000), ("level", "waves", 1, 20000), ("level", "noise", 8, 10000),
    ("noise", "noise", 4, 20000), ("noise", "noise", 1, 10000), ("noise", "waves", 8, 50000),
    ("walk", "noise", 4, 20000), ("walk", "waves", 4, 10000), ("walk", "noise", 1, 20000),
    ("season", "noise", 4, 20000), ("season", "waves", 8, 20000), ("season", "noise", 1, 20000),
    ("mixing", "noise", 4, 20000), ("mixing", "waves", 8, 20000)]


def autoregressive(random, steps, channels, memory):
    """Of variance 1: x[t] = memory x[t - 1] + noise."""
    length = int(np.log(1e-6) / np.log(memory)) + 1
    noise = random.standard_normal((steps + length, channels)) * np.sqrt(1 - memory * memory)
    size = 1 << int(steps + 2 * length).bit_length()
    kernel = np.fft.rfft(memory ** np.arange(length), size)[:, None]
    return np.fft.irfft(np.fft.rfft(noise, size, axis=0) * kernel, size, axis=0)[length:length + steps]


def mixture(random, factors, channels):
    a = random.standard_normal((factors, channels))
    return a / np.sqrt((a * a).sum(0))


def draw(drifts, factors, channels, trained, rows, seed):
    """(rows of training, rows that drift), each (steps, channels)."""
    random = np.random.default_rng(seed)
    steps, count = trained + rows, max(1, channels // 2)
    t = np.arange(steps)[:, None]
    u = np.maximum(0, (t - trained) / rows)
    if factors == "noise":
        f = autoregressive(random, steps, count, 0.98)
    else:
        period = np.array([50, 37, 61, 29])[None, :count]
        f = np.sqrt(2) * np.sin(2 * np.pi * t / period + random.uniform(0, 6, count)) + 0.3 * autoregressive(random, steps, count, 0.9)
    noise = 0.5 * autoregressive(random, steps, channels, 0.5)
    x = f @ mixture(random, count, channels)
    other = f @ mixture(random, count, channels)
    part = random.choice([-1, 1], channels) * random.uniform(0.5, 1, channels)
    if drifts == "mixing":
        x = x * (1 - 0.5 * u) + 0.5 * u * other
    x += noise * (1 + 0.7 * u * (drifts == "noise"))
    if drifts == "level":  # and gain
        x = x * (1 + 0.3 * u * part) + 0.6 * u * part
    if drifts == "walk":
        x[trained:] += np.cumsum(random.standard_normal((rows, channels)), 0) * 0.6 / np.sqrt(rows)
    if drifts == "season":
        x += 0.4 * np.sin(2 * np.pi * (t - trained) / 1e5) * part * (t >= trained)
    return x[:trained].astype(np.float32), x[trained:].astype(np.float32)


def measure(folder, plant, own, more):
    start, new = os.path.join(folder, "start.npy"), os.path.join(folder, "new.npy")
    for path, x in zip((start, new), draw(*plant, own["rows"], own["seed"])):
        np.save(path, x)
    model = command.train(folder, "drift", start, more, threads=own["threads"])
    found = []
    for events, steps in ASKED:
        got = command.val(model, new, more, threads=own["threads"], alarms="%g/day" % events, rate="%.12g/s" % (steps / 86400))["events"]
        found.append(got / (events / steps * own["rows"]))
    return found, command.val(model, new, more, threads=own["threads"])["alarm_share"]


def main():
    own, more = command.arguments(__doc__, rows=1000000, seed=0, threads=2, only="")
    print("%-28s" % "events over those asked for" + "".join("%9s" % ("%g/day" % e) for e, _ in ASKED) + "   fpr=0.01")
    worst = 0
    for plant in PLANTS:
        name = "%s %s %d %d" % plant
        if not any(word in name for word in own["only"].split(",")):
            continue
        with tempfile.TemporaryDirectory() as folder:
            found, share = measure(folder, plant, own, more)
        worst = max([worst] + [abs(x - 1) for x in found])
        print("%-28s" % name + "".join("%9.2f" % x for x in found) + "   %8.4f" % share, flush=True)
    print("at most %.0f %% off; the last rate is of a step a minute, the others of a step a second" % (100 * worst))


if __name__ == "__main__":
    main()
