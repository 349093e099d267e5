// SPDX-License-Identifier: Apache-2.0
// part_baseline_pca.c - whole pictures, grey and small, and what their principal components leave over: squared, pixel by pixel.
#include "base/mem.h"
#include "inspect/eigenpictures.h"
#include "inspect/part_baseline.h"
#include "parts/resize.h"

// Pixels of the long side; axes at most.
enum { LONG_SIDE = 64, AXES = 32 };
// Axes beyond this share of all variance are left out.
static const double kept = 0.99;

static void free_pixels(void *state) {
    if (state) hg__eigenpictures_clear(state);
    hg__free(state);
}

// to: made, (height, width, 1).
static int reduce(const hg__raster *picture, int32_t height, int32_t width, hg__raster *to,
                  hg_error *err) {
    hg__raster grey;
    HG_TRY(hg__raster_grey(&grey, picture, err));
    const int code = hg__raster_resize(to, &grey, height, width, err);
    hg__raster_clear(&grey);
    return code;
}

// The first picture says how large all are.
typedef struct reading {
    const hg__raster_source *good;
    int32_t *height, *width;
} reading;

static int read_small(const void *context, int32_t i, hg__raster *small, hg_error *err) {
    const reading *r = context;
    hg__raster picture = {0};
    HG_TRY(r->good->read(r->good->context, i, &picture, err));
    if (*r->height == 0) {
        hg__eigenpictures_size(picture.height, picture.width, LONG_SIDE, r->height, r->width);
    }
    const int code = reduce(&picture, *r->height, *r->width, small, err);
    hg__raster_clear(&picture);
    return code;
}

static void *fit_pixels(const hg__raster_source *good, uint64_t seed, size_t max_bytes,
                        hg__pool *pool, hg_error *err) {
    (void)seed;
    (void)max_bytes; // 6 megabytes
    (void)pool;
    int32_t height = 0, width = 0;
    const reading r = {good, &height, &width};
    const hg__raster_source small = {good->name, &r, good->count, read_small};
    hg__eigenpictures *e = hg__alloc(1, sizeof *e, err);
    if (!e) return NULL;
    if (hg__eigenpictures_fit(e, &small, AXES, kept, err) == HG_OK) return e;
    free_pixels(e);
    return NULL;
}

static int map_pixels(const void *state, const hg__raster *picture, hg__raster *map, hg__blocks *b,
                      hg_error *err) {
    const hg__eigenpictures *e = state;
    hg__raster x;
    (void)b;
    *map = (hg__raster){0};
    HG_TRY(reduce(picture, e->height, e->width, &x, err));
    hg__eigenpictures_leave(e, &x);
    for (size_t j = 0; j < hg__raster_count(&x); j++) x.at[j] *= x.at[j];
    const int code = hg__raster_resize(map, &x, picture->height, picture->width, err);
    hg__raster_clear(&x);
    return code;
}

const hg__part_baseline hg__part_baseline_pca = {
    "pca",
    "what principal components of grey pictures of 64 pixels leave over (Pearson 1901)",
    fit_pixels,
    map_pixels,
    free_pixels,
    1};
