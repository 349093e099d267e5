# SPDX-License-Identifier: Apache-2.0
# A picture of 192 x 160 grey pixels to try things with, as PGM: awk -v seed=1 [-v noise=25] -f tools/scene.awk >scene.pgm
#
# Discs, boxes and stripes before a slope, others with every seed; the same picture with noise of so many grey levels where
# that is asked for. The same bytes from every awk: it draws its own random numbers.
function draw() { x = x * 16807 % 2147483647; return x / 2147483647 }
function normal() { return draw() + draw() + draw() + draw() + draw() + draw() + draw() + draw() + draw() + draw() + draw() + draw() - 6 }
BEGIN {
    width = 192; height = 160; shapes = 14
    x = 1000 * seed + 1
    for (k = 0; k < 10; k++) draw()
    for (k = 0; k < shapes; k++) {
        kind[k] = int(3 * draw()); left[k] = width * draw(); top[k] = height * draw()
        size[k] = 8 + 30 * draw(); grey[k] = 30 + 200 * draw(); step[k] = 2 + int(5 * draw())
    }
    print "P2\n" width, height, 255
    for (i = 0; i < height; i++) for (j = 0; j < width; j++) {
        v = 60 + 0.4 * i + 0.3 * j
        for (k = 0; k < shapes; k++) {
            a = j - left[k]; b = i - top[k]
            if (kind[k] == 0 ? a * a + b * b < size[k] * size[k] : a > 0 && a < size[k] && b > 0 && b < 1.5 * size[k])
                v = kind[k] == 2 && int((a + b) / step[k]) % 2 ? 255 - grey[k] : grey[k]
        }
        if (noise) v += noise * normal()
        v = int(v + 0.5)
        print (v < 0 ? 0 : v > 255 ? 255 : v)
    }
}
