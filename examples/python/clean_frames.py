# SPDX-License-Identifier: Apache-2.0
"""Takes noise off raw frames between two programs:
    ffmpeg ... -f rawvideo -pix_fmt bgr24 - | python clean_frames.py 640 480 | ffmpeg ...

Frames of width × height pixels of three bytes, blue first, from standard input to standard output, with the model that
ships or a third argument's. One frame is in memory, and is cleaned where it lies.
"""
import sys

import numpy as np

import hourglass


def main(width, height, model="denoise"):
    cleaner = hourglass.FrameDenoiser(hourglass.Model.load(model), layout="bgr")
    frame = np.empty((int(height), int(width), 3), np.uint8)
    while (got := sys.stdin.buffer.readinto(frame.data.cast("B"))) == frame.size:
        cleaner.denoise(frame, out=frame)
        sys.stdout.buffer.write(frame.data)
    if got:
        sys.exit(f"clean_frames: expected frames of {frame.size} bytes, the last has {got}")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (TypeError, ValueError, hourglass.HourglassError) as error:
        sys.exit(f"clean_frames: {error}")
