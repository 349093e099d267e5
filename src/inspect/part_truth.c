// SPDX-License-Identifier: Apache-2.0
// part_truth.c - masks and boxes of defects from pixels of the picture to cells of the map.
#include "inspect/part_truth.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "parts/resize.h"

// The crop of the mask at working size, shares of pixels.
static int reduce(const hg__part_geometry *g, const hg__raster *mask, hg__raster *to,
                  hg_error *err) {
    HG_TRY(hg__raster_init(to, g->working.height, g->working.width, 1, err));
    hg__resizer *r = hg__resizer_new(g->crop.height, g->crop.width, to, err);
    for (int32_t y = 0; r && y < g->crop.height; y++) {
        hg__resizer_add(r, hg__raster_pixel(mask, g->crop.top + y, g->crop.left));
    }
    if (!r) hg__raster_clear(to);
    hg__resizer_free(r);
    return to->at ? HG_OK : HG_ERR_MEMORY;
}

// In the frame; nothing where the picture does not reach.
static int turn(const hg__part_geometry *g, hg__raster *mask, hg_error *err) {
    hg__raster to, real;
    HG_TRY(hg__raster_warp(&to, &real, mask, &g->pose, g->frame_height, g->frame_width, err));
    const size_t count = hg__raster_count(&to);
    for (size_t i = 0; i < count; i++) to.at[i] *= real.at[i];
    hg__raster_clear(&real);
    hg__raster_clear(mask);
    *mask = to;
    return HG_OK;
}

// Shares of cells become 0 and 1: each region of cells that are touched keeps its fullest where none is more than half.
static int decide(hg__raster *share, hg_error *err) {
    const size_t count = hg__raster_count(share);
    int32_t *label = hg__alloc(count, sizeof *label, err);
    if (!label) return HG_ERR_MEMORY;
    for (size_t i = 0; i < count; i++) { // what rounding leaves is no defect
        if (share->at[i] < 1e-4F) share->at[i] = 0;
    }
    const int32_t regions = hg__mask_regions(share, label);
    size_t *fullest = hg__alloc((size_t)regions + 1, sizeof *fullest, err);
    if (!fullest) {
        hg__free(label);
        return HG_ERR_MEMORY;
    }
    for (int32_t k = 0; k <= regions; k++) fullest[k] = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        size_t *of = &fullest[label[i]];
        if (*of == SIZE_MAX || share->at[i] > share->at[*of]) *of = i;
    }
    for (int32_t k = 1; k <= regions; k++) share->at[fullest[k]] = 1;
    for (size_t i = 0; i < count; i++) share->at[i] = share->at[i] > 0.5F ? 1 : 0;
    hg__free(fullest);
    hg__free(label);
    return HG_OK;
}

int hg__part_truth_of(const hg__part_geometry *g, const hg__raster *mask, int32_t rows,
                      int32_t columns, hg__raster *to, hg_error *err) {
    hg__raster seen;
    *to = (hg__raster){0};
    HG_TRY(reduce(g, mask, &seen, err));
    int code = g->is_aligned ? turn(g, &seen, err) : HG_OK;
    if (code == HG_OK) code = hg__raster_resize(to, &seen, rows, columns, err);
    hg__raster_clear(&seen);
    if (code == HG_OK) code = decide(to, err);
    if (code < 0) hg__raster_clear(to);
    return code;
}

// A place of the picture, by corners of pixels, in the frame, likewise.
static hg__point place(const hg__part_geometry *g, double y, double x) {
    const hg__crop *w = &g->working;
    hg__point p = {(y - g->crop.top) * w->height / g->crop.height,
                   (x - g->crop.left) * w->width / g->crop.width};
    if (!g->is_aligned) return p;
    const hg__pose back = hg__pose_inverse(&g->pose);
    p = (hg__point){p.y - 0.5, p.x - 0.5}; // poses go by the middles of pixels
    p = hg__pose_place(&back, w->height, w->width, g->frame_height, g->frame_width, p);
    return (hg__point){p.y + 0.5, p.x + 0.5};
}

static int32_t clip(double x, int32_t high) {
    return x < 0 ? 0 : x > high ? high : (int32_t)x;
}

bool hg__part_truth_box(const hg__part_geometry *g, const hg__part_box *box, int32_t rows,
                        int32_t columns, hg__box *to) {
    double top = (double)INFINITY, left = top, bottom = -top, right = -top;
    for (int k = 0; k < 4; k++) {
        const hg__point p =
            place(g, box->y + (k / 2 ? box->height : 0), box->x + (k % 2 ? box->width : 0));
        top = fmin(top, p.y * rows / g->frame_height);
        bottom = fmax(bottom, p.y * rows / g->frame_height);
        left = fmin(left, p.x * columns / g->frame_width);
        right = fmax(right, p.x * columns / g->frame_width);
    }
    // what rounding leaves of a whole number is no cell more
    const int32_t y = clip(floor(top + 1e-6), rows), x = clip(floor(left + 1e-6), columns);
    *to =
        (hg__box){x, y, clip(ceil(right - 1e-6), columns) - x, clip(ceil(bottom - 1e-6), rows) - y};
    return to->width > 0 && to->height > 0;
}
