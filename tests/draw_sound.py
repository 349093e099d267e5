# SPDX-License-Identifier: Apache-2.0
# Draws a clip: a tone with noise, and a click where one is asked for: draw_sound.py OUT.wav SEED [SECOND]
import array
import math
import random
import sys
import wave

RATE, SECONDS = 8000, 6
draws = random.Random(int(sys.argv[2]))
click = float(sys.argv[3]) if len(sys.argv) > 3 else -1
samples = array.array("h")
for i in range(RATE * SECONDS):
    x = 0.3 * math.sin(2 * math.pi * 440 * i / RATE) + 0.01 * draws.gauss(0, 1)
    if 0 <= i / RATE - click < 0.2:
        x += 0.3 * draws.uniform(-1, 1)
    samples.append(int(32767 * x))
if sys.byteorder == "big":
    samples.byteswap()
with wave.open(sys.argv[1], "wb") as clip:
    clip.setnchannels(1)
    clip.setsampwidth(2)
    clip.setframerate(RATE)
    clip.writeframes(samples.tobytes())
