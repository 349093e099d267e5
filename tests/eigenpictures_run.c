// SPDX-License-Identifier: Apache-2.0
// eigenpictures_run.c - principal components of whole pictures, for comparison with scikit-learn:
//
//   eigenpictures_run PICTURES HEIGHT WIDTH MOST SHARE < IN > OUT
//
// IN, as floats: pictures (n, H, W), and one more that they are to rebuild. OUT likewise: the mean (H, W), the axes (k, H, W), and what
// they leave over of that one.
#include <stdio.h>
#include <stdlib.h>

#include "inspect/eigenpictures.h"

// All of them, one below the other.
static int read_one(const void *context, int32_t i, hg__raster *r, hg_error *err) {
    const hg__raster *all = context;
    HG_TRY(hg__raster_init(r, all->height, all->width, 1, err));
    const size_t n = hg__raster_count(r);
    for (size_t j = 0; j < n; j++) r->at[j] = all->at[(size_t)i * n + j];
    return HG_OK;
}

static void put(const float *x, size_t count) {
    fwrite(x, sizeof *x, count, stdout);
}

static int run(const hg__raster *all, int32_t pictures, int32_t most, double share, hg_error *err) {
    const hg__raster_source good = {"pictures", all, pictures, read_one};
    hg__eigenpictures e = {0};
    hg__raster last = {0};
    int code = hg__eigenpictures_fit(&e, &good, most, share, err);
    if (code == HG_OK) code = read_one(all, pictures, &last, err);
    if (code == HG_OK) {
        const size_t pixels = hg__raster_count(&last);
        hg__eigenpictures_leave(&e, &last);
        put(e.mean, pixels);
        put(e.axis, (size_t)e.axes * pixels);
        put(last.at, pixels);
    }
    hg__raster_clear(&last);
    hg__eigenpictures_clear(&e);
    return code;
}

int main(int count, char **word) {
    hg_error err = {.message = "expected PICTURES HEIGHT WIDTH MOST SHARE and whole pictures"};
    if (count != 6) return 2;
    const int32_t pictures = (int32_t)strtol(word[1], NULL, 10);
    hg__raster all = {(int32_t)strtol(word[2], NULL, 10), (int32_t)strtol(word[3], NULL, 10), 1,
                      NULL};
    const size_t n = ((size_t)pictures + 1) * (size_t)all.height * (size_t)all.width;
    all.at = calloc(n, sizeof *all.at);
    int code = all.at && fread(all.at, sizeof *all.at, n, stdin) == n ? HG_OK : HG_ERR_DATA;
    if (code == HG_OK) {
        code = run(&all, pictures, (int32_t)strtol(word[4], NULL, 10), strtod(word[5], NULL), &err);
    }
    free(all.at);
    if (code < 0) fprintf(stderr, "eigenpictures_run: %s\n", err.message);
    return code < 0;
}
