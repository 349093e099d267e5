#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a frame costs from Python beside what the command takes for it, in one run: speed.py [WIDTH HEIGHT [ROUNDS]]

The command's time is `hourglass denoise` of a folder with a few PNG pictures of the frame, less that of a folder with one: loading does
not count, reading and writing PNG does. No two frames are alike: one that equals the frame before it costs next to nothing. The call alone
is what examples/denoise_frame.c makes of a stream of the frame, the longer less the shorter. One thread each; processor time, the best of rounds that take turns. Needs build/hourglass and build/gcc/examples.
"""
import os
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np

import hourglass

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
MODEL = os.path.join(ROOT, "models/denoise.safetensors")
FEW = 5


def children(command, **streams):
    """Processor time of a program, s."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **streams)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def by_command(folder, count):
    return children([os.path.join(ROOT, "build/hourglass"), "denoise", "model=" + MODEL, f"source={folder}/{count}",
                     f"out={folder}/out{count}", "threads=1"])


def by_example(folder, count):
    with open(f"{folder}/{count}.ppm", "rb") as stream:
        one_core = ["taskset", "-c", str(min(os.sched_getaffinity(0)))]
        return children([*one_core, os.path.join(ROOT, "build/gcc/examples/denoise_frame"), MODEL], stdin=stream)


def by_python(denoiser, frames, scratch):
    started = time.process_time()
    for frame in frames[1:]:
        np.copyto(scratch, frame)
        denoiser.denoise(scratch, out=scratch)
    return (time.process_time() - started) / (FEW - 1)


def write(folder, frames):
    from PIL import Image
    rgb = np.ascontiguousarray(frames[..., ::-1])
    for count in (1, FEW):
        os.makedirs(f"{folder}/{count}")
        with open(f"{folder}/{count}.ppm", "wb") as file:
            for k in range(count):
                Image.fromarray(rgb[k]).save(f"{folder}/{count}/{k}.png")
                file.write(b"P6\n%d %d\n255\n" % (rgb.shape[2], rgb.shape[1]) + rgb[k].tobytes())


def main(width="640", height="640", rounds="7"):
    y, x = np.mgrid[:int(height), :int(width)]
    clean = 128 + 60 * np.sin(x / 17)[..., None] + 50 * np.cos(y / 23)[..., None] * [0.5, 1, -1]
    noise = np.random.default_rng(0).normal(0, 15, (FEW, *clean.shape))
    frames = np.clip(clean + noise, 0, 255).astype(np.uint8)
    denoiser, scratch = hourglass.FrameDenoiser(MODEL, threads=1), frames[0].copy()
    denoiser.denoise(scratch, out=scratch)
    best = {}
    with tempfile.TemporaryDirectory() as folder:
        write(folder, frames)
        for _ in range(int(rounds)):
            for name, seconds in (("command 1", by_command(folder, 1)), ("command", by_command(folder, FEW)),
                                  ("example 1", by_example(folder, 1)), ("example", by_example(folder, FEW)),
                                  ("Python", by_python(denoiser, frames, scratch))):
                best[name] = min(best.get(name, seconds), seconds)
    command, example = ((best[n] - best[n + " 1"]) / (FEW - 1) for n in ("command", "example"))
    print(f"{width} x {height}, BGR of 8 bits, one thread, ms of processor time a frame:")
    print(f"command {1e3 * command:.1f}   the call from C {1e3 * example:.1f}   Python {1e3 * best['Python']:.1f}")
    print(f"Python / command {best['Python'] / command:.3f}   Python / call from C {best['Python'] / example:.3f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
