// SPDX-License-Identifier: Apache-2.0
// resize_run.c - rasters of another size, for comparison with Pillow:
//
//   resize_run HEIGHT WIDTH CHANNELS TO_HEIGHT TO_WIDTH < IN > OUT      floats, (height, width, channels)
#include <stdio.h>
#include <stdlib.h>

#include "parts/resize.h"

static int32_t number(const char *text) {
    const long n = strtol(text, NULL, 10);
    return n < 1 || n > 10000 ? 1 : (int32_t)n;
}

int main(int argc, char **argv) {
    hg_error err = {0};
    hg__raster from = {0}, to = {0};
    if (argc != 6) return 2;
    int bad = hg__raster_init(&from, number(argv[1]), number(argv[2]), number(argv[3]), &err) < 0;
    if (!bad) {
        const size_t n = hg__raster_count(&from);
        bad = fread(from.at, sizeof(float), n, stdin) != n ||
              hg__raster_resize(&to, &from, number(argv[4]), number(argv[5]), &err) < 0;
    }
    if (!bad) {
        const size_t n = hg__raster_count(&to);
        bad = fwrite(to.at, sizeof(float), n, stdout) != n;
    }
    hg__raster_clear(&from);
    hg__raster_clear(&to);
    return bad;
}
